import { RedisAdapter } from '@socket.io/redis-adapter';
import { Redis } from 'ioredis';
import type { ServerOptions } from 'socket.io';
import type { Log } from './log';

/** Publishes that wait for Redis; more means that it cannot keep up, and news is worth nothing when it is late. */
const MAX_WAITING = 1_000;
const CONNECT_MS = 2_000;
const ANSWER_MS = 1_000;
/** How often both lines are tried: a line whose other end has gone silent looks alive until somebody asks. */
const TRY_EVERY_MS = 2_000;
/** A line that answers nothing for this long is cut and made anew. */
const SILENT_MS = 3_000;
const LONGEST_PAUSE_MS = 2_000;
/** Trouble is logged once, then at most this often. */
const LOG_EVERY_MS = 60_000;

export interface RedisOptions {
  /** `redis://user:password@host:6379/0`, or `rediss://` with TLS. Never logged. */
  url: string;
  log: Log;
  /** Something that other nodes should have heard was not handed to Redis. */
  failed: () => void;
  /** Whether both lines are up. */
  changed: (connected: boolean) => void;
}

export interface RedisLink {
  /** For `io.adapter`: what one node tells its rooms reaches the same rooms of all nodes. */
  adapter: ServerOptions['adapter'];
  close: () => void;
}

/**
 * Socket.IO between nodes. Redis is a hint: nothing waits for it, nothing is queued for it, and none of its failures
 * leaves this file; what it does not carry is found by the next sync, and revocation goes through PostgreSQL.
 */
export function connectRedis({ url, log, failed, changed }: RedisOptions): RedisLink {
  let closed = false;
  let connected = false;
  let subscribed = false;
  let loggedAt = 0;

  const talk = openLine('publishing');
  const ear = openLine('listening');
  const hears = { patterns: new Set<string>(), channels: new Set<string>() };
  let waiting = 0;

  function openLine(purpose: string): Redis {
    const line = new Redis(url, {
      // The old protocol: every server since the beginning speaks it, and its pub/sub is all we use.
      protocol: 2,
      disableClientInfo: true,
      connectTimeout: CONNECT_MS,
      commandTimeout: ANSWER_MS,
      socketTimeout: SILENT_MS,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      autoResubscribe: false,
      maxRetriesPerRequest: 0,
      retryStrategy: (times) => Math.min(times * 200, LONGEST_PAUSE_MS),
      reconnectOnError: () => false,
    });
    line.on('error', (error: Error) => trouble(error, purpose));
    line.on('close', tellState);
    return line;
  }

  /** Only words and code: an error of a refused login holds the password it was refused with. */
  function trouble(error: unknown, purpose: string): void {
    if (closed || Date.now() - loggedAt < LOG_EVERY_MS) return;
    loggedAt = Date.now();
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const reason = error instanceof Error ? error.message : 'unknown';
    log.warn({ purpose, code, reason }, 'Redis is away: other nodes hear of news by sync only');
  }

  function tellState(): void {
    subscribed &&= ear.status === 'ready';
    const now = !closed && subscribed && talk.status === 'ready';
    if (now === connected) return;
    connected = now;
    changed(now);
    if (now) {
      loggedAt = 0;
      log.info('connected to Redis: news flow between nodes');
    }
  }

  talk.on('ready', tellState);
  ear.on('ready', () => {
    const asks = [...hears.patterns].map((pattern) => ear.psubscribe(pattern));
    if (hears.channels.size > 0) asks.push(ear.subscribe(...hears.channels));
    Promise.all(asks).then(
      () => {
        subscribed = true;
        tellState();
      },
      (error: unknown) => {
        trouble(error, 'subscribing');
        // Connected and deaf is worse than not connected: the next connection asks again.
        ear.disconnect(true);
      },
    );
  });

  const trial = setInterval(() => {
    for (const line of [talk, ear]) {
      if (line.status === 'ready')
        line.ping().catch((error: unknown) => trouble(error, 'asking for a sign of life'));
    }
  }, TRY_EVERY_MS);
  trial.unref();

  function publish(channel: string, message: string | Buffer): void {
    if (talk.status !== 'ready' || waiting >= MAX_WAITING) return failed();
    waiting += 1;
    talk
      .publish(channel, message)
      .catch((error: unknown) => {
        failed();
        trouble(error, 'publishing');
      })
      .finally(() => (waiting -= 1));
  }

  /** What comes from outside must not end the process, whatever it is. */
  function guarded(handle: (...heard: unknown[]) => unknown) {
    return (...heard: unknown[]): void => {
      const broken = (error: unknown) => trouble(error, 'reading a message');
      try {
        Promise.resolve(handle(...heard)).catch(broken);
      } catch (error) {
        broken(error);
      }
    };
  }

  /* The adapter expects clients that queue, throw and reject; these do none of it. */
  const speaker = { publish, on: () => undefined, off: () => undefined };
  const listener = {
    psubscribe: (pattern: string) => void hears.patterns.add(pattern),
    subscribe: (channels: string[]) => channels.forEach((one) => hears.channels.add(one)),
    punsubscribe: () => undefined,
    unsubscribe: () => undefined,
    on: (event: string, handle: (...heard: unknown[]) => unknown) =>
      event === 'error' ? undefined : ear.on(event, guarded(handle)),
    off: () => undefined,
  };

  return {
    adapter: class extends HintAdapter {
      constructor(namespace: unknown) {
        super(namespace, speaker, listener, { parser: plainJson });
      }
    },
    close() {
      closed = true;
      clearInterval(trial);
      talk.disconnect();
      ear.disconnect();
      changed(false);
    },
  };
}

/** Our payloads are plain JSON, which the engine writes and reads faster than any library. */
const plainJson = {
  encode: (message: unknown) => JSON.stringify(message),
  decode: (message: Buffer): unknown => JSON.parse(message.toString()),
};

type Options = Parameters<RedisAdapter['disconnectSockets']>[0];
const here = (options: Options): Options => ({
  ...options,
  flags: { ...options.flags, local: true },
});

/**
 * The adapter does what is asked here at once, and lets Redis carry it to other nodes. Its own way is to send even local
 * commands through Redis, and to ask other nodes for their sockets, whose answers hold session cookies: that is not asked.
 */
class HintAdapter extends RedisAdapter {
  override addSockets(options: Options, rooms: string[]): void {
    super.addSockets(here(options), rooms);
    if (!options.flags?.local) super.addSockets(options, rooms);
  }
  override delSockets(options: Options, rooms: string[]): void {
    super.delSockets(here(options), rooms);
    if (!options.flags?.local) super.delSockets(options, rooms);
  }
  override disconnectSockets(options: Options, close: boolean): void {
    super.disconnectSockets(here(options), close);
    if (!options.flags?.local) super.disconnectSockets(options, close);
  }
  override serverCount(): Promise<number> {
    return Promise.resolve(1);
  }
}
