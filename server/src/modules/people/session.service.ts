import type { Me, PersonSettings, SessionView } from '@otklik/shared/people';
import type { Config } from '../../config';
import type { Db } from '../../platform/db';
import { fail } from '../../platform/errors';
import { groupCommit } from '../../platform/group-commit';
import type { Log } from '../../platform/log';
import type { Secrets } from '../../platform/secrets';
import { createAccountService } from './account.service';
import type { Actor } from './actor';
import { deviceRepository } from './device.repository';
import { guesses } from './guesses';
import { shownAddress } from './network';
import { passwordLinkRepository } from './password-link.repository';
import { personRepository } from './person.repository';
import type { RefusalLog } from './refusal.log';
import { tokenHash, tokenOf } from './session.cookie';
import { sessionRepository, type SessionRow } from './session.repository';
import { actorOf, sessionView, viewedActor, type IsOnline } from './session.view';
import { createSecondStepService } from './second-step.service';
import { createSignIn } from './sign-in.service';
import { viewingRepository } from './viewing.repository';
import { createViewingService } from './viewing.service';

export interface SessionDeps {
  db: Db;
  config: Pick<Config, 'sessionMs' | 'sessionRememberMs' | 'sessionAbsoluteMs'>;
  now: () => Date;
  log: Log;
  secrets: Secrets;
  /** The company's zone and hours, for `Me`. */
  company: () => Promise<Me['company']>;
  isOnline: IsOnline;
  /** What one may send and change, as it is now. */
  limits: () => Promise<Me['limits']>;
  /** Called with a person's settings as they are now, for his other sessions. */
  tellSettings: (personId: string, settings: PersonSettings) => void;
  /** Where refused sign-ins are noted. */
  refusals?: Pick<RefusalLog, 'note'>;
  /** Whether this side may come in at all now. @throws portal_closed */
  admit?: (who: Pick<Actor, 'side'>) => Promise<void>;
}

export type SessionService = ReturnType<typeof createSessionService>;

const TOUCH_EVERY_MS = 60_000;

