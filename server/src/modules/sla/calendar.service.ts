import type { CalendarList, CalendarView } from '@otklik/shared/calendars';
import type { ChangeCalendar, CreateCalendar } from '@otklik/shared/calendars';
import type { FieldProblem } from '@otklik/shared/errors';
import { productionYear, type Country } from '@otklik/shared/production';
import { isDeepStrictEqual } from 'node:util';
import type * as z from 'zod';
import type { Db, Tx } from '../../platform/db';
import { fail } from '../../platform/errors';
import type { Actor } from '../people';
import { calendarProblems, pastProblems, storedCalendar } from './calendar-check';
import { sameHours } from './calendar';
import {
  calendarOf,
  calendarRepository,
  localDate,
  type StoredCalendar,
} from './calendar.repository';
import { calendarView } from './calendar.view';
import type { ChangeRules } from './rule-changes';
import { slaPolicy } from './sla.policy';
import { slaRepository } from './sla.repository';

export interface CalendarDeps {
  db: Db;
  now: () => Date;
  changeRules: ChangeRules;
  /** Writes the change down, tells every node, and lets the open clocks follow. */
  announce: (
    tx: Tx,
    actor: Actor,
    action: string,
    before: StoredCalendar | null,
    after: StoredCalendar | null,
  ) => Promise<void>;
}

/** Days before today never change, so that only the hours of this one may have been others. */
const LONGEST_DAY_MS = 26 * 3_600_000;
/** Admins hear of a year without a production calendar from this day on. */
const WARNS_FROM = '11-01';

/** Calendars for those who keep them: company, teams and dealers, versions and dated exceptions. */
export function createCalendarService({ db, now, changeRules, announce }: CalendarDeps) {
  /** @throws not_found – a dealer asks */
  async function list(actor: Actor): Promise<CalendarList> {
    if (!slaPolicy.read(actor)) throw fail('not_found', { what: 'calendar' });
    const [{ calendars }, used, owners] = await Promise.all([
      slaRepository.findRules(db),
      calendarRepository.usedIds(db),
      calendarRepository.owners(db),
    ]);
    const at = now();
    return {
      items: calendars.map((calendar) => calendarView(calendar, used.has(calendar.id), at)),
      ...owners,
      missingYears: slaPolicy.manage(actor) ? missingYears(calendars, at) : [],
    };
  }

  /**
   * A new calendar under an id of the sender's. Sent twice it is made once.
   * @throws not_found – a dealer asks
   * @throws forbidden – only admins manage the rules
   * @throws invalid_input – as for a change
   * @throws conflict – the id has been taken by another one
   */
  async function create(
    actor: Actor,
    { calendarId, ...sent }: z.output<typeof CreateCalendar>,
  ): Promise<CalendarView> {
    mayManage(actor);
    return changeRules(async (tx, { calendars, policies }) => {
      const calendar = { id: calendarId, rev: 1, ...sent };
      refuse(
        calendarProblems(
          calendar,
          policies.filter(({ deleted }) => !deleted),
          now(),
        ),
      );
      refuse(await ownerProblems(tx, calendar));
      const stored = storedCalendar(calendar);
      const known = calendars.find(({ id }) => id === calendarId);
      if (known) {
        if (!isDeepStrictEqual(contentOf(known), contentOf(stored)))
          throw fail('conflict', { what: 'calendar' });
        return calendarView(known, false, now());
      }
      await calendarRepository.insert(tx, stored);
      await announce(tx, actor, 'calendar.created', null, stored);
      return calendarView(stored, false, now());
    });
  }

  /**
   * Gives a calendar other hours, exceptions or owners. Open clocks follow by a job; time that has passed
   * stays counted by the hours that held then. The same content twice changes nothing.
   * @throws not_found – no such calendar, or a dealer asks
   * @throws forbidden – only admins manage the rules
   * @throws conflict – somebody has changed it since `rev`
   * @throws invalid_input – unknown zone, overlapping intervals, a date twice, too little working time, or
   *   another past for a calendar that clocks have run by
   */
  async function change(
    actor: Actor,
    { calendarId, rev, ...sent }: z.output<typeof ChangeCalendar>,
  ): Promise<CalendarView> {
    mayManage(actor);
    return changeRules(async (tx, { calendars, policies }) => {
      const before = calendars.find(({ id }) => id === calendarId);
      if (before === undefined) throw fail('not_found', { what: 'calendar' });
      const calendar = { id: calendarId, rev: before.rev + 1, ...sent };
      refuse(
        calendarProblems(
          calendar,
          policies.filter(({ deleted }) => !deleted),
          now(),
        ),
      );
      const after = storedCalendar(calendar);
      const used = await calendarRepository.isUsed(tx, calendarId);
      if (isDeepStrictEqual(contentOf(before), contentOf(after))) {
        return calendarView(before, used, now());
      }
      if (rev !== before.rev) throw fail('conflict', { what: 'calendar' });
      if (before.isCompany && !after.isCompany) {
        const message = 'the company needs a calendar: give it another one';
        refuse([{ path: 'isCompany', rule: 'company', message }]);
      }
      if (used) refuse(pastProblems(before, calendar, now()));
      refuse(await ownerProblems(tx, calendar));
      const at = now();
      if (
        used &&
        !sameHours(before, calendarOf(after), new Date(at.getTime() - LONGEST_DAY_MS), at)
      )
        await calendarRepository.keepPast(tx, before, at);
      await calendarRepository.save(tx, after);
      const { id, rev: earlier } = before;
      await announce(
        tx,
        actor,
        'calendar.changed',
        { id, rev: earlier, ...contentOf(before) },
        after,
      );
      return calendarView(after, used, now());
    });
  }

  /**
   * Takes away a calendar that no clock has ever run by; its teams and dealers fall back to the next layer.
   * @throws not_found – no such calendar, or a dealer asks
   * @throws forbidden – only admins manage the rules
   * @throws conflict – it is the company's, somebody's, or clocks have run by it
   */
  async function remove(actor: Actor, calendarId: string): Promise<void> {
    mayManage(actor);
    await changeRules(async (tx, { calendars }) => {
      const before = calendars.find(({ id }) => id === calendarId);
      if (before === undefined) throw fail('not_found', { what: 'calendar' });
      const owned = before.isCompany || before.teamIds.length + before.dealerIds.length > 0;
      if (owned || (await calendarRepository.isUsed(tx, calendarId)))
        throw fail('conflict', { what: 'calendar_in_use' });
      await calendarRepository.remove(tx, calendarId);
      await announce(tx, actor, 'calendar.removed', before, null);
    });
  }

  return { list, create, change, remove };
}

