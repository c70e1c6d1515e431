import type { Ack, Problem } from '@otklik/shared/errors';
import type { ServerNews } from '@otklik/shared/news';
import type { io as openSocket, Socket } from 'socket.io-client';
import { readonly, shallowReactive } from 'vue';

import { basePath } from './basePath';
import { onlyLooks } from './looking';
import { noticeSignedOut, Refusal } from './problem';
import { tabs } from './tabs';

export type ConnectionState = 'online' | 'reconnecting' | 'offline';

/** A loss shorter than this is nobody's business (STA-4). */
const SILENT_MS = 3_000;
const OFFLINE_MS = 10_000;
const ANSWER_MS = 10_000;
/** After the server closed us on purpose (changed rights) or refused for a moment: come back in about this time. */
const RETURN_MS = 1_000;
const LIBRARY_PAUSE_MS = 3_000;
/** While the portal is closed to dealers; the page asks too, and is told first. */
const CLOSED_MS = 8_000;

const state = shallowReactive<{ state: ConnectionState; since: number }>({
  state: 'online',
  since: Date.now(),
});
/** The connection as the screen tells it: `since` is when it was lost, or when it came back (ms, device clock). */
export const connection = readonly(state);

/** News by the name of their event. A listener that fails keeps no other from hearing them. */
const heard = new EventTarget();

/** Hears news for as long as the page lives, over all reconnections. Answers a function that stops it. */
export function on<Event extends keyof ServerNews>(
  event: Event,
  handler: ServerNews[Event],
): () => void {
  const listener = (news: CustomEventInit) => handler(news.detail);
  heard.addEventListener(event, listener);
  return () => heard.removeEventListener(event, listener);
}

export interface Connected {
  /** The server had closed the connection: rights may have changed. */
  closedByServer: boolean;
}
const arrivals = new Set<(how: Connected) => void>();

/** Hears every time the connection is there, the first time too: what was missed has to be fetched. */
export function onConnected(handler: (how: Connected) => void): () => void {
  arrivals.add(handler);
  return () => arrivals.delete(handler);
}

type AppSocket = Socket<ServerNews, Record<string, (...args: unknown[]) => void>>;

let socket: AppSocket | null = null;
/** Grows with every start and stop, so that a library that arrives late finds out it is not wanted. */
let turn = 0;
let closedByServer = false;
let stages: ReturnType<typeof setTimeout>[] = [];
let comeBack: ReturnType<typeof setTimeout> | undefined;

/**
 * Opens the one connection of this browser's tabs, or shares the one another tab has open; the session cookie says who
 * we are, and the server refuses when that is not `session` any more. Call after signing in. Whoever only looks has none.
 */
export async function startSocket(session: string): Promise<void> {
  stopSocket();
  if (onlyLooks()) return tabs.join(session);
  lost();
  addEventListener('online', hurry);
  document.addEventListener('visibilitychange', hurryWhenVisible);
  tabs.join(session);
  await opening;
}

let opening: Promise<void> | undefined;
/** Another tab leads, or this one does now. */
tabs.onChange(() => {
  if (onlyLooks()) return;
  if (!tabs.leads()) {
    closeSocket();
    void mirror();
  } else if (!socket) opening = openLine();
});

async function openLine(): Promise<void> {
  const mine = ++turn;
  lost();
  const io = await library(mine);
  if (!io) return;
  const opened: AppSocket = io({
    path: `${basePath()}socket.io`,
    auth: { session: tabs.session() },
    transports: ['websocket', 'polling'],
    tryAllTransports: true,
    reconnectionDelay: 500,
    reconnectionDelayMax: 10_000,
    randomizationFactor: 0.5,
    timeout: 8_000,
  });
  socket = opened;
  listen(opened);
}

/** Nobody needs the library before signing in, and it is a tenth of what the login page may weigh. */
async function library(mine: number): Promise<typeof openSocket | null> {
  while (mine === turn) {
    try {
      const { io } = await import('socket.io-client');
      return mine === turn ? io : null;
    } catch {
      // The network went while the page was loading: HTTP finds out too, and we try again.
      await new Promise((resolve) => setTimeout(resolve, LIBRARY_PAUSE_MS));
    }
  }
  return null;
}

/** Closes the connection and forgets it. Call at sign-out. */
export function stopSocket(): void {
  tabs.leave();
  closeSocket();
  clearStages();
  removeEventListener('online', hurry);
  document.removeEventListener('visibilitychange', hurryWhenVisible);
  delete document.documentElement.dataset.connection;
  state.state = 'online';
  state.since = Date.now();
}

function closeSocket(): void {
  turn += 1;
  clearTimeout(comeBack);
  socket?.removeAllListeners();
  socket?.disconnect();
  socket = null;
  closedByServer = false;
}

/**
 * Runs a command over the socket, the leading tab's if this one follows.
 * @returns the answer, or `null` when there is no connection or it broke before the answer: the outcome is unknown then
 */
