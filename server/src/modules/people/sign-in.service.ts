import type * as z from 'zod';
import type { SignIn } from '@otklik/shared/people';
import type { Config } from '../../config';
import type { Db, Tx } from '../../platform/db';
import { fail } from '../../platform/errors';
import type { Actor } from './actor';
import { deviceOf } from './device';
import { guesses, refuseSpent } from './guesses';
import { networkOf, shownAddress } from './network';
import { passwordMatches } from './password';
import { sessionsBeyond } from './person.policy';
import { personRepository, type Credentials } from './person.repository';
import type { SecondStepService } from './second-step.service';
import { makeToken, tokenHash } from './session.cookie';
import { sessionRepository } from './session.repository';
import { actorOf, limitOf } from './session.view';

/** Where a sign-in comes from. */
export interface Origin {
  userAgent: string | undefined;
  address: string | undefined;
  /** The token this browser already holds; that session gives way to the new one. */
  previousToken?: string | undefined;
}

interface Deps {
  db: Db;
  config: Pick<Config, 'sessionMs' | 'sessionRememberMs'>;
  now: () => Date;
  secondStep: Pick<SecondStepService, 'prove' | 'spend'>;
}

export function createSignIn({ db, config, now, secondStep }: Deps) {
  /**
   * Opens a session. An unknown login and a wrong password answer alike, in the same time.
   * @throws wrong_credentials – no such pair
   * @throws rate_limited – too many wrong passwords for this login or from this network
   * @throws access_closed – the pair is right, the access is switched off
   * @throws second_step_needed, wrong_code – the pair is right, and a code has to come with it
   * @throws session_limit – the rule "one / up to N" is reached and `endOthers` is not asked for
   */
  async function signIn(
    input: z.output<typeof SignIn>,
    origin: Origin,
  ): Promise<{ token: string; actor: Actor }> {
    const person = await personRepository.findCredentials(db, input.login);
    const network = networkOf(origin.address ?? '');
    await refuseGuessing(person, input.login, network);
    if (!(await passwordMatches(person?.passwordHash, input.password)) || person === null) {
      await guesses.count(db, [loginSubject(person, input.login), `network:${network}`], now());
      throw fail('wrong_credentials', {});
    }
    // Guesses sent all at once passed the first look together; each must pass a second, after the wrong ones are counted.
    await refuseGuessing(person, input.login, network);
    const proven = await secondStep.prove(person.id, input.code);
    const token = makeToken();
    const actor = await db.transaction(async (tx) => {
      const [locked] = await personRepository.lock(tx, [person.id]);
      if (locked?.passwordHash !== person.passwordHash) throw fail('wrong_credentials', {});
      if (!locked.accessAllowed) throw fail('access_closed', {});
      await secondStep.spend(tx, person.id, proven);
      if (origin.previousToken !== undefined) await giveWay(tx, origin.previousToken);
      const sessionId = await openSession(tx, person.id, token, input, origin, network);
      await makeRoom(tx, person.id, sessionId, input.endOthers ?? false);
      await personRepository.signedIn(tx, person.id, now());
      await guesses.forget(tx, loginSubject(person, input.login));
      return actorOf(await sessionRepository.get(tx, sessionId));
    });
    return { token, actor };
  }

  /**
   * The login's counter stops strangers only: whoever signed in from this network before may try on, or anybody could lock
   * the owner out by guessing. The network's own counter stops everybody there.
   */
  async function refuseGuessing(person: Credentials | null, login: string, network: string) {
    const byLogin = loginSubject(person, login);
    const spent = await guesses.spent(db, [byLogin, `network:${network}`], now());
    refuseSpent(spent.get(`network:${network}`));
    const known =
      person !== null &&
      spent.has(byLogin) &&
      (await sessionRepository.knowsNetwork(db, person.id, network));
    if (!known) refuseSpent(spent.get(byLogin));
  }

  async function giveWay(tx: Tx, previousToken: string): Promise<void> {
    const [previous] = await sessionRepository.findByTokens(tx, [tokenHash(previousToken)]);
    if (!previous) return;
    const by = previous.personId;
    await sessionRepository.end(tx, [previous.sessionId], { reason: 'signed_out', by, at: now() });
  }

  async function openSession(
    tx: Tx,
    personId: string,
    token: string,
    input: z.output<typeof SignIn>,
    origin: Origin,
    network: string,
  ): Promise<string> {
    const at = now();
    const remembered = input.remember ?? false;
    return sessionRepository.insert(tx, {
      tokenHash: tokenHash(token),
      personId,
      device: deviceOf(origin.userAgent),
      address: shownAddress(origin.address),
      network: network || null,
      remembered,
      at,
      expiresAt: new Date(
        at.getTime() + (remembered ? config.sessionRememberMs : config.sessionMs),
      ),
    });
  }

  /** Ends exactly as many of the other sessions as the rule asks for, or refuses. The person is locked. */
  async function makeRoom(
    tx: Tx,
    personId: string,
    own: string,
    endOthers: boolean,
  ): Promise<void> {
    const limit = limitOf(await sessionRepository.get(tx, own));
    const live = await sessionRepository.listLive(tx, [personId], now());
    const others = live.filter(({ id }) => id !== own);
    const inTheWay = sessionsBeyond(others, limit - 1);
    if (inTheWay.length === 0) return;
    if (!endOthers) {
      throw fail('session_limit', {
        limit,
        sessions: inTheWay.map(({ id, device, lastSeenAt }) => ({
          id,
          device,
          lastSeenAt: lastSeenAt.toISOString(),
        })),
      });
    }
    const ids = inTheWay.map(({ id }) => id);
    await sessionRepository.end(tx, ids, { reason: 'replaced', by: personId, at: now() });
  }

  return { signIn };
}

const loginSubject = (person: Credentials | null, login: string) =>
  `login:${person?.id ?? login.toLowerCase()}` as const;
