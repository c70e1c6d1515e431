import { createHmac, timingSafeEqual } from 'node:crypto';

/** RFC 6238 as authenticator apps have it: SHA-1, six digits, a code for each half minute. */
const PERIOD_MS = 30_000;
const DIGITS = 6;
/** Clocks of phones may be one code off. */
const DRIFT = 1;

export const SECRET_BYTES = 20;

export const periodOf = (at: Date) => Math.floor(at.getTime() / PERIOD_MS);

/** The code of one half minute. */
export function codeOf(secret: Buffer, period: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(period));
  const mac = createHmac('sha1', secret).update(counter).digest();
  const offset = (mac.at(-1) ?? 0) & 0x0f;
  const number = mac.readUInt32BE(offset) & 0x7fff_ffff;
  return String(number % 10 ** DIGITS).padStart(DIGITS, '0');
}

/** The half minute this code belongs to, now or one beside; null when it is none of them. */
export function periodOfCode(secret: Buffer, code: string, at: Date): number | null {
  const typed = Buffer.from(code);
  let found: number | null = null;
  for (let period = periodOf(at) - DRIFT; period <= periodOf(at) + DRIFT; period += 1) {
    const right = Buffer.from(codeOf(secret, period));
    if (typed.length === right.length && timingSafeEqual(typed, right)) found = period;
  }
  return found;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** RFC 4648, without padding, as apps take a secret by hand. */
export function base32(bytes: Buffer): string {
  let bits = 0n;
  for (const byte of bytes) bits = (bits << 8n) | BigInt(byte);
  const length = Math.ceil((bytes.length * 8) / 5);
  bits <<= BigInt(length * 5 - bytes.length * 8);
  return Array.from(
    { length },
    (_, place) => ALPHABET[Number((bits >> BigInt((length - 1 - place) * 5)) & 31n)],
  ).join('');
}

/** What the QR code of a secret says. */
export function totpAddress(secret: Buffer, login: string): string {
  const label = `${encodeURIComponent('Otklik')}:${encodeURIComponent(login)}`;
  return `otpauth://totp/${label}?secret=${base32(secret)}&issuer=Otklik`;
}
