import { randomBytes, randomInt } from 'node:crypto';
import { hash, verify } from '@node-rs/argon2';

// Argon2id is the library's default algorithm; memory in KiB. About 30 ms on one core.
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Salted argon2id hash of a password, as a PHC string. */
export const hashPassword = (password: string) => hash(password.normalize('NFC'), COST);

let nobody: Promise<string> | undefined;

/**
 * Compares a password with a stored hash. Without a hash (no such login) it works as long and says no,
 * so that the time of the answer does not tell which logins exist.
 */
export async function passwordMatches(
  stored: string | undefined,
  password: string,
): Promise<boolean> {
  nobody ??= hashPassword(randomBytes(16).toString('hex'));
  const matches = await verify(stored ?? (await nobody), password.normalize('NFC'));
  return stored !== undefined && matches;
}

// Without letters and digits that look alike, so that it survives being read out or retyped from paper.
const READABLE = 'abcdefghjkmnpqrstuvwxyz23456789';
const ONE_TIME_LENGTH = 16;

/** A password to hand over once: 16 characters, about 79 bits. */
export const makeOneTimePassword = () =>
  Array.from({ length: ONE_TIME_LENGTH }, () => READABLE[randomInt(READABLE.length)]).join('');
