import type * as z from 'zod';
import type { SignIn } from '@otklik/shared/people';
import type { Config } from '../../config';
import type { Db, Tx } from '../../platform/db';
import { AppError, fail } from '../../platform/errors';
import type { Actor } from './actor';
import { recordChange } from './change-log.repository';
import { deviceOf } from './device';
import { deviceRepository, NOBODY } from './device.repository';
import { guesses, refuseSpent, type Subject } from './guesses';
import { networkOf, shownAddress } from './network';
import { passwordMatches } from './password';
import { sessionsBeyond } from './person.policy';
import { personRepository, type Credentials } from './person.repository';
import type { RefusalLog } from './refusal.log';
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
  /** What this browser is known by; it stays when people sign out. */
  deviceToken?: string | undefined;
}

export interface SignedIn {
  token: string;
  /** What the browser is known by from now on. */
  deviceToken: string;
  actor: Actor;
}

interface Deps {
  db: Db;
  config: Pick<Config, 'sessionMs' | 'sessionRememberMs' | 'sessionAbsoluteMs'>;
  now: () => Date;
  secondStep: Pick<SecondStepService, 'prove' | 'spend'>;
  refusals?: Pick<RefusalLog, 'note'>;
  /** @throws portal_closed */
  admit?: (who: Pick<Actor, 'side'>) => Promise<void>;
}

/** By what the wrong passwords of one try are counted. */
interface Guesser {
  network: Subject;
  login: Subject;
  /** A browser from which this person has signed in before. */
  device: Subject | null;
}

type Entry = Pick<z.output<typeof SignIn>, 'remember' | 'endOthers'>;

