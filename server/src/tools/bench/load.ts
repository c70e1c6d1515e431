import { randomUUID } from 'node:crypto';
import { io as connect, type Socket } from 'socket.io-client';

/** One party that may send: a connected socket, and how its message looks on the wire. */
export interface Sender {
  socket: Socket;
  /** Index of the room or appeal. */
  room: number;
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

export interface Sent {
  acknowledged: number;
  perSecond: number;
  ackP50: number;
  ackP99: number;
  seenP50: number;
  seenP99: number;
  refused: number;
}

function percentile(values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/**
 * Sends for a while and measures. With `inFlight` as fast as answers come (closed loop), with `perSecond` at a fixed pace (open loop).
 * Times are milliseconds; "seen" is the moment the last listener of the room heard of the message.
 */
export async function drive(
  crowd: Crowd,
  pace: { inFlight: number } | { perSecond: number },
  ms: number,
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
    if (typeof answer === 'object' && answer !== null && 'ok' in answer && answer.ok === true)
      acks.push(performance.now() - began);
    else refused += 1;
  }

  const began = performance.now();
  const until = began + ms;
  if ('inFlight' in pace) {
    await Promise.all(
      Array.from({ length: pace.inFlight }, async () => {
        while (performance.now() < until) await one();
      }),
    );
  } else {
    const running: Promise<void>[] = [];
    for (let sent = 0; performance.now() < until; sent += 1) {
      const due = began + (sent * 1000) / pace.perSecond;
      const wait = due - performance.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      running.push(one());
    }
    await Promise.all(running);
  }
  const took = performance.now() - began;
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
