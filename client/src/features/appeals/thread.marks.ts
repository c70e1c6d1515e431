import type { ReadMark } from '@otklik/shared/appeals';
import { appealsApi } from '@otklik/shared/appeals.api';

import { call } from '../../platform/api';
import { onlyLooks } from '../../platform/looking';
import { attempt, isPassing, type Outcome } from '../../platform/problem';
import type { createThreadReading, ThreadSurroundings } from './thread.reading';

const READ_MS = 1_000;

/** Own read marks: forward only, except by "unread from here"; told to the server at most once a second and appeal (UNR-3). */
export function createReadMarks(
  { session, appeals }: ThreadSurroundings,
  { held, divideAt }: Pick<ReturnType<typeof createThreadReading>, 'held' | 'divideAt'>,
) {
  const reading = new Map<
    string,
    { wanted: number; timer: ReturnType<typeof setTimeout> | null }
  >();
  /** Marks that did not reach the server; told when the connection is back. */
  const unsentMarks = new Map<string, { wanted: number; rev: number }>();
  /** Marked unread while they are on the screen: looking on does not read them until they are opened anew. */
  const keptUnread = new Set<string>();
  /** The viewer has seen everything up to `number`. Sent at most once a second, never backwards (UNR-3). */
  function markRead(appealId: string, number: number): void {
    const known = appeals.marks.get(appealId)?.seq ?? 0;
    const one = reading.get(appealId) ?? { wanted: 0, timer: null };
    // Whoever only looks has not read it for the person: it stays unread before his eyes too.
    if (keptUnread.has(appealId) || onlyLooks()) return;
    if (number <= Math.max(known, one.wanted)) return;
    one.wanted = number;
    reading.set(appealId, one);
    if (one.timer !== null) return;
    void sendMark(appealId, one);
  }

  async function sendMark(
    appealId: string,
    one: { wanted: number; timer: ReturnType<typeof setTimeout> | null },
    // As it was when the messages were looked at: who marked them unread since then must not be undone.
    rev = appeals.marks.get(appealId)?.rev ?? 0,
  ): Promise<void> {
    const person = session.personId;
    const seq = one.wanted;
    one.timer = setTimeout(() => {
      one.timer = null;
      if (one.wanted > seq) void sendMark(appealId, one);
      else reading.delete(appealId);
    }, READ_MS);
    showRead(appealId, seq);
    const answer = await attempt(() => call(appealsApi.markRead, { appealId, seq, rev }));
    if (session.personId !== person) return;
    if (!answer.ok) {
      if (isPassing(answer.trouble)) unsentMarks.set(appealId, { wanted: seq, rev });
      return;
    }
    appeals.putMark(answer.value);
    appeals.refreshCounts();
  }

  /** Moves the mark here at once when the messages in between are all held, so that the counter does not lag. */
  function showRead(appealId: string, number: number): void {
    const log = held(appealId)?.log;
    const mark = appeals.marks.get(appealId) ?? { seq: 0, messages: 0 };
    if (!log) return;
    let messages = mark.messages;
    for (let at = mark.seq + 1; at <= number; at += 1) {
      const entry = log.entries.get(at);
      if (!entry) return;
      if (entry.kind !== 'event') messages += 1;
    }
    appeals.putMark({ appealId, seq: number, messages });
  }

  /** From this number on everything is unread again, for the viewer himself (UNR-3). */
  async function markUnread(appealId: string, number: number): Promise<Outcome<ReadMark>> {
    const person = session.personId;
    keptUnread.add(appealId);
    stopReading(appealId);
    const answer = await attempt(() => call(appealsApi.markUnread, { appealId, seq: number }));
    if (session.personId !== person) return answer;
    if (answer.ok) {
      appeals.putMark(answer.value);
      appeals.refreshCounts();
      divideAt(appealId, answer.value.seq);
    } else keptUnread.delete(appealId);
    return answer;
  }
  function stopReading(appealId: string): void {
    const timer = reading.get(appealId)?.timer;
    if (timer) clearTimeout(timer);
    reading.delete(appealId);
    unsentMarks.delete(appealId);
  }
  /** The thread is opened or left: what is looked at from now on is read. */
  const readAgain = (appealId: string) => void keptUnread.delete(appealId);

  /** The connection is back: marks that did not arrive are told again. */
  function wake(): void {
    const marks = [...unsentMarks];
    unsentMarks.clear();
    for (const [appealId, { wanted, rev }] of marks) {
      void sendMark(appealId, { wanted, timer: null }, rev);
    }
  }

  function reset(): void {
    for (const { timer } of reading.values()) if (timer !== null) clearTimeout(timer);
    reading.clear();
    unsentMarks.clear();
    keptUnread.clear();
  }

  return { markRead, markUnread, readAgain, wake, reset };
}
