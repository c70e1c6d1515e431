import { effectScope, watch } from 'vue';

import { serverNow } from '../../platform/clock';
import type { useSession } from '../session';
import { dropUnconfirmed, keepLevel, keepRows, keepThread } from './appeals.kept';
import type { useAppeals } from './appeals.store';
import type { HeldThread } from './thread.reading';

const KEEP_MS = 300;

/** Keeps rows and opened threads in this browser as they change. Call once; it follows whoever is signed in. */
export function startKeeping(
  session: ReturnType<typeof useSession>,
  appeals: ReturnType<typeof useAppeals>,
  threads: () => readonly HeldThread[],
): void {
  let keptRows = '';
  const keptThreads = new Map<number, string>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  /** Changes with every change of what would be kept. */
  const rowsNow = () => {
    let revs = 0;
    for (const { rev } of appeals.byId.values()) revs += rev;
    for (const { rev, seq } of appeals.marks.values()) revs += rev + seq;
    return `${appeals.byId.size} ${revs} ${JSON.stringify(appeals.counts)}`;
  };
  const threadNow = ({ log, card }: HeldThread) => {
    let versions = 0;
    for (const { version } of log.entries.values()) versions += version;
    return `${log.is.from} ${log.is.top} ${versions} ${card?.appeal.rev} ${card?.orders.length}`;
  };
  const isWhole = (one: HeldThread) =>
    one.card !== null && one.log.is.from !== null && one.keptTop === null && one.appealId !== null;

  function keepAll(): void {
    timer = undefined;
    // What came from here is not written back as if it were fresh.
    if (session.personId === null || session.fromMemory || appeals.generation === 0) return;
    const at = serverNow();
    const rows = rowsNow();
    if (rows !== keptRows) {
      keptRows = rows;
      const counts = appeals.countsKnown ? { ...appeals.counts } : null;
      void keepRows(
        { appeals: [...appeals.byId.values()], marks: [...appeals.marks.values()], counts },
        at,
      );
    }
    const whole = threads().filter(isWhole);
    for (const one of whole) {
      const now = threadNow(one);
      if (keptThreads.get(one.no) === now) continue;
      keptThreads.set(one.no, now);
      keepOne(one, at);
    }
    void keepLevel(
      whole.filter(({ onScreen }) => onScreen).map(({ no }) => no),
      at,
    );
  }
  function keepOne({ no, appealId, card, log }: HeldThread, at: number): void {
    if (!card || appealId === null || log.is.from === null) return;
    const entries = [];
    for (let number = log.is.from; number <= log.is.top; number += 1) {
      const entry = log.entries.get(number);
      if (entry) entries.push(entry);
    }
    const appeal = appeals.byId.get(appealId) ?? card.appeal;
    void keepThread(
      { no, appealId, card: { ...card, appeal }, entries, hasOlder: log.is.hasOlder },
      at,
    );
  }

  effectScope(true).run(() => {
    watch(
      [rowsNow, () => threads().filter(isWhole).map(threadNow).join(), () => appeals.synced.at],
      () => (timer ??= setTimeout(keepAll, KEEP_MS)),
      { immediate: true },
    );
    watch(
      () => appeals.generation,
      (now) => {
        if (now > 0) void dropUnconfirmed((appealId) => appeals.byId.has(appealId));
      },
      { immediate: true },
    );
    watch(
      () => session.personId,
      () => {
        clearTimeout(timer);
        timer = undefined;
        keptRows = '';
        keptThreads.clear();
      },
      { flush: 'sync' },
    );
  });
}
