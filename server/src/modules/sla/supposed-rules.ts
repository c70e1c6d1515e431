import { isDeepStrictEqual } from 'node:util';
import type { DryRun } from '@otklik/shared/dry-run';
import type * as z from 'zod';
import type { Tx } from '../../platform/db';
import { fail } from '../../platform/errors';
import { calendarProblems, storedCalendar } from './calendar-check';
import { calendarOf, type Calendar } from './calendar.repository';
import { contentOf } from './calendar.service';
import type { SlaPolicy } from './policies.repository';
import { matchProblems } from './policies.service';
import { targetProblems } from './rules-check';
import { knownRules, type KnownRules } from './rules-cache';
import { slaRepository, type Rules } from './sla.repository';

/**
 * The rules as they would be with a change that is not saved. Of a changed calendar the last hours hold for
 * the past too: what they would have meant is the question.
 * @throws not_found – no such policy; invalid_input – as saving it would
 */
export async function supposedRules(
  tx: Tx,
  { policy, calendar }: Pick<z.output<typeof DryRun>, 'policy' | 'calendar'>,
  at: Date,
): Promise<KnownRules> {
  let rules = await slaRepository.findRules(tx);
  if (policy) rules = withPolicy(rules, policy, at);
  if (calendar) rules = withCalendar(rules, calendar, at);
  return knownRules(rules);
}

function withPolicy(
  rules: Rules,
  { policyId, draft }: NonNullable<z.output<typeof DryRun>['policy']>,
  at: Date,
): Rules {
  const known = rules.policies.some(({ id, deleted }) => id === policyId && !deleted);
  if (policyId !== null && !known) throw fail('not_found', { what: 'policy' });
  const others = rules.policies.filter(({ id }) => id !== policyId);
  if (draft === null) return { ...rules, policies: others };
  const problems = [
    ...matchProblems(draft, rules.policies, policyId),
    ...targetProblems(draft, rules.calendars, at),
  ];
  if (problems.length > 0)
    throw fail('invalid_input', {
      fields: problems.map((one) => ({ ...one, path: `policy.draft.${one.path}` })),
    });
  const own: SlaPolicy = { ...draft, id: policyId ?? 'new', rev: 0, deleted: false };
  return { ...rules, policies: [...others, own] };
}

function withCalendar(
  rules: Rules,
  { calendarId, ...sent }: NonNullable<z.output<typeof DryRun>['calendar']>,
  at: Date,
): Rules {
  const draft = { ...sent, id: calendarId, rev: 0 };
  const policies = rules.policies.filter(({ deleted }) => !deleted);
  const problems = calendarProblems(draft, policies, at);
  if (problems.length > 0)
    throw fail('invalid_input', {
      fields: problems.slice(0, 50).map((one) => ({ ...one, path: `calendar.${one.path}` })),
    });
  const stored = storedCalendar(draft);
  const before = rules.calendars.find(({ id }) => id === calendarId);
  if (before && isDeepStrictEqual(contentOf(before), contentOf(stored))) return rules;
  const last = stored.versions.at(-1);
  const own = calendarOf({
    ...stored,
    versions: last === undefined ? [] : [{ ...last, validFrom: null }],
  });
  const without = (ids: readonly string[], taken: readonly string[]) =>
    ids.filter((id) => !taken.includes(id));
  const others = rules.calendars
    .filter(({ id }) => id !== calendarId)
    .map((other): Calendar => ({
      ...other,
      isCompany: other.isCompany && !own.isCompany,
      teamIds: without(other.teamIds, own.teamIds),
      dealerIds: without(other.dealerIds, own.dealerIds),
    }));
  const calendars = [own, ...others];
  if (!calendars.some(({ isCompany }) => isCompany)) {
    const message = 'the company needs a calendar: give it another one';
    throw fail('invalid_input', {
      fields: [{ path: 'calendar.isCompany', rule: 'company', message }],
    });
  }
  return { ...rules, calendars };
}