/** Everything about being signed in: the door, the check of every request, and one's own sessions. */
export function createSessionService(deps: SessionDeps) {
  const { db, config, now, log, isOnline, admit } = deps;
  const secondStep = createSecondStepService(deps);
  const viewing = createViewingService({ db, now });

  const findAll = (hashes: readonly Buffer[]) => sessionRepository.findByTokens(db, hashes);
  /** Requests that arrive together share one reading: a thousand clients coming back at once are few queries. */
  const findTogether = groupCommit<Buffer, SessionRow | null>(
    // A database that is away is so for everybody: nobody waits for it a second time.
    (hashes) =>
      findAll(hashes).then(
        (rows) => rows.map((value) => ({ value })),
        (error: unknown) => hashes.map(() => ({ error })),
      ),
    async (hash) => (await findAll([hash]))[0] ?? null,
    // Those of one turn of the event loop go together, and wait for no others: the database may be silent to them.
    { lanes: Infinity, worthwhile: 1 },
  );

  /**
   * Who sends this request, from its cookies, as the database has it after the call began. `claimed`: the session the sender
   * believes to be in; tabs of one browser share the cookie, and one of them may have signed in as somebody else since.
   * @throws not_signed_in – no session token, one that never was, or one of another session than claimed
   * @throws session_ended – it was a session, with the reason why it is no more
   * @throws portal_closed – for dealers, while the portal is
   */
  async function authenticate(
    cookieHeader: string | undefined,
    claimed?: string,
    address?: string,
  ): Promise<Actor> {
    const token = tokenOf(cookieHeader);
    const row = token === undefined ? null : await findTogether(tokenHash(token));
    if (row === null) throw fail('not_signed_in', {});
    const viewed = await viewing.look(row);
    // A view goes by an id of its own: tabs that have not heard of its begin or end are told apart.
    if (claimed !== undefined && claimed !== (viewed?.viewId ?? row.sessionId))
      throw fail('not_signed_in', {});
    return enter(row, viewed, address);
  }

  /**
   * Who acts in a session that is known by its id: the caller has a proof that it was given to him.
   * @throws not_signed_in, session_ended, portal_closed
   */
  async function resume(sessionId: string): Promise<Actor> {
    const row = await sessionRepository.find(db, sessionId);
    if (row === null) throw fail('not_signed_in', {});
    return enter(row, await viewing.look(row));
  }

  /** @param viewed the same session as of the person who is viewed in it */
  async function enter(
    row: SessionRow,
    viewed: SessionRow | null,
    address?: string,
  ): Promise<Actor> {
    if (row.endedReason !== null) throw fail('session_ended', { reason: row.endedReason });
    if (row.expiresAt <= now()) {
      await expire([row.sessionId]);
      throw fail('session_ended', { reason: 'expired' });
    }
    if (!row.accessAllowed) throw fail('session_ended', { reason: 'access_closed' });
    noteLife(row);
    const own = actorOf(row);
    // What stands in the way of the viewed person does not stand in the admin's.
    await admit?.(own);
    const actor = viewed ? viewedActor(viewed, own) : own;
    return address === undefined ? actor : { ...actor, address: shownAddress(address) };
  }

  /** Nobody waits for it, and losing one costs a minute of "last seen". */
  function noteLife(row: SessionRow): void {
    const at = now();
    if (at.getTime() - row.lastSeenAt.getTime() < TOUCH_EVERY_MS) return;
    const end = row.remembered
      ? null
      : { idle: new Date(at.getTime() + config.sessionMs), absoluteMs: config.sessionAbsoluteMs };
    sessionRepository
      .touch(db, row.sessionId, at, TOUCH_EVERY_MS, end)
      .catch((error: unknown) => log.warn({ err: error }, 'a sign of life was not written'));
  }

  const expire = (sessionIds: readonly string[]) =>
    db.transaction((tx) =>
      sessionRepository.end(tx, sessionIds, { reason: 'expired', by: null, at: now() }),
    );

  async function signOut(actor: Actor): Promise<void> {
    const { personId } = actor.viewedBy ?? actor;
    await endOwn({ ...actor, personId }, 'signed_out', (id) => id === actor.sessionId);
  }

  /** The caller's own sessions, this one first, then the last seen. */
  async function mySessions(actor: Actor): Promise<SessionView[]> {
    const rows = await sessionRepository.listLive(db, [actor.personId], now());
    const ownFirst = [
      ...rows.filter(({ id }) => id === actor.sessionId),
      ...rows.filter(({ id }) => id !== actor.sessionId),
    ];
    return Promise.all(ownFirst.map((row) => sessionView(row, actor.sessionId, isOnline)));
  }

  /** @throws not_found – no such live session among the caller's own */
  async function endMine(actor: Actor, sessionId: string): Promise<void> {
    const ended = await endOwn(actor, 'ended_by_self', (id) => id === sessionId);
    if (ended === 0) throw fail('not_found', { what: 'session' });
  }

  /** Ends all sessions of the caller but this one. @returns how many ended */
  const endMyOthers = (actor: Actor) =>
    endOwn(actor, 'ended_by_self', (id) => id !== actor.sessionId);

  function endOwn(
    actor: Actor,
    reason: 'signed_out' | 'ended_by_self',
    which: (sessionId: string) => boolean,
  ): Promise<number> {
    return db.transaction(async (tx) => {
      await personRepository.lock(tx, [actor.personId]);
      const live = await sessionRepository.listLive(tx, [actor.personId], now());
      const ids = live.map(({ id }) => id).filter(which);
      const by = { by: actor.personId, bySession: actor.sessionId };
      return sessionRepository.end(tx, ids, { reason, ...by, at: now() });
    });
  }

  /** Housekeeping, for a timer or a job: ends sessions past their time, whose sockets would else stay open, and drops old counters. */
  async function sweep(): Promise<void> {
    await expire(await sessionRepository.findExpired(db, now()));
    await viewingRepository.endLost(db, now());
    await guesses.sweep(db, now());
    await passwordLinkRepository.sweep(db, now());
    await deviceRepository.sweep(db, now());
  }

  return {
    secondStep,
    ...createSignIn({ ...deps, secondStep }),
    ...createAccountService(deps),
    beginViewing: viewing.begin,
    endViewing: viewing.end,
    authenticate,
    resume,
    signOut,
    mySessions,
    endMine,
    endMyOthers,
    sweep,
  };
}
