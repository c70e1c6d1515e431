import type { LinkFacts, PasswordLink, UseLink } from '@otklik/shared/accounts';
import type * as z from 'zod';
import type { Db, Tx } from '../../platform/db';
import { fail } from '../../platform/errors';
import { recordChange } from './change-log.repository';
import { guesses } from './guesses';
import { hashPassword } from './password';
import { passwordLinkRepository } from './password-link.repository';
import { refuseEasyPassword } from './password.rules';
import { personRepository } from './person.repository';
import { makeToken, tokenHash } from './session.cookie';
import { sessionRepository } from './session.repository';

const HOUR_MS = 3_600_000;
const LIFETIME_MS = { invitation: 72 * HOUR_MS, reset: 24 * HOUR_MS };

/**
 * Makes the link by which this person sets a password; his earlier one opens nothing any more. The person is locked by the caller,
 * who also says who may do it.
 * @param lastSignInAt null makes it an invitation, which lasts longer
 */
export async function makePasswordLink(
  tx: Tx,
  { personId, lastSignInAt }: { personId: string; lastSignInAt: Date | null },
  at: Date,
): Promise<PasswordLink> {
  const token = makeToken();
  const kind = lastSignInAt === null ? 'invitation' : 'reset';
  const expiresAt = new Date(at.getTime() + LIFETIME_MS[kind]);
  await passwordLinkRepository.put(tx, { personId, tokenHash: tokenHash(token), kind, expiresAt });
  return { token, kind, expiresAt: expiresAt.toISOString() };
}

/** A link that never was, was used, was replaced or is out of date: nobody learns which. */
const gone = () => fail('not_found', { what: 'link' });

export type PasswordLinkService = ReturnType<typeof createPasswordLinkService>;

/** What whoever holds a link does with it, without being signed in. */
export function createPasswordLinkService({ db, now }: { db: Db; now: () => Date }) {
  /** @throws not_found – unknown, used, replaced or out of date */
  async function look(token: string): Promise<LinkFacts> {
    const link = await passwordLinkRepository.find(db, tokenHash(token), now());
    if (link === null) throw gone();
    const { login, name, kind, expiresAt } = link;
    return { login, name, kind, expiresAt: expiresAt.toISOString() };
  }

  /**
   * Sets the password, once; whatever was signed in with the one before ends.
   * @throws not_found – as {@link look}
   * @throws invalid_input – the password is easy to guess; the link stays
   */
  async function setPassword({ token, password }: z.output<typeof UseLink>): Promise<void> {
    const hash = tokenHash(token);
    const link = await passwordLinkRepository.find(db, hash, now());
    if (link === null) throw gone();
    await refuseEasyPassword('password', password, link);
    const passwordHash = await hashPassword(password);
    await db.transaction(async (tx) => {
      const { personId, name } = link;
      await personRepository.lock(tx, [personId]);
      if (!(await passwordLinkRepository.useUp(tx, hash, now()))) throw gone();
      await personRepository.setPassword(tx, personId, passwordHash);
      await guesses.forget(tx, `login:${personId}`);
      const live = await sessionRepository.listLive(tx, [personId], now());
      await sessionRepository.end(
        tx,
        live.map(({ id }) => id),
        { reason: 'ended_by_self', by: personId, at: now() },
      );
      await recordChange(tx, {
        ...{ by: null, at: now(), dealerId: await personRepository.dealerOf(tx, personId) },
        ...{ action: 'person.link_used', subjectId: personId, subject: name },
        ...{ before: null, after: null },
      });
    });
  }

  return { look, setPassword };
}