export function createSignIn({ db, config, now, secondStep, refusals, admit }: Deps) {
  /**
   * Opens a session. An unknown login and a wrong password answer alike, in the same time.
   * @throws wrong_credentials – no such pair
   * @throws rate_limited – too many wrong passwords for this login or from this network
   * @throws access_closed – the pair is right, the access is switched off
   * @throws second_step_needed, wrong_code – the pair is right, and a code has to come with it
   * @throws session_limit – the rule "one / up to N" is reached and `endOthers` is not asked for
   * @throws portal_closed – the pair is right, the portal is closed to dealers
   */
  async function signIn(input: z.output<typeof SignIn>, origin: Origin): Promise<SignedIn> {
    const person = await personRepository.findCredentials(db, input.login);
    try {
      return await letIn(person, input, origin);
    } catch (error) {
      if (error instanceof AppError) noteRefused(person, input.login, origin, error);
      throw error;
    }
  }

  /** A password typed into the wrong field must not be read in the log: of a login that is nobody's only the beginning is kept. */
  function noteRefused(
    person: Credentials | null,
    login: string,
    { address, userAgent }: Origin,
    { code }: AppError,
  ): void {
    refusals?.note(`network:${networkOf(address ?? '')}`, {
      ...{ kind: 'sign_in', action: 'sign_in.refused', by: null, at: now(), before: null },
      ...{ address: shownAddress(address), dealerId: person?.dealerId ?? null },
      ...{
        subjectId: person?.id ?? null,
        subject: person?.name ?? `${[...login].slice(0, 2).join('')}…`,
      },
      after: { code, device: deviceOf(userAgent).name },
    });
  }

  async function letIn(
    person: Credentials | null,
    input: z.output<typeof SignIn>,
    origin: Origin,
  ): Promise<SignedIn> {
    const guesser = await guesserOf(person, input.login, origin);
    await refuseGuessing(person, guesser, origin);
    if (!(await passwordMatches(person?.passwordHash, input.password)) || person === null) {
      const { device, login, network } = guesser;
      await guesses.count(db, device === null ? [login, network] : [device], now());
      throw fail('wrong_credentials', {});
    }
    // Guesses sent all at once passed the first look together; each must pass a second, after the wrong ones are counted.
    await refuseGuessing(person, guesser, origin);
    const proven = await secondStep.prove(person.id, input.code);
    return enter(person.id, input, origin, async (tx) => {
      const [locked] = await personRepository.lock(tx, [person.id]);
      if (locked?.passwordHash !== person.passwordHash) throw fail('wrong_credentials', {});
      if (!locked.accessAllowed) throw fail('access_closed', {});
      await secondStep.spend(tx, person.id, proven);
      await guesses.forget(tx, guesser.login);
      if (guesser.device !== null) await guesses.forget(tx, guesser.device);
    });
  }

  /**
   * Opens a session for somebody whom the company's provider vouches for; it asks for a second step as the company wants.
   * @param link in the transaction, with the person locked
   * @throws access_closed – the access is switched off
   */
  function signOn(
    personId: string,
    input: Entry,
    origin: Origin,
    link: (tx: Tx) => Promise<void>,
  ): Promise<SignedIn> {
    // The provider answers once: it cannot be asked whether older sessions may end.
    const entry = { ...input, endOthers: true, signedOn: true };
    return enter(personId, entry, origin, async (tx) => {
      const [locked] = await personRepository.lock(tx, [personId]);
      if (!locked?.accessAllowed) throw fail('access_closed', {});
      await link(tx);
    });
  }

  async function enter(
    personId: string,
    input: Entry & { signedOn?: boolean },
    origin: Origin,
    prove: (tx: Tx) => Promise<void>,
  ): Promise<SignedIn> {
    const token = makeToken();
    const deviceToken = origin.deviceToken ?? makeToken();
    const actor = await db.transaction(async (tx) => {
      await prove(tx);
      if (origin.previousToken !== undefined) await giveWay(tx, origin.previousToken);
      const device = await deviceRepository.meet(tx, personId, tokenHash(deviceToken), now());
      const sessionId = await openSession(tx, personId, token, input, origin, device.id);
      await makeRoom(tx, personId, sessionId, input.endOthers ?? false);
      await personRepository.signedIn(tx, personId, now());
      if (device.isNews) await deviceRepository.tell(tx, personId);
      const actor = actorOf(await sessionRepository.get(tx, sessionId));
      await admit?.(actor);
      await recordChange(tx, {
        ...{ kind: 'sign_in', action: 'session.begun', by: actor, at: now(), before: null },
        ...{ dealerId: actor.dealerId, subjectId: personId, subject: actor.name },
        after: { device: deviceOf(origin.userAgent).name },
      });
      return actor;
    });
    return { token, deviceToken, actor };
  }

  /** Asks the same of the database whether there is such a person or not. */
  async function guesserOf(
    person: Credentials | null,
    login: string,
    { address, deviceToken }: Origin,
  ): Promise<Guesser> {
    const device =
      deviceToken === undefined
        ? null
        : await deviceRepository.find(db, person?.id ?? NOBODY, tokenHash(deviceToken));
    const byDevice = device && (`device:${device.id}` as const);
    const isFree = byDevice !== null && !(await guesses.spent(db, [byDevice], now())).has(byDevice);
    return {
      network: `network:${networkOf(address ?? '')}`,
      login: `login:${person?.id ?? login.toLowerCase()}`,
      device: isFree ? byDevice : null,
    };
  }

  /**
   * Strangers share the counters of the login and of their network. A browser of the person's own has a counter to itself, and whoever
   * signed in from this network before passes the login's: else anybody could lock the owner out by guessing.
   */
  async function refuseGuessing(
    person: Credentials | null,
    { network, login, device }: Guesser,
    { address }: Origin,
  ): Promise<void> {
    if (device !== null) {
      refuseSpent((await guesses.spent(db, [device], now())).get(device));
      return;
    }
    const spent = await guesses.spent(db, [login, network], now());
    refuseSpent(spent.get(network));
    if (!spent.has(login)) return;
    const from = networkOf(address ?? '');
    const known = await sessionRepository.knowsNetwork(db, person?.id ?? NOBODY, from);
    if (!known) refuseSpent(spent.get(login));
  }

  async function giveWay(tx: Tx, previousToken: string): Promise<void> {
    const [previous] = await sessionRepository.findByTokens(tx, [tokenHash(previousToken)]);
    if (!previous) return;
    const by = { by: previous.personId, bySession: previous.sessionId };
    await sessionRepository.end(tx, [previous.sessionId], {
      ...{ reason: 'signed_out', at: now() },
      ...by,
    });
  }

  async function openSession(
    tx: Tx,
    personId: string,
    token: string,
    input: Entry & { signedOn?: boolean },
    origin: Origin,
    deviceId: string,
  ): Promise<string> {
    const at = now();
    const remembered = input.remember ?? false;
    return sessionRepository.insert(tx, {
      tokenHash: tokenHash(token),
      personId,
      device: deviceOf(origin.userAgent),
      deviceId,
      signedOn: input.signedOn ?? false,
      address: shownAddress(origin.address),
      network: networkOf(origin.address ?? '') || null,
      remembered,
      at,
      expiresAt: new Date(
        at.getTime() +
          (remembered
            ? config.sessionRememberMs
            : Math.min(config.sessionMs, config.sessionAbsoluteMs)),
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
    await sessionRepository.end(tx, ids, {
      ...{ reason: 'replaced', by: personId, bySession: own, at: now() },
    });
  }

  return { signIn, signOn };
}
