import { isDeepStrictEqual } from 'node:util';
import type { ClockPolicy } from './sla.clock';
import type { LadderStep } from './ladder';
import type { Calendar } from './calendar.repository';
import type { SlaPolicy } from './policies.repository';
import type { Rules } from './sla.repository';

/** Whose appeal it is, and who works on it. */
export interface CalendarOwner {
  dealerId?: string | null;
  teamId?: string | null;
}

/** The rules as the clocks use them. */
export interface KnownRules {
  /** The same object as before while its content is the same: worked-out time is remembered by it. */
  calendars: ReadonlyMap<string, Calendar>;
  company: Calendar;
  /** The most specific one: of the dealer, of the team, of the company. */
  calendarFor(owner: CalendarOwner): Calendar;
  /** The ones that hold. */
  policies: readonly (SlaPolicy & { clock: ClockPolicy })[];
  /** The deleted ones too. */
  policiesById: ReadonlyMap<string, SlaPolicy>;
  /** Dealer → his group. */
  groupOf: ReadonlyMap<string, string>;
  ladder: readonly LadderStep[];
}

export interface RulesCache {
  /** What is known, or what a fresh look finds. Fails as the look fails, and looks again next time. */
  get(): Promise<KnownRules>;
  /** The next `get` looks again. A look already under way answers only those who wait for it. */
  forget(): void;
}

/**
 * Remembers the rules until told otherwise.
 * @param maxAgeMs after this long it looks again anyway: a notice may be lost with its connection
 * @param elapsedMs a clock that never jumps
 */
export function createRulesCache(
  load: () => Promise<Rules>,
  maxAgeMs: number,
  elapsedMs: () => number,
): RulesCache {
  let calendars: KnownRules['calendars'] = new Map();
  let looks = 0;
  /** The look that found `calendars`. */
  let foundBy = 0;
  let known: { rules: Promise<KnownRules>; sinceMs: number } | null = null;

  return {
    get() {
      if (known !== null && elapsedMs() - known.sinceMs < maxAgeMs) return known.rules;
      const look = ++looks;
      const rules = load().then((found) => knownRules(found, calendars));
      const current = { rules, sinceMs: elapsedMs() };
      known = current;
      rules.then(
        (found) => {
          // Those who waited hold its objects, though a notice may have come meanwhile.
          if (look > foundBy) [calendars, foundBy] = [found.calendars, look];
        },
        () => {
          if (known === current) known = null;
        },
      );
      return rules;
    },
    forget() {
      known = null;
    },
  };
}

/** @param before calendars of before, taken on where their content is the same */
export function knownRules(rules: Rules, before: KnownRules['calendars'] = new Map()): KnownRules {
  const calendars = new Map(
    rules.calendars.map((calendar) => {
      const known = before.get(calendar.id);
      return [calendar.id, known && isDeepStrictEqual(known, calendar) ? known : calendar];
    }),
  );
  const company = [...calendars.values()].find((calendar) => calendar.isCompany);
  if (company === undefined) throw new Error('The database has no calendar of the company');
  const policies = rules.policies
    .filter((policy) => !policy.deleted)
    .map((policy) => ({ ...policy, clock: clockPolicyOf(policy) }));
  const policiesById = new Map(rules.policies.map((policy) => [policy.id, policy]));
  const groupOf = new Map(Object.entries(rules.groupOf));
  const all = [...calendars.values()];
  const ofDealer = new Map(all.flatMap((one) => one.dealerIds.map((id) => [id, one] as const)));
  const ofTeam = new Map(all.flatMap((one) => one.teamIds.map((id) => [id, one] as const)));
  const calendarFor = ({ dealerId, teamId }: CalendarOwner) =>
    ofDealer.get(dealerId ?? '') ?? ofTeam.get(teamId ?? '') ?? company;
  return { calendars, company, calendarFor, policies, policiesById, groupOf, ladder: rules.ladder };
}

function clockPolicyOf(policy: SlaPolicy): ClockPolicy {
  const { firstResponseMinutes, nextResponseMinutes, resolutionMinutes, questionMinutes } = policy;
  return {
    id: policy.id,
    targets: {
      ...(firstResponseMinutes !== null && { first_response: firstResponseMinutes }),
      ...(nextResponseMinutes !== null && { next_response: nextResponseMinutes }),
      ...(resolutionMinutes !== null && { resolution: resolutionMinutes }),
    },
    warnShare: policy.warnPercent / 100,
    ...(questionMinutes !== null && { questionMinutes }),
  };
}
