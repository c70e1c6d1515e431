import type { Appeal } from '@otklik/shared/appeals';
import type { WithdrawQuestion } from '@otklik/shared/questions';
import type * as z from 'zod';
import type { Db } from '../../platform/db';
import { fail } from '../../platform/errors';
import type { Log } from '../../platform/log';
import { holds, type Actor } from '../people';
import type { AppealHappening } from './appeal.news';
import { appealPolicy } from './appeal.policy';
import { appealRepository } from './appeal.repository';
import type { AppealService } from './appeal.service';
import { noticeRepository } from './notice.repository';
import { missQuestions, noticesOf } from './questions';
import { append, change, endQuestions } from './thread';

const AT_ONCE = 100;

export type QuestionService = ReturnType<typeof createQuestionService>;

/** Questions to colleagues after they were asked: taken back, or missed. Asking is `pullIn`, answering is writing. */
export function createQuestionService({
  db,
  appeals,
  tell,
  log,
  now,
}: {
  db: Db;
  appeals: Pick<AppealService, 'changing'>;
  tell: (happening: AppealHappening) => void;
  log: Log;
  now?: () => Date;
}) {
  /**
   * The question is taken back; one that has ended meanwhile stays as it is.
   * @throws not_found – no such appeal or question; a dealer knows of none
   * @throws forbidden – neither who asked nor the assignee
   */
  const withdraw = (
    actor: Actor,
    { appealId, questionId }: z.output<typeof WithdrawQuestion>,
  ): Promise<Appeal> =>
    appeals.changing(actor, appealId, async (work, at, tx) => {
      const known =
        holds(actor, 'note.read') &&
        (await appealRepository.questionOf(tx, { appealId, questionId }));
      if (!known) throw fail('not_found', { what: 'question' });
      if (!appealPolicy.withdrawQuestion(actor, work.facts.row.assignee_id, known.asked_by))
        throw fail('forbidden', { right: 'withdrawQuestion' });
      endQuestions(work, actor, 'withdrawn', ({ id }) => id === questionId, at);
    });

  /** Writes down what was missed, by the database's clock. */
  async function poll(): Promise<void> {
    const due = await db.query<{ id: string }>(
      `SELECT DISTINCT appeal_id AS id FROM (
         SELECT appeal_id FROM colleague_question WHERE ended_at IS NULL AND NOT missed AND due_at IS NOT NULL
           AND due_at < (SELECT coalesce($1, clock_timestamp())) ORDER BY due_at LIMIT $2) q`,
      [now?.() ?? null, AT_ONCE],
    );
    for (const { id } of due) {
      await tick(id).catch((error: unknown) =>
        log.error({ err: error, appealId: id }, 'a missed question could not be recorded'),
      );
    }
  }

  /** Under the appeal's lock: what is late and still open is missed, once on however many nodes; both people are told. */
  async function tick(appealId: string): Promise<void> {
    await db.transaction(async (tx) => {
      const locked = await appealRepository.lock(
        tx,
        { appealIds: [appealId], sessionIds: [], sent: [] },
        { skipLocked: true },
      );
      const facts = locked.appeals.get(appealId);
      if (!facts) return;
      const at = now?.() ?? locked.now;
      const work = change(facts);
      const { missed, events } = missQuestions(work, at);
      if (missed.length === 0) return;
      for (const { type, facts: told } of events) append(work, null, type, told, at, false);
      await appealRepository.save(tx, [work]);
      await noticeRepository.add(tx, noticesOf('question_missed', missed, at));
      const entries = work.entries.map((row) => ({ row, attachments: [] }));
      tx.afterCommit(() => tell({ facts: work.facts, public: work.public, entries }));
    });
  }

  return { withdraw, poll, tick };
}
