import type { Appeal, AppealCard, AppealCounts, Entry, ReadMark } from '@otklik/shared/appeals';

import { drop, keep, recall, recallAll } from '../../platform/kept';

/**
 * What is kept of appeals for times without a network (STA-5): the rows, and the newest part of each thread that was opened.
 * Everything comes back through the same `put` as answers and news.
 */
export interface KeptRows {
  appeals: Appeal[];
  marks: ReadMark[];
  counts: AppealCounts | null;
}
export interface KeptThread {
  no: number;
  appealId: string;
  card: AppealCard;
  /** Without a hole, in order. */
  entries: Entry[];
  hasOlder: boolean;
}
/** When rows and the threads on the screen were level with the server last, though nothing in them had changed. */
interface Level {
  threads: number[];
}

const MOST_ROWS = 500;
const MOST_ENTRIES = 200;

/** Both of these are kept as they are, so `rows` and `thread` must not be changed afterwards. */
export function keepRows({ appeals, marks, counts }: KeptRows, at: number): Promise<void> {
  const newest = [...appeals].sort((a, b) => b.rev - a.rev).slice(0, MOST_ROWS);
  const ids = new Set(newest.map(({ id }) => id));
  const rows: KeptRows = {
    appeals: newest,
    marks: marks.filter(({ appealId }) => ids.has(appealId)),
    counts,
  };
  return keep('rows', rows, at);
}
export function keepThread(thread: KeptThread, at: number): Promise<void> {
  const entries = thread.entries.slice(-MOST_ENTRIES);
  const hasOlder = thread.hasOlder || entries.length < thread.entries.length;
  return keep(`thread/${thread.no}`, { ...thread, entries, hasOlder }, at);
}
export const keepLevel = (threads: number[], at: number): Promise<void> =>
  keep('level', { threads } satisfies Level, at);

export async function recallRows(): Promise<(KeptRows & { at: number }) | null> {
  const [rows, level] = await Promise.all([recall<KeptRows>('rows'), recall<Level>('level')]);
  return rows && { ...rows.value, at: Math.max(rows.at, level?.at ?? 0) };
}
export async function recallThread(no: number): Promise<(KeptThread & { at: number }) | null> {
  const [thread, level] = await Promise.all([
    recall<KeptThread>(`thread/${no}`),
    recall<Level>('level'),
  ]);
  if (!thread) return null;
  const levelAt = level?.value.threads.includes(no) ? level.at : 0;
  return { ...thread.value, at: Math.max(thread.at, levelAt) };
}

/** It may not be seen any more. */
export const dropThread = (no: number): Promise<void> => drop(`thread/${no}`);

/**
 * After all rows came anew: a thread whose appeal was open and is not among them may have been closed, or be none of the
 * viewer's business any more. Nobody knows, so it goes.
 */
export async function dropUnconfirmed(isThere: (appealId: string) => boolean): Promise<void> {
  for (const { value } of await recallAll<KeptThread>('thread')) {
    const { status } = value.card.appeal;
    const wasOpen = status !== 'resolved' && status !== 'closed';
    if (wasOpen && !isThere(value.appealId)) await dropThread(value.no);
  }
}
