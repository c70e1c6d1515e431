import { appealsApi } from '@otklik/shared/appeals.api';
import type { EntryReceipts } from '@otklik/shared/proof';
import { proofApi } from '@otklik/shared/proof.api';
import { defineStore } from 'pinia';
import { shallowReactive, watch } from 'vue';

import { call } from '../../platform/api';
import { attempt, isPassing, type Outcome, type Trouble } from '../../platform/problem';
import { onConnected } from '../../platform/socket';
import { useSession } from '../session';
import { examine, type Examined, type Finding } from './check';
import { createReceiptBook, type Receipt } from './receipts';

/** What is told of one thread: being compared, the finding, or why it could not be. */
type Check =
  | { state: 'checking' }
  | { state: 'found'; finding: Finding }
  | { state: 'failed'; trouble: Trouble };

/** A thread speaks at most once in this time, ms. */
const REPORT_MS = 2_000;

/** Shows on demand that a thread is complete, and tells the server what has arrived here. */
export const useProof = defineStore('proof', () => {
  const session = useSession();
  const checks = shallowReactive(new Map<string, Check>());

  /** The last comparison of a thread in this browser; null: none yet. */
  const checkOf = (appealId: string): Check | null => checks.get(appealId) ?? null;

  /** Compares a thread with the server and mends what differs; the answer stands in {@link checkOf}. */
  async function check(appealId: string, thread: Examined): Promise<void> {
    if (checks.get(appealId)?.state === 'checking') return;
    const person = session.personId;
    checks.set(appealId, { state: 'checking' });
    const answer = await attempt(() =>
      examine(thread, {
        digest: (input) => call(proofApi.digest, input),
        page: (input) => call(appealsApi.entries, input),
      }),
    );
    if (session.personId !== person) return;
    if (!answer.ok) checks.set(appealId, { state: 'failed', trouble: answer.trouble });
    else if (answer.value) checks.set(appealId, { state: 'found', finding: answer.value });
    else checks.delete(appealId);
  }

  /** Which sessions got an entry and displayed it; for staff. */
  const receiptsOf = (appealId: string, entryId: string): Promise<Outcome<EntryReceipts>> =>
    attempt(() => call(proofApi.ofEntry, { appealId, entryId }));

  /* ── Telling what has arrived ─────────────────────────── */

  const book = createReceiptBook();
  let timer: ReturnType<typeof setTimeout> | null = null;
  let started = false;

  /** Reports from now on what `held` answers, whenever that changes. Repeats do nothing. */
  function startReceipts(held: () => readonly Receipt[]): void {
    if (started) return;
    started = true;
    const soon = () => {
      timer ??= setTimeout(() => void report(held), REPORT_MS);
    };
    watch(held, soon, { immediate: true });
    onConnected(soon);
  }

  async function report(held: () => readonly Receipt[]): Promise<void> {
    const person = session.personId;
    const items = person === null ? [] : book.due(held());
    if (items.length > 0) {
      const answer = await attempt(() => call(proofApi.receipts, { items }));
      // What passes is told with the next connection; what was refused would be refused again.
      if (session.personId === person && (answer.ok || !isPassing(answer.trouble)))
        book.told(items);
      else if (session.personId === person) {
        timer = null;
        return;
      }
    }
    timer = null;
    // More may have come while the answer was on its way.
    if (session.personId !== null && book.due(held()).length > 0)
      timer = setTimeout(() => void report(held), REPORT_MS);
  }

  watch(
    () => session.me?.session.id ?? null,
    () => {
      checks.clear();
      book.forget();
    },
    { flush: 'sync' },
  );

  return { checkOf, check, receiptsOf, startReceipts };
});