export async function askSocket<Output>(
  event: string,
  input: unknown,
): Promise<{ value: Output } | null> {
  const ack = tabs.leads()
    ? await emit<Output>(event, input)
    : // As text, which the wire makes of it anyway: reactive values cannot be handed from tab to tab.
      await tabs.ask<Ack<Output>>('command', [event, JSON.stringify(input)], ANSWER_MS);
  if (!ack) return null;
  if (ack.ok) return { value: ack.value };
  noticeSignedOut(ack.problem);
  throw new Refusal(ack.problem);
}

async function emit<Output>(event: string, input: unknown): Promise<Ack<Output> | null> {
  if (!socket?.connected) return null;
  try {
    return await socket.timeout(ANSWER_MS).emitWithAck(event, input);
  } catch {
    // Timed out or cut: the caller repeats the same command over HTTP, which is safe by its id.
    return null;
  }
}

/** The line as the leading tab tells it to those that follow. */
interface Line {
  state: ConnectionState;
  since: number;
  /** The connection is there; in what is told without being asked: it has just come. */
  connected: Connected | null;
}
const line = (connected: Connected | null): Line => ({ ...state, connected });

/** Follows the leading tab; until it answers, the connection counts as lost. */
async function mirror(): Promise<void> {
  const known = await tabs.ask<Line>('line', null, ANSWER_MS);
  if (known) follow(known);
}
function follow({ state: now, since, connected }: Line): void {
  if (tabs.leads()) return;
  clearStages();
  show(now, since);
  if (connected) arrive(connected);
}
tabs.hear('line', follow);
tabs.hear('news', ([event, news]: [string, unknown]) => tell(event, news));
tabs.hear('hurry', hurry);
tabs.serve('line', async () => line(socket?.connected ? { closedByServer: false } : null));
tabs.serve('command', ([event, input]: [string, string]) => emit(event, JSON.parse(input)));
// A hidden page tries to reconnect once a minute at best; a visible one should do it in its place.
tabs.serve('fit', async () => document.visibilityState === 'visible' || state.state === 'online');

function tell(event: string, news: unknown): void {
  heard.dispatchEvent(new CustomEvent(event, { detail: news }));
}
/** Whoever has no line asks for what he may have missed. */
export const reread = (): void => arrive({ closedByServer: false });
function arrive(how: Connected): void {
  for (const arrived of [...arrivals]) arrived(how);
}

function listen(opened: AppSocket): void {
  opened.onAny((event: string, news: unknown) => {
    // Before this tab acts on it: the news may be that the session is over.
    tabs.tell('news', [event, news]);
    tell(event, news);
  });
  opened.on('server:stopping', ({ retryAfterMs }) => {
    opened.disconnect();
    // All clients hear this at once; they must not come back at once.
    returnAfter(retryAfterMs + Math.random() * Math.max(retryAfterMs, RETURN_MS));
  });
  opened.on('connect', () => {
    clearTimeout(comeBack);
    clearStages();
    const how = { closedByServer };
    closedByServer = false;
    show('online', Date.now(), how);
    arrive(how);
  });
  opened.on('disconnect', (reason) => {
    lost();
    if (reason !== 'io server disconnect') return;
    closedByServer = true;
    returnAfter(RETURN_MS * (0.2 + Math.random()));
  });
  opened.on('connect_error', (error) => {
    const problem = problemOf(error);
    if (problem) noticeSignedOut(problem);
    // A refused handshake is final for the library; a lost network is tried again by itself.
    if (socket !== opened || opened.active) return;
    const pause = problem?.code === 'portal_closed' ? CLOSED_MS : RETURN_MS;
    returnAfter(pause * (1 + 2 * Math.random()));
  });
}

function problemOf(error: Error): Problem | null {
  if (!('data' in error)) return null;
  const data: unknown = error.data;
  return isProblem(data) ? data : null;
}

function isProblem(data: unknown): data is Problem {
  return typeof data === 'object' && data !== null && 'code' in data && 'facts' in data;
}

function returnAfter(delayMs: number): void {
  clearTimeout(comeBack);
  comeBack = setTimeout(() => socket?.connect(), delayMs);
}

/** The network or the person is back: do not sit out the rest of the pause. */
export function hurry(): void {
  if (!tabs.leads()) return tabs.tell('hurry', null);
  if (!socket || socket.connected) return;
  clearTimeout(comeBack);
  socket.disconnect();
  socket.connect();
}
function hurryWhenVisible(): void {
  if (document.visibilityState === 'visible') hurry();
}

function clearStages(): void {
  for (const stage of stages) clearTimeout(stage);
  stages = [];
}

/** The loss grows more serious with time; counted from its beginning, however many tries fail and whichever tab leads. */
function lost(): void {
  if (stages.length > 0) return;
  const since = state.state === 'online' ? Date.now() : state.since;
  const later = (ms: number, next: ConnectionState) =>
    setTimeout(() => {
      show(next, since);
    }, ms);
  stages = [later(SILENT_MS, 'reconnecting'), later(OFFLINE_MS, 'offline')];
}

function show(next: ConnectionState, since: number, connected: Connected | null = null): void {
  state.state = next;
  state.since = since;
  document.documentElement.dataset.connection = next;
  if (tabs.leads()) tabs.tell('line', line(connected));
}
