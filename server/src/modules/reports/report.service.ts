import { REPORT_NOBODY } from '@otklik/shared/report-words';
import type {
  Report,
  ReportAppeals,
  ReportAppealsQuery,
  ReportMeasure,
  ReportNumbers,
  ReportQuery,
} from '@otklik/shared/reports';
import * as z from 'zod';
import type { Db } from '../../platform/db';
import { fail } from '../../platform/errors';
import { pageOf, readCursor } from '../../platform/paging';
import { seesAllAppeals, type Actor } from '../people';
import type { FactsService } from './facts.service';
import { addDays, daysBetween } from './report.days';
import { minutesOf } from './report.durations';
import { reportPolicy } from './report.policy';
import { reportRepository, type Day, type Numbers, type Selection } from './report.repository';

export type ReportService = ReturnType<typeof createReportService>;

/** Whoever asks waits for so many changed appeals to be counted; the job counts the rest. */
const FOLLOW_AT_MOST = 2_000;
/** Longer periods are shown by month. */
const WEEKS_UNTIL_DAYS = 190;
const placeInList = z.strictObject({ day: z.iso.date(), id: z.uuid() });

export function createReportService({
  db,
  facts,
  zone,
  now,
  appealScope,
}: {
  db: Db;
  facts: Pick<FactsService, 'followFor'>;
  zone: () => Promise<string>;
  now: () => Date;
  /** SQL over `a` (appeal) and `d` (dealer) for what somebody may see; puts its values behind the parameters. */
  appealScope: (actor: Actor, parameters: unknown[]) => string;
}) {
  function mayRead(actor: Actor): void {
    if (!reportPolicy.exists(actor)) throw fail('not_found', { what: 'path' });
    if (!reportPolicy.read(actor)) throw fail('forbidden', { right: 'seeReports' });
  }

  return {
    /**
     * Everything the report pages show of one period.
     * @throws not_found – a dealer asks
     * @throws forbidden – neither supervisor nor admin
     */
    async report(actor: Actor, input: z.output<typeof ReportQuery>): Promise<Report> {
      mayRead(actor);
      const upToDate = await facts.followFor(FOLLOW_AT_MOST);
      const selection = selectionOf(input);
      const days = daysBetween(input.from, input.to) + 1;
      const unit = days > WEEKS_UNTIL_DAYS ? 'month' : 'week';
      const before = { from: addDays(input.from, -days), to: addDays(input.from, -1) };
      const [numbers, openings, perDay, causes, inZone] = await Promise.all([
        reportRepository.numbers(db, selection, input.by),
        reportRepository.openings(db, selection),
        reportRepository.days(db, selection, before.from),
        reportRepository.causes(db, selection),
        zone(),
      ]);
      const groups = numbers.filter((row) => !row.is_all);
      const earlier = happened(perDay, before);
      const opened = (dim: string) => openings.filter((row) => row.dim === dim);
      const keys = [...new Set(groups.map(({ key }) => key))];
      const names = new Map(
        (await reportRepository.names(db, input.by, keys)).map(({ key, ru, en }) => [
          key,
          { ru, en },
        ]),
      );
      const perSlot = new Map(opened('slot').map(({ key, n }) => [key, n]));
      return {
        totals: numbersOf(numbers.filter((row) => row.is_all)),
        inTimeBefore: earlier.judged === 0 ? null : (earlier.in_time / earlier.judged) * 100,
        steps: stepsOf(input, unit).map((step) => {
          const { opened, judged, in_time } = happened(perDay, step);
          return { ...step, opened, judged, in_time };
        }),
        groups: keys
          .map((key) => ({
            key: key === '' ? REPORT_NOBODY : key,
            name: names.get(key) ?? { ru: '', en: '' },
            numbers: numbersOf(groups.filter((row) => row.key === key)),
          }))
          .sort((a, b) => b.numbers.opened - a.numbers.opened || (a.key < b.key ? -1 : 1)),
        topics: opened('topic_type')
          .map(({ key, n }) => {
            const [topicId = '', typeCode = ''] = [key.slice(0, 36), key.slice(37)];
            return { topicId, typeCode, opened: n };
          })
          .sort((a, b) => b.opened - a.opened),
        slots: Array.from({ length: 168 }, (_, slot) => perSlot.get(String(slot)) ?? 0),
        causes: causes
          .map(({ cause, colleague_id: id, name, ms, appeals }) => ({
            cause,
            colleague: id === null ? null : { id, name: name ?? '' },
            minutes: Math.round(ms / 60_000),
            appeals,
          }))
          .sort((a, b) => b.minutes - a.minutes),
        backlog: backlogOf(perDay, input),
        zone: inZone,
        behind: !upToDate,
        at: now().toISOString(),
      };
    },

    /**
     * The appeals behind one number of a report: of those that the number counts, the ones this person may see.
     * @throws not_found – a dealer asks
     * @throws forbidden – neither supervisor nor admin
     * @throws invalid_input – the cursor is not one of ours
     */
    async appeals(
      actor: Actor,
      input: z.output<typeof ReportAppealsQuery>,
    ): Promise<ReportAppeals> {
      mayRead(actor);
      const after = readCursor(placeInList, input.cursor);
      if (after === null) await facts.followFor(FOLLOW_AT_MOST);
      const { total, rows } = await reportRepository.appeals(
        db,
        selectionOf(input),
        input,
        { limit: input.limit + 1, after },
        seesAllAppeals(actor) ? null : (parameters) => appealScope(actor, parameters),
      );
      const page = pageOf(rows, input.limit, (row) => ({ day: row.opened_day, id: row.id }));
      const { colleagueId } = input;
      const [colleague] =
        colleagueId === undefined ? [] : await reportRepository.names(db, 'manager', [colleagueId]);
      return {
        total,
        colleague: colleague?.ru ?? null,
        items: page.rows.map(({ no, subject, dealer, manager, status, late, opened_at }) => ({
          ...{ no, subject, dealer, manager, status, late },
          openedAt: opened_at.toISOString(),
        })),
        nextCursor: page.nextCursor,
      };
    },
  };
}

