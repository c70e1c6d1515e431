import type { AppealClocks } from '@otklik/shared/sla';
import { performance } from 'node:perf_hooks';
import { isDeepStrictEqual } from 'node:util';
import type { Db, Tx } from '../../platform/db';
import type { Log } from '../../platform/log';
import { recordChange, type Actor } from '../people';
import { weekAt, type WorkCalendar } from './calendar';
import type { StoredCalendar } from './calendar.repository';
import { createCalendarService } from './calendar.service';
import { choosePolicy } from './policy-choice';
import { RULES_CHANGED } from './policies.repository';
import { createRuleChanges } from './rule-changes';
import { createRulesCache, type CalendarOwner, type KnownRules } from './rules-cache';
import type { ClockContext, ClockPolicy } from './sla.clock';
import { slaRepository } from './sla.repository';
import { hoursView, type HoursView } from './sla.view';

export interface SlaServiceDeps {
  db: Db;
  log: Log;
  now?: () => Date;
}

export type SlaService = ReturnType<typeof createSlaService>;

/** How long a node may go on with old rules when a notice was lost with its connection. */
const RULES_MAX_AGE_MS = 60_000;

/** What an appeal is promised that no policy matches: nothing new. */
export const NO_POLICY: ClockPolicy = { id: '', targets: {}, warnShare: 0 };

/** The working rules: calendars and policies, what they mean for an appeal, and changing them. */
export function createSlaService({ db, log, now = () => new Date() }: SlaServiceDeps) {
  const rules = createRulesCache(
    () => slaRepository.findRules(db),
    RULES_MAX_AGE_MS,
    () => performance.now(),
  );
  const changeRules = createRuleChanges(db);
  let stopListening: (() => Promise<void>) | null = null;

  /** Hears of changes by other nodes from now on. */
  async function start(): Promise<void> {
    stopListening = await db.listen(RULES_CHANGED, rules.forget);
    rules.forget();
  }

  async function stop(): Promise<void> {
    await stopListening?.();
    stopListening = null;
  }

  /**
   * The next question looks at the database. For the job that follows a change: it may run here
   * before the notice of that change has arrived.
   */
  function forgetRules(): void {
    rules.forget();
  }

  /**
   * By which rules the clocks of an appeal run at a moment.
   * New clocks take the most specific calendar, of dealer, team or company; running ones keep their own
   * until they are retargeted. A calendar is the same object for as long as nobody changes it.
   * Without a matching policy no clock begins; what runs is measured and ended like any other.
   */
  async function context(appeal: MatchedAppeal, at: Date): Promise<ClockContext> {
    return contextIn(await rules.get(), appeal, at);
  }

  /** The calendar that a clock was started with; the same object while nobody changes it. */
  async function calendarById(id: string): Promise<WorkCalendar | null> {
    return (await rules.get()).calendars.get(id) ?? null;
  }

  /**
   * When people of these teams work: hours of each team that has its own, else the company's.
   * Whoever is in several teams works by all of them.
   */
  async function hoursOfStaff(teamIds: readonly string[]): Promise<WorkCalendar[]> {
    const { calendarFor, company: ofCompany } = await rules.get();
    return teamIds.length === 0 ? [ofCompany] : teamIds.map((teamId) => calendarFor({ teamId }));
  }

  /**
   * When a dealer works: by his own calendar, else by the company's hours in his zone. The same object while nothing changes.
   * The team's hours say nothing of him.
   */
  async function hoursOfDealer(dealerId: string, zone: string): Promise<WorkCalendar> {
    const { calendarFor, company: ofCompany } = await rules.get();
    const own = calendarFor({ dealerId });
    if (own !== ofCompany || own.zone === zone) return own;
    if (moved.of !== ofCompany) moved = { of: ofCompany, byZone: new Map() };
    const known = moved.byZone.get(zone) ?? { ...ofCompany, zone };
    moved.byZone.set(zone, known);
    return known;
  }
  /** The company's calendar in other zones. */
  let moved: { of: WorkCalendar | null; byZone: Map<string, WorkCalendar> } = {
    of: null,
    byZone: new Map(),
  };

  /** The company's zone and ordinary hours, for promises and chips. */
  async function company(): Promise<{ zone: string; hours: HoursView }> {
    const calendar = (await rules.get()).company;
    return { zone: calendar.zone, hours: hoursOf(calendar) };
  }

  const hoursOf = (calendar: WorkCalendar) => hoursView({ week: weekAt(now(), calendar) });

  /** What a clock runs by, in words; without a clock, the company's hours and no policy. */
  async function about(
    policyId: string | null,
    calendarId: string | null,
  ): Promise<Pick<AppealClocks, 'policyName' | 'warnPercent' | 'calendar'>> {
    const known = await rules.get();
    const policy = known.policiesById.get(policyId ?? '');
    const calendar = known.calendars.get(calendarId ?? '') ?? known.company;
    return {
      policyName: policy?.name ?? null,
      warnPercent: policy?.warnPercent ?? null,
      calendar: { name: calendar.name, zone: calendar.zone, hours: hoursOf(calendar) },
    };
  }

  async function announce(
    tx: Tx,
    actor: Actor,
    action: string,
    before: StoredCalendar | null,
    after: StoredCalendar | null,
  ): Promise<void> {
    const id = (after ?? before)?.id ?? '';
    await recordChange(tx, {
      by: actor,
      at: now(),
      action,
      dealerId: null,
      subjectId: id,
      subject: (before ?? after)?.name ?? '',
      before: before && unlike(before, after ?? {}),
      after: after && unlike(after, before ?? {}),
    });
    await slaRepository.announce(tx);
    tx.afterCommit(() => {
      rules.forget();
      log.info({ id, action }, 'working rules have changed');
    });
  }

  return {
    start,
    stop,
    forgetRules,
    changeRules,
    context,
    calendarById,
    hoursOfStaff,
    hoursOfDealer,
    company,
    about,
    calendars: createCalendarService({ db, now, changeRules, announce }),
  };
}

/** What the rules look at. */
export interface MatchedAppeal extends CalendarOwner {
  dealerId: string;
  topicId: string;
  typeCode: string;
  priority: string;
}

/** By which of these rules the clocks of an appeal run at a moment. */
export function contextIn(
  { policies, groupOf, calendars, calendarFor, ladder }: KnownRules,
  appeal: MatchedAppeal,
  at: Date,
): ClockContext {
  const policy = choosePolicy(policies, {
    ...appeal,
    groupId: groupOf.get(appeal.dealerId) ?? null,
  });
  return {
    at,
    policy: policy?.clock ?? NO_POLICY,
    calendar: calendarFor(appeal),
    calendarOf: (id) => calendars.get(id),
    ladder,
  };
}

/** The fields of one that the other holds with other content. */
function unlike(one: object, other: object): Record<string, unknown> {
  const others = new Map<string, unknown>(Object.entries(other));
  return Object.fromEntries(
    Object.entries(one).filter(([name, value]) => !isDeepStrictEqual(value, others.get(name))),
  );
}
