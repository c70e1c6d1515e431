import { randomUUID } from 'node:crypto';
import type { Db } from '../../platform/db';
import { median, ms, table, type Ground } from './ground';
import { someSessions } from '../../modules/people/people.factory';
import { ask } from './people';

const DEALERS = 20;
const ENTRIES_EACH = 10;
/** Appeals that change while one is away; the dealer's own are among them. */
const CHANGED = 50;
const CHANGED_OF_DEALER = 10;
/** New entries in the thread that stays open. */
const NEW_IN_THREAD = 3;
const REPEATS = 30;
const SMALL = 2_000;
const LARGE = 20_000;
/** Appeals of one statement, far below its time limit. */
const CHUNK = 1_000;

interface Cost {
  bytes: number;
  rows: number;
  ms: number;
}
interface Person {
  cookie: string;
  /** From before the changes. */
  cursor: string;
}

/**
 * Coming back after a week costs what changed in it: the same 50 changes among 2,000 and among 20,000 appeals,
 * measured in turn on two servers of the same run, beside a start from nothing.
 */
export async function away(ground: Ground): Promise<void> {
  const bar = ground.bar('away', (SMALL + LARGE) / CHUNK + 6);
  const small = await anInstallation(ground, SMALL, () => bar.step());
  const large = await anInstallation(ground, LARGE, () => bar.step());

  const people = ['supervisor', 'dealer'] as const;
  const measured = [];
  for (const person of people) {
    const costs: { small: Cost[]; large: Cost[] } = { small: [], large: [] };
    for (let turn = 0; turn < REPEATS; turn += 1) {
      costs.small.push(await sync(small.url, small[person]));
      costs.large.push(await sync(large.url, large[person]));
    }
    const full = [];
    for (let turn = 0; turn < 3; turn += 1)
      full.push(await sync(large.url, { cookie: large[person].cookie }));
    measured.push({
      what: `sync, ${person}`,
      small: typical(costs.small),
      large: typical(costs.large),
      full: typical(full),
    });
    bar.step();
  }
  const thread: { small: Cost[]; large: Cost[]; full: Cost[] } = { small: [], large: [], full: [] };
  for (let turn = 0; turn < REPEATS; turn += 1) {
    thread.small.push(await newEntries(small.url, small, small.thread));
    thread.large.push(await newEntries(large.url, large, large.thread));
    if (turn < 3)
      thread.full.push(await newEntries(large.url, large, { ...large.thread, last: 0 }));
  }
  measured.push({
    what: 'open thread, dealer',
    small: typical(thread.small),
    large: typical(thread.large),
    full: typical(thread.full),
  });
  bar.end();
  await small.stop();
  await large.stop();

  const cost = ({ rows, bytes, ms: took }: Cost) =>
    `${rows} / ${(bytes / 1024).toFixed(1)} kB / ${ms(took)}`;
  ground.show(
    `\nBack after a week in which ${CHANGED} appeals changed (${CHANGED_OF_DEALER} of them the dealer's), ${NEW_IN_THREAD} entries in the open thread: rows / size / time`,
  );
  ground.show(
    table([
      [
        '',
        `${SMALL} appeals`,
        `${LARGE} appeals`,
        'size ratio',
        'time ratio',
        'from nothing',
        'of its size',
      ],
      ...measured.map(({ what, small: few, large: many, full }) => [
        what,
        cost(few),
        cost(many),
        (many.bytes / few.bytes).toFixed(2),
        (many.ms / few.ms).toFixed(2),
        cost(full),
        `${((many.bytes / full.bytes) * 100).toFixed(0)} %`,
      ]),
    ]),
  );
  await ground.save('away', {
    changed: CHANGED,
    appeals: { small: SMALL, large: LARGE },
    measured,
  });
}

const typical = (costs: Cost[]): Cost => ({
  rows: costs[0]?.rows ?? 0,
  bytes: median(costs.map((one) => one.bytes)),
  ms: median(costs.map((one) => one.ms)),
});

