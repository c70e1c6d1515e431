import { REPORT_NOBODY } from '@otklik/shared/report-words';
import type {
  Report,
  ReportAppeals,
  ReportAppealsQuery,
  ReportNumbers,
  ReportQuery,
} from '@otklik/shared/reports';
import * as z from 'zod';
import type { Db } from '../../platform/db';
import { fail } from '../../platform/errors';
import { pageOf, readCursor } from '../../platform/paging';
import { seesAllAppeals, type Actor } from '../people';
import type { FactsService } from './facts.service';
import { quantile } from './report.durations';
import { reportPolicy } from './report.policy';
import { reportRepository, type Selection } from './report.repository';

export type ReportService = ReturnType<typeof createReportService>;

/** Whoever asks waits for so many changed appeals to be counted; the job counts the rest. */
const FOLLOW_AT_MOST = 2_000;
/** Longer periods are shown by month. */
const WEEKS_UNTIL_DAYS = 190;
const DAY_MS = 86_400_000;
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
      const before: Selection = {
        ...selection,
        from: addDays(input.from, -days),
        to: addDays(input.from, -1),
      };
      const [{ all, groups, steps, topics, slots }, flow, causes, earlier, inZone] =
        await Promise.all([
          reportRepository.figures(db, selection, input.by, unit),
          reportRepository.flow(db, selection),
          reportRepository.causes(db, selection),
          reportRepository.perKey(db, before, 'all', ['judged', 'in_time']),
          zone(),
        ]);
      const keys = [...new Set(groups.map(({ key }) => key))];
      const names = new Map(
        (await reportRepository.names(db, input.by, keys)).map(({ key, ru, en }) => [
          key,
          { ru, en },
        ]),
      );
      const judgedBefore = sumOf(earlier, 'judged');
      const perSlot = new Map(slots.map(({ key, n }) => [key, n]));
      return {
        totals: numbersOf(all),
        inTimeBefore: judgedBefore === 0 ? null : (sumOf(earlier, 'in_time') / judgedBefore) * 100,
        steps: stepStarts(input, unit).map((period) => {
          const own = steps.filter(({ key }) => key === period.start);
          return {
            from: period.from,
            to: period.to,
            opened: sumOf(own, 'opened'),
            judged: sumOf(own, 'judged'),
            in_time: sumOf(own, 'in_time'),
          };
        }),
        groups: keys
          .map((key) => ({
            key: key === '' ? REPORT_NOBODY : key,
            name: names.get(key) ?? { ru: '', en: '' },
            numbers: numbersOf(groups.filter((row) => row.key === key)),
          }))
          .sort((a, b) => b.numbers.opened - a.numbers.opened || (a.key < b.key ? -1 : 1)),
        topics: topics
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
        backlog: backlogOf(flow, input),
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

const sumOf = (rows: readonly { measure: string; n: number }[], measure: string) =>
  rows.reduce((sum, row) => (row.measure === measure ? sum + row.n : sum), 0);

function numbersOf(rows: readonly { measure: string; bucket: number; n: number }[]): ReportNumbers {
  const steps = (measure: string) => rows.filter((row) => row.measure === measure);
  const [first, resolution] = [steps('answered'), steps('resolved')];
  return {
    opened: sumOf(rows, 'opened'),
    judged: sumOf(rows, 'judged'),
    in_time: sumOf(rows, 'in_time'),
    late: sumOf(rows, 'late'),
    answered: sumOf(rows, 'answered'),
    resolved: sumOf(rows, 'resolved'),
    late_resolution: sumOf(rows, 'late_resolution'),
    open: sumOf(rows, 'open'),
    firstMedian: quantile(first, 0.5),
    firstP90: quantile(first, 0.9),
    resolutionMedian: quantile(resolution, 0.5),
    resolutionP90: quantile(resolution, 0.9),
  };
}

const addDays = (day: string, days: number) =>
  new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10);
const daysBetween = (from: string, to: string) =>
  Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS);

/** Weeks from Monday, or months; `from` and `to` stay within the period. */
function stepStarts({ from, to }: { from: string; to: string }, unit: 'week' | 'month') {
  const found: { start: string; from: string; to: string }[] = [];
  const weekday = (new Date(from).getUTCDay() + 6) % 7;
  let start = unit === 'week' ? addDays(from, -weekday) : `${from.slice(0, 8)}01`;
  while (start <= to) {
    const next = unit === 'week' ? addDays(start, 7) : `${addDays(start, 31).slice(0, 8)}01`;
    const end = addDays(next, -1);
    found.push({ start, from: start < from ? from : start, to: end > to ? to : end });
    start = next;
  }
  return found;
}

function backlogOf(
  flow: readonly { day: string; n: number }[],
  { from, to }: { from: string; to: string },
): Report['backlog'] {
  const perDay = new Map(flow.map(({ day, n }) => [day, n]));
  let open = perDay.get(addDays(from, -1)) ?? 0;
  return Array.from({ length: daysBetween(from, to) + 1 }, (_, index) => {
    const day = addDays(from, index);
    open += perDay.get(day) ?? 0;
    return { day, open };
  });
}
