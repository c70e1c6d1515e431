import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Member } from './client';
import type { ServerNode } from './node';
import type { CrashPoint } from './product';
import { between, inTurn, pick } from './random';
import type { RedisServer } from './redis';

/** Everything that can be broken. */
export interface Ground {
  nodes: readonly ServerNode[];
  clients: readonly Member[];
  /** Data folder of the embedded PostgreSQL. */
  dataDir: string;
  redis: RedisServer | null;
  random: () => number;
}

export interface Fault {
  kind: string;
  /** Faults of the server and of the database come one after the other; those of lines and clients run beside them. */
  lane: 'server' | 'client';
  /** Breaks something, waits, and mends it. @returns false when there was nothing to break */
  run: (ground: Ground) => Promise<boolean>;
}

const YEAR_MS = 365 * 24 * 60 * 60_000;
/** Of a line, bytes a millisecond. */
const NARROW = 150;

function dies(kind: string, point: CrashPoint): Fault {
  return {
    kind,
    lane: 'server',
    async run({ nodes, random }) {
      const node = pick(random, nodes);
      const died = await node.dieAt(point, 3_000);
      if (!died) return false;
      await pause(between(random, 100, 1_500));
      await node.start();
      return true;
    },
  };
}

/** Some of the clients, at least one. */
function some({ clients, random }: Ground): Member[] {
  const chosen = clients.filter(() => random() < 0.3);
  return chosen.length > 0 ? chosen : [pick(random, clients)];
}

/** Does something to the lines of some clients for a while. */
function weather(
  kind: string,
  ms: [low: number, high: number],
  breaks: (client: Member, ground: Ground) => void,
  mends: (client: Member) => void,
): Fault {
  return {
    kind,
    lane: 'client',
    async run(ground) {
      const chosen = some(ground);
      for (const client of chosen) breaks(client, ground);
      await pause(between(ground.random, ...ms));
      for (const client of chosen) mends(client);
      return true;
    },
  };
}

const FAULTS: readonly Fault[] = [
  {
    kind: 'kill_random',
    lane: 'server',
    async run({ nodes, random }) {
      const node = pick(random, nodes);
      await node.kill();
      await pause(between(random, 100, 2_000));
      await node.start();
      return true;
    },
  },
  dies('kill_before_commit', 'before_commit'),
  dies('kill_after_commit', 'after_commit'),
  dies('kill_after_answer', 'after_answer'),
  {
    kind: 'postgres_restart',
    lane: 'server',
    async run({ dataDir, nodes }) {
      process.kill(await postmaster(dataDir), 'SIGQUIT');
      await untilReady(nodes);
      return true;
    },
  },
  {
    kind: 'postgres_pause',
    lane: 'server',
    async run({ dataDir, nodes, random }) {
      const pids = await family(await postmaster(dataDir));
      for (const pid of pids) signal(pid, 'SIGSTOP');
      await pause(between(random, 500, 3_000));
      for (const pid of pids) signal(pid, 'SIGCONT');
      await untilReady(nodes);
      return true;
    },
  },
  {
    kind: 'redis_gone',
    lane: 'server',
    async run({ redis, random }) {
      if (!redis) return false;
      await redis.kill();
      await pause(between(random, 1_000, 5_000));
      await redis.start();
      return true;
    },
  },
  weather(
    'drop',
    [0, 500],
    (client) => client.line.cut(),
    () => undefined,
  ),
  weather(
    'half_open',
    [4_000, 15_000],
    (client) => client.line.setWeather({ silent: true }),
    (client) => client.line.setWeather({}),
  ),
  weather(
    'delay_and_loss',
    [4_000, 10_000],
    (client, { random }) =>
      client.line.setWeather({
        delayMs: between(random, 50, 300),
        jitterMs: between(random, 0, 400),
      }),
    (client) => client.line.setWeather({}),
  ),
  weather(
    'offline',
    [5_000, 20_000],
    (client) => {
      client.line.close();
      client.order({ do: 'offline', yes: true });
    },
    (client) => {
      client.line.close(false);
      client.order({ do: 'offline', yes: false });
    },
  ),
  weather(
    'duplicated',
    [0, 300],
    (client) => client.order({ do: 'resend' }),
    () => undefined,
  ),
  {
    kind: 'upload_aborted',
    lane: 'client',
    async run(ground) {
      // Pages send it with a message, which is the whole way: one of them is always among the chosen.
      const pages = ground.clients.filter((client) => client.sendFromTwoTabs);
      const chosen = new Set(some(ground));
      if (pages.length > 0) chosen.add(pick(ground.random, pages));
      // So narrow that the file is on its way when the line is cut.
      for (const client of chosen) {
        client.line.setWeather({ breadth: NARROW });
        client.upload();
      }
      await pause(between(ground.random, 300, 1_500));
      for (const client of chosen) {
        client.line.cut();
        client.line.setWeather({});
      }
      return true;
    },
  },
  {
    kind: 'two_tabs',
    lane: 'client',
    async run({ clients, random }) {
      const browsers = clients.filter((client) => client.sendFromTwoTabs);
      if (browsers.length === 0) return false;
      const chosen = pick(random, browsers);
      chosen.line.setWeather({ delayMs: 200, jitterMs: 200 });
      const sent = await chosen.sendFromTwoTabs?.();
      chosen.line.setWeather({});
      return sent === true;
    },
  },
  weather(
    'reload',
    [0, 500],
    (client) => void client.reload(),
    () => undefined,
  ),
  weather(
    'wrong_clock',
    [3_000, 8_000],
    (client, { random }) =>
      client.order({ do: 'clock', shiftMs: between(random, -3 * YEAR_MS, 3 * YEAR_MS) }),
    (client) => client.order({ do: 'clock', shiftMs: 0 }),
  ),
];

/** Faults of one lane. */
export const course = (lane: Fault['lane'], random: () => number) =>
  inTurn(
    FAULTS.filter((fault) => fault.lane === lane),
    random,
  );

async function postmaster(dataDir: string): Promise<number> {
  const file = await readFile(join(dataDir, 'postgres/cluster/postmaster.pid'), 'utf8');
  return Number(file.split('\n')[0]);
}

/** A process and its children. */
async function family(parent: number): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const children = await Promise.all(
    pids.map(async (pid) => {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
      // The name in brackets may hold anything; the parent is the second word after it.
      return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] === String(parent)
        ? [Number(pid)]
        : [];
    }),
  );
  return [parent, ...children.flat()];
}

/** A child may be gone in between. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // Then it needs no signal.
  }
}

/** @throws when a node is not ready again within a minute */
export async function untilReady(nodes: readonly ServerNode[]): Promise<void> {
  const deadline = Date.now() + 60_000;
  for (const node of nodes) {
    while (!(await node.isReady())) {
      if (!node.isAlive) await node.start();
      if (Date.now() > deadline) throw new Error('a node does not become ready again');
      await pause(100);
    }
  }
}
