import { createHash, randomBytes } from 'node:crypto';
import type { RecoveryCodes, SecondStepSecret, SecondStepState } from '@otklik/shared/accounts';
import type { Db, Tx } from '../../platform/db';
import { fail } from '../../platform/errors';
import type { Secrets } from '../../platform/secrets';
import { isStaff, type Actor } from './actor';
import { recordChange } from './change-log.repository';
import { guesses, refuseSpent } from './guesses';
import { managesStaff } from './person.policy';
import { personRepository } from './person.repository';
import { refuseUnproven } from './reauthentication';
import { covers } from './rights';
import { secondStepRepository } from './second-step.repository';
import { sessionRepository } from './session.repository';
import { staffRepository } from './staff.repository';
import { base32, periodOfCode, SECRET_BYTES, totpAddress } from './totp';

interface Deps {
  db: Db;
  now: () => Date;
  secrets: Secrets;
}

/** A right code, looked at; it is spent in the transaction that it opens. */
export interface ProvenStep {
  /** @returns false when it was spent meanwhile */
  spend(tx: Tx): Promise<boolean>;
}

const RECOVERY_CODES = 10;
const RECOVERY_BYTES = 10;

/** Four groups of four, 80 bits. */
const makeRecoveryCode = () =>
  base32(randomBytes(RECOVERY_BYTES)).toLowerCase().match(/.{4}/g)?.join('-') ?? '';
/** However the person typed it. */
const recoveryHash = (typed: string) =>
  createHash('sha256')
    .update(typed.toLowerCase().replace(/[^a-z2-7]/g, ''))
    .digest();

const wrongCode = () => fail('wrong_code', {});
const sealedFor = (personId: string) => `second_step ${personId}`;

export type SecondStepService = ReturnType<typeof createSecondStepService>;

