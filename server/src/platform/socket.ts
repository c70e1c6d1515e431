import type { Server as HttpServer } from 'node:http';
import { Writable, type Duplex } from 'node:stream';
import type { Ack } from '@otklik/shared/errors';
import type { ServerNews } from '@otklik/shared/news';
import { Server, type DefaultEventsMap, type Socket } from 'socket.io';
import { commandQueue, type CommandQueue } from './command-queue';
import { fail, isDatabaseAway, toProblem } from './errors';
import { isOwnSite, type SocketCommand } from './http';
import type { Log } from './log';
import type { RedisLink } from './redis';

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
  /** The actor of a handshake's cookies, if theirs is the session the client claims. @throws not_signed_in, session_ended */
  authenticate: (cookieHeader: string | undefined, claimed?: string) => Promise<Actor>;
  /** Whether a socket of the one may go on as the other: same rights, same name. */
  isUnchanged: (actor: Actor, now: Actor) => boolean;
  /** Sockets with the same key share the limits on commands. */
  sessionOf: (actor: Actor) => string;
  /** Whose sockets they are, over all sessions. */
  accountOf: (actor: Actor) => string;
  /** Rooms by rights; the server joins them, a client never asks. */
  roomsOf: (actor: Actor) => string[];
  commands: Map<string, SocketCommand<Actor>>;
  /** Carries what is told to rooms to the sockets of other nodes; null: there are none. */
  adapter: RedisLink['adapter'] | null;
}

const MAX_MESSAGE_BYTES = 256 * 1024;
/** A connection that has not said by then who it is, is cut. */
const SIGN_IN_MS = 10_000;
/** Open sockets at this node: windows of one browser share one, those without Web Locks have one each. */
const MAX_SOCKETS = { ofSession: 20, ofAccount: 100 };
/** A refused socket may try again after so long: those of windows that are gone have been noticed by then. */
const FULL_SECONDS = 30;
/** Packets a socket may have waiting before it counts as unable to keep up; it will sync later. */
const MAX_WAITING_PACKETS = 2_000;
/** Hints are for sockets that keep up; one with more waiting than this gets what matters first, and no hints. */
const MAX_WAITING_FOR_HINTS = 16;
/** The same in characters: few packets can be large ones. */
const MAX_WAITING_CHARACTERS = 8_000_000;
/**
 * What one session may ask for over all its sockets: far above what a person does, far below what the server can do.
 * A burst beyond what may wait is refused at once instead of queued without end.
 */
const SESSION_LIMITS = { burst: 64, perSecond: 200, mostWaiting: 512 };
/** Unanswered commands of one socket, those that wait and those that a slow database holds. */
const MAX_UNANSWERED = 1_024;
/** A socket that was refused is not read for so long: refusals cost something too. */
const REST_MS = 100;
/** How long to wait before a question that the database could not answer is asked again. */
const ASK_AGAIN_MS = 500;
/** How long the other end of a connection may take to confirm its end. */
const GOODBYE_MS = 500;

export interface SocketServer<Actor> {
  io: AppServer<Actor>;
  /** The other nodes' servers, for hints between them; see `SiblingNodes`. */
  siblings: SiblingNodes;
  /** News of ended sessions and changed rights may have been missed: asks of every open socket whether it may stay. */
  recheck: () => Promise<void>;
  /** For the end of the server: refuses new commands, and resolves once those that run are answered. */
  finishCommands: () => Promise<void>;
  /** Ends all connections: politely first, then also those whose other end has stopped to listen. */
  disconnectAll: () => void;
}

/** What nodes tell each other, as quickly lost as any hint: nobody hears it while Redis is away, or when there is one node. */
export interface SiblingNodes {
  tell: (event: string, facts: object) => void;
  /** `facts` came over the network: check their shape. */
  hear: (event: string, heard: (facts: unknown) => void) => void;
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
  const { adapter } = options;
  const io: AppServer<Actor> = new Server(server, {
    ...(adapter ? { adapter } : {}),
    path,
    serveClient: false,
    maxHttpBufferSize: MAX_MESSAGE_BYTES,
    pingInterval: 15_000,
    pingTimeout: 10_000,
    perMessageDeflate: false,
    httpCompression: false,
    destroyUpgrade: true,
    allowRequest: (req, decide) => decide(null, isOwnSite(req.headers, publicOrigins)),
  });

