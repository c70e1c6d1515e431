import { randomUUID } from 'node:crypto';
import { io as connect, type Socket } from 'socket.io-client';
import { inTurns, percentile } from './ground';
import { text, type Group } from './people';

/** One party that may send: a connected socket, and how its message looks on the wire. */
export interface Sender {
  socket: Socket;
  payload: (clientId: string) => object;
}

/** Every socket of a run, and how a listener recognises a message. */
export interface Crowd {
  senders: Sender[];
  listeners: Socket[];
  newsEvent: string;
  /** Client ids in one piece of news. */
  idsOf: (news: unknown) => string[];
}

export function open(url: string, options: { cookie?: string; auth?: object }): Promise<Socket> {
  const socket = connect(url, {
    transports: ['websocket'],
    forceNew: true,
    reconnection: false,
    ...(options.cookie === undefined
      ? {}
      : { extraHeaders: { cookie: options.cookie, origin: url } }),
    ...(options.auth === undefined ? {} : { auth: options.auth }),
  });
  return new Promise((resolve, reject) => {
    socket.once('connect', () => resolve(socket));
    socket.once('connect_error', reject);
  });
}

/** Connects `listeners` sockets to each of the bare program's rooms. */
export async function bareCrowd(url: string, rooms: number, listeners: number): Promise<Crowd> {
  const places = Array.from({ length: rooms * listeners }, (_, index) => index % rooms);
  const sockets = await inTurns(places, 32, (room) => open(url, { auth: { room } }));
  return {
    senders: sockets.slice(0, rooms * 2).map((socket) => ({
      socket,
      payload: (clientId) => ({ clientId, body: text() }),
    })),
    listeners: sockets,
    newsEvent: 'news',
    idsOf: (news) =>
      typeof news === 'object' && news !== null && 'clientId' in news
        ? [String(news.clientId)]
        : [],
  };
}

/** Connects everybody of these groups; the manager and one visitor of each take turns, so that clocks start and stop all the time. */
export async function productCrowd(url: string, groups: readonly Group[]): Promise<Crowd> {
  const sockets = await inTurns(groups, 8, ({ cookies }) =>
    Promise.all(cookies.map((cookie) => open(url, { cookie }))),
  );
  return {
    senders: groups.flatMap(({ appealId }, room) =>
      [sockets[room]?.at(0), sockets[room]?.at(-1)].flatMap((socket) =>
        socket
          ? [{ socket, payload: (clientId: string) => ({ appealId, clientId, body: text() }) }]
          : [],
      ),
    ),
    listeners: sockets.flat(),
    newsEvent: 'appeal:news',
    idsOf: idsInNews,
  };
}

function idsInNews(news: unknown): string[] {
  if (typeof news !== 'object' || news === null) return [];
  if (!('entries' in news) || !Array.isArray(news.entries)) return [];
  return news.entries.flatMap((entry: unknown) =>
    typeof entry === 'object' &&
    entry !== null &&
    'clientId' in entry &&
    typeof entry.clientId === 'string'
      ? [entry.clientId]
      : [],
  );
}

export const close = (crowd: Crowd) => crowd.listeners.forEach((socket) => socket.disconnect());

/** Times in milliseconds; "seen" is the moment the last listener of the room heard of the message. */
export interface Sent {
  acknowledged: number;
  perSecond: number;
  ackP50: number;
  ackP99: number;
  seenP50: number;
  seenP99: number;
  refused: number;
}

/**
 * Sends for a while and measures. With `inFlight` as fast as answers come (closed loop), with `perSecond` at a fixed pace (open loop).
 * @param until milliseconds, or a function that says, by the number of acknowledged sends, when it is enough
 */
export async function drive(
  crowd: Crowd,
  pace: { inFlight: number } | { perSecond: number },
  until: number | ((acknowledged: number) => boolean),
): Promise<Sent> {
  const sentAt = new Map<string, number>();
  const lastSeen = new Map<string, number>();
  const acks: number[] = [];
  let refused = 0;
  const hear = (news: unknown) => {
    const at = performance.now();
    for (const id of crowd.idsOf(news)) if (sentAt.has(id)) lastSeen.set(id, at);
  };
  for (const listener of crowd.listeners) listener.on(crowd.newsEvent, hear);

  let turn = 0;
  async function one(): Promise<void> {
    const sender = crowd.senders[turn++ % crowd.senders.length];
    if (!sender) return;
    const clientId = randomUUID();
    const began = performance.now();
    sentAt.set(clientId, began);
    const answer: unknown = await sender.socket.emitWithAck('entry:post', sender.payload(clientId));
    if (isAccepted(answer)) acks.push(performance.now() - began);
    else refused += 1;
  }

  const began = performance.now();
  const enough =
    typeof until === 'number' ? () => performance.now() >= began + until : () => until(acks.length);
  if ('inFlight' in pace) {
    await Promise.all(
      Array.from({ length: pace.inFlight }, async () => {
        while (!enough()) await one();
      }),
    );
  } else {
    const running: Promise<void>[] = [];
    for (let sent = 0; !enough(); sent += 1) {
      const due = began + (sent * 1000) / pace.perSecond;
      const wait = due - performance.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      running.push(one());
    }
    await Promise.all(running);
  }
  const took = performance.now() - began;
  // What is still on its way to the last listener.
  await new Promise((resolve) => setTimeout(resolve, 300));
  for (const listener of crowd.listeners) listener.off(crowd.newsEvent, hear);
  const seen = [...lastSeen].map(([id, at]) => at - (sentAt.get(id) ?? at));
  return {
    acknowledged: acks.length,
    perSecond: (acks.length * 1000) / took,
    ackP50: percentile(acks, 0.5),
    ackP99: percentile(acks, 0.99),
    seenP50: percentile(seen, 0.5),
    seenP99: percentile(seen, 0.99),
    refused,
  };
}

export const isAccepted = (answer: unknown): boolean =>
  typeof answer === 'object' && answer !== null && 'ok' in answer && answer.ok === true;
