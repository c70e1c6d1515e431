import { fail } from '../../platform/errors';

/** Why a password is easy to guess, in the words of a field problem. */
export type EasyPassword = 'common' | 'personal';

let listed: Promise<ReadonlySet<string>> | undefined;
/** About 50,000 passwords that leaked most often; read when the first one is set. */
const commonPasswords = () =>
  (listed ??= import('@zxcvbn-ts/language-common').then(
    ({ dictionary }) => new Set(dictionary['passwords-common']),
  ));

/** What is left without the digits and signs that people put around a word. */
const core = (text: string) => text.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '');
/** One to four characters over and over. */
const REPEATED = /^(.{1,4}?)\1+.{0,3}$/u;
const SHORTEST_PART = 4;

/**
 * Tells why a password of sufficient length is still easy to guess; null when it is not. Asks nobody outside.
 * It is common when it has leaked often, with or without digits and signs around it, and personal when it is the login or the name.
 */
export async function easyPassword(
  password: string,
  person: { login: string; name: string },
): Promise<EasyPassword | null> {
  const text = password.normalize('NFC').toLowerCase();
  const word = core(text);
  const known = await commonPasswords();
  if (known.has(text) || known.has(word) || REPEATED.test(text)) return 'common';
  const own = [person.login, person.login.split('@')[0] ?? '', ...person.name.split(/\s+/)]
    .concat(person.name.replaceAll(/\s+/g, ''))
    .map((part) => core(part.normalize('NFC').toLowerCase()))
    .filter((part) => part.length >= SHORTEST_PART);
  return own.includes(word) ? 'personal' : null;
}

const MESSAGE = {
  common: 'is one of the passwords that leaked most often',
  personal: 'is the login or the name',
} satisfies Record<EasyPassword, string>;

/** @throws invalid_input naming `path`, with the rule `common` or `personal` */
export async function refuseEasyPassword(
  path: string,
  password: string,
  person: { login: string; name: string },
): Promise<void> {
  const rule = await easyPassword(password, person);
  if (rule !== null)
    throw fail('invalid_input', { fields: [{ path, rule, message: MESSAGE[rule] }] });
}
