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

interface Pair {
  near: Socket;
  far: Socket;
  /** Moment before which the next piece of each way must not be delivered. */
  ready: { up: number; down: number };
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
    const pair: Pair = { near, far, ready: { up: 0, down: 0 } };
    this.pairs.add(pair);
    near.setNoDelay(true);
    far.setNoDelay(true);
    let tail = '';
    near.on('data', (bytes) => this.pass(pair, 'up', bytes));
    far.on('data', (bytes) => {
      if (this.weather.silent) return;
      const text = tail + bytes.toString('latin1');
      for (const [token] of text.matchAll(CANARY)) this.tokens.add(token);
      tail = text.slice(-TAIL);
      this.pass(pair, 'down', bytes);
    });
    const part = () => {
      this.pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    far.on('error', part);
    near.on('close', part);
    // What is still on its way is delivered before the end.
    far.on('end', () => setTimeout(() => near.end(), Math.max(0, pair.ready.down - Date.now())));
    far.on('close', () => setTimeout(part, Math.max(0, pair.ready.down - Date.now())));
  }

  private pass({ near, far, ready }: Pair, way: 'up' | 'down', bytes: Buffer): void {
    const { silent, delayMs, jitterMs, breadth } = this.weather;
    if (silent) return;
    const to = way === 'up' ? far : near;
    const now = Date.now();
    const due =
      Math.max(ready[way], now + delayMs + this.random() * jitterMs) + bytes.length / breadth;
    if (due <= now) return void to.write(bytes);
    ready[way] = due;
    setTimeout(() => to.destroyed || to.write(bytes), due - now);
  }
}
