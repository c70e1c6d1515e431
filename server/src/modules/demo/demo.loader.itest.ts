import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { BoardQuery, ListEntries } from '@otklik/shared/appeals';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApp, type App } from '../../app';
import { readConfig } from '../../config';
import { createLog } from '../../platform/log';
import { testDb, type TestDb } from '../../test/test-db';
import type { Actor } from '../people';
import { aDealer, anActor } from '../people/people.factory';
import { passwordMatches } from '../people/password';
import { loadDemo, type Demo } from './demo.loader';
import { demoRepository } from './demo.repository';

const log = createLog('silent', false);

interface Stage {
  app: App;
  database: TestDb;
  folder: string;
  load(env?: Record<string, string>): Promise<Demo | null>;
  /** What the screen showed. */
  shown: string[];
  close(): Promise<void>;
}

async function aStage(): Promise<Stage> {
  const database = await testDb();
  const folder = await mkdtemp(path.join(tmpdir(), 'otklik-demo-'));
  const configOf = (env: Record<string, string> = {}) =>
    readConfig({ UPLOADS_DIR: path.join(folder, 'uploads'), ...env });
  const app = await createApp({
    config: configOf(),
    databaseUrl: database.url,
    log,
    background: false,
  });
  const shown: string[] = [];
  const screen = { write: (text: string) => shown.push(text) };
  return {
    ...{ app, database, folder, shown },
    load: (env) => loadDemo({ app, config: configOf(env), log, screen }),
    async close() {
      await app.close();
      await database.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const one = async (db: TestDb['db'], sql: string) => {
  const [row] = await db.query<Record<string, unknown>>(sql);
  return row;
};
const none = async (db: TestDb['db'], sql: string) => expect(await db.query(sql)).toEqual([]);

describe('an empty database', () => {
  let stage: Stage;
  let db: TestDb['db'];
  let demo: Demo | null;
  let failure: unknown;
  let begunAgain: string[];

  async function actorOf(login: string): Promise<Actor> {
    const [person] = await db.query<{ id: string }>(`SELECT id FROM person WHERE login = $1`, [
      login,
    ]);
    return anActor(db, { id: person!.id });
  }

  beforeAll(async () => {
    stage = await aStage();
    ({ db } = stage.database);
    // The first load breaks off in the middle: no folder can be made below a file.
    const file = path.join(stage.folder, 'no-folder');
    await writeFile(file, '');
    failure = await stage
      .load({ UPLOADS_DIR: path.join(file, 'uploads') })
      .catch((e: unknown) => e);
    begunAgain = (await db.query<{ login: string }>(`SELECT login FROM person`)).map(
      ({ login }) => login,
    );
    demo = await stage.load();
  });
  afterAll(() => stage.close());

  it('is filled again from the start after a load that broke off', () => {
    expect(failure).toBeInstanceOf(Error);
    expect(begunAgain).toContain('admin@demo.test');
    expect(demo?.logins.map(({ login }) => login)).toContain('admin@demo.test');
    expect(stage.shown.at(-1)).toMatch(/^Loading demo data: done in [\d.]+ s\n$/);
  });

  it('gets as much as was promised, nothing of it from the future', async () => {
    expect(
      await one(
        db,
        `SELECT (SELECT count(*) FROM dealer) AS dealers, (SELECT count(*) FROM person) AS people,
           (SELECT count(*) FROM appeal) AS appeals, (SELECT count(*) FROM dealer_order) AS orders,
           (SELECT count(DISTINCT status) FROM appeal) AS statuses, (SELECT count(*) FROM topic) AS topics,
           (SELECT count(*) FROM macro) AS macros`,
      ),
    ).toEqual({
      dealers: 4,
      people: 18,
      appeals: 80,
      orders: 120,
      statuses: 7,
      topics: 8,
      macros: 6,
    });
    await none(db, `SELECT 1 FROM entry WHERE created_at > now()`);
    await none(db, `SELECT 1 FROM dealer_order WHERE updated_at > now() OR delivered_at > now()`);
    await none(db, `SELECT 1 FROM attachment WHERE entry_id IS NULL`);
    await none(
      db,
      `SELECT 1 FROM session WHERE ended_at IS NULL AND device = 'Otklik demo loader'`,
    );
  });

  it('shows a board with rows in every lane', async () => {
    const supervisor = await actorOf('supervisor@demo.test');
    const board = await stage.app.services.lists.board(supervisor, BoardQuery.parse({}));
    expect(board.breached.count).toBeGreaterThanOrEqual(4);
    expect(board.risk.count).toBeGreaterThanOrEqual(6);
    expect(board.track.count).toBeGreaterThanOrEqual(20);
    expect(board.paused).toBeGreaterThanOrEqual(8);
    expect(board.workload.length).toBeGreaterThan(4);
    expect(board.withinSlaPercent).toBeGreaterThan(50);
  });

  it('leaves nothing to the poller: every deadline that passed is in the thread, at its moment', async () => {
    await none(
      db,
      `SELECT 1 FROM sla_clock WHERE state = 'running' AND (due_at < now() OR (warned_at IS NULL AND warn_at < now()))`,
    );
    await none(
      db,
      `SELECT s.appeal_id FROM sla_clock_step s WHERE s.action IN ('warned', 'breached') AND NOT EXISTS (
         SELECT 1 FROM entry e WHERE e.appeal_id = s.appeal_id AND e.created_at = s.at AND e.event_type = 'sla_' || s.action)`,
    );
    await none(
      db,
      `SELECT 1 FROM entry e JOIN entry f ON f.appeal_id = e.appeal_id AND f.seq = e.seq + 1
       WHERE f.created_at < e.created_at`,
    );
  });

  it('keeps dense numbers and a ledger that adds up', async () => {
    await none(
      db,
      `SELECT a.no FROM appeal a JOIN entry e ON e.appeal_id = a.id GROUP BY a.id
       HAVING count(*) <> a.last_seq OR max(e.seq) <> a.last_seq
         OR count(e.public_seq) <> a.last_public_seq OR max(e.public_seq) <> a.last_public_seq
         OR count(*) FILTER (WHERE e.kind <> 'event') <> a.messages`,
    );
    await none(
      db,
      `SELECT 1 FROM sla_clock c JOIN sla_clock_step s USING (appeal_id, kind, cycle)
       GROUP BY c.appeal_id, c.kind, c.cycle HAVING sum(s.counted_ms) <> c.counted_ms`,
    );
    await none(
      db,
      `SELECT 1 FROM (
         SELECT s.remaining_ms, s.action, c.target_ms, sum(s.counted_ms) OVER (
           PARTITION BY s.appeal_id, s.kind, s.cycle ORDER BY s.no) AS counted,
           bool_or(s.action = 'retargeted') OVER (PARTITION BY s.appeal_id, s.kind, s.cycle ORDER BY s.no DESC) AS before_retarget
         FROM sla_clock_step s JOIN sla_clock c USING (appeal_id, kind, cycle)) l
       WHERE l.remaining_ms <> l.target_ms - l.counted AND NOT (l.before_retarget AND l.action <> 'retargeted')`,
    );
    await none(
      db,
      `SELECT 1 FROM dealer_order o JOIN order_line l ON l.order_id = o.id
       GROUP BY o.id HAVING sum(l.sum_kopecks) <> o.total_kopecks OR count(*) <> o.line_count`,
    );
  });

  it('tells the story of №1042 whole to staff, and without notes to the dealer', async () => {
    const { appeals, threads } = stage.app.services;
    const manager = await actorOf('manager@demo.test');
    const card = await appeals.card(manager, { no: 1042 });
    expect(card.appeal.subject).toBe('Пришла не та партия');
    expect(card.orders.map(({ number }) => number)).toEqual(['40231']);
    const kinds = card.attachments.map(({ mime, previewUrl }) => [mime, previewUrl !== null]);
    expect(kinds).toEqual(
      expect.arrayContaining([
        ['image/jpeg', true],
        ['application/pdf', false],
      ]),
    );
    const input = ListEntries.parse({ appealId: card.appeal.id, afterSeq: 0, limit: 100 });
    const { entries } = await threads.list(manager, input);
    const notes = entries.filter(({ kind }) => kind === 'note');
    expect(notes.some((note) => note.audience === 'staff' && note.mentions.length > 0)).toBe(true);

    const dealer = await actorOf('dealer@demo.test');
    const seen = await threads.list(dealer, input);
    expect(seen.entries.map(({ kind }) => kind)).not.toContain('note');
    expect(JSON.stringify(seen)).not.toMatch(/[{}](date|weekday|month):/);
    const stranger = await actorOf('other@demo.test');
    await expect(appeals.card(stranger, { no: 1042 })).rejects.toMatchObject({ code: 'not_found' });
  });

  it('has read and unread appeals for everybody who looks in first', async () => {
    for (const login of ['dealer@demo.test', 'manager@demo.test', 'supervisor@demo.test']) {
      const actor = await actorOf(login);
      const { items, marks } = await stage.app.services.sync.sync(actor, {});
      const read = new Map(marks.map((mark) => [mark.appealId, mark.messages]));
      const unread = items.filter((appeal) => appeal.messages > (read.get(appeal.id) ?? 0));
      expect(unread.length, login).toBeGreaterThan(0);
      expect(unread.length, login).toBeLessThan(items.length);
    }
  });

  it('closes the access of who has left, after he acted', async () => {
    expect(
      await one(
        db,
        `SELECT access_allowed, scope FROM person WHERE login = 'roman.pyatkin@demo.test'`,
      ),
    ).toEqual({ access_allowed: false, scope: 'own' });
  });

  it('loads nothing a second time, and keeps the password it made', async () => {
    const rows = `SELECT (SELECT count(*) FROM entry) AS entries, (SELECT count(*) FROM person) AS people`;
    const before = await one(db, rows);
    expect(await stage.load()).toEqual(demo);
    expect(demo?.password).toMatch(/^[a-z2-9]{16}$/);
    expect(await one(db, rows)).toEqual(before);
  });

  it('takes the password that is set later, for all demo logins', async () => {
    const again = await stage.load({ DEMO_PASSWORD: 'another password' });
    expect(again?.password).toBe('another password');
    const people = await db.query<{ hash: string }>(`SELECT password_hash AS hash FROM person`);
    const matches = await Promise.all(
      people.map(({ hash }) => passwordMatches(hash, 'another password')),
    );
    expect(new Set(matches)).toEqual(new Set([true]));
    // Without the setting the last one stays.
    expect((await stage.load())?.password).toBe('another password');
  });

  it('is not cleared when somebody has signed in to a half of it', async () => {
    await db.query(`UPDATE installation SET demo_loaded_at = NULL`);
    expect(await stage.load()).toBeNull();
    expect(await one(db, `SELECT count(*) AS appeals FROM appeal`)).toEqual({ appeals: 80 });
  });

  it('is empty again when cleared, the directories of a new installation aside', async () => {
    const files = await db.transaction((tx) => demoRepository.clear(tx));
    expect(files.length).toBeGreaterThan(30);
    expect(await demoRepository.hasData(db)).toBe(false);
    expect(
      await one(
        db,
        `SELECT (SELECT count(*) FROM topic) AS topics, (SELECT count(*) FROM team) AS teams,
           (SELECT count(*) FROM dealer_order) AS orders, (SELECT count(*) FROM session) AS sessions`,
      ),
    ).toEqual({ topics: 1, teams: 0, orders: 0, sessions: 0 });
  });
});

it('never touches a database that has data of its own', async () => {
  const stage = await aStage();
  try {
    await aDealer(stage.database.db);
    expect(await stage.load()).toBeNull();
    expect(await one(stage.database.db, `SELECT count(*) AS dealers FROM dealer`)).toEqual({
      dealers: 1,
    });
    expect(await demoRepository.state(stage.database.db)).toMatchObject({ started: false });
    expect(stage.shown).toEqual([]);
    expect(await readdir(stage.folder)).toEqual([]);
  } finally {
    await stage.close();
  }
});
