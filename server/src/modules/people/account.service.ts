import type * as z from 'zod';
import { BOARD_VIEWS_MAX } from '@otklik/shared/limits';
import type {
  ChangePassword,
  Colleague,
  DealerColleague,
  Me,
  NameSession,
  PersonSettings,
} from '@otklik/shared/people';
import type { Db } from '../../platform/db';
import { fail } from '../../platform/errors';
import type { Actor } from './actor';
import { recordChange } from './change-log.repository';
import { deviceRepository } from './device.repository';
import { guesses, refuseSpent } from './guesses';
import { hashPassword, passwordMatches } from './password';
import { refuseEasyPassword } from './password.rules';
import { seesColleagues } from './person.policy';
import { personRepository } from './person.repository';
import { sessionRepository } from './session.repository';
import {
  colleagueView,
  isSharedSession,
  meView,
  newDeviceView,
  settingsView,
  type IsOnline,
} from './session.view';

interface Deps {
  db: Db;
  now: () => Date;
  /** The company's zone and hours, as they are now. */
  company: () => Promise<Me['company']>;
  isOnline: IsOnline;
  limits: () => Promise<Me['limits']>;
  /** Called with a person's settings as they are now, for his other sessions. */
  tellSettings: (personId: string, settings: PersonSettings) => void;
}

