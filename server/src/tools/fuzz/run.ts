import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import * as z from 'zod';
import { createApp } from '../../app';
import { readConfig } from '../../config';
import type { Operation } from '../../platform/http';
import { createLog } from '../../platform/log';
import type { Change } from '../chaos/product';
import { pick, seeded } from '../chaos/random';
import { BODIES, HEADERS, QUERIES } from './corpus';
import { createEars, type Ears } from './ears';
import { faultsOf, isBroken, leaks, problem, shape, type Sent } from './judge';
import * as raw from './raw';
import { startServer, type Server } from './server';
import type { Measure } from './server.worker';
import { mutate, MUTATIONS, uuid, valid, type Fields, type JsonSchema, type Known } from './shape';
import { openLine, sendRaw, type Answer, type Line, type Request, type Turn } from './wire';
import { aWorld, type Caller, type World } from './world';

export interface FuzzOptions {
  /** An empty database with the product's tables. */
  databaseUrl: string;
  requests: number;
  seed: number;
  /** Only this one of the requests. */
  only?: number;
  /** Defects to plant. */
  changes?: readonly Change[];
  /** Whether these faults are all one wants to know. */
  enough?: (faults: readonly Fault[]) => boolean;
  progress?: (done: number) => void;
  cancelled?: () => boolean;
}

/** One thing that was not as it should be. */
export interface Fault {
  /** Number of the request; with the seed it says all. */
  at: number;
  what: string;
  fault: string;
}

export interface FuzzResult {
  done: number;
  /** Requests by what they were. */
  kinds: Record<string, number>;
  statuses: Record<string, number>;
  /** Operations that served at least one request, of all. */
  served: number;
  unserved: string[];
  operations: number;
  faults: Fault[];
  /** The last errors of the server's log. */
  said: string;
  /** After the warm-up, and at the end. */
  measures: Measure[];
  ms: number;
}

const AT_ONCE = 24;
/** After so many requests the people are looked after: sessions that ended are begun anew. */
const BATCH = 250;
/** More than this is kept for every request that came. */
const MEMORY_GROWTH = 96 * 1024 * 1024;
const DESCRIPTOR_GROWTH = 60;
const QUIET_MS = 300;
const OFTEN: Record<string, number> = {
  ...{ dealer: 4, outsider: 4, 'own only': 2, manager: 2, supervisor: 2, admin: 2 },
};
/** An event that was asked so often has been answered once, if it is served at all. */
const ENOUGH = 10;
const SOCKET_PATH = '/socket.io/';

/** A real server under requests that nobody should send; says what it did that it should not. */
export async function runFuzz(options: FuzzOptions): Promise<FuzzResult> {
  const began = Date.now();
  const folder = await mkdtemp(join(tmpdir(), 'otklik-fuzz-'));
  const undo: (() => Promise<unknown> | void)[] = [
    () => rm(folder, { recursive: true, force: true }),
  ];
  try {
    const { databaseUrl, changes } = options;
    const server = await startServer({ databaseUrl, folder, ...(changes ? { changes } : {}) });
    undo.push(() => server.stop());
    // The registry itself: the same code, built once more and never listening.
    const app = await createApp({
      config: readConfig({ DEMO_DATA: '0', UPLOADS_DIR: folder, DATA_DIR: folder }),
      databaseUrl,
      log: createLog('silent', false),
      background: false,
    });
    undo.push(() => app.close());
    const line = openLine(server.port, AT_ONCE);
    undo.push(() => line.close());
    const world = await aWorld(app.db, line);
    const ears = createEars(server.port);
    undo.push(() => ears.close());
    return await fuzz({
      options,
      server,
      line,
      world,
      ears,
      began,
      operations: app.api.operations,
    });
  } finally {
    for (const step of undo.reverse()) await step();
  }
}

interface Run {
  options: FuzzOptions;
  server: Server;
  line: Line;
  world: World;
  ears: Ears;
  operations: readonly Operation[];
  began: number;
}

