import type { AppealCounts, SyncAnswer } from '@otklik/shared/appeals';
import type { Db } from '../../platform/db';
import { isStaff, type Actor } from '../people';
import { appealScope } from './appeal.policy';
import { appealRepository, type Changes } from './appeal.repository';
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
      const cursor = text === undefined ? null : seal.open(text);
      const isOwn =
        cursor !== null &&
        cursor.epoch === epoch &&
        cursor.personId === actor.personId &&
        cursor.rightsVersion === actor.rightsVersion;
      const start: SyncCursor = {
        epoch,
        personId: actor.personId,
        rightsVersion: actor.rightsVersion,
        since: 0n,
        page: null,
      };
      const [found, numbers] = await Promise.all([
        changesFrom(actor, isOwn ? cursor : start),
        counts(actor),
      ]);
      // A cursor ahead of the database is one of a later state that was lost.
      const usable = isOwn && cursor.since <= found.next;
      const from = usable ? cursor : start;
      const read = isOwn && !usable ? await changesFrom(actor, start) : found;
      // The horizon is fixed when the first page is read; later pages keep it, so that nothing slips between them.
      const until = from.page?.until ?? read.oldest;
      const page = read.rows.slice(0, PAGE);
      const more = read.rows.length > PAGE;
      const last = page.at(-1);
      const next: SyncCursor =
        more && last
          ? { ...from, page: { xid: last.xid, id: last.facts.row.id, until } }
          : { ...from, since: until, page: null };
      return {
        reset: !usable,
        items: page.map(({ facts }) => (isStaff(actor) ? staffAppeal(facts) : dealerAppeal(facts))),
        marks: page.flatMap(({ mark }) => (mark === null ? [] : [mark])),
        counts: numbers,
        cursor: seal.seal(next),
        more,
        serverTime: read.now.toISOString(),
      };
    },
  };

  /** A page of appeals after a cursor, and the horizon of the snapshot it was read in. */
  function changesFrom(actor: Actor, { since, page }: SyncCursor): Promise<Changes> {
    const parameters: unknown[] = [];
    const bind = (value: unknown) => `$${parameters.push(value)}`;
    const visible = appealScope(actor, parameters);
    const xidColumn = isStaff(actor) ? 'changed_xid' : 'public_changed_xid';
    const xid = `a.${xidColumn}`;
    const ofDealer = () =>
      actor.dealerId === null ? '' : ` AND c.dealer_id = ${bind(actor.dealerId)}`;
    const lastAt = isStaff(actor) ? 'a.last_at' : 'a.public_last_at';
    const from = String(since);
    const reader = bind(actor.personId);
    // From the beginning only what is open, or was done lately, is of use; lists page through the rest.
    const wanted =
      since === 0n
        ? `(a.status NOT IN ('resolved', 'closed') OR ${lastAt} > now() - interval '14 days')`
        : // Two lists by index; an OR of the two would look at everything that exists.
          `a.id IN (SELECT c.id FROM appeal c WHERE c.${xidColumn} >= ${bind(from)}::xid8${ofDealer()}
              UNION ALL SELECT r.appeal_id FROM read_mark r
              WHERE r.person_id = ${reader} AND r.changed_xid >= ${bind(from)}::xid8)`;
    const after = page
      ? `AND (${xid}, a.id) > (${bind(String(page.xid))}::xid8, ${bind(page.id)}::uuid)`
      : '';
    const where = `${visible} AND ${wanted} ${after}`;
    return appealRepository.changes(db, { xid, reader, where, limit: PAGE + 1 }, parameters);
  }
}
