import { setImmediate as turn } from 'node:timers/promises';
import { OPEN_STATUSES } from '@otklik/shared/appeals';
import type { Db, Tx } from '../../platform/db';
import type { Log } from '../../platform/log';
import type { Pace } from '../../platform/pace';
import { NO_POLICY, type ClockContext, type SlaService } from '../sla';
import type { AppealHappening } from './appeal.news';
import { appealRepository, matchedOf, type AppealChange } from './appeal.repository';
import { retargetQuestions } from './questions';
import { change, moveClocks } from './thread';

/** Appeals in one transaction: few enough that a sender who meets it does not feel it. */
const AT_ONCE = 250;
/** Appeals that are worked out or told of before whoever else waits for this process has a turn. */
const [DECIDED_AT_ONCE, TOLD_AT_ONCE] = [50, 5];
/** A walk over more appeals than this is told nobody: what everybody's next sync brings, at most half a minute later, costs far less. */
const TOLD_AT_MOST = 2_000;

/**
 * The walk over open appeals after a change of the rules: their clocks take the policy and the calendar of now,
 * and who is owed an answer that nobody measured gets a clock. How far it has come is written with each chunk,
 * so it goes on where it stood when the process dies, and begins anew when the rules change again.
 * Between chunks it rests in proportion to what is being sent.
 */
export function createRetarget({
  db,
  sla,
  tell,
  log,
  now,
  pace,
}: {
  db: Db;
  sla: Pick<SlaService, 'context' | 'forgetRules'>;
  tell: (happening: AppealHappening) => void;
  log: Log;
  now?: () => Date;
  pace: () => Pace;
}) {
  /** Until nothing is left, or the server stops: the job that is cut off is run again. Two at once share the work. */
  async function all(
    stopping: () => boolean,
    { atOnce = AT_ONCE, toldAtMost = TOLD_AT_MOST } = {},
  ): Promise<void> {
    const { rest } = pace();
    let run = -1;
    let left: string[] = [];
    let next = 0;
    let telling = Promise.resolve();
    for (let more = true; more;) {
      if (stopping())
        throw new Error('the server stops; the clocks are retargeted after its return');
      const began = performance.now();
      const moved = await db.transaction(async (tx) => {
        // Everything here is found by key, whatever size the tables had when they were looked at last.
        await tx.query(`SET LOCAL enable_seqscan = off`);
        const walk = await lockWalk(tx);
        if (walk.finished) return null;
        if (walk.run !== run) {
          // These rules are at least as new as the walk; the notice of their change may still be on its way.
          sla.forgetRules();
          run = walk.run;
          left = await openAppeals(tx);
          next = 0;
          await tx.query(`UPDATE sla_recompute SET total = $1`, [left.length]);
        }
        const { afterId } = walk;
        if (afterId !== null) while ((left[next] ?? '~') <= afterId) next += 1;
        const chunk = left.slice(next, next + atOnce);
        const changed = await retarget(tx, chunk);
        next += chunk.length;
        await tx.query(
          `UPDATE sla_recompute SET after_id = coalesce($1, after_id), done = total - $2,
             finished_at = CASE WHEN $2 = 0 THEN now() END`,
          [chunk.at(-1) ?? null, left.length - next],
        );
        return changed;
      });
      const tookMs = performance.now() - began;
      // The next chunk is read and written meanwhile.
      await telling;
      if (left.length <= toldAtMost) telling = tellAll(moved ?? []);
      more = moved !== null && next < left.length;
      if (more) await rest(tookMs);
    }
    await telling;
    log.info({ run }, 'open clocks follow the working rules');
  }

  async function retarget(tx: Tx, appealIds: string[]): Promise<AppealChange[]> {
    const locked = await appealRepository.lock(tx, { appealIds, sessionIds: [], sent: [] });
    const at = now?.() ?? locked.now;
    const changed: AppealChange[] = [];
    for (const [index, facts] of [...locked.appeals.values()].entries()) {
      if (index % DECIDED_AT_ONCE === 0) await turn();
      const work = change(facts);
      const context = await sla.context(matchedOf(facts.row), at);
      followRules(work, context);
      if (work.steps.length + work.clocks.length + work.questions.length > 0) changed.push(work);
    }
    const [moved, other] = [changed.filter(onlyMoves), changed.filter((one) => !onlyMoves(one))];
    if (moved.length > 0) await appealRepository.saveClocks(tx, moved);
    if (other.length > 0) await appealRepository.save(tx, other);
    return changed;
  }

  /** After the commit, a few at a time. */
  async function tellAll(changed: readonly AppealChange[]): Promise<void> {
    for (const [index, { facts, public: isPublic, entries }] of changed.entries()) {
      if (index % TOLD_AT_ONCE === 0) await turn();
      tell({
        facts,
        public: isPublic,
        entries: entries.map((row) => ({ row, attachments: [] })),
      });
    }
  }

  return { all };
}

/** Are clocks that ran before all that changes? */
const onlyMoves = ({ entries, steps, questions }: AppealChange) =>
  entries.length + questions.length === 0 && !steps.some(({ action }) => action === 'started');

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
