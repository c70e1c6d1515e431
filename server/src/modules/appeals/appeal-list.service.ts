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
import { isStaff, type Actor } from '../people';
import { appealPolicy, appealScope } from './appeal.policy';
import { appealRepository } from './appeal.repository';
import { dealerAppeal, staffAppeal } from './appeal.view';

type ListInput = z.output<typeof ListAppeals>;
const OPEN = `a.status IN ('new', 'in_work', 'waiting')`;
const STAFF_VIEWS = new Set<ListInput['view']>(['mine', 'queue', 'mentions']);
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
      if (STAFF_VIEWS.has(input.view) && !isStaff(actor))
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
        `SELECT o.*, ${alone('closed')} AS closed, ${staff ? alone('mentions') : '0'} AS mentions
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
      if (!isStaff(actor)) throw fail('not_found', { what: 'path' });
      if (!appealPolicy.seeBoard(actor)) throw fail('forbidden', { right: 'seeBoard' });
      const parameters: unknown[] = [];
      const bind = (value: unknown) => `$${parameters.push(value)}`;
      const at = bind(now?.() ?? null);
      const conditions = [OPEN];
      if (filter.topicId !== undefined) conditions.push(`a.topic_id = ${bind(filter.topicId)}`);
      if (filter.assigneeId !== undefined)
        conditions.push(`a.assignee_id = ${bind(filter.assigneeId)}`);
      if (filter.typeCode !== undefined) conditions.push(`a.type_code = ${bind(filter.typeCode)}`);
      // One reading for columns, counts and workload: the numbers always fit the rows.
      const rows = await db.query<{
        id: string;
        state: 'breached' | 'risk' | 'track' | 'paused' | 'none';
        due_at: Date | null;
        assignee_id: string | null;
        assignee: string | null;
      }>(
        `SELECT a.id, a.assignee_id, p.name AS assignee, c.due_at,
           CASE WHEN c.state IS NULL THEN 'none' WHEN c.state = 'paused' THEN 'paused'
             WHEN c.state = 'breached' OR c.due_at < t.now THEN 'breached'
             WHEN c.warn_at <= t.now THEN 'risk' ELSE 'track' END AS state
         FROM appeal a CROSS JOIN (SELECT coalesce(${at}::timestamptz, clock_timestamp()) AS now) t
         LEFT JOIN person p ON p.id = a.assignee_id
         LEFT JOIN LATERAL (
           SELECT k.state, k.due_at, k.warn_at FROM sla_clock k WHERE k.appeal_id = a.id AND k.ended_at IS NULL
           ORDER BY (k.state = 'breached') DESC, (k.state = 'paused'), k.due_at LIMIT 1) c ON true
         WHERE ${conditions.join(' AND ')} ORDER BY c.due_at NULLS LAST, a.id`,
        parameters,
      );
      const columns = {
        breached: rowsIn('breached'),
        risk: rowsIn('risk'),
        track: rowsIn('track'),
      };
      function rowsIn(state: string) {
        return rows.filter((row) => row.state === state);
      }
      const shown = Object.values(columns).flatMap((column) =>
        column.slice(0, BOARD_ROWS).map((row) => row.id),
      );
      const facts = new Map(
        (await appealRepository.facts(db, shown)).map((one) => [one.row.id, one]),
      );
      const column = (state: keyof typeof columns) => ({
        count: columns[state].length,
        items: columns[state].slice(0, BOARD_ROWS).flatMap(({ id }) => {
          const one = facts.get(id);
          return one ? [staffAppeal(one)] : [];
        }),
      });
      const workload = new Map<string, Board['workload'][number]>();
      for (const row of rows) {
        if (row.assignee_id === null) continue;
        const load = workload.get(row.assignee_id) ?? {
          person: { id: row.assignee_id, name: row.assignee ?? '' },
          open: 0,
          breached: 0,
          risk: 0,
        };
        load.open += 1;
        if (row.state === 'breached') load.breached += 1;
        if (row.state === 'risk') load.risk += 1;
        workload.set(row.assignee_id, load);
      }
      const days = await db.query<{ day: string; kept: number; ended: number }>(
        `SELECT g.day::date AS day, count(c.*) FILTER (WHERE c.state = 'met')::int AS kept, count(c.*)::int AS ended
         FROM (SELECT coalesce($1::timestamptz, now()) AS now) t
         CROSS JOIN LATERAL generate_series(date_trunc('day', t.now) - interval '6 days', date_trunc('day', t.now), interval '1 day') g (day)
         LEFT JOIN sla_clock c ON c.ended_at >= g.day AND c.ended_at < g.day + interval '1 day' AND c.state IN ('met', 'breached')
         GROUP BY g.day ORDER BY g.day`,
        [now?.() ?? null],
      );
      const percent = (kept: number, ended: number) =>
        ended === 0 ? null : Math.round((kept / ended) * 1000) / 10;
      return {
        breached: column('breached'),
        risk: column('risk'),
        track: column('track'),
        paused: rowsIn('paused').length,
        unassigned: rows.filter((row) => row.assignee_id === null).length,
        workload: [...workload.values()].sort(
          (a, b) => b.open - a.open || (a.person.name < b.person.name ? -1 : 1),
        ),
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
