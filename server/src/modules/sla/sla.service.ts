import type { FieldProblem } from '@otklik/shared/errors';
import type { AppealClocks, ChangePolicy } from '@otklik/shared/sla';
import { performance } from 'node:perf_hooks';
import { isDeepStrictEqual } from 'node:util';
import type { Db, Tx } from '../../platform/db';
import { fail } from '../../platform/errors';
import type { Log } from '../../platform/log';
import { recordChange, type Actor } from '../people';
import { weekAt, type WorkCalendar } from './calendar';
import type { StoredCalendar } from './calendar.repository';
import { createCalendarService } from './calendar.service';
import { choosePolicy } from './policy-choice';
import { createRulesCache, type CalendarOwner } from './rules-cache';
import { targetProblems } from './rules-check';
import type { ClockContext } from './sla.clock';
import { slaPolicy } from './sla.policy';
import { RULES_CHANGED, slaRepository, type SlaPolicy } from './sla.repository';
import { hoursView, type HoursView } from './sla.view';

export interface SlaServiceDeps {
  db: Db;
  log: Log;
  now?: () => Date;
}

export type SlaService = ReturnType<typeof createSlaService>;

/** How long a node may go on with old rules when a notice was lost with its connection. */
const RULES_MAX_AGE_MS = 60_000;

/** The working rules: calendars and policies, what they mean for an appeal, and changing them. */
export function createSlaService({ db, log, now = () => new Date() }: SlaServiceDeps) {
  const rules = createRulesCache(
    () => slaRepository.findRules(db),
    RULES_MAX_AGE_MS,
    () => performance.now(),
  );
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
   * @returns null when no policy matches: such an appeal gets no clocks
   */
  async function context(
    appeal: { typeCode: string; priority: string } & CalendarOwner,
    at: Date,
  ): Promise<ClockContext | null> {
    const { policies, calendars, calendarFor } = await rules.get();
    const policy = choosePolicy(policies, appeal);
    return (
      policy && {
        at,
        policy: policy.clock,
        calendar: calendarFor(appeal),
        calendarOf: (id) => calendars.get(id),
      }
    );
  }

  /** The calendar that a clock was started with; the same object while nobody changes it. */
  async function calendarById(id: string): Promise<WorkCalendar | null> {
    return (await rules.get()).calendars.get(id) ?? null;
  }

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
    const policy = known.policies.find(({ id }) => id === policyId);
    const calendar = known.calendars.get(calendarId ?? '') ?? known.company;
    return {
      policyName: policy?.name ?? null,
      warnPercent: policy?.warnPercent ?? null,
      calendar: { name: calendar.name, zone: calendar.zone, hours: hoursOf(calendar) },
    };
  }

  /** @throws not_found – a dealer asks */
  async function listPolicies(actor: Actor): Promise<readonly SlaPolicy[]> {
    if (!slaPolicy.read(actor)) throw fail('not_found', { what: 'policy' });
    return (await slaRepository.findRules(db)).policies;
  }

  /**
   * Gives a policy other targets; what it matches stays. Open clocks follow by a job.
   * @throws not_found – no such policy, or a dealer asks
   * @throws forbidden – only admins manage the rules
   * @throws invalid_input – a target needs more working time than a calendar has
   */
  async function changePolicy(actor: Actor, input: ChangePolicy): Promise<SlaPolicy> {
    mayManage(actor, 'policy');
    return db.transaction(async (tx) => {
      const { calendars, policies } = await slaRepository.lockRules(tx);
      const before = policies.find(({ id }) => id === input.policyId);
      if (before === undefined) throw fail('not_found', { what: 'policy' });
      const { policyId: _policyId, ...changes } = input;
      const policy: SlaPolicy = { ...before, ...changes };
      refuse(targetProblems(policy, calendars, now()));
      if (isDeepStrictEqual(before, policy)) return before;
      await slaRepository.savePolicy(tx, policy);
      await announce(tx, actor, 'policy.changed', before, policy);
      return policy;
    });
  }

  async function announce(
    tx: Tx,
    actor: Actor,
    action: string,
    before: SlaPolicy | StoredCalendar | null,
    after: SlaPolicy | StoredCalendar | null,
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
    context,
    calendarById,
    company,
    about,
    calendars: createCalendarService({ db, now, announce }),
    listPolicies,
    changePolicy,
  };
}

function mayManage(actor: Actor, what: string): void {
  if (!slaPolicy.read(actor)) throw fail('not_found', { what });
  if (!slaPolicy.manage(actor)) throw fail('forbidden', { right: 'manageSla' });
}

function refuse(fields: FieldProblem[]): void {
  if (fields.length > 0) throw fail('invalid_input', { fields });
}

/** The fields of one that the other holds with other content. */
function unlike(one: object, other: object): Record<string, unknown> {
  const others = new Map<string, unknown>(Object.entries(other));
  return Object.fromEntries(
    Object.entries(one).filter(([name, value]) => !isDeepStrictEqual(value, others.get(name))),
  );
}
