import { performance } from 'node:perf_hooks';
import type { Db } from '../../platform/db';
import { isDatabaseAway } from '../../platform/errors';
import type { Log } from '../../platform/log';
import { recordLines, type Change } from './change-log.repository';

/** Within this time a caller's refusals are lines up to a number, and after that only counted. */
const WINDOW_MS = 60_000;
const LINES_PER_CALLER = 20;
/** More callers at once than this share one count: nobody fills the table by coming from everywhere. */
const MOST_CALLERS = 500;
const WRITE_AFTER_MS = 1_000;
/** While the database is away. */
const MOST_WAITING = 10_000;

export interface RefusalOptions {
  db: Pick<Db, 'query'>;
  log: Log;
  /** Milliseconds that only grow. */
  ms?: () => number;
}

interface Caller {
  sinceMs: number;
  seen: Set<string>;
  /** Repeats, and what is beyond the number. */
  more: number;
  last: Change;
}

export type RefusalLog = ReturnType<typeof createRefusalLog>;

/**
 * What was refused goes to the audit log without anybody waiting for it: together, about once a second. Under a flood a
 * caller gets so many lines a minute and then one with the number of the rest. A process that is killed loses its last second.
 */
export function createRefusalLog({ db, log, ms = () => performance.now() }: RefusalOptions) {
  const callers = new Map<string, Caller>();
  let waiting: Change[] = [];
  let lost = 0;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  /** @param who whose flood it would be: a session or a network */
  function note(who: string, line: Change): void {
    const name = callers.has(who) || callers.size < MOST_CALLERS ? who : 'others';
    const caller = callers.get(name) ?? { sinceMs: ms(), seen: new Set(), more: 0, last: line };
    callers.set(name, caller);
    const key = JSON.stringify([line.action, line.subjectId, line.subject, line.after]);
    if (caller.seen.has(key) || caller.seen.size >= LINES_PER_CALLER) {
      caller.more += 1;
      caller.last = line;
    } else {
      caller.seen.add(key);
      enqueue(line);
    }
    timer ??= setTimeout(() => void flush(), WRITE_AFTER_MS).unref();
  }

  function enqueue(line: Change): void {
    if (waiting.length < MOST_WAITING) waiting.push(line);
    else lost += 1;
  }

  function endWindows(all: boolean): void {
    for (const [who, { sinceMs, more, last }] of callers) {
      if (!all && ms() - sinceMs < WINDOW_MS) continue;
      callers.delete(who);
      if (more === 0) continue;
      const { code } = { code: null, ...last.after };
      enqueue({ ...last, subjectId: null, subject: '', after: { code, more } });
    }
  }

  async function write(all: boolean): Promise<void> {
    endWindows(all);
    const lines = waiting;
    waiting = [];
    if (lines.length === 0) return;
    try {
      await recordLines(db, lines);
      if (lost > 0) log.error({ lost }, 'refusals were not written to the audit log');
      lost = 0;
    } catch (error) {
      if (!isDatabaseAway(error)) {
        // Tried again it would hold up everything behind it.
        log.error(
          { err: error, lines: lines.length },
          'refusals were not written to the audit log',
        );
        return;
      }
      log.warn({ err: error, lines: lines.length }, 'refusals wait for the audit log');
      const newer = waiting;
      waiting = [];
      for (const line of [...lines, ...newer]) enqueue(line);
    }
  }

  /** Writes what is known so far; `all`: also the numbers of windows that are not over. */
  function flush(all = false): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    writing = writing.then(async () => {
      await write(all);
      if (callers.size > 0 || waiting.length > 0)
        timer ??= setTimeout(() => void flush(), WRITE_AFTER_MS).unref();
    });
    return writing;
  }

  return {
    note,
    flush,
    async stop(): Promise<void> {
      await flush(true);
      clearTimeout(timer);
    },
  };
}
