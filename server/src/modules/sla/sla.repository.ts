import type { Db, Tx } from '../../platform/db';
import { CALENDARS, calendarOf, type Calendar, type StoredCalendar } from './calendar.repository';
import { GROUPS_AS_JSON } from './dealer-groups.repository';
import type { LadderStep } from './ladder';
import { LADDER_AS_JSON } from './ladder.repository';
import { announceRules, POLICIES_AS_JSON, type SlaPolicy } from './policies.repository';

/** All rules as they stood at one moment. */
export interface Rules {
  calendars: Calendar[];
  /** The deleted ones too: clocks may still run by them. */
  policies: SlaPolicy[];
  /** Dealer → his group, of those that are in one. */
  groupOf: Record<string, string>;
  /** The steps of escalation that hold. */
  ladder: LadderStep[];
}

export const slaRepository = {
  /** One statement, so that calendars and policies belong together. */
  async findRules(q: Pick<Db, 'query'>): Promise<Rules> {
    const [rules] = await q.query<Omit<Rules, 'calendars'> & { calendars: StoredCalendar[] }>(`
      SELECT
        (${CALENDARS}) AS calendars,
        ${POLICIES_AS_JSON} AS policies,
        ${GROUPS_AS_JSON} AS "groupOf",
        ${LADDER_AS_JSON} AS ladder`);
    return {
      policies: rules?.policies ?? [],
      groupOf: rules?.groupOf ?? {},
      ladder: (rules?.ladder ?? []).map((step) => ({ ...step, since: new Date(step.since) })),
      calendars: (rules?.calendars ?? []).map(calendarOf),
    };
  },

  /**
   * The rules, with every other change of them kept out until the transaction ends: a calendar is
   * judged by the policies and a policy by the calendars, so both wait at the same rows.
   */
  async lockRules(tx: Tx): Promise<Rules> {
    await tx.query(`SELECT id FROM calendar ORDER BY id FOR NO KEY UPDATE`);
    return slaRepository.findRules(tx);
  },

  announce: announceRules,
};
