import {
  createConnection,
  createServer,
  type AddressInfo,
  type Server,
  type Socket,
} from 'node:net';
import { CANARY } from './checker/history';

/** How a line behaves now. */
export interface Weather {
  /** Nothing passes, and nothing says so: both ends believe the line is there. */
  silent: boolean;
  /** Every piece arrives this much later, ms. */
  delayMs: number;
  /** And up to this much more, ms; pieces keep their order. */
  jitterMs: number;
  /** No more than this passes each way, bytes a millisecond. */
  breadth: number;
}
const FAIR: Weather = { silent: false, delayMs: 0, jitterMs: 0, breadth: Infinity };
/** Longest canary; a piece's end is kept this long, for one that is cut in two. */
const TAIL = 64;

/** One way of a connection. */
interface Way {
  to: Socket;
  /** Pieces on their way, in the order they were sent; a late timer must not let a later piece overtake them. */
  pieces: { due: number; bytes: Buffer }[];
  /** Moment before which the next piece must not be delivered. */
  ready: number;
}

interface Pair {
  near: Socket;
  far: Socket;
  up: Way;
  down: Way;
}

/**
 * The line of one client to the product: can be cut, made silent or slow, and knows every canary that came down it.
 * What it hears is raw bytes, before any code of the product has looked at them.
 */
export class ClientLine {
  private readonly pairs = new Set<Pair>();
  private readonly server: Server;
  private weather: Weather = FAIR;
  private refusing = false;
  private tokens = new Set<string>();
  private target: { host: string; port: number };

  private constructor(
    target: { host: string; port: number },
    private readonly random: () => number,
  ) {
    this.target = target;
    this.server = createServer((near) => this.join(near));
  }

  static async open(
    target: { host: string; port: number },
    random: () => number,
  ): Promise<ClientLine> {
    const line = new ClientLine(target, random);
    await new Promise<void>((resolve) => line.server.listen(0, '127.0.0.1', resolve));
    return line;
  }

  get port(): number {
    const address = this.server.address();
    return (address as AddressInfo).port;
  }

  /** New connections go there; present ones stay where they are until they are cut. */
  pointTo(target: { host: string; port: number }): void {
    this.target = target;
  }

  /** Ends all connections at once. */
  cut(): void {
    for (const { near, far } of this.pairs) {
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
  }

  /** Ends all connections and takes no new ones. */
  close(refusing = true): void {
    this.refusing = refusing;
    if (refusing) this.cut();
  }

  setWeather(weather: Partial<Weather>): void {
    const wasSilent = this.weather.silent;
    this.weather = { ...FAIR, ...weather };
    // What vanished is gone: a line that was silent ends, as after a real loss of bytes.
    if (wasSilent && !this.weather.silent) this.cut();
  }

  /** Canaries that came down since the last call. */
  takeTokens(): string[] {
    const taken = [...this.tokens];
    this.tokens = new Set();
    return taken;
  }

  async end(): Promise<void> {
    this.cut();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private join(near: Socket): void {
    near.on('error', () => undefined);
    if (this.refusing) return void near.destroy();
    const far = createConnection(this.target.port, this.target.host);
    const pair: Pair = {
      near,
      far,
      up: { to: far, pieces: [], ready: 0 },
      down: { to: near, pieces: [], ready: 0 },
    };
    this.pairs.add(pair);
    near.setNoDelay(true);
    far.setNoDelay(true);
    let tail = '';
    near.on('data', (bytes) => this.pass(pair.up, bytes));
    far.on('data', (bytes) => {
      if (this.weather.silent) return;
      const text = tail + bytes.toString('latin1');
      for (const [token] of text.matchAll(CANARY)) this.tokens.add(token);
      tail = text.slice(-TAIL);
      this.pass(pair.down, bytes);
    });
    const part = () => {
      this.pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    far.on('error', part);
    near.on('close', part);
    // What is still on its way is delivered before the end.
    far.on('end', () => this.afterLast(pair.down, () => near.end()));
    far.on('close', () => this.afterLast(pair.down, part));
  }

  private afterLast(way: Way, then: () => void): void {
    if (way.pieces.length === 0) then();
    else setTimeout(() => this.afterLast(way, then), Math.max(1, way.ready - Date.now()));
  }

  private pass(way: Way, bytes: Buffer): void {
    const { silent, delayMs, jitterMs, breadth } = this.weather;
    if (silent) return;
    const now = Date.now();
    way.ready =
      Math.max(way.ready, now + delayMs + this.random() * jitterMs) + bytes.length / breadth;
    if (way.ready <= now && way.pieces.length === 0) return void way.to.write(bytes);
    way.pieces.push({ due: way.ready, bytes });
    if (way.pieces.length === 1) this.deliver(way);
  }

  /** Writes what is due, and comes back for the rest. */
  private deliver(way: Way): void {
    for (let [next] = way.pieces; next; [next] = way.pieces) {
      const wait = next.due - Date.now();
      if (wait > 0) return void setTimeout(() => this.deliver(way), wait);
      way.pieces.shift();
      if (!way.to.destroyed) way.to.write(next.bytes);
    }
  }
}
