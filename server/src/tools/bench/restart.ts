import { randomUUID } from 'node:crypto';
import { ms, percentile, table, type Ground, type Program } from './ground';
import { ask, aCrowdOfPeople, text, type Group } from './people';
import { Told, type Order } from './restart.messages';

const ROOMS = 500;
const VISITORS = 3;
const CLIENTS = ROOMS * (VISITORS + 1);
const PROCESSES = 4;
const SENDERS = 16;
const GOAL_MS = 30_000;
const LONGEST_MS = 90_000;

/**
 * The server dies under load while 2,000 clients are connected. What is written before it is back reaches the database through another
 * node, whose news nobody hears. Measured is the time from the server's return until each client holds the last number of its thread.
 */
export async function restart(ground: Ground): Promise<void> {
  const databaseUrl = await ground.database('restart');
  const bar = ground.bar('restart', CLIENTS * 2);
  const server = await ground.start('product-server.ts', databaseUrl);
  const groups = await ground.withDb(databaseUrl, (db) =>
    aCrowdOfPeople(db, server.url, ROOMS, VISITORS),
  );
  const crowd = await connectAll(ground, server.url, groups, () => bar.step());

  const other = await ground.start('product-server.ts', databaseUrl);
  const writing = keepWriting(groups, [server, other]);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  await server.kill();
  const down = Date.now();
  writing.goTo(other.url);
  const written = await writing.untilEverywhere();
  await other.stop();
  const last = await ground.withDb(databaseUrl, (db) =>
    db.query<{ id: string; dealer: number; staff: number }>(
      `SELECT id, last_public_seq AS dealer, last_seq AS staff FROM appeal`,
    ),
  );
  crowd.tell({
    do: 'expect',
    last: Object.fromEntries(last.map(({ id, dealer, staff }) => [id, { dealer, staff }])),
  });
  const again = await ground.start(
    'product-server.ts',
    databaseUrl,
    Number(new URL(server.url).port),
  );
  const up = Date.now();
  const level = await crowd.allLevel(() => bar.step());
  bar.end();
  await again.stop();
  crowd.end();

  const after = (at: number[]) => at.map((moment) => Math.max(0, moment - up));
  const row = (name: string, times: number[]) => [
    name,
    String(times.length),
    ms(percentile(times, 0.5)),
    ms(percentile(times, 0.99)),
    ms(Math.max(0, ...times)),
  ];
  const back = after(level.back);
  const times = after(level.level);
  ground.show(
    `\n${CLIENTS} clients after kill -9 of the server, down for ${((up - down) / 1000).toFixed(1)} s while ${written} messages were written; goal: all level within ${GOAL_MS / 1000} s`,
  );
  ground.show(
    table([
      ['from ready until', 'clients', 'p50', 'p99', 'max'],
      row('connected', back),
      row('level with the database', times),
    ]),
  );
  ground.show(
    `not level after ${LONGEST_MS / 1000} s: ${CLIENTS - times.length}; ahead of the database: ${level.ahead}`,
  );
  const figures = (all: number[]) => ({
    clients: all.length,
    p50: percentile(all, 0.5),
    p99: percentile(all, 0.99),
    max: Math.max(0, ...all),
  });
  await ground.save('restart', {
    clients: CLIENTS,
    downMs: up - down,
    written,
    connected: figures(back),
    level: figures(times),
    ahead: level.ahead,
  });
}

async function connectAll(
  ground: Ground,
  url: string,
  groups: readonly Group[],
  stepped: () => void,
) {
  const clients = groups.flatMap(({ appealId, cookies }) =>
    cookies.map((cookie, index) => ({
      cookie,
      appealId,
      side: index < VISITORS ? ('dealer' as const) : ('staff' as const),
    })),
  );
  const share = Math.ceil(clients.length / PROCESSES);
  const workers = Array.from({ length: PROCESSES }, () => ground.run('./restart.worker.ts', {}));
  let heard: (told: Told) => void = () => undefined;
  const tell = (order: Order) => workers.forEach((worker) => worker.send(order));

  await new Promise<void>((resolve, reject) => {
    let connected = 0;
    heard = ({ told }) => {
      if (told !== 'connected') return;
      stepped();
      connected += 1;
      if (connected === clients.length) resolve();
    };
    workers.forEach((worker, index) => {
      worker.on('message', (message) => heard(Told.parse(message)));
      worker.once('exit', (code) => reject(new Error(`a process of clients ended with ${code}`)));
      const order: Order = {
        do: 'connect',
        url,
        clients: clients.slice(index * share, (index + 1) * share),
      };
      worker.send(order);
    });
  });

  const back: number[] = [];
  const level: number[] = [];
  let ahead = 0;
  let done: () => void = () => undefined;
  let step: () => void = () => undefined;
  heard = (told) => {
    if (told.told === 'back') back.push(told.at);
    if (told.told !== 'level') return;
    level.push(told.at);
    if (!told.exact) ahead += 1;
    step();
    if (level.length === clients.length) done();
  };
  return {
    tell,
    /** Resolves once every client is level, or when it takes too long. */
    async allLevel(levelled: () => void) {
      level.forEach(levelled);
      step = levelled;
      if (level.length < clients.length) {
        let timer: NodeJS.Timeout | undefined;
        await new Promise<void>((resolve) => {
          done = resolve;
          timer = setTimeout(resolve, LONGEST_MS);
        });
        clearTimeout(timer);
      }
      return { back, level, ahead };
    },
    end: () => workers.forEach((worker) => worker.disconnect()),
  };
}

/** Visitors who write without pause, each message until it is acknowledged, wherever they are sent to. */
function keepWriting(groups: readonly Group[], [first]: readonly [Program, Program]) {
  let url = first.url;
  let acknowledged = 0;
  let next = 0;
  /** Appeals that still have to get a message after the move. */
  let missing: Set<string> | null = null;
  async function line(): Promise<void> {
    while (missing === null || missing.size > 0) {
      const group = groups[next++ % groups.length];
      if (!group) return;
      const message = { appealId: group.appealId, clientId: randomUUID(), body: text() };
      const path = `/appeals/${group.appealId}/entries`;
      for (let sent = false; !sent;) {
        const moved = missing;
        sent = await ask(url, group.cookies[0] ?? '', 'POST', path, message).then(
          () => true,
          () => new Promise<false>((resolve) => setTimeout(() => resolve(false), 50)),
        );
        if (sent) moved?.delete(group.appealId);
      }
      acknowledged += 1;
    }
  }
  const lines = Promise.all(Array.from({ length: SENDERS }, line));
  return {
    goTo(other: string) {
      url = other;
      missing = new Set(groups.map(({ appealId }) => appealId));
    },
    async untilEverywhere(): Promise<number> {
      await lines;
      return acknowledged;
    },
  };
}
