import type { BoardBy } from '@otklik/shared/board-words';
import type {
  AppealCounts,
  AppealPage,
  Board,
  BoardQuery,
  ListAppeals,
} from '@otklik/shared/appeals';
import * as z from 'zod';
import type { Db } from '../../platform/db';
import { fail } from '../../platform/errors';
import { pageOf, placeMoment, readCursor } from '../../platform/paging';
import { holds, isStaff, seesAllAppeals, type Actor } from '../people';
import { appealPolicy, appealScope } from './appeal.policy';
import { appealRepository } from './appeal.repository';
import { dealerAppeal, staffAppeal } from './appeal.view';

type ListInput = z.output<typeof ListAppeals>;
const OPEN = `a.status NOT IN ('resolved', 'closed')`;
const STAFF_VIEWS = new Set<ListInput['view']>(['mine', 'queue', 'mentions']);
const COLUMNS = ['breached', 'risk', 'track'] as const;
type ColumnState = (typeof COLUMNS)[number];
const FILTERED = [
  ['topicId', 'a.topic_id'],
  ['assigneeId', 'a.assignee_id'],
  ['teamId', 'a.team_id'],
  ['dealerId', 'a.dealer_id'],
  ['typeCode', 'a.type_code'],
] as const;
/** What the load can be told by: where an appeal says it, and whose names these are. */
const LOADS = {
  manager: { key: 'a.assignee_id', table: 'person', ru: 'n.name', en: 'n.name' },
  team: { key: 'a.team_id', table: 'team', ru: 'n.name_ru', en: 'n.name_en' },
  topic: { key: 'a.topic_id', table: 'topic', ru: 'n.name_ru', en: 'n.name_en' },
  dealer: { key: 'a.dealer_id', table: 'dealer', ru: 'n.name', en: 'n.name' },
} as const satisfies Record<BoardBy, object>;
/** Rows in one column of the board; the rest is counted. */
const BOARD_ROWS = 50;

/** Sort key of a row; the reader has seen it. A place in one order says nothing in another. */
const placeIn = (sort: ListInput['sort']) =>
  z.strictObject({ sort: z.literal(sort), at: placeMoment, id: z.uuid() });

export type AppealListService = ReturnType<typeof createAppealListService>;

