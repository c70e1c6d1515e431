import type { DisputeClaim, DisputeOutcome } from '@otklik/shared/ledger';
import type { Side } from '@otklik/shared/people';
import type { ClockKind } from '@otklik/shared/sla';
import type { Db } from '../../platform/db';

export interface Dispute {
  id: string;
  appealId: string;
  kind: ClockKind;
  cycle: number;
  side: Side;
  claim: DisputeClaim;
  comment: string;
  raisedBy: string;
  raisedByName: string;
  raisedAt: Date;
  outcome: DisputeOutcome | null;
  reason: string;
  settledBy: string | null;
  settledByName: string | null;
  settledAt: Date | null;
}

export interface DisputeInList extends Dispute {
  appealNo: number;
  subject: string;
  dealerName: string;
  /** Of the whole list. */
  total: number;
}

type Queries = Pick<Db, 'query'>;

const COLUMNS = `
  c.id, c.appeal_id AS "appealId", c.kind, c.cycle, c.side, c.claim, c.comment,
  c.raised_by AS "raisedBy", c.raised_by_name AS "raisedByName", c.raised_at AS "raisedAt",
  c.outcome, c.reason, c.settled_by AS "settledBy", c.settled_by_name AS "settledByName", c.settled_at AS "settledAt"`;

export const disputeRepository = {
  /** Disputes of an appeal's clocks, the oldest first. */
  ofAppeal: (q: Queries, appealId: string): Promise<Dispute[]> =>
    q.query<Dispute>(
      `SELECT ${COLUMNS} FROM clock_dispute c WHERE c.appeal_id = $1 ORDER BY c.raised_at, c.id`,
      [appealId],
    ),

  async add(q: Queries, dispute: Dispute): Promise<void> {
    const { id, appealId, kind, cycle, side, claim, comment } = dispute;
    const { raisedBy, raisedByName, raisedAt } = dispute;
    await q.query(
      `INSERT INTO clock_dispute (id, appeal_id, kind, cycle, side, claim, comment, raised_by, raised_by_name, raised_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      [id, appealId, kind, cycle, side, claim, comment, raisedBy, raisedByName, raisedAt],
    );
  },

  /** @returns false when somebody has settled it before */
  async settle(
    q: Queries,
    id: string,
    by: { outcome: DisputeOutcome; reason: string; personId: string; name: string; at: Date },
  ): Promise<boolean> {
    const settled = await q.query(
      `UPDATE clock_dispute SET outcome = $2, reason = $3, settled_by = $4, settled_by_name = $5, settled_at = $6
       WHERE id = $1 AND outcome IS NULL RETURNING 1 AS one`,
      [id, by.outcome, by.reason, by.personId, by.name, by.at],
    );
    return settled.length > 0;
  },

  /** Open ones, the longest open first. @param scope over `a` and `d` @param parameters of it, after the limit */
  open: (q: Queries, scope: string, parameters: readonly unknown[]): Promise<DisputeInList[]> =>
    q.query<DisputeInList>(
      `SELECT ${COLUMNS}, a.no AS "appealNo", a.subject, d.name AS "dealerName", count(*) OVER ()::int AS total
       FROM clock_dispute c JOIN appeal a ON a.id = c.appeal_id JOIN dealer d ON d.id = a.dealer_id
       WHERE c.outcome IS NULL AND ${scope} ORDER BY c.raised_at, c.id LIMIT $1`,
      parameters,
    ),
};