/** A server over `appeals` appeals, one in ten of them open, and two people who come back to it. */
async function anInstallation(ground: Ground, appeals: number, stepped: () => void) {
  const databaseUrl = await ground.database(`away_${appeals}`);
  const made = await ground.withDb(databaseUrl, (db) => fill(db, appeals, stepped));
  const server = await ground.start('product-server.ts', databaseUrl);
  const [supervisor = '', dealer = ''] = made.cookies;
  const before = {
    supervisor: await cursorOf(server.url, supervisor),
    dealer: await cursorOf(server.url, dealer),
  };
  stepped();
  // The week: written by the product, by the dealer in his own appeals and by the supervisor in all others.
  for (const [index, appealId] of made.changed.entries()) {
    const cookie = index < CHANGED_OF_DEALER ? dealer : supervisor;
    const times = appealId === made.thread.appealId ? NEW_IN_THREAD : 1;
    for (let said = 0; said < times; said += 1)
      await ask(server.url, cookie, 'POST', `/appeals/${appealId}/entries`, {
        clientId: randomUUID(),
        body: 'Сверяем отгрузку',
      });
  }
  stepped();
  return {
    url: server.url,
    stop: server.stop,
    thread: made.thread,
    cookie: dealer,
    supervisor: { cookie: supervisor, cursor: before.supervisor },
    dealer: { cookie: dealer, cursor: before.dealer },
  };
}

/** Appeals of the past in bulk: what they say does not matter, how many they are does. */
async function fill(db: Db, appeals: number, stepped: () => void) {
  const [topic] = await db.query<{ id: string }>(`SELECT id FROM topic LIMIT 1`);
  const dealers = await db.query<{ id: string }>(
    `INSERT INTO dealer (code, name, zone) SELECT 'D-' || n, 'Дилер ' || n, 'Europe/Moscow' FROM generate_series(1, $1::integer) n RETURNING id`,
    [DEALERS],
  );
  const visitors = await db.query<{ id: string }>(
    `INSERT INTO person (login, password_hash, name, role, dealer_id)
     SELECT id::text, '-', 'Посетитель', 'dealer', id FROM unnest($1::uuid[]) id RETURNING id`,
    [dealers.map(({ id }) => id)],
  );
  const [supervisor] = await db.query<{ id: string }>(
    `INSERT INTO person (login, password_hash, name, role) VALUES ('supervisor', '-', 'Руководитель', 'supervisor') RETURNING id`,
  );
  const ids = Array.from({ length: appeals }, () => randomUUID());
  for (let done = 0; done < appeals; done += CHUNK) {
    const chunk = ids.slice(done, done + CHUNK);
    await db.query(
      `INSERT INTO appeal (id, client_id, content_hash, dealer_id, opened_by, opened_by_name, type_code, topic_id, subject, status,
         answer_owed_by, last_seq, last_public_seq, messages, public_messages, last_word, public_last_word,
         last_at, public_last_at, rev, public_rev, changed_xid, public_changed_xid, created_at)
       SELECT a.id, a.id, '-', d.id, p.id, p.name, 'question', $4, 'Обращение ' || a.n,
         CASE WHEN a.n % 10 = 0 THEN 'in_work' ELSE 'closed' END, CASE WHEN a.n % 10 = 0 THEN 'staff' END,
         $5, $5, $5, $5, w.word, w.word, t.at, t.at, $5, $5, pg_current_xact_id(), pg_current_xact_id(), t.at
       FROM unnest($1::uuid[]) WITH ORDINALITY a (id, n)
       JOIN unnest($2::uuid[]) WITH ORDINALITY d (id, n) ON d.n = 1 + a.n % $6
       JOIN unnest($3::uuid[]) WITH ORDINALITY v (id, n) ON v.n = d.n JOIN person p ON p.id = v.id
       CROSS JOIN LATERAL (SELECT now() - interval '60 days' - ($7::integer + a.n) * interval '1 minute' AS at) t
       CROSS JOIN LATERAL (SELECT jsonb_build_object('kind', 'message', 'authorId', p.id, 'authorName', p.name, 'side', 'dealer',
         'text', 'Проверьте, пожалуйста, накладную', 'files', 0, 'at', to_char(t.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) AS word) w`,
      [
        chunk,
        dealers.map(({ id }) => id),
        visitors.map(({ id }) => id),
        topic?.id,
        ENTRIES_EACH,
        DEALERS,
        done,
      ],
    );
    await db.query(
      `INSERT INTO entry (id, appeal_id, seq, public_seq, kind, author_id, author_name, author_side, client_id, content_hash, body, created_at)
       SELECT gen_random_uuid(), a.id, n, n, 'message', a.opened_by, a.opened_by_name, 'dealer', gen_random_uuid(), '-', 'Проверьте, пожалуйста, накладную', a.created_at
       FROM appeal a, generate_series(1, $2::integer) n WHERE a.id = ANY($1::uuid[])`,
      [chunk, ENTRIES_EACH],
    );
    await db.query(
      `INSERT INTO participant (appeal_id, person_id, side, joined_at)
       SELECT id, opened_by, 'dealer', created_at FROM appeal WHERE id = ANY($1::uuid[])`,
      [chunk],
    );
    await db.query(
      `INSERT INTO read_mark (appeal_id, person_id, seq, public_seq, messages, changed_xid)
       SELECT id, unnest(ARRAY[opened_by, $3::uuid]), $2, $2, $2, pg_current_xact_id() FROM appeal WHERE id = ANY($1::uuid[])`,
      [chunk, ENTRIES_EACH, supervisor?.id],
    );
    stepped();
  }
  await db.query('VACUUM ANALYZE');
  const cookies = await someSessions(db, [supervisor?.id ?? '', visitors[0]?.id ?? '']);
  // The first dealer has every DEALERS-th appeal; his come first among the changed.
  const own = ids.filter((_, index) => (index + 1) % DEALERS === 0).slice(0, CHANGED_OF_DEALER);
  const others = ids.filter((_, index) => (index + 1) % DEALERS !== 0);
  const changed = [...own, ...others.slice(0, CHANGED - CHANGED_OF_DEALER)];
  return { cookies, changed, thread: { appealId: own[0] ?? '', last: ENTRIES_EACH } };
}

