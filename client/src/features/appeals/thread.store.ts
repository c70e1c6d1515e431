import type { Appeal, ChangeFields, Entry, EntryVersions } from '@otklik/shared/appeals';
import { appealsApi } from '@otklik/shared/appeals.api';
import { questionsApi } from '@otklik/shared/questions.api';
import type { AppealClocks } from '@otklik/shared/sla';
import { defineStore } from 'pinia';
import { v7 as uuid } from 'uuid';
import { computed, markRaw, watch } from 'vue';

import { call } from '../../platform/api';
import { attempt, type Outcome } from '../../platform/problem';
import { useSession } from '../session';
import { useAppeals } from './appeals.store';
import { createDrafts, draftOwner, NEW_APPEAL, type Draft, type DraftMode } from './drafts';
import { elsewhereItem, elsewhereOpen } from './pending.elsewhere';
import { createThreadHolding } from './thread.holding';
import { createReadMarks } from './thread.marks';
import { createThreadReading } from './thread.reading';
import { createThreadSending, ownKey } from './thread.sending';
import type {
  EntryChange,
  EntryItem,
  NewAppeal,
  PendingOpen,
  ThreadItem,
  Words,
} from './thread.types';
import { useUploads } from './uploads.store';

export type * from './thread.types';

/** Threads, messages on their way, drafts, and everything that is done with one appeal. */
export const useThreads = defineStore('threads', () => {
  const session = useSession();
  const appeals = useAppeals();
  const uploads = useUploads();
  const reading = createThreadReading({ session, appeals });
  const sending = createThreadSending({ session, appeals }, reading);
  const marks = createReadMarks({ session, appeals }, reading);
  const holding = createThreadHolding(reading);

  const drafts = createDrafts(typeof localStorage === 'undefined' ? null : localStorage);

  /* ── What the screen shows ────────────────────────────── */

  /** Keeps unchanged lines the same objects, so that their bubbles are not drawn again. */
  const drawn = new WeakMap<Entry, EntryItem>();

  /** The lines of a thread in order: entries by number, then own messages on their way. */
  function items(appealId: string): ThreadItem[] {
    const seen = appeals.byId.get(appealId)?.seenByOther ?? 0;
    const changes = sending.changes(appealId);
    const lines: ThreadItem[] = [];
    const known = new Set<string>();
    for (const [number, entry] of [...(reading.held(appealId)?.log.entries ?? [])].sort(
      ([a], [b]) => a - b,
    )) {
      const item = drawEntry(number, entry, seen, changes.get(entry.id) ?? null);
      lines.push(item);
      known.add(item.key);
    }
    for (const item of sending.pending(appealId)) {
      // One that came back as news before its acknowledgement stands above already.
      if (!known.has(item.key)) lines.push(item);
      known.add(item.key);
    }
    for (const [pendingId, view] of drafts.elsewhere) {
      const key = ownKey(session.personId ?? '', pendingId);
      if (view.appealId === appealId && !known.has(key)) lines.push(elsewhereItem(view, key));
    }
    return lines;
  }

  /** New appeals on their way from here, then those of the person's other devices. */
  const pendingOpens = computed<PendingOpen[]>(() => {
    const own = sending.pendingOpens.value;
    const known = new Set(own.map(({ clientId }) => clientId));
    const others = [...drafts.elsewhere.values()].map(elsewhereOpen);
    return [
      ...own,
      ...others.filter(
        (one): one is PendingOpen =>
          // Sent from here, its row is in the list before the server says that it waits no more.
          one !== null && !known.has(one.clientId) && sending.openedNo(one.clientId) === null,
      ),
    ];
  });

  function drawEntry(
    number: number,
    entry: Entry,
    seen: number,
    change: EntryChange | null,
  ): EntryItem {
    const { author, clientId, id, publicSeq } = entry;
    const isSeen = author?.side === session.side && publicSeq !== null && publicSeq <= seen;
    const messageState = isSeen ? 'seen' : 'sent';
    const before = drawn.get(entry);
    if (before?.messageState === messageState && isSameChange(before.change, change)) return before;
    const key = clientId && author ? ownKey(author.id, clientId) : id;
    const item: EntryItem = { is: 'entry', key, number, entry, messageState, change };
    drawn.set(entry, item);
    return item;
  }
  const isSameChange = (a: EntryChange | null, b: EntryChange | null) =>
    a === b ||
    (a?.clientId === b?.clientId &&
      a?.body === b?.body &&
      a?.state === b?.state &&
      a?.problem === b?.problem);

  /* ── Sending ──────────────────────────────────────────── */

  /** Sends a message or a note, and uses up the draft of that mode: see `thread.sending`. */
  function send(appealId: string, words: Words): string | null {
    const clientId = sending.send(appealId, words);
    if (clientId !== null) drafts.set(appealId, words.kind === 'note' ? 'note' : 'reply', null);
    return clientId;
  }
  /** Opens an appeal; the draft of the new appeal is used up unless it was refused: see `thread.sending`. */
  async function openAppeal(appeal: NewAppeal) {
    const answer = await sending.openAppeal(appeal);
    if (answer.state !== 'failed') drafts.set(NEW_APPEAL, 'reply', null);
    return answer;
  }
  function changeStatus(
    appealId: string,
    status: Appeal['status'],
    solved?: boolean,
  ): Promise<Outcome<Appeal>> {
    const appeal = appeals.byId.get(appealId);
    if (!appeal) {
      const trouble = { code: 'not_found', facts: { what: 'appeal' }, status: 404 } as const;
      return Promise.resolve({ ok: false, trouble: { ...trouble, requestId: null } });
    }
    return sending.changeStatus(appeal, status, solved);
  }

  /* ── Commands ─────────────────────────────────────────── */

  async function command(run: () => Promise<Appeal>): Promise<Outcome<Appeal>> {
    const person = session.personId;
    const answer = await attempt(run);
    if (session.personId !== person || !answer.ok) return answer;
    appeals.put(answer.value);
    appeals.refreshCounts();
    reading.refreshCardOf(answer.value.id);
    return answer;
  }

  const assign = (appealId: string, assigneeId: string | null) =>
    command(() => call(appealsApi.assign, { appealId, assigneeId }));
  const changeFields = (appealId: string, fields: Omit<ChangeFields, 'appealId'>) =>
    command(() => call(appealsApi.changeFields, { ...fields, appealId }));

  /** The same question to the same people keeps its id until it is answered: pressing again repeats, never doubles. */
  const pulling = new Map<string, string>();
  async function pullIn(
    appealId: string,
    personIds: string[],
    question = '',
  ): Promise<Outcome<Appeal>> {
    const content = JSON.stringify([appealId, [...personIds].sort(), question]);
    const clientId = pulling.get(content) ?? uuid();
    pulling.set(content, clientId);
    const answer = await command(() =>
      call(appealsApi.pullIn, { appealId, clientId, personIds: [...personIds], question }),
    );
    if (answer.ok || answer.trouble.status !== 0) pulling.delete(content);
    return answer;
  }
  const withdrawQuestion = (appealId: string, questionId: string) =>
    command(() => call(questionsApi.withdraw, { appealId, questionId }));
  /** Oneself, or somebody else where the rights allow it. */
  const leave = (appealId: string, personId: string) =>
    command(() => call(appealsApi.leave, { appealId, personId }));
  const linkOrder = (appealId: string, number: string) =>
    command(() => call(appealsApi.linkOrder, { appealId, number }));
  const unlinkOrder = (appealId: string, number: string) =>
    command(() => call(appealsApi.unlinkOrder, { appealId, number }));
  const noAnswerNeeded = (appealId: string) =>
    command(() => call(appealsApi.noAnswerNeeded, { appealId }));
  /** The ledger behind a deadline: "Журнал срока". */
  const clocks = (appealId: string): Promise<Outcome<AppealClocks>> =>
    attempt(() => call(appealsApi.clocks, { appealId }));

  /** What a message said before, for staff. */
  const versions = (appealId: string, entryId: string): Promise<Outcome<EntryVersions>> =>
    attempt(() => call(appealsApi.versions, { appealId, entryId }));

  /* ── Drafts ───────────────────────────────────────────── */

  const draft = (appealId: string, mode: DraftMode): Draft | null => drafts.get(appealId, mode);
  const setDraft = (appealId: string, mode: DraftMode, next: Draft | null) =>
    drafts.set(appealId, mode, next);
  const clearDraft = (appealId: string, mode: DraftMode) => drafts.set(appealId, mode, null);
  /** "Черновик: …" of a row: the reply first, then the note. */
  const draftOf = (appealId: string): Draft | null =>
    drafts.get(appealId, 'reply') ?? drafts.get(appealId, 'note');
  const hasDraft = (appealId: string) => draftOf(appealId) !== null;
  if (typeof addEventListener === 'function') addEventListener('pagehide', drafts.flush);
  watch(() => draftOwner(session.me), drafts.belongTo, { flush: 'sync', immediate: true });

  /** The thread leaves the screen. */
  function close(no: number): void {
    const appealId = reading.thread(no)?.appealId;
    if (appealId) marks.readAgain(appealId);
    reading.close(no);
  }

  /* ── Coming and going ─────────────────────────────────── */

  function reset(personId: string | null): void {
    reading.reset();
    marks.reset();
    holding.reset();
    pulling.clear();
    sending.reset(personId);
  }
  watch(() => session.personId, reset, { flush: 'sync', immediate: true });

  /**
   * The connection is back: open threads fetch what they missed, then what waits goes.
   * @param rows fetches the rows; nothing is sent before they are here
   */
  function wake(rows?: () => Promise<void>): void {
    void reading.wake(rows);
    uploads.wake();
    sending.wake();
    marks.wake();
  }

  return {
    thread: reading.thread,
    items,
    open: reading.open,
    close,
    loadOlder: reading.loadOlder,
    reach: reading.reach,
    catchUp: reading.catchUp,
    check: reading.check,
    quoted: reading.quoted,
    putEntries: reading.putEntries,
    putOrder: reading.putOrder,
    refreshCard: reading.refreshCardOf,
    wake,
    send,
    openAppeal,
    pendingOpens,
    openedNo: sending.openedNo,
    whenStored: sending.whenStored,
    retrySend: sending.retrySend,
    sendAnyway: sending.sendAnyway,
    deleteUnsent: sending.deleteUnsent,
    takeBack: sending.takeBack,
    staysInPlace: sending.staysInPlace,
    editUnsent: sending.editUnsent,
    editEntry: sending.editEntry,
    deleteEntry: sending.deleteEntry,
    takenBack: sending.takenBack,
    versions,
    markRead: (appealId: string, number: number) => {
      holding.noteShown(appealId, number);
      marks.markRead(appealId, number);
    },
    /** For proof: what is held here, and a thread to be compared with the server. */
    receipts: holding.receipts,
    examined: holding.examined,
    markUnread: marks.markUnread,
    assign,
    changeStatus,
    changeFields,
    pullIn,
    withdrawQuestion,
    leave,
    linkOrder,
    unlinkOrder,
    noAnswerNeeded,
    clocks,
    draft,
    setDraft,
    clearDraft,
    draftOf,
    hasDraft,
    writeIn: drafts.writeIn,
    isDraftChanged: drafts.isChangedElsewhere,
    resolveDraft: drafts.resolve,
    /** For the exchange with the server: see `draft.sync`. */
    drafts: markRaw(drafts),
    unsent: markRaw(sending.unsent),
    /** For what this browser keeps: see `appeals.keeping`. */
    held: reading.all,
  };
});
