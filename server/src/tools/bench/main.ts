import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { entities } from '../../entities';
import { migrate, openDb } from '../../platform/db';
import { startEmbeddedPostgres } from '../../platform/embedded-postgres';
import { createLog } from '../../platform/log';
import { aCrowdOfPeople } from './people';
import { drive, open, type Crowd, type Sent } from './load';

/**
 * npm run bench [-- --seconds 8 --rounds 3]
 * Message send through the whole product against a bare one-statement Socket.IO program, run in turn on the same database server.
 */
const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '8' }, rounds: { type: 'string', default: '3' } },
});
const SECONDS = Number(values.seconds);
const ROUNDS = Number(values.rounds);
const ROOMS = 50;
const LISTENERS = 4;

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const folder = await mkdtemp(join(tmpdir(), 'otklik-bench-'));
const log = createLog('error', false);
const children: ChildProcess[] = [];
const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'data'), log });

/** Starts a program and waits until it says its port. */
function start(
  file: string,
  databaseUrl: string,
): Promise<{ url: string; stop: () => Promise<void> }> {
  const child = spawn(process.execPath, ['--import', 'tsx', here(file)], {
    env: {
      ...process.env,
      DATABASE_URL: databaseUrl,
      UPLOADS_DIR: join(folder, 'uploads'),
      NODE_ENV: 'production',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const stop = () =>
    new Promise<void>((resolve) =>
      child.exitCode === null
        ? (child.once('exit', () => resolve()), child.kill('SIGTERM'))
        : resolve(),
    );
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`${file} ended with ${code}`)));
    child.stdout.on('data', (text: Buffer) => {
      const port = /port (\d+)/.exec(text.toString())?.[1];
      if (port !== undefined) resolve({ url: `http://127.0.0.1:${port}`, stop });
    });
  });
}

async function database(name: string): Promise<string> {
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
  const url = new URL(postgres.url);
  url.pathname = `/${name}`;
  return url.href;
}

async function bareCrowd(url: string): Promise<Crowd> {
  const rooms = await Promise.all(
    Array.from({ length: ROOMS }, (_, room) =>
      Promise.all(Array.from({ length: LISTENERS }, () => open(url, { auth: { room } }))),
    ),
  );
  return {
    senders: rooms.flatMap((sockets, room) =>
      sockets.slice(0, 2).map((socket) => ({
        socket,
        room,
        payload: (clientId: string) => ({ clientId, body: text() }),
      })),
    ),
    listeners: rooms.flat(),
    newsEvent: 'news',
    idsOf: (news) =>
      typeof news === 'object' && news !== null && 'clientId' in news
        ? [String(news.clientId)]
        : [],
  };
}

const text = () =>
  `Проверьте, пожалуйста, накладную по заказу ${randomUUID().slice(0, 8)}: не хватает двух мест`;

async function productCrowd(url: string, databaseUrl: string): Promise<Crowd> {
  const db = await openDb({ url: databaseUrl, entities, poolSize: 4, log });
  const groups = await aCrowdOfPeople(db, url, ROOMS, LISTENERS - 1);
  await db.close();
  const sockets = await Promise.all(
    groups.map(({ cookies }) => Promise.all(cookies.map((cookie) => open(url, { cookie })))),
  );
  return {
    senders: groups.flatMap(({ appealId }, room) =>
      // The manager and one visitor take turns, so that clocks start and stop all the time.
      [sockets[room]?.at(0), sockets[room]?.at(-1)].flatMap((socket) =>
        socket
          ? [
              {
                socket,
                room,
                payload: (clientId: string) => ({ appealId, clientId, body: text() }),
              },
            ]
          : [],
      ),
    ),
    listeners: sockets.flat(),
    newsEvent: 'appeal:news',
    idsOf: (news) =>
      typeof news === 'object' && news !== null && 'entries' in news && Array.isArray(news.entries)
        ? news.entries.flatMap((entry: unknown) =>
            typeof entry === 'object' &&
            entry !== null &&
            'body' in entry &&
            'clientId' in entry &&
            typeof entry.clientId === 'string'
              ? [entry.clientId]
              : [],
          )
        : [],
  };
}

