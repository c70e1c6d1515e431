import { describe, expect, it } from 'vitest';
import { base32, codeOf, periodOf, periodOfCode, totpAddress } from './totp';

// The secret and times of RFC 6238, appendix B; its codes have eight digits, ours are their last six.
const secret = Buffer.from('12345678901234567890');

describe('codes of an authenticator app', () => {
  it.each([
    [59, '287082'],
    [1_111_111_109, '081804'],
    [1_111_111_111, '050471'],
    [1_234_567_890, '005924'],
    [2_000_000_000, '279037'],
    [20_000_000_000, '353130'],
  ])('at second %i', (second, code) => {
    expect(codeOf(secret, periodOf(new Date(second * 1000)))).toBe(code);
  });

  it('are known one half minute early or late, and no further', () => {
    const at = new Date('2026-03-02T09:00:10Z');
    const now = periodOf(at);
    for (const off of [-1, 0, 1])
      expect(periodOfCode(secret, codeOf(secret, now + off), at)).toBe(now + off);
    for (const off of [-2, 2])
      expect(periodOfCode(secret, codeOf(secret, now + off), at)).toBeNull();
    for (const code of ['', '12345', '1234567', 'абвгде'])
      expect(periodOfCode(secret, code, at)).toBeNull();
  });

  it('the secret is told as RFC 4648 has it', () => {
    expect(base32(Buffer.from('foobar'))).toBe('MZXW6YTBOI');
    expect(base32(Buffer.from('foo'))).toBe('MZXW6');
    expect(base32(Buffer.from([0, 0, 1]))).toBe('AAAAC');
    expect(totpAddress(secret, 'a b@c')).toBe(
      'otpauth://totp/Otklik:a%20b%40c?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Otklik',
    );
  });
});
