import { createWriteStream, existsSync } from 'node:fs';
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Db } from '../../platform/db';
import { BrowserClient, openBrowser } from './browsers';
import { check } from './checker/check';
import { SOON, type HistoryLine, type Invariant, type Violation } from './checker/history';
import { CrowdClient, type Member } from './client';
import { course, untilReady, type Fault, type Ground } from './faults';
import type { ServerNode } from './node';
import { bundleClient, bundleWorker, removeBundle, type Change } from './product';
import { ClientLine } from './proxy';
import { seeded } from './random';
import { RedisServer } from './redis';
import { onSite, type Site } from './site';
import { aWorld, CROWDED, dump, type World, type WorldPerson, type WorldSize } from './world';

export interface ChaosOptions {
  seed: number;
  /** How long clients press while things break. */
  ms: number;
  /** Server processes. */
  nodes: number;
  /** Presses a second of the whole crowd. */
  perSecond: number;
  /** How many dealers, visitors, appeals and managers there are; left out: `CROWDED`. */
  world?: WorldSize;
  /** Chromium pages of the built client beside the clients without screens; none while a defect is planted in the client. */
  browsers?: number;
  /** Ends as soon as one of these is broken: for planted defects, which need not be judged to the end. */
  until?: readonly Invariant[];
  /** How long to wait for what has no answer yet, once nothing breaks any more; left out: `PATIENT`. */
  settle?: Patience;
  /** Kinds of fault; left out: all. */
  faults?: readonly string[];
  /** Goes on beyond `ms` until each of `faults` has happened, on a slow machine up to four times as long. */
  eachFault?: boolean;
  /** Cuts every line when the last press is still on its way, and once more when everything is answered. */
  lastCut?: boolean;
  /** Statements for the database before the crowd comes; for planted defects. */
  sql?: readonly string[];
  server?: readonly Change[];
  client?: readonly Change[];
  /** Path of redis-server; without it two nodes find each other by sync alone. */
  redis?: string;
  /** Folder for `history.jsonl`; left out: kept in memory only. */
  out?: string;
  /** Told what happens, and how much of the time is over (0 to 1). */
  progress?: (done: number, what: string) => void;
  cancelled?: () => boolean;
}

export interface ChaosResult {
  seed: number;
  acknowledged: number;
  pressed: number;
  /** Files that went with them. */
  files: number;
  /** How often each kind of fault happened. */
  faults: Record<string, number>;
  violations: Violation[];
  /** What the client code threw and nobody caught. */
  troubles: string[];
  /** From the end of the last fault until nothing waited for an answer any more, or nothing moved any more, ms. */
  settledMs: number;
  /** Presses that had no answer then. */
  unsettled: number;
  lines: number;
}

/** Clients are level this long after the last fault, says the promise. */
const LEVEL_MS = 10_000;
interface Patience {
  /** Answers still come in: wait on, so long at most, ms. */
  mostMs: number;
  /** No answer came and nothing else was said for so long: what is open now stays open, ms. */
  stillMs: number;
}
/** The longest pause of the client's queue is thirty seconds, and a try takes ten; what has not moved in a minute never will. */
const PATIENT: Patience = { mostMs: 300_000, stillMs: 60_000 };
const EARLY_CHECK_MS = 2_000;
/** How many times its length a run may take until each fault has happened. */
const SLOWEST = 4;
const OPEN_APPEALS = 3;
const BUILT_CLIENT = fileURLToPath(new URL('../../../../client/dist', import.meta.url));

/** Runs the product under a crowd while it is being broken, and judges what became of it. */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  options.progress?.(0, 'building');
  return onSite({ name: 'chaos', server: options.server }, (site) => runAt(site, options));
}