  const actorOf = ({ handshake }: AppSocket<Actor>) => {
    const claimed: unknown = handshake.auth.session;
    return authenticate(
      handshake.headers.cookie,
      typeof claimed === 'string' ? claimed : undefined,
    );
  };
  const nameless = new WeakMap<object, NodeJS.Timeout>();
  io.engine.on('connection', (conn: AppSocket<Actor>['conn']) => {
    const late = setTimeout(() => {
      // Whoever does not say who he is may not answer a polite end either.
      const wire = wireOf(conn);
      conn.close(true);
      wire?.terminate();
    }, SIGN_IN_MS);
    nameless.set(conn, late);
    conn.once('close', () => clearTimeout(late));
  });
  const takePlace = createPlaces<Actor>(options);
  io.use((socket, next) => {
    clearTimeout(nameless.get(socket.conn));
    actorOf(socket)
      .then((actor) => {
        socket.data.actor = actor;
        // He may be gone already; then nothing would give the place back.
        if (socket.conn.readyState === 'open') takePlace(socket);
        next();
      })
      .catch((error: unknown) => {
        const problem = toProblem(error, socket.id);
        next(Object.assign(new Error(problem.code), { data: problem }));
      });
  });

  /** A database that cannot answer says nothing of the session: the question stays open until it can. */
  async function confirm(socket: AppSocket<Actor>): Promise<void> {
    while (socket.connected) {
      try {
        const now = await actorOf(socket);
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
  const shares = new Map<string, { queue: CommandQueue; sockets: number }>();
  /** The commands of a session wait in one queue, which lives as long as its sockets. */
  function shareOf(socket: AppSocket<Actor>): CommandQueue {
    const key = options.sessionOf(socket.data.actor);
    const share = shares.get(key) ?? { queue: commandQueue(SESSION_LIMITS), sockets: 0 };
    shares.set(key, share);
    share.sockets += 1;
    socket.once('disconnect', () => {
      share.sockets -= 1;
      if (share.sockets === 0) shares.delete(key);
    });
    return share.queue;
  }
  io.on('connection', (socket) => {
    oneWriteATurn(socket);
    void socket.join(roomsOf(socket.data.actor));
    // The session may have ended between the check and the join; ask once more, now that news of its end would arrive.
    void confirm(socket);
    serveCommands(socket, commands, work, shareOf(socket), log);
  });

  const sweep = setInterval(() => {
    for (const socket of io.sockets.sockets.values()) {
      if (socket.conn.transport.writable) continue;
      const packets = waitingPackets(socket);
      const characters = packets.reduce((sum: number, packet) => sum + charactersOf(packet), 0);
      if (packets.length > MAX_WAITING_PACKETS || characters > MAX_WAITING_CHARACTERS) {
        const waiting = packets.length;
        log.warn({ socket: socket.id, waiting }, 'a socket cannot keep up and is disconnected');
        // Neither what waits nor a farewell would ever leave: politely it would stay.
        const wire = wireOf(socket.conn);
        socket.conn.close(true);
        wire?.terminate();
      }
    }
  }, 2_000);
  sweep.unref();
  server.once('close', () => clearInterval(sweep));
  return {
    io,
    siblings: {
      tell: (event, facts) => adapter && io.serverSideEmit(event, facts),
      hear: (event, heard) => void io.on(event, heard),
    },
    async recheck() {
      for (const socket of io.sockets.sockets.values()) await confirm(socket);
    },
    async finishCommands() {
      work.stopping = true;
      await Promise.all(work.running);
    },
    disconnectAll() {
      io.local.disconnectSockets(true);
      io.engine.close();
      setTimeout(() => connections.forEach((connection) => connection.destroy()), GOODBYE_MS);
    },
  };
}

/** Counts sockets by session and by account. The place is given back when the connection closes, however that comes about. */
function createPlaces<Actor>({
  sessionOf,
  accountOf,
}: Pick<SocketOptions<Actor>, 'sessionOf' | 'accountOf'>) {
  const taken = new Map<string, number>();
  /** @throws rate_limited – as many are open as may be */
  return function takePlace(socket: AppSocket<Actor>): void {
    const { actor } = socket.data;
    const places: [string, number][] = [
      [`session ${sessionOf(actor)}`, MAX_SOCKETS.ofSession],
      [`account ${accountOf(actor)}`, MAX_SOCKETS.ofAccount],
    ];
    if (places.some(([key, most]) => (taken.get(key) ?? 0) >= most))
      throw fail('rate_limited', { retryAfterSeconds: FULL_SECONDS });
    for (const [key] of places) taken.set(key, (taken.get(key) ?? 0) + 1);
    socket.conn.once('close', () => {
      for (const [key] of places) {
        const left = (taken.get(key) ?? 1) - 1;
        if (left === 0) taken.delete(key);
        else taken.set(key, left);
      }
    });
  };
}

/** Whether a socket has so little waiting that it may be told what can as well be lost. */
export function takesHints<Actor>(socket: AppSocket<Actor>): boolean {
  return waitingPackets(socket).length <= MAX_WAITING_FOR_HINTS;
}

function waitingPackets<Actor>(socket: AppSocket<Actor>): unknown[] {
  const conn: object = socket.conn;
  return 'writeBuffer' in conn && Array.isArray(conn.writeBuffer) ? conn.writeBuffer : [];
}
function charactersOf(packet: unknown): number {
  const isText = typeof packet === 'object' && packet !== null && 'data' in packet;
  return isText && typeof packet.data === 'string' ? packet.data.length : 0;
}

/**
 * What one turn of the event loop tells a socket, the answer to its own send and the news of it and of others, leaves in one write:
 * writing costs more than making what is written. Engine.IO has no public name for either part; without them only speed is lost.
 */
function oneWriteATurn<Actor>(socket: AppSocket<Actor>): void {
  const conn: object = socket.conn;
  const flush: unknown = Reflect.get(conn, 'flush');
  if (typeof flush !== 'function') return;
  let waiting = false;
  Reflect.set(conn, 'flush', () => {
    if (waiting) return;
    waiting = true;
    process.nextTick(() => {
      waiting = false;
      const wire = wireOf(socket.conn);
      const stream: unknown = wire && Reflect.get(wire, '_socket');
      if (!(stream instanceof Writable)) return void flush.call(conn);
      stream.cork();
      flush.call(conn);
      stream.uncork();
    });
  });
}

interface Wire {
  pause(): void;
  resume(): void;
  terminate(): void;
}
/** The WebSocket below a socket; null for one that polls, whose requests are small. */
function wireOf({ transport }: { transport: object }): Wire | null {
  const wire: unknown = Reflect.get(transport, 'socket');
  return isWire(wire) ? wire : null;
}
const isWire = (wire: unknown): wire is Wire =>
  typeof wire === 'object' &&
  wire !== null &&
  ['pause', 'resume', 'terminate'].every((name) => typeof Reflect.get(wire, name) === 'function');

function serveCommands<Actor>(
  socket: AppSocket<Actor>,
  commands: SocketOptions<Actor>['commands'],
  work: Commands,
  share: CommandQueue,
  log: Log,
): void {
  let unanswered = 0;
  let resting = false;
  /** Whoever sends on after a refusal fills his own buffers, not ours. */
  function rest(): void {
    const wire = resting ? null : wireOf(socket.conn);
    if (!wire) return;
    resting = true;
    wire.pause();
    setTimeout(() => {
      resting = false;
      wire.resume();
    }, REST_MS);
  }

  socket.onAny((event: string, ...args: unknown[]) => {
    const run = commands.get(event)?.run;
    const answer = args.at(-1);
    if (run === undefined || typeof answer !== 'function' || args.length !== 2) {
      // Unknown, unacknowledged, or more than one payload: no echo, no service.
      log.warn({ socket: socket.id }, 'an unknown socket event closes the connection');
      socket.disconnect(true);
      return;
    }
    const reply = (ack: Ack<unknown>) => void answer(ack);
    const refuse = (refusal: Error) => reply({ ok: false, problem: toProblem(refusal, socket.id) });
    const serve = () => {
      // Nobody would hear the answer.
      if (!socket.connected) return;
      if (work.stopping) return refuse(fail('stopping', {}));
      const running = run(socket.data.actor, args[0], reply, socket.id).finally(() => {
        unanswered -= 1;
        work.running.delete(running);
      });
      work.running.add(running);
    };
    unanswered += 1;
    if (unanswered <= MAX_UNANSWERED && share.take(serve)) return;
    unanswered -= 1;
    const retryAfterSeconds = Math.ceil(share.waiting / SESSION_LIMITS.perSecond);
    refuse(fail('rate_limited', { retryAfterSeconds }));
    rest();
  });
}