/** The second step of signing in: a code of an authenticator app, or one of the recovery codes. */
export function createSecondStepService({ db, now, secrets }: Deps) {
  /**
   * Looks at the code that came with a right password.
   * @returns null when this person has no second step
   * @throws second_step_needed – he has one, and no code came
   * @throws wrong_code, rate_limited
   */
  async function prove(personId: string, code: string | undefined): Promise<ProvenStep | null> {
    const step = await secondStepRepository.find(db, personId);
    if (!step?.isOn) return null;
    if (code === undefined) throw fail('second_step_needed', {});
    await countGuess(personId);
    const typed = code.replace(/\s+/g, '');
    const secret = await secrets.open(step.secret, sealedFor(personId));
    const period = periodOfCode(secret, typed, now());
    if (period !== null)
      return { spend: (tx) => secondStepRepository.spendPeriod(tx, personId, period) };
    const hash = recoveryHash(typed);
    if (!(await secondStepRepository.hasRecovery(db, personId, hash))) throw wrongCode();
    return { spend: (tx) => secondStepRepository.spendRecovery(tx, personId, hash) };
  }

  /** Counted before it is looked at, so that guesses sent all at once count too. */
  async function countGuess(personId: string): Promise<void> {
    const subject = `code:${personId}` as const;
    refuseSpent((await guesses.spent(db, [subject], now())).get(subject));
    await guesses.count(db, [subject], now());
    refuseSpent((await guesses.spent(db, [subject], now())).get(subject));
  }

  /**
   * In the transaction of the sign-in, with the person locked.
   * @throws wrong_code – spent meanwhile; @throws second_step_needed – set up meanwhile
   */
  async function spend(tx: Tx, personId: string, proven: ProvenStep | null): Promise<void> {
    if (proven === null) {
      const step = await secondStepRepository.find(tx, personId);
      if (step?.isOn) throw fail('second_step_needed', {});
      return;
    }
    if (!(await proven.spend(tx))) throw wrongCode();
    await guesses.forget(tx, `code:${personId}`);
  }

  /** What the account page shows. */
  async function state(actor: Actor): Promise<SecondStepState> {
    const [step, recoveryCodesLeft, row] = await Promise.all([
      secondStepRepository.find(db, actor.personId),
      secondStepRepository.countRecovery(db, actor.personId),
      sessionRepository.get(db, actor.sessionId),
    ]);
    return { on: step?.isOn ?? false, recoveryCodesLeft, required: row.secondStepRequired };
  }

  /**
   * Makes a secret for the app; it counts once a code of it was typed.
   * @throws reauthentication_needed
   * @throws conflict – there is a second step already: remove it first
   */
  async function begin(actor: Actor): Promise<SecondStepSecret> {
    refuseUnproven(actor, now());
    const secret = randomBytes(SECRET_BYTES);
    const sealed = await secrets.seal(secret, sealedFor(actor.personId));
    const { login } = await sessionRepository.get(db, actor.sessionId);
    await db.transaction(async (tx) => {
      if (!(await secondStepRepository.begin(tx, actor.personId, sealed)))
        throw fail('conflict', { what: 'second_step' });
    });
    return { secret: base32(secret), address: totpAddress(secret, login) };
  }

  /**
   * The first code of the app: from now on each sign-in asks for one.
   * @throws reauthentication_needed, wrong_code, rate_limited
   * @throws conflict – nothing was begun, or it is done already
   */
  async function confirm(actor: Actor, code: string): Promise<RecoveryCodes> {
    refuseUnproven(actor, now());
    const { personId } = actor;
    const step = await secondStepRepository.find(db, personId);
    if (step === null || step.isOn) throw fail('conflict', { what: 'second_step' });
    await countGuess(personId);
    const secret = await secrets.open(step.secret, sealedFor(personId));
    const period = periodOfCode(secret, code.replace(/\s+/g, ''), now());
    if (period === null) throw wrongCode();
    const codes = Array.from({ length: RECOVERY_CODES }, makeRecoveryCode);
    await db.transaction(async (tx) => {
      await personRepository.lock(tx, [personId]);
      const confirmed = { secret: step.secret, period, at: now() };
      if (!(await secondStepRepository.confirm(tx, personId, confirmed)))
        throw fail('conflict', { what: 'second_step' });
      await secondStepRepository.replaceRecovery(tx, personId, codes.map(recoveryHash));
      await guesses.forget(tx, `code:${personId}`);
      // Whoever had to do this first may do everything now.
      await personRepository.reconnect(tx, personId);
      await record(tx, actor, personId, 'second_step_on');
    });
    return { codes };
  }

  /**
   * New recovery codes; those before open nothing any more.
   * @throws reauthentication_needed; @throws conflict – there is no second step
   */
  async function renewRecovery(actor: Actor): Promise<RecoveryCodes> {
    refuseUnproven(actor, now());
    const { personId } = actor;
    const codes = Array.from({ length: RECOVERY_CODES }, makeRecoveryCode);
    await db.transaction(async (tx) => {
      await personRepository.lock(tx, [personId]);
      const step = await secondStepRepository.find(tx, personId);
      if (!step?.isOn) throw fail('conflict', { what: 'second_step' });
      await secondStepRepository.replaceRecovery(tx, personId, codes.map(recoveryHash));
      await record(tx, actor, personId, 'recovery_codes_made');
    });
    return { codes };
  }

  /**
   * Signing in asks for the password alone again.
   * @throws reauthentication_needed
   * @throws forbidden – the company requires it of this role
   */
  async function remove(actor: Actor): Promise<void> {
    refuseUnproven(actor, now());
    const { secondStepRequired } = await sessionRepository.get(db, actor.sessionId);
    if (secondStepRequired) throw fail('forbidden', { right: 'removeSecondStep' });
    await takeAway(actor, actor.personId);
  }

  /**
   * For who lost both his phone and his recovery codes; his sessions end with it.
   * @throws not_found, forbidden – only admins do, and not to who has rights that they lack; @throws reauthentication_needed
   */
  async function reset(actor: Actor, personId: string): Promise<void> {
    if (!isStaff(actor)) throw fail('not_found', { what: 'person' });
    if (!managesStaff(actor)) throw fail('forbidden', { right: 'manageStaff' });
    refuseUnproven(actor, now());
    await takeAway(actor, personId);
  }

  async function takeAway(actor: Actor, personId: string): Promise<void> {
    await db.transaction(async (tx) => {
      const locked = await personRepository.lock(tx, [personId]);
      if (locked.length === 0) throw fail('not_found', { what: 'person' });
      const colleague = await staffRepository.find(tx, personId, now());
      // With it gone, a link to set the password would be enough to become somebody who has more rights.
      if (colleague && personId !== actor.personId && !covers(actor, colleague))
        throw fail('forbidden', { right: 'giveRights' });
      if (!(await secondStepRepository.remove(tx, personId))) return;
      if (personId !== actor.personId) {
        const live = await sessionRepository.listLive(tx, [personId], now());
        const ids = live.map(({ id }) => id);
        const end = { reason: 'ended_by_staff', by: actor.personId, at: now() } as const;
        await sessionRepository.end(tx, ids, end);
      }
      await record(tx, actor, personId, 'second_step_off');
    });
  }

  async function record(tx: Tx, actor: Actor, personId: string, action: string): Promise<void> {
    const subject = await personRepository.nameOf(tx, personId);
    await recordChange(tx, {
      ...{ by: actor, at: now(), dealerId: await personRepository.dealerOf(tx, personId) },
      ...{ action: `person.${action}`, subjectId: personId, subject, before: null, after: null },
    });
  }

  return { prove, spend, state, begin, confirm, renewRecovery, remove, reset };
}
