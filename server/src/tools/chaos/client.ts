import { Worker } from 'node:worker_threads';
import type { HistoryLine } from './checker/history';
import type { HeadlessPlan, Kept, Order, Told } from './headless.worker';
import type { ClientLine } from './proxy';

export interface CrowdOptions {
  /** Bundle of the worker. */
  program: string;
  plan: Omit<HeadlessPlan, 'url'>;
  line: ClientLine;
  note: (line: HistoryLine) => void;
  /** Something the client code threw and nobody caught. */
  trouble: (what: string) => void;
}

/** What a member of the crowd can be told to do: press or not, believe in another time, send twice, lose its network. */
export type MemberOrder = Exclude<Order, { id: number }>;

/** One of the crowd, with screen or without, as faults and the run see it. */
export interface Member {
  readonly name: string;
  readonly line: ClientLine;
  /** Resolves once it is signed in. */
  entered(): Promise<void>;
  order(order: MemberOrder): void;
  /** The page goes in the middle of what it does, and is opened again with what its browser has stored. */
  reload(): Promise<void>;
  /** Sends a file; what is sent has to arrive, once, whatever happens to its line meanwhile. */
  upload(): void;
  /** Sends from two tabs of its browser at once, one of which is closed then. @returns whether both were sent */
  sendFromTwoTabs?(): Promise<boolean>;
  /** How many of its presses have no answer yet. */
  unanswered(): Promise<number>;
  /** Notes what it shows, for the last time. @returns the number of its open threads */
  final(): Promise<number>;
  end(): Promise<void>;
}

/** A headless client, seen from the harness. */
export class CrowdClient implements Member {
  readonly name: string;
  readonly line: ClientLine;
  private worker: Worker;
  private readonly waiting = new Map<number, (value: number) => void>();
  private asked = 0;
  private jar: [string, string][] = [];
  private readonly arrivals: (() => void)[] = [];
  private leaving: ((kept: Kept) => void) | null = null;
  private reloading: Promise<void> = Promise.resolve();
  private pressing = false;

  constructor(private readonly options: CrowdOptions) {
    this.name = options.plan.name;
    this.line = options.line;
    this.worker = this.load();
  }

  private load(kept?: Kept): Worker {
    const { program, plan, line, note, trouble } = this.options;
    const workerData: HeadlessPlan = {
      ...plan,
      url: `http://127.0.0.1:${line.port}/`,
      ...(kept ? { kept } : {}),
    };
    const worker = new Worker(program, { workerData, execArgv: [] });
    worker.on('message', (told: Told) => {
      // A page that has said what it keeps is gone; what it still says, nobody has seen.
      if (worker !== this.worker && this.worker) return;
      if (told.told === 'line') note(told.line);
      else if (told.told === 'trouble') trouble(`${plan.name}: ${told.what}`);
      else if (told.told === 'cookies') {
        this.jar = told.cookies;
        for (const arrived of this.arrivals.splice(0)) arrived();
      } else if (told.told === 'kept') this.leaving?.(told.kept);
      else {
        this.waiting.get(told.id)?.(told.value);
        this.waiting.delete(told.id);
      }
    });
    worker.on('error', (error) => trouble(`${plan.name}: ${error.stack ?? error.message}`));
    return worker;
  }

  reload(): Promise<void> {
    this.reloading = this.reloading.then(async () => {
      const old = this.worker;
      const kept = await new Promise<Kept>((resolve) => {
        this.leaving = resolve;
        old.postMessage({ do: 'keep', id: 0 } satisfies Order);
      });
      this.worker = this.load(kept);
      // It may have been told while nobody listened.
      this.order({ do: 'press', yes: this.pressing });
      await old.terminate();
    });
    return this.reloading;
  }

  get cookies(): [string, string][] {
    return this.jar;
  }

  async entered(): Promise<void> {
    if (this.jar.length === 0) await new Promise<void>((resolve) => this.arrivals.push(resolve));
  }

  order(order: MemberOrder): void {
    if (order.do === 'press') this.pressing = order.yes;
    this.worker.postMessage(order);
  }

  upload(): void {
    this.order({ do: 'upload' });
  }

  unanswered(): Promise<number> {
    return this.ask('settle');
  }

  final(): Promise<number> {
    return this.ask('final');
  }

  private async ask(what: 'settle' | 'final'): Promise<number> {
    await this.reloading;
    const id = (this.asked += 1);
    return new Promise((resolve) => {
      this.waiting.set(id, resolve);
      this.worker.postMessage({ do: what, id } satisfies Order);
    });
  }

  async end(): Promise<void> {
    await this.worker.terminate();
    await this.line.end();
  }
}
