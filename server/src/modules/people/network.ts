import { isIPv6 } from 'node:net';

/** An IPv4 address written in the IPv6 way becomes IPv4 again. */
const plain = (address: string) => address.replace(/^::ffff:(?=\d+\.)/i, '');

/**
 * The part of an address that its user cannot choose freely: all of an IPv4 address, the first 64 bits of an IPv6 one.
 * Failures are counted by it, so that a household with 2^64 addresses is one guesser.
 */
export function networkOf(address: string): string {
  const bare = plain(address);
  if (!isIPv6(bare)) return bare;
  const [head = '', tail] = (bare.split('%')[0] ?? '').toLowerCase().split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups =
    tail === undefined
      ? left
      : [...left, ...Array.from({ length: 8 - left.length - right.length }, () => '0'), ...right];
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}

/** An address as session lists show it. */
export const shownAddress = (address: string | undefined) =>
  address === undefined || address === '' ? null : plain(address);
