import type { Ack } from '@otklik/shared/errors';
import { io, type Socket } from 'socket.io-client';
import { leaks } from './judge';
import type { Caller } from './world';

export interface Ears {
  /** @returns the answer; `silence`: none came; `away`: there is no connection */
  ask: (
    caller: Caller,
    event: string,
    payload: unknown,
  ) => Promise<Ack<unknown> | 'silence' | 'away'>;
  /** What callers were told that they must not hear, since the last time. */
  overheard: () => { what: string; fault: string }[];
  close: () => void;
}

const ANSWER_MS = 15_000;
const CONNECT_MS = 5_000;

/** A socket for each caller, whose every byte is listened to. */
export function createEars(port: number): Ears {
  const sockets = new Map<string, Promise<Socket | null>>();
  let heard: { what: string; fault: string }[] = [];

  function listen(caller: Caller): Promise<Socket | null> {
    const socket = io(`http://127.0.0.1:${port}`, {
      transports: ['websocket'],
      extraHeaders: caller.headers,
      reconnection: false,
      forceNew: true,
    });
    socket.io.on('open', () => {
      socket.io.engine.on('packet', ({ data }) => {
        const bytes = Buffer.isBuffer(data) ? data : Buffer.from(String(data ?? ''));
        for (const fault of leaks(bytes, caller))
          heard.push({ what: `news to ${caller.name}: ${bytes.toString().slice(0, 300)}`, fault });
      });
    });
    return new Promise((resolve) => {
      const late = setTimeout(() => end(null), CONNECT_MS);
      const end = (outcome: Socket | null) => {
        clearTimeout(late);
        if (outcome === null) socket.disconnect();
        resolve(outcome);
      };
      socket.once('connect', () => end(socket));
      socket.once('connect_error', () => end(null));
    });
  }

  async function connected(caller: Caller): Promise<Socket | null> {
    const known = sockets.get(caller.name);
    const socket = await known;
    if (socket?.connected) return socket;
    // Somebody else may have begun to connect meanwhile.
    if (sockets.get(caller.name) === known) sockets.set(caller.name, listen(caller));
    return (await sockets.get(caller.name)) ?? null;
  }

  return {
    async ask(caller, event, payload) {
      const socket = await connected(caller);
      if (!socket) return 'away';
      return new Promise((resolve) => {
        // Whoever is disconnected in between, because his session ended, gets no answer.
        const gone = () => resolve('away');
        socket.once('disconnect', gone);
        socket.timeout(ANSWER_MS).emit(event, payload, (error: Error | null, ack: Ack<unknown>) => {
          socket.off('disconnect', gone);
          resolve(error ? (socket.connected ? 'silence' : 'away') : ack);
        });
      });
    },
    overheard() {
      const all = heard;
      heard = [];
      return all;
    },
    close() {
      for (const socket of sockets.values()) void socket.then((one) => one?.disconnect());
    },
  };
}
