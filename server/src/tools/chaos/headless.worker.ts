import { createHash, randomUUID } from 'node:crypto';
import http, {
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type RequestOptions,
} from 'node:http';
import { getPriority, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import 'fake-indexeddb/auto';
import type { HistoryLine, Press, Shown } from './checker/history';
import { canary, seeded } from './random';

/**
 * One browser of the crowd, without screen: a thread of its own with the product's client code, a cookie jar, a storage and a clock.
 * It presses, and notes what it pressed and what it was shown.
 */
export interface HeadlessPlan {
  name: string;
  bundle: string;
  url: string;
  login: string;
  password: string;
  person: string;
  side: 'dealer' | 'staff';
  dealer: string;
  /** Numbers of the appeals that are open in it, with the code of their dealer. */
  appeals: { no: number; dealer: string }[];
  /** Presses a second, all appeals together. */
  perSecond: number;
  seed: number;
  /** Cookies of another client: a second window of the same session. */
  cookies?: [string, string][];
  /** What the browser holds from its last life. */
  kept?: Kept;
}
/** What survives a reload of the page. */
export interface Kept {
  incarnation: number;
  pressing: boolean;
  cookies: [string, string][];
  local: [string, string][];
  /** Of IndexedDB; the client bundle knows what is in it. */
  stores: unknown;
  unanswered: Pressed[];
  answered: Pressed[];
}
export interface Pressed {
  id: string;
  appeal: string;
  kind: Press['kind'];
  body: string;
  /** The last number its author had seen; a repeated command says so too. */
  seenSeq: number;
  at: number;
  /** Its entry, once it is stored. */
  entry: string;
}
export type Order =
  | { do: 'press'; yes: boolean }
  | { do: 'keep'; id: number }
  | { do: 'clock'; shiftMs: number }
  | { do: 'resend' }
  | { do: 'upload' }
  | { do: 'offline'; yes: boolean }
  | { do: 'settle'; id: number }
  | { do: 'final'; id: number };
export type Told =
  | { told: 'line'; line: HistoryLine }
  | { told: 'cookies'; cookies: [string, string][] }
  | { told: 'answer'; id: number; value: number }
  | { told: 'kept'; id: number; kept: Kept }
  | { told: 'trouble'; what: string };

/** The driver of client/src/headless, as far as it is used here. */
interface Driver {
  enter(login: string, password: string): Promise<string | null>;
  isSignedIn(): boolean;
  open(no: number): Promise<string | null>;
  send(appealId: string, kind: 'message' | 'note', body: string): string | null;
  retry(clientId: string): void;
  sendAnyway(clientId: string): void;
  edit(appealId: string, entryId: string, body: string): void;
  remove(appealId: string, entryId: string): void;
  takeBack(clientId: string): void;
  read(appealId: string, number: number): void;
  shown(appealId: string): {
    from: number;
    entries: readonly Shown[];
    pending: { clientId: string; state: string; code: string | null }[];
  };
  row(appealId: string): { unread: number; mark: number } | null;
}

interface Client {
  startHeadless(): Driver;
  keep(): Promise<unknown>;
  restore(stores: unknown): Promise<void>;
}

const LOOK_MS = 200;
/** How much a browser of the crowd stands back for the server and the database, which it shares two cores with. */
const NICER = 8;
/** A text of half a megabyte in which no two lines are the same, so that a part out of its place is seen. */
const UPLOAD_LINES = 64 * 1024;
const PART_BYTES = 64 * 1024;
const UPLOAD_PATIENCE_MS = 90_000;
/** Who waits for so many answers waits before he writes on: a crowd presses no faster, for long, than it is served. */
const MOST_UNANSWERED = 30;
/** Share of looks at something new after which it is read. */
const READS = 0.15;
/** Share of presses that change an earlier message. */
const CHANGES = 0.08;
const PASSING = new Set([
  'offline',
  'timeout',
  'database_away',
  'stopping',
  'internal',
  'rate_limited',
]);

const plan: HeadlessPlan = workerData;
const tell = (told: Told) => parentPort?.postMessage(told);
const RealDate = Date;
const now = () => performance.timeOrigin + performance.now();
const note = (line: HistoryLine) => tell({ told: 'line', line });
const incarnation = (plan.kept?.incarnation ?? 0) + 1;
const random = seeded(plan.seed + incarnation * 7_919);

/** What localStorage holds. */
const held = new Map<string, string>(plan.kept?.local ?? []);

/* ── A browser around the client ──────────────────────────── */

const jar = new Map<string, string>(plan.kept?.cookies ?? plan.cookies ?? []);
let shiftMs = 0;
/** A browser holds six connections to a host. */
const agent = new http.Agent({ keepAlive: true, maxSockets: 6 });
const cookieHeader = () => [...jar].map(([name, value]) => `${name}=${value}`).join('; ');

/** Stands in for `window` where the client listens. */
const browserEvents = new EventTarget();

function browse(): void {
  // The socket library and `fetch` ask through Node's http, which knows no cookies.
  const realRequest = http.request;
  Object.assign(http, {
    request: (
      address: RequestOptions | URL,
      given?: RequestOptions | ((answer: IncomingMessage) => void),
      listener?: (answer: IncomingMessage) => void,
    ) => {
      const options = typeof given === 'object' ? given : address instanceof URL ? {} : address;
      const heard = typeof given === 'function' ? given : listener;
      const withCookies = {
        ...options,
        headers: { ...named(options.headers), cookie: cookieHeader() },
      };
      return address instanceof URL
        ? realRequest(address, withCookies, heard)
        : realRequest(withCookies, heard);
    },
  });
  const storage = {
    getItem: (key: string) => held.get(key) ?? null,
    setItem: (key: string, value: string) => void held.set(key, value),
    removeItem: (key: string) => void held.delete(key),
    key: (index: number) => [...held.keys()][index] ?? null,
    get length() {
      return held.size;
    },
  };
  const page = Object.assign(new EventTarget(), {
    baseURI: plan.url,
    visibilityState: 'visible',
    hidden: false,
    hasFocus: () => true,
    documentElement: { dataset: {}, lang: 'ru' },
    title: '',
    // Vue asks for one when it is loaded; nothing is ever rendered.
    createElement: () => ({}),
  });
  class ShiftedDate extends RealDate {
    constructor(...given: [] | [number | string | Date]) {
      if (given.length === 0) super(RealDate.now() + shiftMs);
      else super(given[0]);
    }
    static override now(): number {
      return RealDate.now() + shiftMs;
    }
  }
  Object.assign(globalThis, {
    Date: ShiftedDate,
    fetch: (address: URL, init?: RequestInit) => fetchOverHttp(address, init),
    document: page,
    location: new URL(plan.url),
    localStorage: storage,
    addEventListener: browserEvents.addEventListener.bind(browserEvents),
    removeEventListener: browserEvents.removeEventListener.bind(browserEvents),
  });
}

/**
 * What the client uses of `fetch`, over connections that are kept. Node's own costs several times as much in streams that nobody
 * reads, and a crowd lives on two cores.
 */
function fetchOverHttp(address: URL, init: RequestInit = {}): Promise<Response> {
  const { method = 'GET', signal, body } = init;
  const bytes =
    typeof body === 'string' ? Buffer.from(body) : body instanceof Uint8Array ? body : null;
  const headers = {
    ...Object.fromEntries(new Headers(init.headers)),
    origin: address.origin,
    ...(bytes ? { 'content-length': bytes.length } : {}),
  };
  return new Promise((resolve, reject) => {
    const gaveUp = () => new DOMException('The request was given up.', 'AbortError');
    if (signal?.aborted) return reject(gaveUp());
    const request = http.request(address, { method, headers, agent }, (answer) => {
      takeCookies(answer.headers['set-cookie'] ?? []);
      const pieces: Buffer[] = [];
      answer.on('data', (piece: Buffer) => void pieces.push(piece));
      answer.on('error', reject);
      answer.on('end', () => {
        signal?.removeEventListener('abort', stop);
        const { statusCode = 0 } = answer;
        const isEmpty = statusCode === 204 || statusCode === 304;
        resolve(
          new Response(isEmpty ? null : Buffer.concat(pieces), {
            status: statusCode,
            headers: Object.entries(answer.headers).map(([name, value]): [string, string] => [
              name,
              String(value),
            ]),
          }),
        );
      });
    });
    const stop = () => void request.destroy(gaveUp());
    signal?.addEventListener('abort', stop);
    request.on('error', (error) => {
      signal?.removeEventListener('abort', stop);
      reject(error);
    });
    request.end(bytes ?? undefined);
  });
}

function takeCookies(cookies: readonly string[]): void {
  for (const cookie of cookies) {
    const [pair = ''] = cookie.split(';');
    const at = pair.indexOf('=');
    if (/max-age=0|expires=thu, 01 jan 1970/i.test(cookie)) jar.delete(pair.slice(0, at));
    else jar.set(pair.slice(0, at), pair.slice(at + 1));
  }
}

/** Headers by name; the library never gives them as a list. */
const named = (headers: RequestOptions['headers']): OutgoingHttpHeaders =>
  headers === undefined || isList(headers) ? {} : headers;
const isList = (headers: object): headers is readonly string[] => Array.isArray(headers);

/* ── Pressing and looking ─────────────────────────────────── */

let driver: Driver | null = null;
let storage: Client | null = null;
let pressing = plan.kept?.pressing ?? false;
/** By number: its id once it is open. */
const opened = new Map<number, string>();
const unanswered = new Map((plan.kept?.unanswered ?? []).map((pressed) => [pressed.id, pressed]));
const answered = plan.kept?.answered ?? [];
const screens = new Map<string, readonly Shown[]>();
/** Refused in this life of the page, whatever became of them. */
const refused = new Set<string>();

async function load(): Promise<void> {
  const client: Client = await import(plan.bundle);
  if (plan.kept) await client.restore(plan.kept.stores);
  storage = client;
  const { startHeadless } = client;
  const fresh = startHeadless();
  void stayIn(fresh);
}

/** Signs in whenever nobody is: at the start, and after a session that was ended. */
async function stayIn(fresh: Driver): Promise<never> {
  for (;;) {
    if (!fresh.isSignedIn()) {
      driver = null;
      opened.clear();
      screens.clear();
      note({
        t: now(),
        c: plan.name,
        ev: 'start',
        person: plan.person,
        side: plan.side,
        dealer: plan.dealer,
        incarnation,
      });
      while ((await fresh.enter(plan.login, plan.password)) === null) await pause(300);
      driver = fresh;
      tell({ told: 'cookies', cookies: [...jar] });
      for (const { no } of plan.appeals) void keepOpening(fresh, no);
    }
    await pause(100);
  }
}

async function keepOpening(fresh: Driver, no: number): Promise<void> {
  let id = await fresh.open(no);
  while (id === null || fresh.shown(id).entries.length === 0) {
    await pause(300);
    if (!fresh.isSignedIn()) return;
    id = await fresh.open(no);
  }
  opened.set(no, id);
}

function press(): void {
  if (!pressing || !driver || opened.size === 0) return;
  if (unanswered.size >= MOST_UNANSWERED) return;
  const { no, dealer } = plan.appeals[Math.floor(random() * plan.appeals.length)] ?? {
    no: 0,
    dealer: '',
  };
  const appeal = opened.get(no);
  if (appeal === undefined) return;
  if (random() < CHANGES && changeOne(driver, appeal)) return;
  const kind = plan.side === 'staff' && random() < 0.3 ? 'note' : 'message';
  const body = canary(random, kind, dealer);
  const seenSeq = driver.shown(appeal).entries.at(-1)?.[0] ?? 0;
  const id = driver.send(appeal, kind, body);
  if (id === null) return;
  note({ t: now(), c: plan.name, ev: 'press', id, appeal, kind });
  unanswered.set(id, { id, appeal, kind, body, seenSeq, at: now(), entry: '' });
}

/** Edits or deletes one of the last own messages. @returns false when there is none */
function changeOne(seen: Driver, appeal: string): boolean {
  const own = answered.slice(-10).filter((one) => one.appeal === appeal && one.entry !== '');
  const chosen = own[Math.floor(random() * own.length)];
  if (!chosen || (chosen.kind !== 'message' && chosen.kind !== 'note')) return false;
  const { dealer } = /^cnry-.-(?<dealer>\w+)-/.exec(chosen.body)?.groups ?? {};
  if (random() < 0.3) seen.remove(appeal, chosen.entry);
  else seen.edit(appeal, chosen.entry, canary(random, chosen.kind, dealer ?? ''));
  return true;
}

/** Notes what changed on the screen since the last look. */
function look(): void {
  if (!driver?.isSignedIn()) return;
  for (const appeal of opened.values()) lookAt(driver, appeal, false);
}

/** What was looked at last of each thread: the same object shows the same. */
const looked = new Map<string, unknown>();
/** Threads in which a press is neither waiting nor stored; looked at again although nothing changed. */
const doubtful = new Set<string>();
/** Presses that are neither waiting nor stored, and since when: an instant between the two is no loss. */
const missing = new Map<string, number>();
/** On a machine that does much else an instant is long; what is lost stays so. */
const INSTANT_MS = 10_000;

function lookAt(seen: Driver, appeal: string, final: boolean): void {
  const shown = seen.shown(appeal);
  if (!final && looked.get(appeal) === shown && !doubtful.has(appeal)) return;
  looked.set(appeal, shown);
  doubtful.delete(appeal);
  const { entries, pending, from } = shown;
  const changedFrom = firstChange(screens.get(appeal), entries);
  screens.set(appeal, entries);
  const last = entries.at(-1)?.[0] ?? 0;

  const waiting = new Map(pending.map((one) => [one.clientId, one]));
  const byClientId = new Map<string, readonly [number, string]>();
  for (const [number, id, , clientId] of entries)
    if (clientId !== null) byClientId.set(clientId, [number, id]);
  for (const pressed of unanswered.values()) {
    if (pressed.appeal !== appeal) continue;
    const state = waiting.get(pressed.id);
    if (state) {
      missing.delete(pressed.id);
      if (state.state === 'failed') settleFailed(seen, pressed, state.code);
      continue;
    }
    // Gone from what waits: the client says that it is stored.
    const [n = 0, entry = ''] = byClientId.get(pressed.id) ?? [];
    const since = missing.get(pressed.id) ?? now();
    if (entry === '' && now() - since < INSTANT_MS) {
      missing.set(pressed.id, since);
      doubtful.add(appeal);
      continue;
    }
    missing.delete(pressed.id);
    unanswered.delete(pressed.id);
    answered.push({ ...pressed, entry });
    note({ t: now(), c: plan.name, ev: 'ack', id: pressed.id, appeal, entry, n });
  }
  if (changedFrom !== Infinity || final) {
    const first = final ? from : changedFrom;
    const shown = entries.filter(([number]) => number >= first);
    note({
      t: now(),
      c: plan.name,
      ev: 'read',
      appeal,
      last,
      from: first,
      entries: shown,
      ...(final ? { final } : {}),
    });
  }
  if (!final && last > 0 && random() < READS) seen.read(appeal, last);
}

/** The lowest number under which a screen shows something else than before. What stayed the same is the same object. */
function firstChange(before: readonly Shown[] | undefined, now: readonly Shown[]): number {
  if (before === undefined) return now[0]?.[0] ?? 1;
  let place = 0;
  while (place < now.length && before[place] === now[place]) place += 1;
  return Math.min(now[place]?.[0] ?? Infinity, before[place]?.[0] ?? Infinity);
}

/** What a person does: tries again after a passing trouble, mostly sends a held answer anyway, and deletes what was refused. */
function settleFailed(seen: Driver, pressed: Pressed, code: string | null): void {
  if (code === null || PASSING.has(code)) {
    note({ t: now(), c: plan.name, ev: 'retried', id: pressed.id });
    return seen.retry(pressed.id);
  }
  note({ t: now(), c: plan.name, ev: 'refused', id: pressed.id, code });
  refused.add(pressed.id);
  if (code === 'stale' && random() < 0.9) return seen.sendAnyway(pressed.id);
  unanswered.delete(pressed.id);
  seen.takeBack(pressed.id);
}

/** The same command once more under its id, long after and at once: a double click, a repeated packet, a second window. */
async function resend(): Promise<void> {
  const late = answered[Math.floor(random() * answered.length)];
  // The one whose turn it is: one that waits behind it would overtake it, which no double click does.
  const early = [...unanswered.values()].find(({ id }) => !refused.has(id));
  for (const pressed of [late, early]) {
    if (!pressed || (pressed.kind !== 'message' && pressed.kind !== 'note')) continue;
    const { id, appeal, kind, body, seenSeq } = pressed;
    const seen = kind === 'note' ? {} : { seenSeq };
    await fetch(new URL(`api/appeals/${appeal}/entries`, plan.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ clientId: id, kind, body, ...seen }),
    }).then(
      async (answer) => void (await answer.arrayBuffer()),
      () => undefined,
    );
  }
}