async function fuzz(run: Run): Promise<FuzzResult> {
  const { options, server, line, world, ears, operations } = run;
  const { requests, seed } = options;
  const result: FuzzResult = {
    ...{ done: 0, kinds: {}, statuses: {}, served: 0, unserved: [], operations: operations.length },
    ...{ faults: [], said: '', measures: [], ms: 0 },
  };
  const served = new Set<Operation>();
  const tries = createTries(run, served);
  const isOver = () =>
    server.ended() !== undefined ||
    options.cancelled?.() === true ||
    options.enough?.(result.faults) === true;
  const first = options.only ?? 0;
  const last = options.only === undefined ? requests : options.only + 1;

  for (let from = first; from < last && !isOver(); from += BATCH) {
    const queue = Array.from({ length: Math.min(BATCH, last - from) }, (_, more) => from + more);
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (let at = queue.shift(); at !== undefined && !isOver(); at = queue.shift()) {
          const tried = await tries.one(
            seeded(Math.imul(seed, 0x9e3779b1) ^ Math.imul(at + 1, 0x85ebca6b)),
          );
          result.done += 1;
          result.kinds[tried.kind] = (result.kinds[tried.kind] ?? 0) + 1;
          result.statuses[tried.status] = (result.statuses[tried.status] ?? 0) + 1;
          for (const fault of tried.faults) result.faults.push({ at, what: tried.what, fault });
        }
      }),
    );
    for (const { what, fault } of ears.overheard()) result.faults.push({ at: from, what, fault });
    if (server.ended() !== undefined) break;
    await world.restore();
    const ready = await line.ask({ method: 'GET', path: '/readyz' });
    if (ready.status !== 200)
      result.faults.push({ at: from, what: 'GET /readyz', fault: `${ready.status}` });
    options.progress?.(result.done);
    // A fifth of the way warms it up.
    const isWarm = result.measures.length === 0 && result.done >= requests / 5;
    if (isWarm) result.measures.push(await server.measure());
  }
  for (const fault of tries.silent())
    result.faults.push({ at: result.done, what: 'sockets', fault });
  const end = server.ended();
  if (end !== undefined) result.faults.push({ at: result.done, what: 'the process', fault: end });
  else {
    result.measures.push(await server.measure());
    result.faults.push(
      ...growth(result.measures).map((fault) => ({ at: result.done, what: 'the process', fault })),
    );
  }
  result.served = served.size;
  result.unserved = operations
    .filter((operation) => !served.has(operation))
    .map(({ route }) => `${route.method} ${route.path}`);
  result.said = server.said();
  result.ms = Date.now() - run.began;
  return result;
}

function growth(measures: readonly Measure[]): string[] {
  const [first, last] = [measures[0], measures.at(-1)];
  if (!first || !last) return [];
  const memory = last.memory - first.memory;
  const descriptors = last.descriptors - first.descriptors;
  return [
    ...(memory > MEMORY_GROWTH ? [`holds ${memory} bytes more than after the warm-up`] : []),
    ...(descriptors > DESCRIPTOR_GROWTH ? [`holds ${descriptors} descriptors more`] : []),
  ];
}

/** How one request went. */
interface Tried {
  kind: string;
  what: string;
  status: string;
  faults: string[];
}

