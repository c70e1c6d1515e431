import type { Db } from '../../platform/db';
import type { Log } from '../../platform/log';
import type { SlaService } from '../sla';
import type { AppealHappening } from './appeal.news';
import { appealRepository, matchedOf, type AppealFacts } from './appeal.repository';
import { afterSilence, type SilenceRules } from './dealer.wait';
import { noticeRepository } from './notice.repository';
import { change, setStatus } from './thread';

const AT_ONCE = 100;

/** Appeals that wait for their dealer: he is reminded, and what he leaves unanswered is closed, in his own hours. */
export function createWaitService({
  db,
  sla,
  silence,
  tell,
  log,
  now,
}: {
  db: Db;
  sla: Pick<SlaService, 'context' | 'hoursOfDealer'>;
  /** The rules as they stand; silence before `countsFrom` counts nothing. */
  silence: () => Promise<SilenceRules & { countsFrom: Date }>;
  tell: (happening: AppealHappening) => void;
  log: Log;
  now?: () => Date;
}) {
  /** Looks at what has come to be looked at, by the database's clock. */
  async function poll(): Promise<void> {
    const due = await db.query<{ id: string }>(
      `SELECT appeal_id AS id FROM dealer_wait WHERE next_at <= (SELECT clock_timestamp()) ORDER BY next_at LIMIT $1`,
      [AT_ONCE],
    );
    for (const { id } of due) {
      await tick(id).catch((error: unknown) =>
        log.error({ err: error, appealId: id }, 'a wait for a dealer could not be looked at'),
      );
    }
  }

  /** Does what an appeal's wait has come to, under its lock, and says when to look next. */
  async function tick(appealId: string): Promise<void> {
    await db.transaction(async (tx) => {
      const locked = await appealRepository.lock(
        tx,
        { appealIds: [appealId], sessionIds: [], sent: [] },
        { skipLocked: true },
      );
      const facts = locked.appeals.get(appealId);
      if (!facts) return;
      const ended = () => tx.query(`DELETE FROM dealer_wait WHERE appeal_id = $1`, [appealId]);
      if (facts.row.status !== 'waiting') {
        await ended();
        return;
      }
      const [wait] = await tx.query<{ since: Date; reminded_at: Date | null; zone: string }>(
        `SELECT w.since, w.reminded_at, d.zone FROM dealer_wait w, dealer d WHERE w.appeal_id = $1 AND d.id = $2`,
        [appealId, facts.row.dealer_id],
      );
      if (!wait) return;
      const at = now?.() ?? locked.now;
      const rules = await silence();
      const hours = await sla.hoursOfDealer(facts.row.dealer_id, wait.zone);
      const since = latest(wait.since, lastToDealer(facts), rules.countsFrom);
      const { act, nextAt, closesAt } = afterSilence(
        { since, remindedAt: wait.reminded_at },
        rules,
        hours,
        at,
      );
      if (act === 'close') {
        const work = change(facts);
        const clocks = await sla.context(matchedOf(facts.row), at);
        const why = { silentMinutes: rules.closeMinutes ?? 0 };
        setStatus(work, null, 'closed', at, clocks, null, null, why);
        await appealRepository.save(tx, [work]);
        await ended();
        const entries = work.entries.map((row) => ({ row, attachments: [] }));
        tx.afterCommit(() => tell({ facts: work.facts, public: work.public, entries }));
        return;
      }
      if (act === 'remind') {
        const people = await tx.query<{ id: string }>(
          `SELECT p.id FROM participant m JOIN person p ON p.id = m.person_id
           WHERE m.appeal_id = $1 AND m.side = 'dealer' AND m.left_at IS NULL AND p.access_allowed`,
          [appealId],
        );
        const about = { kind: 'answer_awaited' as const, waitsSince: since, closesAt };
        await noticeRepository.add(
          tx,
          people.map(({ id }) => ({ personId: id, appealId, madeAt: at, showAt: at, about })),
        );
      }
      await tx.query(
        `UPDATE dealer_wait SET next_at = $2, reminded_at = coalesce($3, reminded_at) WHERE appeal_id = $1`,
        [appealId, nextAt, act === 'remind' ? at : null],
      );
    });
  }

  /** Rules, hours or zones have changed: every wait is looked at again. */
  async function lookAtAll(): Promise<void> {
    await db.query(`UPDATE dealer_wait SET next_at = clock_timestamp()`);
  }

  return { poll, tick, lookAtAll };
}

/** When the company last spoke to the dealer. */
function lastToDealer({ row }: AppealFacts): Date {
  return new Date(row.public_last_word?.side === 'staff' ? row.public_last_at : 0);
}

const latest = (...moments: Date[]) => new Date(Math.max(...moments.map(Number)));