export function createAppealListService({ db, now }: { db: Db; now?: () => Date }) {
  /** The condition of a view over `a`. `owed` = the viewer's side owes the answer; for staff only what is theirs. */
  function viewCondition(
    actor: Actor,
    view: ListInput['view'],
    bind: (value: unknown) => string,
  ): string {
    const me = () => bind(actor.personId);
    const onIt = (person: string) =>
      `EXISTS (SELECT 1 FROM participant v WHERE v.appeal_id = a.id AND v.person_id = ${person} AND v.left_at IS NULL)`;
    const mentioned = (
      person: string,
    ) => `EXISTS (SELECT 1 FROM mention n WHERE n.appeal_id = a.id AND n.person_id = ${person}
      AND n.seq > coalesce((SELECT r.seq FROM read_mark r WHERE r.appeal_id = a.id AND r.person_id = ${person}), 0))`;
    switch (view) {
      case 'all':
        return 'true';
      case 'open':
        return OPEN;
      case 'closed':
        return `a.status IN ('resolved', 'closed')`;
      case 'queue':
        return `${OPEN} AND a.assignee_id IS NULL`;
      case 'mine': {
        const person = me();
        return `${OPEN} AND (a.assignee_id = ${person} OR ${onIt(person)})`;
      }
      case 'mentions':
        return mentioned(me());
      case 'owed': {
        if (!isStaff(actor)) return `${OPEN} AND a.answer_owed_by = 'dealer'`;
        const person = me();
        return `${OPEN} AND ((a.answer_owed_by = 'staff' AND a.assignee_id = ${person}) OR ${mentioned(person)})`;
      }
    }
  }

  return {
    /**
     * One page of appeals, newest word or newest appeal first, scoped in SQL to what the actor may see.
     * @throws forbidden – a dealer asks for a staff view
     * @throws invalid_input – the cursor is not one of ours, or of the other order
     */
    async list(actor: Actor, input: ListInput): Promise<AppealPage> {
      if (STAFF_VIEWS.has(input.view) && !holds(actor, 'appeal.staff_views'))
        throw fail('forbidden', { right: 'staffViews' });
      const parameters: unknown[] = [];
      const bind = (value: unknown) => `$${parameters.push(value)}`;
      const key =
        input.sort === 'opened' ? 'created_at' : isStaff(actor) ? 'last_at' : 'public_last_at';
      const sortKey = `a.${key}`;
      const conditions = [appealScope(actor, parameters), viewCondition(actor, input.view, bind)];
      if (input.topicId !== undefined) conditions.push(`a.topic_id = ${bind(input.topicId)}`);
      if (input.dealerId !== undefined) conditions.push(`a.dealer_id = ${bind(input.dealerId)}`);
      if (input.orderNumber !== undefined) {
        conditions.push(
          `EXISTS (SELECT 1 FROM appeal_order l JOIN dealer_order o ON o.id = l.order_id WHERE l.appeal_id = a.id AND o.number = ${bind(input.orderNumber)})`,
        );
      }
      if (input.q) {
        const words = bind(`%${input.q.replace(/^[№#]/, '').replace(/[\\%_]/g, '\\$&')}%`);
        conditions.push(
          `(a.subject ILIKE ${words} OR d.name ILIKE ${words} OR a.no::text LIKE ${words})`,
        );
      }
      const after = readCursor(placeIn(input.sort), input.cursor);
      if (after) {
        conditions.push(
          `(${sortKey}, a.id) < (${bind(after.at)}::timestamptz, ${bind(after.id)}::uuid)`,
        );
      }
      const facts = await appealRepository.select(
        db,
        `WHERE ${conditions.join(' AND ')} ORDER BY ${sortKey} DESC, a.id DESC LIMIT ${bind(input.limit + 1)}`,
        parameters,
      );
      const { rows: page, nextCursor } = pageOf(facts, input.limit, ({ row }) => ({
        sort: input.sort,
        at: row[key],
        id: row.id,
      }));
      const marks = await db.query<{
        appeal_id: string;
        seq: number;
        messages: number;
        rev: number;
      }>(
        `SELECT appeal_id, seq, messages, rev FROM read_mark WHERE person_id = $1 AND appeal_id = ANY($2::uuid[])`,
        [actor.personId, page.map(({ row }) => row.id)],
      );
      return {
        items: page.map((one) => (isStaff(actor) ? staffAppeal(one) : dealerAppeal(one))),
        marks: marks.map(({ appeal_id: appealId, ...mark }) => ({ appealId, ...mark })),
        nextCursor,
      };
    },

    /** The numbers beside the views, by the same conditions as the lists. */
    async counts(actor: Actor): Promise<AppealCounts> {
      const parameters: unknown[] = [];
      const bind = (value: unknown) => `$${parameters.push(value)}`;
      const visible = appealScope(actor, parameters);
      const staff = isStaff(actor);
      const of = (condition: string) =>
        `FROM appeal a JOIN dealer d ON d.id = a.dealer_id WHERE ${visible} AND ${condition}`;
      const one = (view: ListInput['view']) =>
        staff || !STAFF_VIEWS.has(view)
          ? `count(*) FILTER (WHERE ${viewCondition(actor, view, bind)})::int`
          : '0';
      const alone = (view: ListInput['view']) =>
        `(SELECT count(*)::int ${of(viewCondition(actor, view, bind))})`;
      // Open appeals are few and have an index; what is not asked of them alone is counted by itself.
      const [row] = await db.query<AppealCounts>(
        `SELECT o.*, ${staff ? 'NULL' : alone('closed')} AS closed, ${staff ? alone('mentions') : '0'} AS mentions
         FROM (SELECT ${one('open')} AS open, ${one('mine')} AS mine, ${one('queue')} AS queue,
           ${one('owed')} AS owed ${of(OPEN)}) o`,
        parameters,
      );
      if (!row) throw new Error('an aggregate answers one row');
      return row;
    },

    /**
     * The supervisor's board: every open appeal with a running clock in one of three columns by its nearest deadline.
     * @throws forbidden – not a supervisor or admin
     */
    async board(actor: Actor, filter: z.output<typeof BoardQuery>): Promise<Board> {
      if (!holds(actor, 'staff.work')) throw fail('not_found', { what: 'path' });
      if (!appealPolicy.seeBoard(actor)) throw fail('forbidden', { right: 'seeBoard' });
      const parameters: unknown[] = [];
      const bind = (value: unknown) => `$${parameters.push(value)}`;
      const at = bind(now?.() ?? null);
      const conditions = [OPEN];
      // Whoever has the board by a role of his own sees on it what he sees elsewhere.
      if (!seesAllAppeals(actor))
        conditions.push(
          `EXISTS (SELECT FROM dealer d WHERE d.id = a.dealer_id AND ${appealScope(actor, parameters)})`,
        );
      for (const [name, column] of FILTERED) {
        if (filter[name] !== undefined) conditions.push(`${column} = ${bind(filter[name])}`);
      }
      const load = LOADS[filter.by];
      // One reading for columns, counts and load: the numbers always fit the rows. An appeal has two open clocks at most.
      const [read] = await db.query<{
        rows: { id: string; state: ColumnState }[] | null;
        counts: Record<ColumnState | 'paused' | 'none', number>;
        unassigned: number;
        workload: Board['workload'] | null;
      }>(
        `WITH shown AS MATERIALIZED (
           SELECT a.id, a.assignee_id, ${load.key} AS load_id, c.due_at,
             CASE WHEN c.state IS NULL THEN 'none' WHEN c.state = 'paused' THEN 'paused'
               WHEN c.state = 'breached' OR c.due_at < t.now THEN 'breached'
               WHEN c.warn_at <= t.now THEN 'risk' ELSE 'track' END AS state
           FROM (SELECT coalesce(${at}::timestamptz, clock_timestamp()) AS now) t CROSS JOIN appeal a
           LEFT JOIN sla_clock r ON r.appeal_id = a.id AND r.kind = 'resolution' AND r.ended_at IS NULL
           LEFT JOIN sla_clock w ON w.appeal_id = a.id AND w.kind <> 'resolution' AND w.ended_at IS NULL
           CROSS JOIN LATERAL (SELECT r.state IS NULL OR coalesce((w.state <> 'breached', w.state = 'paused', w.due_at)
             < (r.state <> 'breached', r.state = 'paused', r.due_at), false) AS answer) pick
           CROSS JOIN LATERAL (SELECT CASE WHEN pick.answer THEN w.state ELSE r.state END AS state,
             CASE WHEN pick.answer THEN w.due_at ELSE r.due_at END AS due_at, CASE WHEN pick.answer THEN w.warn_at ELSE r.warn_at END AS warn_at) c
           WHERE ${conditions.join(' AND ')}),
         rows AS (
           ${COLUMNS.map((state) => `(SELECT id, state, due_at FROM shown WHERE state = '${state}' ORDER BY due_at, id LIMIT ${BOARD_ROWS})`).join(' UNION ALL ')}),
         loads AS (
           SELECT load_id, count(*)::int AS open, count(*) FILTER (WHERE state = 'breached')::int AS breached,
             count(*) FILTER (WHERE state = 'risk')::int AS risk
           FROM shown WHERE load_id IS NOT NULL GROUP BY load_id)
         SELECT (SELECT jsonb_agg(jsonb_build_object('id', id, 'state', state) ORDER BY due_at, id) FROM rows) AS rows,
           (SELECT jsonb_build_object(${[...COLUMNS, 'paused', 'none'].map((state) => `'${state}', count(*) FILTER (WHERE state = '${state}')`).join(', ')}) FROM shown) AS counts,
           (SELECT count(*)::int FROM shown WHERE assignee_id IS NULL) AS unassigned,
           (SELECT jsonb_agg(jsonb_build_object('id', n.id, 'name', jsonb_build_object('ru', ${load.ru}, 'en', ${load.en}),
              'open', open, 'breached', breached, 'risk', risk) ORDER BY open DESC, ${load.ru}, n.id)
            FROM loads JOIN ${load.table} n ON n.id = load_id) AS workload`,
        parameters,
      );
      if (!read) throw new Error('an aggregate answers one row');
      const rows = read.rows ?? [];
      const facts = new Map(
        (
          await appealRepository.facts(
            db,
            rows.map(({ id }) => id),
          )
        ).map((one) => [one.row.id, one]),
      );
      const column = (state: ColumnState) => ({
        count: read.counts[state],
        items: rows.flatMap((row) => {
          const one = row.state === state ? facts.get(row.id) : undefined;
          return one ? [staffAppeal(one)] : [];
        }),
      });
      const days = await db.query<{ day: string; kept: number; ended: number }>(
        `SELECT g.day::date AS day, count(c.*) FILTER (WHERE c.state = 'met')::int AS kept, count(c.*)::int AS ended
         FROM (SELECT coalesce($1::timestamptz, now()) AS now) t
         CROSS JOIN LATERAL generate_series(date_trunc('day', t.now) - interval '6 days', date_trunc('day', t.now), interval '1 day') g (day)
         LEFT JOIN sla_clock c ON c.ended_at >= g.day AND c.ended_at < g.day + interval '1 day' AND c.state IN ('met', 'breached')
           AND (c.breached_at < c.carried_at) IS NOT TRUE
         GROUP BY g.day ORDER BY g.day`,
        [now?.() ?? null],
      );
      const percent = (kept: number, ended: number) =>
        ended === 0 ? null : Math.round((kept / ended) * 1000) / 10;
      return {
        breached: column('breached'),
        risk: column('risk'),
        track: column('track'),
        paused: read.counts.paused,
        unassigned: read.unassigned,
        workload: read.workload ?? [],
        withinSla: days.map(({ day, kept, ended }) => ({ day, percent: percent(kept, ended) })),
        withinSlaPercent: percent(
          days.reduce((sum, { kept }) => sum + kept, 0),
          days.reduce((sum, { ended }) => sum + ended, 0),
        ),
        at: (now?.() ?? new Date()).toISOString(),
      };
    },

    /** For order lists: which appeals the viewer may see link these orders. */
    async linkedTo(
      actor: Actor,
      orderIds: string[],
    ): Promise<Map<string, { id: string; no: number }[]>> {
      const parameters: unknown[] = [orderIds];
      const visible = appealScope(actor, parameters);
      const rows = await db.query<{ order_id: string; id: string; no: number }>(
        `SELECT l.order_id, a.id, a.no FROM appeal_order l JOIN appeal a ON a.id = l.appeal_id JOIN dealer d ON d.id = a.dealer_id
         WHERE l.order_id = ANY($1::uuid[]) AND ${visible} ORDER BY a.no DESC`,
        parameters,
      );
      const found = new Map<string, { id: string; no: number }[]>();
      for (const { order_id, id, no } of rows)
        found.set(order_id, [...(found.get(order_id) ?? []), { id, no }]);
      return found;
    },
  };
}