/** Makes a request out of random numbers, sends it, and judges what comes back. */
function createTries({ server, line, world, ears, operations }: Run, served: Set<Operation>) {
  const { callers, known } = world;
  const schemas = new Map(
    operations.map((operation) => [operation, inputSchema(operation)] as const),
  );
  const withEvent = operations.filter(({ route }) => route.socket !== undefined);
  const events = withEvent.map(({ route }) => route.socket ?? '');
  const withSockets = callers.filter(({ isLive }) => isLive);
  /** Those from whom most is hidden come most often. */
  const often = callers.flatMap((caller) =>
    Array.from({ length: OFTEN[caller.name] ?? 1 }, () => caller),
  );
  /** How often each event was asked, and answered. */
  const asks = new Map(events.map((event) => [event, { asked: 0, answered: 0 }]));

  /** An input of an operation: right, or with one thing wrong. */
  function inputOf(random: () => number, operation: Operation): { input: Fields; kind: string } {
    const schema = schemas.get(operation) ?? {};
    const input = validInput(random, operation, schema, known);
    if (random() < 0.45) return { input, kind: 'valid' };
    const kind = pick(random, MUTATIONS);
    mutate(random, kind, input, schema, known);
    return { input, kind };
  }

  async function overHttp(random: () => number): Promise<Tried> {
    const operation = pick(random, operations);
    const caller = pick(random, often);
    const { input, kind } = inputOf(random, operation);
    const { request, seen, isElsewhere } = requestOf(operation, input, caller);
    const sent: Sent = {
      ...{ caller, operation, isForeign: false, isElsewhere },
      isWrong: seen !== null && !operation.input.safeParse(seen).success,
    };
    let named = kind;
    const odd = random();
    if (odd < 0.05 && request.body !== undefined) {
      const { type, body, encoding } = pick(random, BODIES);
      named = 'body';
      request.body = encoded(body, encoding);
      request.headers = { ...request.headers, 'content-type': type };
      if (encoding) request.headers['content-encoding'] = encoding;
      sent.isWrong = false;
    } else if (odd < 0.07 && request.body !== undefined && !operation.multipart) {
      named = 'json';
      request.body = raw.someJson(random, input);
      sent.isWrong = false;
    } else if (odd < 0.12) {
      const { headers, refused } = pick(random, HEADERS);
      named = 'header';
      request.headers = { ...request.headers, ...headers };
      sent.isForeign = refused === true;
    } else if (odd < 0.15) {
      named = 'query';
      request.path += `${request.path.includes('?') ? '&' : '?'}${pick(random, QUERIES)}`;
      sent.isWrong = false;
    }
    const what = `${operation.route.method} ${operation.route.path} as ${caller.name}, ${named}: ${request.path} ${shown(input)}`;
    const answer = await asked(line, request);
    if (typeof answer === 'string') return { kind: named, what, status: 'none', faults: [answer] };
    if (answer.status < 400) served.add(operation);
    const faults = faultsOf(answer, sent);
    if (answer.status === 302) faults.push(...(await behind(answer, caller)));
    return { kind: named, what, status: String(answer.status), faults };
  }

  /** The file itself, asked for without any cookie. */
  async function behind({ headers }: Answer, caller: Caller): Promise<string[]> {
    const answer = await asked(line, { method: 'GET', path: headers.location ?? '/' });
    if (typeof answer === 'string') return [answer];
    // His session may have ended in between.
    const isFile = [200, 401, 404].includes(answer.status);
    return [...(isFile ? [] : [`answers ${answer.status}`]), ...leaks(answer.bytes, caller)];
  }

  async function overSocket(random: () => number): Promise<Tried> {
    const operation = pick(random, withEvent);
    const event = operation.route.socket ?? '';
    const caller = pick(random, withSockets);
    const { input } = inputOf(random, operation);
    const payload =
      random() < 0.9 ? input : pick(random, [null, 7, 'x', [], [input], Buffer.from('x')]);
    const what = `${event} as ${caller.name}: ${shown(payload)}`;
    const ack = await ears.ask(caller, event, payload);
    const tried = (status: string, faults: string[] = []) => ({
      kind: 'socket',
      what,
      status,
      faults,
    });
    const count = asks.get(event);
    if (count) count.asked += 1;
    if (typeof ack === 'string') return tried(ack, ack === 'silence' ? ['no answer'] : []);
    if (count) count.answered += 1;
    if (!ack.ok) return tried(String(ack.problem.status), problem(ack.problem));
    const isWrong = !operation.input.safeParse(payload).success;
    return tried('200', [
      ...shape(operation, ack.value),
      ...(isWrong ? ['accepted what its schema refuses'] : []),
    ]);
  }

  async function multipart(random: () => number): Promise<Tried> {
    const caller = pick(random, often);
    const { type, body } = raw.aMultipart(random, uuid(random));
    const headers = { ...caller.headers, 'content-type': type };
    const answer = await asked(line, { method: 'POST', path: '/api/attachments', headers, body });
    const what = `multipart as ${caller.name}: ${body.subarray(0, 400).toString('latin1')}`;
    const kind = 'multipart';
    if (typeof answer === 'string') return { kind, what, status: 'none', faults: [answer] };
    const operation = operations.find(({ route }) => route.path === '/attachments');
    const faults = operation
      ? faultsOf(answer, {
          caller,
          operation,
          ...{ isWrong: false, isForeign: false, isElsewhere: false },
        })
      : ['the route is gone'];
    return { kind, what, status: String(answer.status), faults };
  }

  async function bytes(random: () => number): Promise<Tried> {
    const caller = pick(random, withSockets);
    const cookie = caller.headers.cookie ?? '';
    const isSocket = random() < 0.5;
    const pieces = isSocket ? raw.someFrames(random, events) : [raw.aRequest(random, cookie)];
    const turns: Turn[] = [{ pieces }];
    if (isSocket) {
      // Some do not wait until they are let in.
      const isHasty = random() < 0.2;
      turns.unshift(
        { pieces: [raw.handshake(SOCKET_PATH, cookie, server.port)] },
        { pieces: [raw.connection()], ...(isHasty ? {} : { after: raw.isOpen }) },
      );
      if (!isHasty) turns[2] = { pieces, after: raw.isLetIn };
    }
    const { bytes: heard } = await sendRaw(server.port, turns, QUIET_MS);
    const faults = leaks(heard, caller);
    const text = heard.toString('latin1');
    // A closed portal says so in its words; an answer to HEAD has none.
    const isClosed = text.includes('"portal_closed"') || /^HEAD /.test(pieces[0]?.toString() ?? '');
    const hasFailed = /^HTTP\/1\.1 5(?!05)/m.test(text) && !(isClosed && text.includes(' 503 '));
    if (hasFailed) faults.push(`answers ${text.slice(0, 200)}`);
    if (isSocket && raw.textsIn(heard).includes(raw.ECHO))
      faults.push(`echoes ${text.slice(-200)}`);
    const what = `${caller.name}: ${pieces.at(-1)?.subarray(0, 300).toString('latin1')}`;
    const status = /^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 'none';
    return { kind: isSocket ? 'frames' : 'bytes', what, status, faults };
  }

  async function polling(random: () => number): Promise<Tried> {
    const caller = pick(random, withSockets);
    const path = `${SOCKET_PATH}?EIO=4&transport=polling`;
    const { headers } = caller;
    const opened = await asked(line, { method: 'GET', path, headers });
    const kind = 'polling';
    if (typeof opened === 'string') return { kind, what: path, status: 'none', faults: [opened] };
    const sid = /"sid":"([^"]+)"/.exec(opened.body.toString())?.[1] ?? 'none';
    const body = raw.somePackets(random, events);
    const at = `${path}&sid=${sid}`;
    if (random() < 0.8) {
      // Events are heard once the server has let it in.
      const post = { method: 'POST', headers: { ...headers, 'content-type': 'text/plain' } };
      await asked(line, { ...post, path: at, body: '40{}' });
      await asked(line, { method: 'GET', path: at, headers });
    }
    const answer = await asked(line, {
      ...{ method: 'POST', path: at, body },
      headers: { ...headers, 'content-type': 'text/plain;charset=UTF-8' },
    });
    // Says goodbye, so that nothing waits for more.
    const type = { 'content-type': 'text/plain' };
    await asked(line, { method: 'POST', path: at, headers: { ...headers, ...type }, body: '1' });
    const what = `polling as ${caller.name}: ${body.subarray(0, 300).toString('latin1')}`;
    if (typeof answer === 'string') return { kind, what, status: 'none', faults: [] };
    const faults = leaks(answer.bytes, caller);
    if (isBroken(answer.status, answer.bytes)) faults.push(`answers ${answer.status}`);
    return { kind, what, status: String(answer.status), faults };
  }

  return {
    one(random: () => number): Promise<Tried> {
      const which = random();
      if (which < 0.76) return overHttp(random);
      if (which < 0.88) return overSocket(random);
      if (which < 0.93) return multipart(random);
      return which < 0.98 ? bytes(random) : polling(random);
    },
    /** Events of the registry that nobody serves. */
    silent: () =>
      [...asks]
        .filter(([, { asked: times, answered }]) => times >= ENOUGH && answered === 0)
        .map(([event]) => `the event is never answered: ${event}`),
  };
}