/**
 * Uploads a file in parts, each as often as it takes, and once more when it is there: under one id there is one file, and it is
 * the one that was sent. The harness breaks the line while it is on its way. It goes into no message; pages do that.
 */
async function upload(): Promise<void> {
  const fileId = randomUUID();
  const bytes = Buffer.from(
    Array.from({ length: UPLOAD_LINES }, (_, line) => `${String(line).padStart(7)}\n`).join(''),
  );
  const first = await uploadUntilThere(fileId, bytes);
  const second = first === null ? null : await uploadUntilThere(fileId, bytes);
  if (first !== second) tell({ told: 'trouble', what: `${fileId} became ${first} and ${second}` });
  if (first === null) return;
  const stored = await fetch(new URL(`api/attachments/${first}/file`, plan.url)).catch(() => null);
  const read = stored?.ok ? await stored.arrayBuffer().catch(() => null) : null;
  if (read && !bytes.equals(Buffer.from(read)))
    tell({ told: 'trouble', what: `${fileId} is stored as something else than was sent` });
  await fetch(new URL(`api/attachments/${first}`, plan.url), { method: 'DELETE' }).catch(
    () => undefined,
  );
}

async function uploadUntilThere(fileId: string, bytes: Buffer): Promise<string | null> {
  const until = now() + UPLOAD_PATIENCE_MS;
  /** Where to go on; null: the server is to be asked. */
  let from: number | null = null;
  while (now() < until) {
    const answer = await sendNext(fileId, bytes, from);
    const said: unknown = await answer?.json().catch(() => null);
    if (answer?.ok && typeof said === 'object' && said !== null) {
      if ('attachment' in said && typeof said.attachment === 'object' && said.attachment)
        return 'id' in said.attachment ? String(said.attachment.id) : null;
      from = 'receivedBytes' in said ? Number(said.receivedBytes) : null;
      continue;
    }
    from = null;
    // Refused for what it is, or signed out meanwhile: no further try helps. 409: another try of the same part has arrived.
    if (answer && answer.status < 500 && ![409, 429].includes(answer.status)) {
      if (answer.status !== 401)
        tell({ told: 'trouble', what: `upload: ${answer.status} ${JSON.stringify(said)}` });
      return null;
    }
    await pause(500);
  }
  return null;
}

