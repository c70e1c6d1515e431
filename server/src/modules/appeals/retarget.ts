import { OPEN_STATUSES } from '@otklik/shared/appeals';
import type { Db, Tx } from '../../platform/db';
import type { Log } from '../../platform/log';
import { NO_POLICY, type ClockContext, type SlaService } from '../sla';
import type { AppealHappening } from './appeal.news';
import { appealRepository, matchedOf, type AppealChange } from './appeal.repository';
import { retargetQuestions } from './questions';
import { change, moveClocks } from './thread';

/** Appeals in one transaction: few enough that a sender who meets it does not feel it. */
const AT_ONCE = 50;

/**
 * The walk over open appeals after a change of the rules: their clocks take the policy and the calendar of now,
 * and who is owed an answer that nobody measured gets a clock. How far it has come is written with each chunk,
 * so it goes on where it stood when the process dies, and begins anew when the rules change again.
 */
export function createRetarget({
  db,
  sla,
  tell,
  log,
  now,
}: {
  db: Db;
  sla: Pick<SlaService, 'context' | 'forgetRules'>;
  tell: (happening: AppealHappening) => void;
  log: Log;
  now?: () => Date;
}) {
  /** Until nothing is left, or the server stops: the job that is cut off is run again. Two at once share the work. */
  async function all(stopping: () => boolean): Promise<void> {
    let run = -1;
    let left: string[] = [];
    for (let more = true; more;) {
      if (stopping())
        throw new Error('the server stops; the clocks are retargeted after its return');
      more = await db.transaction(async (tx) => {
        const walk = await lockWalk(tx);
        if (walk.finished) return false;
        if (walk.run !== run) {
          // These rules are at least as new as the walk; the notice of their change may still be on its way.
          sla.forgetRules();
          run = walk.run;
          left = await openAppeals(tx);
          await tx.query(`UPDATE sla_recompute SET total = $1`, [left.length]);
        }
        const { afterId } = walk;
        if (afterId !== null) left = left.filter((id) => id > afterId);
        const chunk = left.slice(0, AT_ONCE);
        await retarget(tx, chunk);
        await tx.query(
          `UPDATE sla_recompute SET after_id = coalesce($1, after_id), done = total - $2,
             finished_at = CASE WHEN $2 = 0 THEN now() END`,
          [chunk.at(-1) ?? null, left.length - chunk.length],
        );
        return left.length > chunk.length;
      });
    }
    log.info({ run }, 'open clocks follow the working rules');
  }

  async function retarget(tx: Tx, appealIds: string[]): Promise<void> {
    const locked = await appealRepository.lock(tx, { appealIds, sessionIds: [], sent: [] });
    const at = now?.() ?? locked.now;
    const changed: AppealChange[] = [];
    for (const facts of locked.appeals.values()) {
      const work = change(facts);
      const context = await sla.context(matchedOf(facts.row), at);
      followRules(work, context);
      if (work.steps.length + work.clocks.length + work.questions.length > 0) changed.push(work);
    }
    if (changed.length === 0) return;
    await appealRepository.save(tx, changed);
    for (const { facts, public: isPublic, entries } of changed) {
      tx.afterCommit(() =>
        tell({
          facts,
          public: isPublic,
          entries: entries.map((row) => ({ row, attachments: [] })),
        }),
      );
    }
  }

  return { all };
}

/** Open clocks and questions take these rules; who is owed an answer that nobody measured gets a clock. */
export function followRules(work: AppealChange, context: ClockContext): void {
  const { row, clocks } = work.facts;
  moveClocks(work, { type: 'retargeted' }, context);
  const measured = clocks.some(({ kind, endedAt }) => kind !== 'resolution' && !endedAt);
  const owed = row.answer_owed_by === 'staff' && OPEN_STATUSES.includes(row.status);
  if (owed && !measured && context.policy !== NO_POLICY)
    moveClocks(work, { type: 'dealer_message' }, context);
  retargetQuestions(work, context);
}

async function lockWalk(
  tx: Tx,
): Promise<{ run: number; afterId: string | null; finished: boolean }> {
  const [walk] = await tx.query<{ run: number; afterId: string | null; finished: boolean }>(
    `SELECT run, after_id AS "afterId", finished_at IS NOT NULL AS finished FROM sla_recompute FOR UPDATE`,
  );
  if (walk === undefined) throw new Error('the row of the recompute is missing');
  return walk;
}

async function openAppeals(tx: Tx): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    `SELECT appeal_id AS id FROM sla_clock WHERE ended_at IS NULL
     UNION
     SELECT appeal_id FROM colleague_question WHERE ended_at IS NULL
     UNION
     SELECT id FROM appeal WHERE answer_owed_by = 'staff' AND status NOT IN ('resolved', 'closed')
     ORDER BY id`,
  );
  return rows.map(({ id }) => id);
}