function selectionOf(input: {
  from: string;
  to: string;
  topicId?: string | undefined;
  typeCode?: string | undefined;
  managerId?: string | undefined;
  teamId?: string | undefined;
  dealerId?: string | undefined;
}): Selection {
  const { from, to, topicId, typeCode, managerId, teamId, dealerId } = input;
  return {
    ...{ from, to },
    filters: {
      ...(topicId === undefined ? {} : { topic: topicId }),
      ...(typeCode === undefined ? {} : { type: typeCode }),
      ...(managerId === undefined ? {} : { manager: managerId }),
      ...(teamId === undefined ? {} : { team: teamId }),
      ...(dealerId === undefined ? {} : { dealer: dealerId }),
    },
  };
}

function numbersOf(rows: readonly Numbers[]): ReportNumbers {
  const n = (measure: ReportMeasure) => rows.find((row) => row.measure === measure)?.n ?? 0;
  const minutes = (measure: ReportMeasure, share: 'median' | 'p90') => {
    const step = rows.find((row) => row.measure === measure)?.[share] ?? null;
    return step === null ? null : minutesOf(step);
  };
  return {
    opened: n('opened'),
    judged: n('judged'),
    in_time: n('in_time'),
    late: n('late'),
    answered: n('answered'),
    resolved: n('resolved'),
    late_resolution: n('late_resolution'),
    open: n('open'),
    firstMedian: minutes('answered', 'median'),
    firstP90: minutes('answered', 'p90'),
    resolutionMedian: minutes('resolved', 'median'),
    resolutionP90: minutes('resolved', 'p90'),
  };
}

/** Weeks from Monday, or months; the first begins and the last ends with the period. */
function stepsOf({ from, to }: { from: string; to: string }, unit: 'week' | 'month') {
  const found: { from: string; to: string }[] = [];
  const weekday = (new Date(from).getUTCDay() + 6) % 7;
  let start = unit === 'week' ? addDays(from, -weekday) : `${from.slice(0, 8)}01`;
  while (start <= to) {
    const next = unit === 'week' ? addDays(start, 7) : `${addDays(start, 31).slice(0, 8)}01`;
    const end = addDays(next, -1);
    found.push({ from: start < from ? from : start, to: end > to ? to : end });
    start = next;
  }
  return found;
}

/** Everything that happened from one day to another. */
function happened(perDay: readonly Day[], { from, to }: { from: string; to: string }) {
  const sums = { opened: 0, judged: 0, in_time: 0, closed: 0 };
  for (const row of perDay) {
    if (row.day < from || row.day > to) continue;
    sums.opened += row.opened;
    sums.judged += row.judged;
    sums.in_time += row.in_time;
    sums.closed += row.closed;
  }
  return sums;
}

function backlogOf(
  perDay: readonly Day[],
  { from, to }: { from: string; to: string },
): Report['backlog'] {
  const grown = new Map(perDay.map(({ day, opened, closed }) => [day, opened - closed]));
  let open = 0;
  for (const [day, n] of grown) if (day < from) open += n;
  return Array.from({ length: daysBetween(from, to) + 1 }, (_, index) => {
    const day = addDays(from, index);
    open += grown.get(day) ?? 0;
    return { day, open };
  });
}