/** Syncs from nothing to the end; where that leads. */
async function cursorOf(url: string, cookie: string): Promise<string> {
  const { cursor } = await pages(url, cookie, undefined);
  return cursor;
}

async function sync(
  url: string,
  { cookie, cursor }: Pick<Person, 'cookie'> & Partial<Person>,
): Promise<Cost> {
  const began = performance.now();
  const { bytes, rows } = await pages(url, cookie, cursor);
  return { bytes, rows, ms: performance.now() - began };
}

async function pages(url: string, cookie: string, from: string | undefined) {
  let cursor = from;
  let bytes = 0;
  let rows = 0;
  for (let more = true; more;) {
    const query = cursor === undefined ? '' : `?cursor=${encodeURIComponent(cursor)}`;
    const answer = await read(url, cookie, `/sync${query}`);
    bytes += answer.bytes;
    rows += listed(answer.value, 'items');
    cursor = 'cursor' in answer.value ? String(answer.value.cursor) : '';
    more = 'more' in answer.value && answer.value.more === true;
  }
  return { bytes, rows, cursor: cursor ?? '' };
}

async function newEntries(
  url: string,
  { cookie }: { cookie: string },
  { appealId, last }: { appealId: string; last: number },
): Promise<Cost> {
  const began = performance.now();
  const answer = await read(url, cookie, `/appeals/${appealId}/entries?afterSeq=${last}&limit=100`);
  return {
    bytes: answer.bytes,
    rows: listed(answer.value, 'entries'),
    ms: performance.now() - began,
  };
}

const listed = (value: object, name: string): number => {
  const list: unknown = Reflect.get(value, name);
  return Array.isArray(list) ? list.length : 0;
};

async function read(
  url: string,
  cookie: string,
  path: string,
): Promise<{ value: object; bytes: number }> {
  const answer = await fetch(`${url}/api${path}`, { headers: { cookie } });
  const words = await answer.text();
  const value: unknown = JSON.parse(words);
  if (!answer.ok || typeof value !== 'object' || value === null)
    throw new Error(`${path}: ${words}`);
  return { value, bytes: Buffer.byteLength(words) };
}
