import type { AppealCounts, ReadMark, SyncAnswer } from '@otklik/shared/appeals';
import type { Db } from '../../platform/db';
import { isStaff, type Actor } from '../people';
import { appealScope } from './appeal.policy';
import { appealRepository } from './appeal.repository';
import { dealerAppeal, staffAppeal } from './appeal.view';
import { createCursorSeal, type SyncCursor } from './cursor';

/** Appeals in one answer; a client that was away for long calls again at once. */
const PAGE = 200;

export type SyncService = ReturnType<typeof createSyncService>;

export function createSyncService({
  db,
  counts,
}: {
  db: Db;
  counts: (actor: Actor) => Promise<AppealCounts>;
}) {
  const installation = db
    .query<{ epoch: string; cursor_key: Buffer }>(
      // The system identifier and the timeline tell a restored copy from the original.
      `SELECT epoch::text || ':' || (SELECT system_identifier FROM pg_control_system())::text || ':'
         || (SELECT timeline_id FROM pg_control_checkpoint())::text AS epoch, cursor_key FROM installation`,
    )
    .then(([row]) => {
      if (!row) throw new Error('the installation row is missing: run the migrations');
      return { epoch: row.epoch, seal: createCursorSeal(row.cursor_key) };
    });
  // Awaited by every call; a failure here must not end the process before that.
  installation.catch(() => undefined);

  return {
    /**
     * What the actor may see now and what changed at or after his cursor. Something may come twice, nothing is left out:
     * the next cursor is the oldest transaction that was still running when this answer was read.
     * Without a usable cursor the answer is a reset: the open appeals, as at the start of the client.
     */
    async sync(
      actor: Actor,
      { cursor: text }: { cursor?: string | undefined },
    ): Promise<SyncAnswer> {
      const { epoch, seal } = await installation;
      const [horizon] = await db.query<{ xmin: string; next: string; now: Date }>(
        `SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS xmin, pg_snapshot_xmax(pg_current_snapshot())::text AS next, clock_timestamp() AS now`,
      );
      if (!horizon) throw new Error('a select without FROM answers one row');
      const cursor = text === undefined ? null : seal.open(text);
      const usable =
        cursor !== null &&
        cursor.epoch === epoch &&
        cursor.personId === actor.personId &&
        cursor.rightsVersion === actor.rightsVersion &&
        cursor.since <= BigInt(horizon.next);
      const from: SyncCursor = usable
        ? cursor
        : {
            epoch,
            personId: actor.personId,
            rightsVersion: actor.rightsVersion,
            since: 0n,
            page: null,
          };
      // The horizon is fixed when the first page is read; later pages keep it, so that nothing slips between them.
      const until = from.page?.until ?? BigInt(horizon.xmin);
      const reset = !usable;

      const parameters: unknown[] = [];
      const bind = (value: unknown) => `$${parameters.push(value)}`;
      const visible = appealScope(actor, parameters);
      const xidColumn = isStaff(actor) ? 'changed_xid' : 'public_changed_xid';
      const xid = `a.${xidColumn}`;
      const ofDealer = () =>
        actor.dealerId === null ? '' : ` AND c.dealer_id = ${bind(actor.dealerId)}`;
      const lastAt = isStaff(actor) ? 'a.last_at' : 'a.public_last_at';
      const since = String(from.since);
      // From the beginning only what is open, or was done lately, is of use; lists page through the rest.
      const wanted =
        from.since === 0n
          ? `(a.status IN ('new', 'in_work', 'waiting') OR ${lastAt} > now() - interval '14 days')`
          : // Two lists by index; an OR of the two would look at everything that exists.
            `a.id IN (SELECT c.id FROM appeal c WHERE c.${xidColumn} >= ${bind(since)}::xid8${ofDealer()}
              UNION ALL SELECT r.appeal_id FROM read_mark r
              WHERE r.person_id = ${bind(actor.personId)} AND r.changed_xid >= ${bind(since)}::xid8)`;
      const after = from.page
        ? `AND (${xid}, a.id) > (${bind(String(from.page.xid))}::xid8, ${bind(from.page.id)}::uuid)`
        : '';
      const found = await db.query<{ id: string; xid: string }>(
        `SELECT a.id, ${xid}::text AS xid FROM appeal a JOIN dealer d ON d.id = a.dealer_id
         WHERE ${visible} AND ${wanted} ${after} ORDER BY ${xid}, a.id LIMIT ${bind(PAGE + 1)}`,
        parameters,
      );
      const page = found.slice(0, PAGE);
      const more = found.length > PAGE;
      const ids = page.map((row) => row.id);
      const facts = await appealRepository.facts(db, ids);
      const marks = await marksOf(actor, ids);
      const last = page.at(-1);
      const next: SyncCursor =
        more && last
          ? { ...from, page: { xid: BigInt(last.xid), id: last.id, until } }
          : { ...from, since: until, page: null };
      return {
        reset,
        items: facts.map((one) => (isStaff(actor) ? staffAppeal(one) : dealerAppeal(one))),
        marks,
        counts: await counts(actor),
        cursor: seal.seal(next),
        more,
        serverTime: horizon.now.toISOString(),
      };
    },
  };

  async function marksOf(actor: Actor, ids: string[]): Promise<ReadMark[]> {
    const rows = await db.query<{ appeal_id: string; seq: number; messages: number; rev: number }>(
      `SELECT appeal_id, seq, messages, rev FROM read_mark WHERE person_id = $1 AND appeal_id = ANY($2::uuid[])`,
      [actor.personId, ids],
    );
    return rows.map(({ appeal_id: appealId, ...mark }) => ({ appealId, ...mark }));
  }
}
