import type { Server as HttpServer } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Ack } from '@otklik/shared/errors';
import type { ServerNews } from '@otklik/shared/news';
import { Server, type DefaultEventsMap, type Socket } from 'socket.io';
import { fail, isDatabaseAway, toProblem } from './errors';
import { isOwnOrigin } from './http';
import type { Log } from './log';

export interface SocketData<Actor> {
  actor: Actor;
}
export type AppServer<Actor> = Server<
  DefaultEventsMap,
  ServerNews,
  DefaultEventsMap,
  SocketData<Actor>
>;
export type AppSocket<Actor> = Socket<
  DefaultEventsMap,
  ServerNews,
  DefaultEventsMap,
  SocketData<Actor>
>;

export interface SocketOptions<Actor> {
  server: HttpServer;
  path: string;
  publicOrigins: readonly string[];
  log: Log;
  /** The actor of a handshake's cookies. @throws not_signed_in, session_ended */
  authenticate: (cookieHeader: string | undefined) => Promise<Actor>;
  /** Whether a socket of the one may go on as the other: same rights, same name. */
  isUnchanged: (actor: Actor, now: Actor) => boolean;
  /** Rooms by rights; the server joins them, a client never asks. */
  roomsOf: (actor: Actor) => string[];
  commands: Map<
    string,
    (actor: Actor, payload: unknown, answer: (ack: Ack<unknown>) => void) => Promise<void>
  >;
}

const MAX_MESSAGE_BYTES = 256 * 1024;
/** Packets a socket may have waiting before it counts as unable to keep up; it will sync later. */
const MAX_WAITING_PACKETS = 2_000;
/** Unanswered commands of one socket; a burst beyond this is refused at once instead of queued without end. */
const MAX_COMMANDS_IN_FLIGHT = 512;
/** How long to wait before a question that the database could not answer is asked again. */
const ASK_AGAIN_MS = 500;
/** How long the other end of a connection may take to confirm its end. */
const GOODBYE_MS = 500;

export interface SocketServer<Actor> {
  io: AppServer<Actor>;
  /** News of ended sessions and changed rights may have been missed: asks of every open socket whether it may stay. */
  recheck: () => Promise<void>;
  /** For the end of the server: refuses new commands, and resolves once those that run are answered. */
  finishCommands: () => Promise<void>;
  /** Ends all connections: politely first, then also those whose other end has stopped to listen. */
  disconnectAll: () => void;
}

/** Commands of all sockets that wait for their answer. */
interface Commands {
  running: Set<Promise<void>>;
  stopping: boolean;
}

/**
 * The socket carries news and hot writes. It keeps nothing: whatever it loses is found again by sync.
 * Connection state recovery stays off, because it would re-join rooms before the session is checked.
 */
export function createSocketServer<Actor>(options: SocketOptions<Actor>): SocketServer<Actor> {
  const { server, path, publicOrigins, log, authenticate, isUnchanged, roomsOf, commands } =
    options;
  const io: AppServer<Actor> = new Server(server, {
    path,
    serveClient: false,
    maxHttpBufferSize: MAX_MESSAGE_BYTES,
    pingInterval: 15_000,
    pingTimeout: 10_000,
    perMessageDeflate: false,
    httpCompression: false,
    destroyUpgrade: true,
    allowRequest: (req, decide) =>
      decide(null, isOwnOrigin(req.headers.origin, req.headers.host, publicOrigins)),
  });

  io.use((socket, next) => {
    authenticate(socket.handshake.headers.cookie).then(
      (actor) => {
        socket.data.actor = actor;
        next();
      },
      (error: unknown) => {
        const problem = toProblem(error, socket.id);
        next(Object.assign(new Error(problem.code), { data: problem }));
      },
    );
  });

  /** A database that cannot answer says nothing of the session: the question stays open until it can. */
  async function confirm(socket: AppSocket<Actor>): Promise<void> {
    while (socket.connected) {
      try {
        const now = await authenticate(socket.handshake.headers.cookie);
        if (!isUnchanged(socket.data.actor, now)) socket.disconnect(true);
        return;
      } catch (error) {
        if (!isDatabaseAway(error)) return void socket.disconnect(true);
        await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
      }
    }
  }

  const connections = new Set<Duplex>();
  server.on('upgrade', (_req, connection) => {
    connections.add(connection);
    connection.once('close', () => connections.delete(connection));
  });

  const work: Commands = { running: new Set(), stopping: false };
  io.on('connection', (socket) => {
    void socket.join(roomsOf(socket.data.actor));
    // The session may have ended between the check and the join; ask once more, now that news of its end would arrive.
    void confirm(socket);
    serveCommands(socket, commands, work, log);
  });

  const sweep = setInterval(() => {
    for (const socket of io.sockets.sockets.values()) {
      const waiting = socket.conn.transport.writable ? 0 : waitingPackets(socket);
      if (waiting > MAX_WAITING_PACKETS) {
        log.warn({ socket: socket.id, waiting }, 'a socket cannot keep up and is disconnected');
        socket.conn.close();
      }
    }
  }, 2_000);
  sweep.unref();
  server.once('close', () => clearInterval(sweep));
  return {
    io,
    async recheck() {
      for (const socket of io.sockets.sockets.values()) await confirm(socket);
    },
    async finishCommands() {
      work.stopping = true;
      await Promise.all(work.running);
    },
    disconnectAll() {
      io.disconnectSockets(true);
      io.engine.close();
      setTimeout(() => connections.forEach((connection) => connection.destroy()), GOODBYE_MS);
    },
  };
}

function waitingPackets<Actor>(socket: AppSocket<Actor>): number {
  const conn: object = socket.conn;
  return 'writeBuffer' in conn && Array.isArray(conn.writeBuffer) ? conn.writeBuffer.length : 0;
}

function serveCommands<Actor>(
  socket: AppSocket<Actor>,
  commands: SocketOptions<Actor>['commands'],
  work: Commands,
  log: Log,
): void {
  let inFlight = 0;
  socket.onAny((event: string, ...args: unknown[]) => {
    const run = commands.get(event);
    const answer = args.at(-1);
    if (run === undefined || typeof answer !== 'function') {
      // Unknown or unacknowledged: no echo, no service.
      log.warn({ socket: socket.id }, 'an unknown socket event closes the connection');
      socket.disconnect(true);
      return;
    }
    const reply = (ack: Ack<unknown>) => void answer(ack);
    const refuse = (refusal: Error) => reply({ ok: false, problem: toProblem(refusal, socket.id) });
    if (work.stopping) return refuse(fail('stopping', {}));
    if (inFlight >= MAX_COMMANDS_IN_FLIGHT) {
      return refuse(fail('rate_limited', { retryAfterSeconds: 1 }));
    }
    inFlight += 1;
    const running = run(socket.data.actor, args[0], reply).finally(() => {
      inFlight -= 1;
      work.running.delete(running);
    });
    work.running.add(running);
  });
}