async function runAt(
  { folder, db, dataDir, undo, start }: Site,
  options: ChaosOptions,
): Promise<ChaosResult> {
  const { progress = () => undefined, cancelled = () => false } = options;
  const random = seeded(options.seed);
  const browsers = options.client === undefined ? (options.browsers ?? 0) : 0;
  const pages = browsers > 0 ? await pagesIn(folder) : null;
  const clientBundle = await bundleClient(options.client);
  undo(() => removeBundle(clientBundle));
  const program = await bundleWorker();
  undo(() => removeBundle(program));
  for (const statement of options.sql ?? []) await db.query(statement);
  const redis = options.redis === undefined ? null : await RedisServer.open(folder, options.redis);
  if (redis) undo(() => redis.kill());

  progress(0, 'starting');
  const nodes = await start(options.nodes, {
    ...(redis ? { redisUrl: redis.url } : {}),
    ...(pages === null ? {} : { client: pages }),
  });
  const world = await aWorld(db, `http://127.0.0.1:${nodes[0]?.port}/`, options.world ?? CROWDED);

  const book = openBook(options.out ? await bookFile(options.out) : undefined, world);
  undo(() => book.close());
  const troubles: string[] = [];
  const crowd: CrowdParts = {
    world,
    nodes,
    random,
    program,
    clientBundle,
    options,
    book,
    troubles,
  };
  const withoutScreens = await aCrowd(crowd);
  undo(() => Promise.all(withoutScreens.map((client) => client.end())));
  const clients = [...withoutScreens, ...(await somePages(crowd, browsers, undo))];
  const ground: Ground = { nodes, clients, dataDir, redis, random };

  await Promise.all(clients.map((client) => client.entered()));
  for (const client of clients) client.order({ do: 'press', yes: true });
  const began = Date.now();
  let early: Violation[] = [];
  const counts: Record<string, number> = {};
  const isOver = () => {
    const passed = (Date.now() - began) / options.ms;
    const wanting = options.eachFault && options.faults?.some((kind) => !counts[kind]);
    return passed >= (wanting ? SLOWEST : 1) || cancelled() || early.length > 0;
  };
  const lanes = (['server', 'client'] as const).map((lane) =>
    breakThings(course(lane, random), ground, options, isOver, book, counts),
  );
  const watching = (async () => {
    while (!isOver()) {
      for (const client of clients) book.tokens(client);
      progress(
        Math.min(1, (Date.now() - began) / options.ms),
        `${book.acknowledged()} acknowledged`,
      );
      await pause(250);
    }
  })();
  let settled = false;
  const judging = (async () => {
    while (options.until && !settled && !cancelled() && early.length === 0) {
      await pause(EARLY_CHECK_MS);
      early = await checkSoFar(book, db, world, options.until);
    }
  })();
  // A run that breaks off ends it too.
  undo(() => {
    settled = true;
    return judging;
  });
  await Promise.all([...lanes, watching]);

  progress(1, 'mending and settling');
  for (const client of clients) client.order({ do: 'press', yes: false });
  if (options.lastCut) for (const { line } of clients) line.cut();
  await untilReady(nodes);
  const healed = Date.now();
  const unsettled = await settle(
    clients,
    book,
    options.settle ?? PATIENT,
    () => cancelled() || early.length > 0,
  );
  const settledMs = Date.now() - healed;
  settled = true;
  await judging;
  if (options.lastCut) for (const { line } of clients) line.cut();
  let violations = early;
  if (early.length === 0) {
    await pause(options.lastCut ? LEVEL_MS : Math.max(0, LEVEL_MS - settledMs));
    await Promise.all(clients.map((client) => client.final()));
    for (const client of clients) book.tokens(client);
    await pause(100);
    progress(1, 'checking');
    violations = check(book.lines, await dump(db, world));
  }
  return {
    seed: options.seed,
    acknowledged: book.acknowledged(),
    pressed: book.lines.filter(({ ev }) => ev === 'press').length,
    files: book.lines.reduce((sum, line) => sum + (line.ev === 'press' ? (line.files ?? 0) : 0), 0),
    faults: counts,
    violations,
    troubles,
    settledMs,
    unsettled,
    lines: book.lines.length,
  };
}

/** Waits until every press has its answer, or nothing moves any more. @returns how many have none */
async function settle(
  clients: readonly Member[],
  book: Book,
  { mostMs, stillMs }: Patience,
  cancelled: () => boolean,
): Promise<number> {
  const began = Date.now();
  let movedAt = began;
  let before = '';
  for (;;) {
    const waiting = await Promise.all(clients.map((client) => client.unanswered()));
    const open = waiting.reduce((sum, count) => sum + count, 0);
    const now = `${open} ${book.answers()}`;
    if (now !== before) movedAt = Date.now();
    before = now;
    if (open === 0 || cancelled()) return open;
    if (Date.now() - began > mostMs || Date.now() - movedAt > stillMs) return open;
    await pause(200);
  }
}

/** What can be judged while everything still goes on: by the history up to a moment, and what was stored after it. */
async function checkSoFar(
  book: Book,
  db: Db,
  world: World,
  wanted: readonly Invariant[],
): Promise<Violation[]> {
  const upTo = book.lines.length;
  // The database may be away just now.
  const stored = await dump(db, world).catch(() => null);
  if (!stored) return [];
  // A press that is stored already may be on its way here.
  await pause(300);
  const pressedSince = book.lines.slice(upTo).filter(({ ev }) => ev === 'press');
  return check([...book.lines.slice(0, upTo), ...pressedSince], stored).filter(
    ({ invariant }) => SOON.has(invariant) && wanted.includes(invariant),
  );
}

async function breakThings(
  faults: Generator<Fault, never>,
  ground: Ground,
  { faults: wanted, ms }: ChaosOptions,
  isOver: () => boolean,
  book: Book,
  counts: Record<string, number>,
): Promise<void> {
  while (!isOver()) {
    const fault = faults.next().value;
    if (wanted && !wanted.includes(fault.kind)) {
      await pause(5);
      continue;
    }
    // A long run has room for calm, in which the crowd writes most; a short one has to be through all kinds.
    await pause(500 + ground.random() * Math.min(15_000, Math.max(3_500, ms / 40)));
    if (isOver()) return;
    book.note({ t: now(), c: 'harness', ev: 'fault', kind: fault.kind });
    const happened = await fault.run(ground);
    book.note({ t: now(), c: 'harness', ev: 'healed', kind: fault.kind });
    if (happened) counts[fault.kind] = (counts[fault.kind] ?? 0) + 1;
  }
}

