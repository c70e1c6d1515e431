import type { Db, Tx } from '../../platform/db';
import { CALENDARS, calendarOf, type Calendar, type StoredCalendar } from './calendar.repository';
import type { PolicyMatch } from './policy-choice';
import type { Targets } from './rules-check';

/** What is promised to the appeals it matches. */
export interface SlaPolicy extends PolicyMatch, Targets {
  id: string;
  name: string;
  /** Share of a target after which staff are warned, 1–99. */
  warnPercent: number;
}

/** All rules as they stood at one moment. */
export interface Rules {
  calendars: Calendar[];
  policies: SlaPolicy[];
}

/** Channel that tells every node to forget the rules it remembers. */
export const RULES_CHANGED = 'sla_changed';

export const slaRepository = {
  /** One statement, so that calendars and policies belong together. */
  async findRules(q: Pick<Db, 'query'>): Promise<Rules> {
    const [rules] = await q.query<Omit<Rules, 'calendars'> & { calendars: StoredCalendar[] }>(`
      SELECT
        (${CALENDARS}) AS calendars,
        (SELECT coalesce(jsonb_agg(jsonb_build_object(
            'id', id, 'name', name, 'typeCode', type_code, 'priority', priority,
            'firstResponseMinutes', first_response_minutes, 'nextResponseMinutes', next_response_minutes,
            'resolutionMinutes', resolution_minutes, 'warnPercent', warn_percent
          ) ORDER BY type_code NULLS FIRST, priority NULLS FIRST), '[]') FROM sla_policy) AS policies`);
    return { policies: rules?.policies ?? [], calendars: (rules?.calendars ?? []).map(calendarOf) };
  },

  /**
   * The rules, with every other change of them kept out until the transaction ends: a calendar is
   * judged by the policies and a policy by the calendars, so both wait at the same rows.
   */
  async lockRules(tx: Tx): Promise<Rules> {
    await tx.query(`SELECT id FROM calendar ORDER BY id FOR NO KEY UPDATE`);
    return slaRepository.findRules(tx);
  },

  async savePolicy(tx: Tx, policy: SlaPolicy): Promise<void> {
    await tx.query(
      `UPDATE sla_policy SET name = $2, first_response_minutes = $3, next_response_minutes = $4,
         resolution_minutes = $5, warn_percent = $6 WHERE id = $1`,
      [
        policy.id,
        policy.name,
        policy.firstResponseMinutes,
        policy.nextResponseMinutes,
        policy.resolutionMinutes,
        policy.warnPercent,
      ],
    );
  },

  /** With the commit every node forgets the old rules, and a job brings the open clocks to the new ones. */
  async announce(tx: Tx): Promise<void> {
    await tx.query(`SELECT pg_notify($1, '')`, [RULES_CHANGED]);
    await tx.addJob('retargetClocks', {}, { key: 'retargetClocks' });
  },
};