/** What a signed-in person does with his own account. */
export function createAccountService({ db, now, company, isOnline, limits, tellSettings }: Deps) {
  /** Who the caller is, what he may, and what the screens need to know before the first one. */
  async function me(actor: Actor): Promise<Me> {
    const at = now();
    const [row, hours, allowed, fresh] = await Promise.all([
      actor.viewedBy
        ? sessionRepository.findViewed(db, actor.sessionId)
        : sessionRepository.get(db, actor.sessionId),
      company(),
      limits(),
      actor.viewedBy ? [] : deviceRepository.listNew(db, actor.personId, actor.sessionId, at),
    ]);
    // The view has ended this very moment: the browser asks again.
    if (row === null) throw fail('not_signed_in', {});
    const { viewedBy } = actor;
    const newDevices = fresh.map(newDeviceView);
    return meView(row, { company: hours, limits: allowed, newDevices, at, viewedBy });
  }

  /**
   * Fields that are not named keep their values.
   * @throws invalid_input – more saved views than a menu can show
   */
  async function changeSettings(actor: Actor, settings: PersonSettings): Promise<PersonSettings> {
    const view = await db.transaction(async (tx) => {
      const merged = settingsView(
        await personRepository.mergeSettings(tx, actor.personId, settings),
      );
      if (Object.keys(merged.boardViews ?? {}).length > BOARD_VIEWS_MAX)
        throw fail('invalid_input', {
          fields: [
            { path: 'boardViews', rule: 'too_big', message: `${BOARD_VIEWS_MAX} views at most` },
          ],
        });
      return merged;
    });
    tellSettings(actor.personId, view);
    return view;
  }

  /**
   * Says who works in this session of a shared login; may be said again.
   * @throws forbidden – the login is one person's own
   */
  async function nameSession(actor: Actor, { name }: z.output<typeof NameSession>): Promise<Me> {
    await db.transaction(async (tx) => {
      const row = await sessionRepository.get(tx, actor.sessionId);
      if (!isSharedSession(row)) throw fail('forbidden', { right: 'nameSession' });
      await sessionRepository.name(tx, actor.sessionId, name);
      if (row.personName === name) return;
      await recordChange(tx, {
        ...{ kind: 'session', action: 'session.named', by: actor, at: now() },
        ...{ dealerId: actor.dealerId, subjectId: actor.personId, subject: row.name },
        ...{ before: { name: row.personName }, after: { name } },
      });
    });
    return me(actor);
  }

  /**
   * Sets a new password and ends the person's other sessions.
   * @throws invalid_input – `current` is wrong, or `next` is easy to guess
   * @throws rate_limited – it was wrong too often
   */
  async function changePassword(
    actor: Actor,
    { current, next }: z.output<typeof ChangePassword>,
  ): Promise<void> {
    const subject = `password:${actor.personId}` as const;
    refuseSpent((await guesses.spent(db, [subject], now())).get(subject));
    const stored = await personRepository.getPasswordHash(db, actor.personId);
    if (!(await passwordMatches(stored, current))) {
      await guesses.count(db, [subject], now());
      throw wrongPassword();
    }
    refuseSpent((await guesses.spent(db, [subject], now())).get(subject));
    const person = await sessionRepository.get(db, actor.sessionId);
    await refuseEasyPassword('next', next, person);
    const nextHash = await hashPassword(next);
    await db.transaction(async (tx) => {
      const [locked] = await personRepository.lock(tx, [actor.personId]);
      // Somebody else changed it while this one was being checked.
      if (locked?.passwordHash !== stored) throw wrongPassword();
      await personRepository.setPassword(tx, actor.personId, nextHash);
      await guesses.forget(tx, subject);
      const live = await sessionRepository.listLive(tx, [actor.personId], now());
      const others = live.map(({ id }) => id).filter((id) => id !== actor.sessionId);
      const end = { reason: 'ended_by_self', by: actor.personId, at: now() } as const;
      await sessionRepository.end(tx, others, { ...end, bySession: actor.sessionId });
      await recordChange(tx, {
        ...{ action: 'person.password_changed', by: actor, at: now(), before: null, after: null },
        ...{ dealerId: actor.dealerId, subjectId: actor.personId, subject: actor.name },
      });
    });
  }

  /**
   * A new browser is the person's own, or it is not: then its sessions end, and it is news again when it comes back. Only a session of a
   * browser known before may say so.
   * @throws not_found – no such browser that waits for an answer
   */
  async function answerDevice(actor: Actor, deviceId: string, isMine: boolean): Promise<void> {
    const { personId, sessionId } = actor;
    const which = { deviceId, personId, sessionId };
    await db.transaction(async (tx) => {
      await personRepository.lock(tx, [personId]);
      if (isMine && (await deviceRepository.confirm(tx, which, now()))) return;
      const live = isMine ? null : await deviceRepository.refuse(tx, which);
      if (live === null) throw fail('not_found', { what: 'device' });
      const end = { reason: 'ended_by_self', by: personId, at: now() } as const;
      await sessionRepository.end(tx, live, end);
      await recordChange(tx, {
        ...{ by: actor, at: now(), dealerId: actor.dealerId, action: 'person.device_refused' },
        ...{ subjectId: personId, subject: actor.name, before: null, after: null },
      });
    });
  }

  /**
   * The password once more, before a dangerous change.
   * @throws wrong_credentials – it is wrong
   * @throws rate_limited – it was wrong too often
   */
  async function provePassword(actor: Actor, password: string): Promise<void> {
    const subject = `password:${actor.personId}` as const;
    refuseSpent((await guesses.spent(db, [subject], now())).get(subject));
    const stored = await personRepository.getPasswordHash(db, actor.personId);
    if (!(await passwordMatches(stored, password))) {
      await guesses.count(db, [subject], now());
      throw fail('wrong_credentials', {});
    }
    refuseSpent((await guesses.spent(db, [subject], now())).get(subject));
    await db.transaction(async (tx) => {
      await guesses.forget(tx, subject);
      await sessionRepository.prove(tx, actor.sessionId, now());
    });
  }

  /**
   * Staff, with what lies on each one's desk.
   * @throws not_found – for dealers: the supplier's staff is not theirs to list
   */
  async function colleagues(actor: Actor): Promise<Colleague[]> {
    if (!seesColleagues(actor)) throw fail('not_found', { what: 'colleagues' });
    const staff = await personRepository.listStaff(db, now());
    return Promise.all(staff.map((row) => colleagueView(row, isOnline)));
  }

  /**
   * The caller's own dealer's people with access, himself among them.
   * @throws not_found – for staff: they have no dealer
   */
  async function dealerColleagues(actor: Actor): Promise<DealerColleague[]> {
    if (actor.dealerId === null) throw fail('not_found', { what: 'colleagues' });
    return personRepository.listVisitors(db, actor.dealerId);
  }

  return {
    me,
    changeSettings,
    nameSession,
    changePassword,
    provePassword,
    answerDevice,
    colleagues,
    dealerColleagues,
  };
}

const wrongPassword = () =>
  fail('invalid_input', {
    fields: [{ path: 'current', rule: 'wrong', message: 'is not the current password' }],
  });