const close = (crowd: Crowd) => crowd.listeners.forEach((socket) => socket.disconnect());
const median = (numbers: number[]) =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
const show = (line: string) => process.stdout.write(`${line}\n`);
let step = 0;
const steps = ROUNDS * 4 + 1;
const progress = (what: string) => {
  step += 1;
  if (process.stderr.isTTY)
    process.stderr.write(
      `\r[${'#'.repeat(Math.round((step / steps) * 24)).padEnd(24, '.')}] ${Math.round((step / steps) * 100)} %  ${what.padEnd(40)}`,
    );
};

try {
  const bareUrl = await database('bare');
  const productUrl = await database('product');
  await migrate(productUrl);
  const runs: Record<'bare' | 'product', Record<16 | 64, Sent[]>> = {
    bare: { 16: [], 64: [] },
    product: { 16: [], 64: [] },
  };
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const name of ['bare', 'product'] as const) {
      const server = await start(
        name === 'bare' ? './bare-server.ts' : './product-server.ts',
        name === 'bare' ? bareUrl : productUrl,
      );
      const crowd =
        name === 'bare' ? await bareCrowd(server.url) : await productCrowd(server.url, productUrl);
      await drive(crowd, { inFlight: 16 }, 1_500);
      for (const inFlight of [16, 64] as const) {
        progress(`${name}, ${inFlight} in flight`);
        runs[name][inFlight].push(await drive(crowd, { inFlight }, SECONDS * 1000));
      }
      close(crowd);
      await server.stop();
    }
  }
  progress('product, 100 sends a second');
  const server = await start('./product-server.ts', productUrl);
  const crowd = await productCrowd(server.url, productUrl);
  await drive(crowd, { perSecond: 100 }, 2_000);
  const paced = await drive(crowd, { perSecond: 100 }, SECONDS * 1000);
  close(crowd);
  await server.stop();
  if (process.stderr.isTTY) process.stderr.write('\n');

  const summary = ([16, 64] as const).map((inFlight) => {
    const of = (name: 'bare' | 'product', pick: (run: Sent) => number) =>
      median(runs[name][inFlight].map(pick));
    return {
      inFlight,
      barePerSecond: of('bare', (run) => run.perSecond),
      productPerSecond: of('product', (run) => run.perSecond),
      ratio: of('product', (run) => run.perSecond) / of('bare', (run) => run.perSecond),
      bareAckP99: of('bare', (run) => run.ackP99),
      productAckP99: of('product', (run) => run.ackP99),
      productSeenP99: of('product', (run) => run.seenP99),
      refused: runs.product[inFlight].reduce((sum, run) => sum + run.refused, 0),
    };
  });
  show(
    `\nMessage send, ${ROOMS} appeals × ${LISTENERS} listeners, medians of ${ROUNDS} runs of ${SECONDS} s`,
  );
  show(
    'in flight   bare/s   product/s   ratio   ack p99 bare   ack p99 product   seen p99 product   refused',
  );
  for (const row of summary) {
    show(
      `${String(row.inFlight).padStart(9)}${row.barePerSecond.toFixed(0).padStart(9)}${row.productPerSecond.toFixed(0).padStart(12)}${row.ratio.toFixed(2).padStart(8)}` +
        `${`${row.bareAckP99.toFixed(0)} ms`.padStart(15)}${`${row.productAckP99.toFixed(0)} ms`.padStart(18)}${`${row.productSeenP99.toFixed(0)} ms`.padStart(19)}${String(row.refused).padStart(10)}`,
    );
  }
  show(
    `\nProduct at ${paced.perSecond.toFixed(0)} sends/s with ${ROOMS * LISTENERS} sockets: send→acknowledged p50 ${paced.ackP50.toFixed(1)} ms, p99 ${paced.ackP99.toFixed(1)} ms; send→seen by all p50 ${paced.seenP50.toFixed(1)} ms, p99 ${paced.seenP99.toFixed(1)} ms`,
  );
  const results = fileURLToPath(new URL('../../../../bench/results/', import.meta.url));
  await mkdir(results, { recursive: true });
  await writeFile(
    join(results, 'send.json'),
    `${JSON.stringify({ at: new Date().toISOString(), cpus: cpus().length, node: process.version, seconds: SECONDS, rounds: ROUNDS, summary, paced }, null, 2)}\n`,
  );
} finally {
  for (const child of children) if (child.exitCode === null) child.kill('SIGTERM');
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
}