const now = () => performance.timeOrigin + performance.now();

/* ── The crowd ────────────────────────────────────────────── */

interface CrowdParts {
  world: World;
  nodes: readonly ServerNode[];
  random: () => number;
  program: string;
  clientBundle: string;
  options: ChaosOptions;
  book: Book;
  troubles: string[];
}

/** Every person once, and a second window of the first visitor and of the first manager, in the same sessions. */
async function aCrowd(parts: CrowdParts): Promise<Member[]> {
  const { world } = parts;
  const people = [...world.visitors, ...world.staff];
  const size = people.length + 2;
  const clients: CrowdClient[] = [];
  for (const [index, person] of people.entries())
    clients.push(await aClient(parts, person, index, size));
  for (const twin of [0, world.visitors.length]) {
    const [first, person] = [clients[twin], people[twin]];
    if (!first || !person) continue;
    await first.entered();
    clients.push(await aClient(parts, person, clients.length, size, first.cookies));
  }
  return clients;
}

async function aClient(
  { world, nodes, random, program, clientBundle, options, book, troubles }: CrowdParts,
  person: WorldPerson,
  index: number,
  size: number,
  cookies?: [string, string][],
): Promise<CrowdClient> {
  const node = nodes[index % nodes.length];
  if (!node) throw new Error('no node');
  const line = await ClientLine.open({ host: '127.0.0.1', port: node.port }, random);
  const own = world.appeals.filter(
    ({ dealer }) => person.side === 'staff' || dealer === person.dealer,
  );
  // Neighbours share threads: the same few are open in several clients.
  const appeals = Array.from({ length: OPEN_APPEALS }, (_, place) => {
    const appeal = own[(index + place * 2) % own.length];
    if (!appeal) throw new Error('no appeal');
    return { no: appeal.no, dealer: appeal.dealer };
  });
  return new CrowdClient({
    program,
    plan: {
      name: `${person.side}${index + 1}`,
      bundle: clientBundle,
      ...person,
      appeals,
      perSecond: options.perSecond / size,
      seed: options.seed * 1_000 + index,
      ...(cookies ? { cookies } : {}),
    },
    line,
    note: book.note,
    trouble: (what) => void troubles.push(what),
  });
}

/** The built client as it is now: it may be built anew while the run lasts. @throws when there is none */
async function pagesIn(folder: string): Promise<string> {
  if (!existsSync(join(BUILT_CLIENT, 'index.html')))
    throw new Error('client/dist is missing: run npm run build');
  const pages = join(folder, 'client');
  await cp(BUILT_CLIENT, pages, { recursive: true });
  return pages;
}

/** A dealer, a manager, a dealer …: each signed in a second time, in a Chromium. */
async function somePages(
  { world, nodes, random, options, book, troubles }: CrowdParts,
  count: number,
  undo: Site['undo'],
): Promise<Member[]> {
  if (count === 0) return [];
  const browser = await openBrowser();
  undo(() => browser.close());
  const pages: Member[] = [];
  for (let index = 0; index < count; index += 1) {
    const side = index % 2 === 0 ? world.visitors : world.staff;
    const person = side[(1 + Math.floor(index / 2)) % side.length];
    const node = nodes[index % nodes.length];
    const appeal = world.appeals.find(
      ({ dealer }) => person?.side === 'staff' || dealer === person?.dealer,
    );
    if (!person || !node || !appeal) throw new Error('nobody to open a page');
    const line = await ClientLine.open({ host: '127.0.0.1', port: node.port }, random);
    const page = await BrowserClient.open({
      browser,
      name: `page${index + 1}-${person.side}`,
      person,
      appeal,
      line,
      random: seeded(options.seed * 1_000 + 500 + index),
      note: book.note,
      trouble: (what) => void troubles.push(what),
    });
    undo(() => page.end());
    pages.push(page);
  }
  return pages;
}

/* ── The history ──────────────────────────────────────────── */

type Book = ReturnType<typeof openBook>;

async function bookFile(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  return join(folder, 'history.jsonl');
}

function openBook(file: string | undefined, world: World) {
  const lines: HistoryLine[] = [];
  const stream = file === undefined ? null : createWriteStream(file);
  let acknowledged = 0;
  let answers = 0;
  const note = (line: HistoryLine) => {
    lines.push(line);
    if (line.ev === 'ack') acknowledged += 1;
    if (line.ev === 'ack' || line.ev === 'refused' || line.ev === 'retried') answers += 1;
    stream?.write(`${JSON.stringify(line)}\n`);
  };
  for (const line of world.history) note(line);
  return {
    lines,
    note,
    acknowledged: () => acknowledged,
    /** Grows with everything that a client was told of its presses. */
    answers: () => answers,
    tokens(client: Pick<Member, 'name' | 'line'>): void {
      const tokens = client.line.takeTokens();
      if (tokens.length > 0) note({ t: now(), c: client.name, ev: 'bytes', tokens });
    },
    close: () => new Promise<void>((resolve) => (stream ? stream.end(resolve) : resolve())),
  };
}