/** The coming year that a production calendar in use does not know, from 1 November on. */
export function missingYears(
  calendars: readonly Pick<StoredCalendar, 'versions' | 'zone'>[],
  at: Date,
): { country: Country; year: number }[] {
  const missing = new Map<Country, number>();
  for (const { versions, zone } of calendars) {
    const today = localDate(zone, at);
    const country = versions.at(-1)?.country;
    const year = Number(today.slice(0, 4)) + 1;
    if (country && today.slice(5) >= WARNS_FROM && !productionYear(country, year))
      missing.set(country, year);
  }
  return [...missing].map(([country, year]) => ({ country, year }));
}

async function ownerProblems(
  tx: Tx,
  sent: Pick<StoredCalendar, 'teamIds' | 'dealerIds'>,
): Promise<FieldProblem[]> {
  const { teams, dealers } = await calendarRepository.owners(tx);
  const unknown = (field: string, ids: readonly string[], known: readonly { id: string }[]) =>
    ids.flatMap((id, i) =>
      known.some((one) => one.id === id)
        ? []
        : [{ path: `${field}.${i}`, rule: 'unknown', message: 'is not in the directory' }],
    );
  return [
    ...unknown('teamIds', sent.teamIds, teams),
    ...unknown('dealerIds', sent.dealerIds, dealers),
  ];
}

/** What an admin sets, without the number of the revision and what is worked out from it. */
export function contentOf(calendar: StoredCalendar): Omit<StoredCalendar, 'rev' | 'id'> {
  const { name, zone, isCompany, versions, days, teamIds, dealerIds } = calendar;
  return { name, zone, isCompany, versions, days, teamIds, dealerIds };
}

function mayManage(actor: Actor): void {
  if (!slaPolicy.read(actor)) throw fail('not_found', { what: 'calendar' });
  if (!slaPolicy.manage(actor)) throw fail('forbidden', { right: 'manageSla' });
}

function refuse(fields: FieldProblem[]): void {
  if (fields.length > 0) throw fail('invalid_input', { fields: fields.slice(0, 50) });
}
