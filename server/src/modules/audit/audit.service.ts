import type { AuditFilters, AuditPage, AuditQuery, RecordExport } from '@otklik/shared/audit';
import { CSV_START, csvLine } from '@otklik/shared/csv';
import * as z from 'zod';
import type { Db } from '../../platform/db';
import { fail } from '../../platform/errors';
import { placeMoment, readCursor, writeCursor } from '../../platform/paging';
import { recordChange, type Actor } from '../people';
import { auditPolicy } from './audit.policy';
import { auditRepository, type AuditPlace, type Wanted } from './audit.repository';
import { auditEntryView, CSV_HEAD, csvCells } from './audit.view';

interface Deps {
  db: Db;
  now: () => Date;
  /** The company's zone, for days. */
  zone: () => Promise<string>;
}

const Place = z.strictObject({ at: placeMoment, id: z.uuid() });
/** Lines that one page looks through for a text: well under a second of the database's time. */
const SEARCH_DEPTH = 20_000;
const CSV_PAGE = 1_000;
const SWEEP_BATCH = 5_000;
/** Parts of one file, and the same file again, are one download within this time. */
const SAME_DOWNLOAD_MS = 60_000;
const REMEMBERED_DOWNLOADS = 10_000;

export type AuditService = ReturnType<typeof createAuditService>;

/** The audit log as admins read it, and what is written into it besides changes. */
export function createAuditService({ db, now, zone }: Deps) {
  /** @throws not_found – for dealers; @throws forbidden – only admins read it */
  function allow(actor: Actor): void {
    if (!auditPolicy.knows(actor)) throw fail('not_found', { what: 'audit' });
    if (!auditPolicy.read(actor)) throw fail('forbidden', { right: 'manageCompany' });
  }

  async function wantedOf(filters: z.output<typeof AuditFilters>): Promise<Wanted> {
    const { from, to, q = '', ...equal } = filters;
    const dayOf = async (day: string, plus: number) =>
      auditRepository.dayBegins(db, day, plus, await zone());
    return {
      ...equal,
      from: from === undefined ? null : await dayOf(from, 0),
      until: to === undefined ? null : await dayOf(to, 1),
      q,
    };
  }

  /** One step back in time: the lines that fit, and the place to go on from. */
  async function step(wanted: Wanted, after: AuditPlace | null, limit: number) {
    const depth = SEARCH_DEPTH;
    const rows = await auditRepository.page(db, wanted, after, { limit: limit + 1, depth });
    const fitting = rows.filter(({ fits }) => fits);
    const shown = fitting.slice(0, limit);
    const stoppedAt = rows.find(({ fits }) => !fits) ?? null;
    const last = fitting.length > limit ? shown.at(-1) : stoppedAt;
    return {
      rows: shown,
      next: last ? { at: last.exactAt, id: last.id } : null,
      searchedTo: fitting.length > limit ? null : (stoppedAt?.at ?? null),
    };
  }

  /** The newest lines that fit; see `AuditPage`. @throws as {@link allow}; @throws invalid_input – a broken cursor */
  async function list(actor: Actor, input: z.output<typeof AuditQuery>): Promise<AuditPage> {
    allow(actor);
    const { cursor, limit, ...filters } = input;
    const after = readCursor(Place, cursor);
    const { rows, next, searchedTo } = await step(await wantedOf(filters), after, limit);
    return {
      items: rows.map(auditEntryView),
      nextCursor: next && writeCursor(next),
      searchedTo: searchedTo?.toISOString() ?? null,
    };
  }

  /**
   * All lines that fit as CSV, in pieces; that it was taken is written down first.
   * @throws as {@link allow}
   */
  async function csv(
    actor: Actor,
    filters: z.output<typeof AuditFilters>,
  ): Promise<AsyncGenerator<string>> {
    allow(actor);
    const wanted = await wantedOf(filters);
    await recordChange(db, {
      ...{ kind: 'export', action: 'audit.exported', by: actor, at: now(), dealerId: null },
      ...{ subjectId: null, subject: 'audit.csv', before: null, after: { ...filters } },
    });
    return lines(wanted);
  }

  async function* lines(wanted: Wanted): AsyncGenerator<string> {
    yield CSV_START + csvLine(CSV_HEAD);
    let after: AuditPlace | null = null;
    do {
      const { rows, next }: Awaited<ReturnType<typeof step>> = await step(wanted, after, CSV_PAGE);
      if (rows.length > 0) yield rows.map((row) => csvLine(csvCells(row))).join('');
      after = next;
    } while (after !== null);
  }

  /** A file made or printed by the browser. @throws not_found – for dealers */
  async function recordExport(actor: Actor, input: z.output<typeof RecordExport>): Promise<void> {
    if (!auditPolicy.recordExport(actor)) throw fail('not_found', { what: 'audit' });
    const { what, format, name } = input;
    await recordChange(db, {
      ...{ kind: 'export', by: actor, at: now(), dealerId: null, subjectId: null, subject: name },
      action: format === 'print' ? `${what}.printed` : `${what}.exported`,
      ...{ before: null, after: { format } },
    });
  }

  const downloads = new Map<string, number>();
  /** Written before the bytes leave: no file goes without its line. */
  async function recordDownload(
    actor: Actor,
    file: { id: string; name: string; entryId: string | null },
  ): Promise<void> {
    const key = `${actor.sessionId} ${actor.personId} ${file.id}`;
    const ms = Date.now();
    const before = downloads.get(key);
    if (before !== undefined && ms - before < SAME_DOWNLOAD_MS) return;
    await recordChange(db, {
      ...{ kind: 'download', action: 'attachment.downloaded', by: actor, at: now() },
      ...{ dealerId: actor.dealerId, subjectId: file.id, subject: file.name },
      ...{ before: null, after: { entry: file.entryId } },
    });
    downloads.delete(key);
    downloads.set(key, ms);
    for (const [oldest, at] of downloads) {
      if (downloads.size <= REMEMBERED_DOWNLOADS && ms - at < SAME_DOWNLOAD_MS) break;
      downloads.delete(oldest);
    }
  }

  /** Housekeeping, for a job: what is older than the company keeps. @returns how many lines went */
  async function sweep(): Promise<number> {
    let gone = 0;
    for (;;) {
      const batch = await auditRepository.sweep(db, SWEEP_BATCH);
      gone += batch;
      if (batch < SWEEP_BATCH) break;
    }
    if (gone === 0) return 0;
    await recordChange(db, {
      ...{ action: 'audit.swept', by: null, at: now(), dealerId: null, subjectId: null },
      ...{ subject: 'audit', before: null, after: { lines: gone } },
    });
    return gone;
  }

  return { list, csv, recordExport, recordDownload, sweep };
}