const inputSchema = ({ input }: Operation): JsonSchema =>
  z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' }) as JsonSchema;

const TRIES = 60;
/** An input the operation's schema takes, unless the schema asks for what a schema cannot tell. */
function validInput(
  random: () => number,
  operation: Operation,
  schema: JsonSchema,
  known: Known,
): Fields {
  let input: Fields = {};
  for (let tries = 0; tries < TRIES; tries += 1) {
    input = valid(random, schema, '', known) as Fields;
    if (operation.input.safeParse(input).success) break;
  }
  return input;
}

/** The request, and the input as the server will see it; null: hard to say. */
function requestOf(
  { route, multipart, bytes }: Operation,
  input: Fields,
  caller: Caller,
): { request: Request; seen: Fields | null; isElsewhere: boolean } {
  const rest = new Map(Object.entries(input));
  const seen: Fields = {};
  let isElsewhere = false;
  const path = route.path.replace(/:(\w+)/g, (_all, name: string) => {
    const value = textOf(rest.get(name) ?? 'x');
    rest.delete(name);
    seen[name] = value;
    if (value === '' || /^\.{1,2}$/.test(value)) isElsewhere = true;
    return encodeURIComponent(value);
  });
  const headers: Record<string, string> = { ...caller.headers };
  const inQuery = route.method === 'GET' || route.method === 'DELETE' || bytes;
  if (inQuery) {
    const query = [...rest].map(([name, value]) => {
      Object.defineProperty(seen, name, { value: textOf(value), enumerable: true });
      return `${encodeURIComponent(name)}=${encodeURIComponent(textOf(value))}`;
    });
    const request: Request = {
      method: route.method,
      path: `/api${path}${query.length > 0 ? `?${query.join('&')}` : ''}`,
      headers,
    };
    if (bytes) {
      headers['content-type'] = 'application/octet-stream';
      request.body = 'abc';
    }
    return { request, seen: isElsewhere ? null : seen, isElsewhere };
  }
  const body = Object.fromEntries(rest);
  if (multipart) {
    headers['content-type'] = 'multipart/form-data; boundary=b';
    const fields = [...rest].map(
      ([name, value]) =>
        `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${textOf(value)}\r\n`,
    );
    const file =
      '--b\r\nContent-Disposition: form-data; name="file"; filename="x.txt"\r\n\r\nx\r\n';
    return {
      request: {
        method: route.method,
        path: `/api${path}`,
        headers,
        body: `${fields.join('')}${file}--b--\r\n`,
      },
      seen: null,
      isElsewhere,
    };
  }
  headers['content-type'] = 'application/json';
  return {
    request: { method: route.method, path: `/api${path}`, headers, body: JSON.stringify(body) },
    seen: isElsewhere ? null : { ...(JSON.parse(JSON.stringify(body)) as Fields), ...seen },
    isElsewhere,
  };
}