const sendNext = (fileId: string, bytes: Buffer, from: number | null) =>
  fetch(
    new URL(`api/uploads${from === null ? '' : `/${fileId}?offset=${from}`}`, plan.url),
    from === null
      ? {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({
            clientId: fileId,
            name: `${fileId}.txt`,
            sizeBytes: bytes.length,
            sha256: createHash('sha256').update(bytes).digest('hex'),
          }),
          signal: AbortSignal.timeout(10_000),
        }
      : {
          method: 'PATCH',
          headers: { 'content-type': 'application/octet-stream' },
          body: new Uint8Array(bytes.subarray(from, from + PART_BYTES)),
          signal: AbortSignal.timeout(10_000),
        },
  ).catch(() => null);

/** The page goes away in the middle of what it does; what it has stored stays. */
async function leave(id: number): Promise<void> {
  const wasPressing = pressing;
  // What would be pressed while the storage is copied would be in nobody's hands.
  pressing = false;
  const kept: Kept = {
    incarnation,
    pressing: wasPressing,
    cookies: [...jar],
    local: [...held],
    // A page that goes before it has come finds what the one before it has stored.
    stores: storage ? await storage.keep() : plan.kept?.stores,
    unanswered: [...unanswered.values()],
    answered: answered.slice(-50),
  };
  tell({ told: 'kept', id, kept });
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

parentPort?.on('message', (order: Order) => {
  if (order.do === 'press') pressing = order.yes;
  else if (order.do === 'keep') void leave(order.id);
  else if (order.do === 'clock') shiftMs = order.shiftMs;
  else if (order.do === 'resend') void resend();
  else if (order.do === 'upload') void upload();
  else if (order.do === 'offline') {
    // The line itself is closed by the harness; this is what a browser says of it.
    browserEvents.dispatchEvent(new Event(order.yes ? 'offline' : 'online'));
  } else if (order.do === 'settle') tell({ told: 'answer', id: order.id, value: unanswered.size });
  else {
    if (driver) {
      for (const appeal of opened.values()) {
        lookAt(driver, appeal, true);
        const row = driver.row(appeal);
        if (row) note({ t: now(), c: plan.name, ev: 'row', appeal, ...row });
      }
    }
    tell({ told: 'answer', id: order.id, value: opened.size });
  }
});
const complain = (error: unknown) =>
  tell({
    told: 'trouble',
    what: error instanceof Error ? (error.stack ?? error.message) : String(error),
  });
process.on('unhandledRejection', complain);
process.on('uncaughtException', complain);

// On Linux a thread has a priority of its own; elsewhere it would be that of the whole harness.
if (process.platform === 'linux') setPriority(Math.min(19, getPriority() + NICER));
browse();
void load();
setInterval(look, LOOK_MS);
setInterval(press, Math.max(20, 1_000 / plan.perSecond));
