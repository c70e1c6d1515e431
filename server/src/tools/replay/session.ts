import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Posted, type OpenAppeal, type PostEntry } from '@otklik/shared/appeals';
import { appealsApi } from '@otklik/shared/appeals.api';
import { Me } from '@otklik/shared/people';
import { peopleApi } from '@otklik/shared/people.api';
import type { Route } from '@otklik/shared/route';
import { io, type Socket } from 'socket.io-client';
import * as z from 'zod';
import { Refusal } from './options';

/** The server said no. */
class Refused extends Error {
  constructor(
    readonly status: number,
    code: string,
  ) {
    super(`${status} ${code}`);
  }
  /** Asking again later may help: the server is away, busy or stopping. */
  get mayPass(): boolean {
    return this.status >= 500 || this.status === 429;
  }
}

const Problem = z.object({ status: z.number(), code: z.string() });
const Ack = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), value: Posted }),
  z.object({ ok: z.literal(false), problem: Problem }),
]);
const News = z.object({ entries: z.array(z.object({ id: z.uuid() })) });

const PATIENCE_MS = 10_000;
const ATTEMPTS = 6;

/** One signed-in device: its calls, its socket, and what it was told live. */
export interface Session {
  me: Me;
  /** Entry id → when the socket told of it first (milliseconds of `performance.now`). */
  heard: ReadonlyMap<string, number>;
  /** Asks for something that may be asked any number of times. */
  read<In extends object, Out>(
    route: Route<In, Out>,
    output: z.ZodType<Out>,
    input: In,
  ): Promise<Out>;
  /** Sends over the socket, else over HTTP; tried again under the same `clientId` until it is answered. */
  post(input: PostEntry): Promise<Posted>;
  open(input: OpenAppeal): Promise<Posted>;
  /** Signs out. */
  end(): Promise<void>;
}

/**
 * Signs in and connects the socket.
 * @param base ends with a slash; the API lies below it
 * @throws Refusal – the server is not there or does not let this login in
 */
export async function signIn(base: URL, login: string, password: string): Promise<Session> {
  const body = JSON.stringify({ login, password });
  const headers = { 'content-type': 'application/json', origin: base.origin };
  const answer = await fetch(new URL('api/session', base), { method: 'POST', headers, body }).catch(
    (cause: unknown) => {
      throw new Refusal(`No server answers at ${base.href}`, { cause });
    },
  );
  if (!answer.ok) {
    const { code } = await problemOf(answer);
    throw new Refusal(`${login} cannot sign in at ${base.href}: ${code}`);
  }
  const cookie = answer.headers
    .getSetCookie()
    .map((one) => one.split(';', 1)[0] ?? '')
    .join('; ');
  const me = Me.parse(await answer.json());
  const socket = await connect(base, cookie);
  const heard = new Map<string, number>();
  socket.on('appeal:news', (news: unknown) => {
    const at = performance.now();
    for (const { id } of News.parse(news).entries) if (!heard.has(id)) heard.set(id, at);
  });

  async function call<In extends object, Out>(
    { method, path }: Route<In, Out>,
    output: z.ZodType<Out>,
    input: In,
  ): Promise<Out> {
    const rest = new Map<string, unknown>(Object.entries(input));
    const place = path.slice(1).replace(/:(\w+)/g, (_all, name: string) => {
      const value = rest.get(name);
      rest.delete(name);
      return encodeURIComponent(String(value));
    });
    const url = new URL(`api/${place}`, base);
    const inQuery = method === 'GET' || method === 'DELETE';
    if (inQuery) for (const [name, value] of rest) url.searchParams.set(name, String(value));
    const response = await fetch(url, {
      method,
      headers: { ...headers, cookie },
      signal: AbortSignal.timeout(PATIENCE_MS),
      ...(inQuery ? {} : { body: JSON.stringify(Object.fromEntries(rest)) }),
    });
    if (response.ok) return output.parse(await response.json());
    throw new Refused(response.status, (await problemOf(response)).code);
  }

  async function postOnce(input: PostEntry): Promise<Posted> {
    const event = appealsApi.post.socket;
    if (!socket.connected || event === undefined) return call(appealsApi.post, Posted, input);
    const ack = Ack.parse(await socket.timeout(PATIENCE_MS).emitWithAck(event, input));
    if (ack.ok) return ack.value;
    throw new Refused(ack.problem.status, ack.problem.code);
  }

  return {
    me,
    heard,
    read: (route, output, input) => untilAnswered(() => call(route, output, input)),
    post: (input) => untilAnswered(() => postOnce(input)),
    open: (input) => untilAnswered(() => call(appealsApi.open, Posted, input)),
    async end() {
      socket.disconnect();
      // Whoever cannot sign out any more is forgotten by the server in time.
      await call(peopleApi.signOut, z.object({ done: z.literal(true) }), {}).catch(() => undefined);
    },
  };
}

/** A fresh id of a message. */
export const newClientId = () => randomUUID();

/** An answer of another kind than a problem comes from something in between. */
async function problemOf(answer: Response): Promise<z.infer<typeof Problem>> {
  const parsed = Problem.safeParse(await answer.json().catch(() => null));
  return parsed.success ? parsed.data : { status: answer.status, code: answer.statusText };
}

function connect(base: URL, cookie: string): Promise<Socket> {
  const socket = io(base.origin, {
    path: `${base.pathname}socket.io`,
    transports: ['websocket'],
    extraHeaders: { cookie, origin: base.origin },
    forceNew: true,
  });
  return new Promise((resolve, reject) => {
    const refuse = (cause: Error) => {
      socket.disconnect();
      reject(new Refusal(`No socket opens at ${base.href}: ${cause.message}`, { cause }));
    };
    socket.once('connect_error', refuse);
    socket.once('connect', () => {
      // From now on it comes back by itself.
      socket.off('connect_error', refuse);
      resolve(socket);
    });
  });
}

/** Tries again with growing pauses while nobody answers; a "no" is an answer. */
async function untilAnswered<Result>(ask: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ask();
    } catch (error) {
      const final = error instanceof z.ZodError || (error instanceof Refused && !error.mayPass);
      if (final || attempt === ATTEMPTS) throw error;
      await sleep(200 * 2 ** attempt);
    }
  }
}
