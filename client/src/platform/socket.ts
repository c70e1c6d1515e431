import type { Ack, Problem } from '@otklik/shared/errors';
import type { ServerNews } from '@otklik/shared/news';
import type { io as openSocket, Socket } from 'socket.io-client';
import { readonly, shallowReactive } from 'vue';

import { basePath } from './basePath';
import { noticeSignedOut, Refusal } from './problem';

export type ConnectionState = 'online' | 'reconnecting' | 'offline';

/** A loss shorter than this is nobody's business (STA-4). */
const SILENT_MS = 3_000;
const OFFLINE_MS = 10_000;
const ANSWER_MS = 10_000;
/** After the server closed us on purpose (changed rights) or refused for a moment: come back in about this time. */
const RETURN_MS = 1_000;
const LIBRARY_PAUSE_MS = 3_000;

const state = shallowReactive<{ state: ConnectionState; since: number }>({
  state: 'online',
  since: Date.now(),
});
/** The connection as the screen tells it: `since` is when it was lost, or when it came back (ms, device clock). */
export const connection = readonly(state);

/** What the server may say to this client, and who listens. */
const handlers: { [Event in keyof ServerNews]: Set<ServerNews[Event]> } = {
  'appeal:news': new Set(),
  'appeal:mark': new Set(),
  'order:news': new Set(),
  'session:ended': new Set(),
  'server:stopping': new Set(),
};

/** Hears news for as long as the page lives, over all reconnections. Answers a function that stops it. */
export function on<Event extends keyof ServerNews>(
  event: Event,
  handler: ServerNews[Event],
): () => void {
  const listeners: Set<ServerNews[Event]> = handlers[event];
  listeners.add(handler);
  return () => listeners.delete(handler);
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

/** Opens the one connection; the session cookie says who we are. Call after signing in. */
export async function startSocket(): Promise<void> {
  stopSocket();
  const mine = ++turn;
  lost();
  const io = await library(mine);
  if (!io) return;
  const opened: AppSocket = io({
    path: `${basePath()}socket.io`,
    transports: ['websocket', 'polling'],
    tryAllTransports: true,
    reconnectionDelay: 500,
    reconnectionDelayMax: 10_000,
    randomizationFactor: 0.5,
    timeout: 8_000,
  });
  socket = opened;
  listen(opened);
  addEventListener('online', hurry);
  document.addEventListener('visibilitychange', hurryWhenVisible);
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
  turn += 1;
  clearTimeout(comeBack);
  clearStages();
  removeEventListener('online', hurry);
  document.removeEventListener('visibilitychange', hurryWhenVisible);
  socket?.removeAllListeners();
  socket?.disconnect();
  socket = null;
  closedByServer = false;
  delete document.documentElement.dataset.connection;
  state.state = 'online';
  state.since = Date.now();
}

/**
 * Runs a command over the socket.
 * @returns the answer, or `null` when there is no connection or it broke before the answer: the outcome is unknown then
 */
export async function askSocket<Output>(
  event: string,
  input: unknown,
): Promise<{ value: Output } | null> {
  if (!socket?.connected) return null;
  let ack: Ack<Output>;
  try {
    ack = await socket.timeout(ANSWER_MS).emitWithAck(event, input);
  } catch {
    // Timed out or cut: the caller repeats the same command over HTTP, which is safe by its id.
    return null;
  }
  if (ack.ok) return { value: ack.value };
  noticeSignedOut(ack.problem);
  throw new Refusal(ack.problem);
}

function listen(opened: AppSocket): void {
  const tell = <News>(listeners: Set<(news: News) => void>, news: News) => {
    for (const listener of [...listeners]) listener(news);
  };
  opened.on('appeal:news', (news) => tell(handlers['appeal:news'], news));
  opened.on('appeal:mark', (news) => tell(handlers['appeal:mark'], news));
  opened.on('order:news', (news) => tell(handlers['order:news'], news));
  opened.on('session:ended', (news) => tell(handlers['session:ended'], news));
  opened.on('server:stopping', (news) => {
    tell(handlers['server:stopping'], news);
    opened.disconnect();
    // All clients hear this at once; they must not come back at once.
    returnAfter(news.retryAfterMs + Math.random() * Math.max(news.retryAfterMs, RETURN_MS));
  });
  opened.on('connect', () => {
    clearTimeout(comeBack);
    clearStages();
    show('online');
    const how = { closedByServer };
    closedByServer = false;
    for (const arrived of [...arrivals]) arrived(how);
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
    if (socket === opened && !opened.active) returnAfter(RETURN_MS * (1 + 2 * Math.random()));
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
function hurry(): void {
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

/** The loss grows more serious with time; counted from its beginning, however many tries fail. */
function lost(): void {
  if (stages.length > 0) return;
  const since = Date.now();
  const later = (ms: number, next: ConnectionState) =>
    setTimeout(() => {
      show(next, since);
    }, ms);
  stages = [later(SILENT_MS, 'reconnecting'), later(OFFLINE_MS, 'offline')];
}

function show(next: ConnectionState, since = Date.now()): void {
  state.state = next;
  state.since = since;
  document.documentElement.dataset.connection = next;
}
