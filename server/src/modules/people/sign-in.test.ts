import * as z from 'zod';
import { expect, it } from 'vitest';
import { AppError } from '../../platform/errors';
import { changedFields } from './change-log.repository';
import { pageOf, readCursor, writeCursor } from '../../platform/paging';
import { deviceOf } from './device';
import { networkOf, shownAddress } from './network';
import { hashPassword, makeOneTimePassword, passwordMatches } from './password';
import { tokenOf } from './session.cookie';

it.each([
  ['203.0.113.7', '203.0.113.7'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002::9', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['', ''],
])('the network of %s is %s', (address, expected) => {
  expect(networkOf(address)).toBe(expected);
});

it('an address is shown as people know it', () => {
  expect(shownAddress('::ffff:203.0.113.7')).toBe('203.0.113.7');
  expect(shownAddress('2001:db8::1')).toBe('2001:db8::1');
  expect(shownAddress(undefined)).toBeNull();
});

const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36';
it.each([
  [CHROME, 'Chrome, Windows', 'computer'],
  [`${CHROME} Edg/140.0`, 'Edge, Windows', 'computer'],
  [`${CHROME} YaBrowser/25.8`, 'Yandex Browser, Windows', 'computer'],
  [
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) AppleWebKit/605.1 Version/18.0 Safari/605.1',
    'Safari, macOS',
    'computer',
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 Version/18.0 Mobile/15E148 Safari/604.1',
    'Safari, iPhone',
    'phone',
  ],
  [
    'Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36',
    'Chrome, Android',
    'phone',
  ],
  [
    'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    'Firefox, Linux',
    'computer',
  ],
  ['otklik-replay/1.0', 'otklik-replay', 'computer'],
  [undefined, '—', 'computer'],
] as const)('%s is called %s', (userAgent, name, kind) => {
  expect(deviceOf(userAgent)).toEqual({ name, kind });
});

it('the cookie that only HTTPS can set wins over the plain one', () => {
  expect(tokenOf('otklik_session=planted; __Host-otklik=own')).toBe('own');
  expect(tokenOf('a=1; otklik_session=plain')).toBe('plain');
  expect(tokenOf('a=1')).toBeUndefined();
  expect(tokenOf(undefined)).toBeUndefined();
});

it('a password matches its own hash only, and nobody’s hash matches nothing', async () => {
  const stored = await hashPassword('корова и батарея');
  expect(stored).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(await passwordMatches(stored, 'корова и батарея')).toBe(true);
  expect(await passwordMatches(stored, 'корова и батарея ')).toBe(false);
  expect(await passwordMatches(undefined, 'корова и батарея')).toBe(false);
});

it('looking for nobody takes as long as a wrong password', async () => {
  const stored = await hashPassword('x');
  const time = async (hash: string | undefined) => {
    const began = performance.now();
    for (let tries = 0; tries < 5; tries += 1) await passwordMatches(hash, 'y');
    return performance.now() - began;
  };
  await time(undefined);
  const ratio = (await time(undefined)) / (await time(stored));
  expect(ratio).toBeGreaterThan(0.3);
  expect(ratio).toBeLessThan(3);
});

it('one-time passwords are long, readable and differ', () => {
  const made = Array.from({ length: 200 }, makeOneTimePassword);
  expect(new Set(made).size).toBe(200);
  for (const password of made) expect(password).toMatch(/^[abcdefghjkmnpqrstuvwxyz2-9]{16}$/);
});

const Place = z.strictObject({ name: z.string(), id: z.uuid() });
const id = '0b2f3c4d-5e6f-4a7b-8c9d-0e1f2a3b4c5d';
it('a cursor comes back as it went', () => {
  expect(readCursor(Place, writeCursor({ name: 'Ёлка', id }))).toEqual({ name: 'Ёлка', id });
  expect(readCursor(Place, undefined)).toBeNull();
});
it.each([
  ['noise', '!!!'],
  ['not JSON', Buffer.from('{').toString('base64url')],
  ['a field of another type', writeCursor({ name: 1, id })],
  ['an extra field', writeCursor({ name: 'a', id, dealerId: id })],
  ['an id that is none', writeCursor({ name: 'a', id: "' OR 1=1" })],
  ['NUL', writeCursor({ name: 'a\0', id })],
])('a cursor of %s is the caller’s mistake', (_name, cursor) => {
  expect(() => readCursor(Place, cursor)).toThrow(AppError);
  expect(() => readCursor(Place, cursor)).toThrow(/invalid_input.*"path":"cursor"/);
});
it('the last page has no cursor, an exactly full one neither', () => {
  const placeOf = (n: number) => ({ n });
  expect(pageOf([1, 2, 3], 2, placeOf)).toEqual({
    rows: [1, 2],
    nextCursor: writeCursor({ n: 2 }),
  });
  expect(pageOf([1, 2], 2, placeOf).nextCursor).toBeNull();
  expect(pageOf([], 2, placeOf)).toEqual({ rows: [], nextCursor: null });
});

it('only fields that differ are told in the log', () => {
  expect(changedFields({ a: 1, b: 2, c: null }, { a: 1, b: 3, c: undefined })).toEqual({
    before: { b: 2 },
    after: { b: 3 },
  });
  expect(changedFields({ a: 1 }, { a: 1 })).toBeNull();
});
