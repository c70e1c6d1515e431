import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServerNews } from '@otklik/shared/news';
import type { Ack, Problem } from '@otklik/shared/errors';
import type { Route } from '@otklik/shared/route';
import { io as connect, type Socket } from 'socket.io-client';
import { createApp, type App } from '../app';
import { readConfig, type Config } from '../config';
import { aSession } from '../modules/people/people.factory';
import { createLog } from '../platform/log';
import { testDb, type TestDb } from './test-db';

/** A refusal as a test sees it. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly problem: Problem,
  ) {
    super(`${status} ${JSON.stringify(problem)}`);
  }
}

/** A signed-in session of a test: HTTP calls and, when asked, a socket. */
export interface TestSession {
  cookie: string;
  sessionId: string;
  call<In, Out>(route: Route<In, Out>, input: In): Promise<Out>;
  raw(
    method: string,
    path: string,
    init?: { body?: string; headers?: Record<string, string> },
  ): Promise<Response>;
  /** A connected socket; closed with the app. `heard` grows with everything it is told. */
  socket(): Promise<TestSocket>;
}
export interface TestSocket {
  socket: Socket;
  heard: { event: string; news: unknown }[];
  /** Resolves with the first news of this kind that fits, past or to come. */
  next<Event extends keyof ServerNews>(
    event: Event,
    fits?: (news: Parameters<ServerNews[Event]>[0]) => boolean,
  ): Promise<Parameters<ServerNews[Event]>[0]>;
  ask(event: string, payload: unknown, patienceMs?: number): Promise<Ack<unknown>>;
}

export interface TestApp {
  app: App;
  config: Config;
  database: TestDb;
  url: string;
  signIn(person: { id: string }): Promise<TestSession>;
  close(): Promise<void>;
}

/** The whole server on a database and a port of its own. */
export async function testApp(
  options: {
    now?: () => Date;
    background?: boolean;
    env?: Record<string, string>;
    clientFolder?: string;
    /** Another node on this database, which its owner closes. */
    database?: TestDb;
    /** Puts something between the server and its database; answers the address to use instead. */
    reach?: (databaseUrl: string) => Promise<string>;
  } = {},
): Promise<TestApp> {
  const database = options.database ?? (await testDb());
  const folder = await mkdtemp(join(tmpdir(), 'otklik-app-'));
  const config = readConfig({
    PORT: '0',
    UPLOADS_DIR: join(folder, 'uploads'),
    DATA_DIR: join(folder, 'data'),
    DEMO_DATA: '0',
    ...options.env,
  });
  const app = await createApp({
    config,
    databaseUrl: (await options.reach?.(database.url)) ?? database.url,
    log: createLog(process.env.TEST_LOG ?? 'silent', false),
    background: options.background ?? false,
    ...(options.now ? { now: options.now } : {}),
    ...(options.clientFolder ? { clientFolder: options.clientFolder } : {}),
  });
  const port = await app.listen(0, '127.0.0.1');
  const url = `http://127.0.0.1:${port}`;
  const sockets: Socket[] = [];
  return {
    app,
    config,
    database,
    url,
    async signIn(person) {
      const session = await aSession(database.db, person);
      return sessionOf(url, config.basePath.slice(0, -1), session.cookie, session.id, sockets);
    },
    async close() {
      for (const socket of sockets) socket.disconnect();
      await app.close();
      if (!options.database) await database.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** @param sockets gets what it opens, for whoever closes them */
export function sessionOf(
  url: string,
  base: string,
  cookie: string,
  sessionId: string,
  sockets: Socket[],
): TestSession {
  const raw: TestSession['raw'] = (method, path, init = {}) =>
    fetch(`${url}${base}/api${path}`, {
      method,
      headers: {
        cookie,
        ...(init.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...init.headers,
      },
      ...(init.body === undefined ? {} : { body: init.body }),
    });
  return {
    cookie,
    sessionId,
    raw,
    async call<In, Out>(route: Route<In, Out>, input: In): Promise<Out> {
      const rest: Record<string, unknown> = { ...(input as object) };
      const path = route.path.replace(/:(\w+)/g, (_all, name: string) => {
        const value = rest[name];
        delete rest[name];
        return encodeURIComponent(String(value));
      });
      const inQuery = route.method === 'GET' || route.method === 'DELETE';
      const query = inQuery
        ? `?${new URLSearchParams(Object.entries(rest).map(([key, value]): [string, string] => [key, String(value)]))}`
        : '';
      const answer = await raw(
        route.method,
        `${path}${query}`,
        inQuery ? {} : { body: JSON.stringify(rest) },
      );
      const body: unknown = await answer.json();
      if (!answer.ok) throw new Refused(answer.status, body as Problem);
      return body as Out;
    },
    async socket() {
      const socket = connect(url, {
        path: `${base}/socket.io`,
        transports: ['websocket'],
        extraHeaders: { cookie, origin: url },
        reconnection: false,
        forceNew: true,
      });
      sockets.push(socket);
      const heard: TestSocket['heard'] = [];
      const waiting = new Set<() => void>();
      socket.onAny((event: string, news: unknown) => {
        heard.push({ event, news });
        for (const look of waiting) look();
      });
      await new Promise<void>((resolve, reject) => {
        socket.once('connect', resolve);
        socket.once('connect_error', reject);
      });
      return {
        socket,
        heard,
        next(event, fits = () => true) {
          return new Promise((resolve, reject) => {
            const timer = setTimeout(() => {
              waiting.delete(look);
              reject(
                new Error(
                  `nothing heard of ${event} within 5 s; heard ${JSON.stringify(heard.map((one) => one.event))}`,
                ),
              );
            }, 5_000);
            const look = () => {
              for (const one of heard) {
                const news = one.news as Parameters<ServerNews[typeof event]>[0];
                if (one.event !== event || !fits(news)) continue;
                clearTimeout(timer);
                waiting.delete(look);
                resolve(news);
                return;
              }
            };
            waiting.add(look);
            look();
          });
        },
        ask: (event, payload, patienceMs = 5_000) =>
          socket.timeout(patienceMs).emitWithAck(event, payload) as Promise<Ack<unknown>>,
      };
    },
  };
}

/** The refusal of a call that must not succeed. */
export async function refusal(call: Promise<unknown>): Promise<Refused> {
  const outcome = await call.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ('value' in outcome)
    throw new Error(`expected a refusal, got ${JSON.stringify(outcome.value)}`);
  if (outcome.error instanceof Refused) return outcome.error;
  throw outcome.error;
}