/** As an address holds it. */
const textOf = (value: unknown): string =>
  (typeof value === 'object' ? JSON.stringify(value) : String(value)).toWellFormed();

/** Small bodies that unpack to large ones. */
const BOMBS: Record<string, Buffer> = {
  gzip: gzipSync(Buffer.alloc(30_000_000, 32)),
  deflate: deflateSync(Buffer.alloc(3_000_000, 32)),
};

function encoded(body: string | Buffer, encoding = 'none'): string | Buffer {
  return BOMBS[encoding] ?? (encoding === 'br' ? brotliCompressSync(body) : body);
}

const HEAD_BYTES = 15_000;
const TOO_LARGE: Answer = {
  status: 431,
  headers: {},
  body: Buffer.alloc(0),
  bytes: Buffer.alloc(0),
};

/** The answer, or in words why there is none. */
async function asked(line: Line, request: Request): Promise<Answer | string> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await line.ask(request);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      // A connection that was kept open may end the moment it is used again.
      if (tries < 2 && ['ECONNRESET', 'EPIPE'].includes(code)) continue;
      // Node answers a head that is too large, and ends the connection before all of it has been read.
      if (code === 'ECONNRESET' && request.path.length > HEAD_BYTES) return TOO_LARGE;
      return `no answer: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
}

const shown = (value: unknown) => (JSON.stringify(value) ?? 'undefined').slice(0, 600);
