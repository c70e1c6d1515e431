import type { Db } from '../../platform/db';
import type { SlaService } from '../sla';
import { appealRepository, matchedOf } from './appeal.repository';
import { aimLadder, change } from './thread';

/** Appeals in one transaction: few enough that a sender who meets it does not feel it. */
const AT_ONCE = 100;

/**
 * The walk over open clocks after a change of the ladder: when their next step comes is worked out anew. Nobody sees any
 * of it, so revisions stay. Broken off it begins anew: what is aimed already stays as it is.
 */
export async function aimAllLadders(
  db: Db,
  sla: Pick<SlaService, 'context' | 'forgetRules'>,
  stopping: () => boolean,
  now?: () => Date,
): Promise<void> {
  sla.forgetRules();
  let afterId: string | null = null;
  for (;;) {
    if (stopping()) throw new Error('the server stops; the ladder is aimed after its return');
    const ids: string[] = await db.transaction(async (tx) => {
      const found = await tx.query<{ id: string }>(
        `SELECT DISTINCT appeal_id AS id FROM sla_clock
         WHERE ended_at IS NULL AND ($1::uuid IS NULL OR appeal_id > $1) ORDER BY appeal_id LIMIT $2`,
        [afterId, AT_ONCE],
      );
      const appealIds = found.map(({ id }) => id);
      const locked = await appealRepository.lock(tx, { appealIds, sessionIds: [], sent: [] });
      const moved: object[] = [];
      for (const facts of locked.appeals.values()) {
        const work = change(facts);
        aimLadder(work, await sla.context(matchedOf(facts.row), now?.() ?? locked.now));
        for (const { kind, cycle, ladderAt } of work.clocks)
          moved.push({ appeal_id: facts.row.id, kind, cycle, at: ladderAt });
      }
      if (moved.length > 0)
        await tx.query(
          `UPDATE sla_clock c SET ladder_at = m.at
           FROM jsonb_to_recordset($1::jsonb) m (appeal_id uuid, kind text, cycle integer, at timestamptz)
           WHERE c.appeal_id = m.appeal_id AND c.kind = m.kind AND c.cycle = m.cycle`,
          [JSON.stringify(moved)],
        );
      return appealIds;
    });
    if (ids.length < AT_ONCE) return;
    afterId = ids.at(-1) ?? null;
  }
}
