import type {
  Appeal,
  AppealCard,
  ChangeFields,
  ChangeStatus,
  Entry,
  OpenAppeal,
  Posted,
  PostEntry,
} from '@otklik/shared/appeals';
import { appealsApi } from '@otklik/shared/appeals.api';
import type { AttachmentView } from '@otklik/shared/attachments';
import type { LinkedOrder } from '@otklik/shared/orders';
import type { AppealClocks } from '@otklik/shared/sla';
import { defineStore } from 'pinia';
import { v7 as uuid } from 'uuid';
import { computed, shallowReactive, watch } from 'vue';

import { call } from '../../platform/api';
import { createLoader, type Loader, type Loading } from '../../platform/loading';
import type { Fate } from '../../platform/outbox';
import { attempt, isPassing, type Outcome, type Trouble } from '../../platform/problem';
import { useSession } from '../session';
import { createAppealOutbox, type UnsentAppealCommand } from './appeal.outbox';
import { lastNumberOf, numberOf } from './appeal.rules';
import { useAppeals } from './appeals.store';
import { createDrafts, NEW_APPEAL, type Draft, type DraftMode } from './drafts';
import { createThreadLog, type ThreadLog } from './thread.log';

/** Value of `data-message-state`. */
export type MessageState = 'queued' | 'sending' | 'sent' | 'seen' | 'failed';

/** A line of the thread that the server has. */
export interface EntryItem {
  is: 'entry';
  /** Stays the same when an own message turns from pending into an entry. */
  key: string;
  number: number;
  entry: Entry;
  /** Ticks; only of the viewer's own side `seen` says something. */
  messageState: 'sent' | 'seen';
}
/** An own message that is not acknowledged yet. */
export interface PendingItem {
  is: 'pending';
  key: string;
  clientId: string;
  kind: 'message' | 'note';
  body: string;
  attachments: AttachmentView[];
  orderNumbers: string[];
  mentions: string[];
  /** ms, server's clock */
  at: number;
  messageState: 'queued' | 'sending' | 'failed';
  problem: Trouble | null;
}
export type ThreadItem = EntryItem | PendingItem;

/** One thread as the page reads it. */
export interface Thread {
  readonly no: number;
  /** Null until the card or the list has told it. */
  readonly appealId: string | null;
  readonly card: AppealCard | null;
  /** Card and newest page. A thread that is there stays while it is refreshed or cannot be. */
  readonly loading: Loading;
  readonly older: Loading;
  readonly hasOlder: boolean;
  /** The read mark as it was when the thread was opened, until it is closed: the divider "Новые" stands there. Null: not known yet. */
  readonly readAtOpening: number | null;
  /** Number of the first message after it by somebody else; null: nothing was unread. */
  readonly firstUnread: number | null;
}

/** What a composer hands over. */
export interface Words {
  kind: 'message' | 'note';
  body: string;
  attachments?: AttachmentView[];
  orderNumbers?: string[];
  mentions?: string[];
  thenStatus?: PostEntry['thenStatus'];
}
export type NewAppeal = Omit<OpenAppeal, 'clientId' | 'attachmentIds'> & {
  attachments?: AttachmentView[];
};
/** A new appeal that is not acknowledged yet, for the list and for its local thread. */
export interface PendingOpen {
  clientId: string;
  appeal: NewAppeal;
  /** ms */
  at: number;
  state: 'queued' | 'sending' | 'failed';
  problem: Trouble | null;
}
/** `pending`: kept and sent later; `failed`: refused, the words stay in `pendingOpens` until taken back. */
export type OpenResult =
  | { state: 'posted'; posted: Posted; clientId: string }
  | { state: 'pending'; clientId: string }
  | { state: 'failed'; clientId: string; problem: Trouble };

interface Held {
  no: number;
  appealId: string | null;
  card: AppealCard | null;
  loader: Loader;
  olderLoader: Loader;
  log: ThreadLog;
  readAtOpening: number | null;
  firstUnread: number | null;
  onScreen: boolean;
}

const PAGE = 50;
const MAX_PAGE = 100;
/** How far back opening looks for the first unread message. */
const MAX_FIRST_LOAD = 300;
const HELD_THREADS = 30;
const READ_MS = 1_000;
const CARD_MS = 500;
const GAP_AGAIN_MS = 2_000;

/** Threads, messages on their way, drafts, and everything that is done with one appeal. */
export const useThreads = defineStore('threads', () => {
  const session = useSession();
  const appeals = useAppeals();
  const byNo = shallowReactive(new Map<number, Held>());

  const held = (appealId: string): Held | null => {
    for (const thread of byNo.values()) if (thread.appealId === appealId) return thread;
    return null;
  };

  /* ── Reading ──────────────────────────────────────────── */

  /** What is known of a thread; null before `open`. */
  function thread(no: number): Thread | null {
    const one = byNo.get(no);
    if (!one) return null;
    return {
      no,
      appealId: one.appealId,
      card: one.card,
      loading: one.loader.is,
      older: one.olderLoader.is,
      hasOlder: one.log.is.hasOlder,
      readAtOpening: one.readAtOpening,
      firstUnread: one.firstUnread,
    };
  }

  /**
   * Opens a thread on the screen: what is held is there at once, card and newest page are fetched beside it.
   * @returns the appeal's id, or null when it could not be opened (see `thread(no).loading.problem`)
   */
  async function open(no: number): Promise<string | null> {
    const one = byNo.get(no) ?? create(no);
    one.onScreen = true;
    // The most recently opened is the last to be forgotten.
    byNo.delete(no);
    byNo.set(no, one);
    forgetOld();
    const known = appeals.byNo(no);
    one.appealId ??= known?.id ?? null;
    if (one.log.is.from !== null) captureUnread(one, markOf(one));
    await refresh(one);
    // What a held thread missed while it was not on the screen is unread too.
    if (one.onScreen && one.firstUnread === null)
      captureUnread(one, one.readAtOpening ?? markOf(one));
    return one.appealId;
  }

  function create(no: number): Held {
    return shallowReactive({
      no,
      appealId: null,
      card: null,
      loader: createLoader(),
      olderLoader: createLoader(),
      log: createThreadLog(),
      readAtOpening: null,
      firstUnread: null,
      onScreen: false,
    });
  }

  /** The thread leaves the screen: its divider goes, its content stays for a quick return. */
  function close(no: number): void {
    const one = byNo.get(no);
    if (!one) return;
    one.onScreen = false;
    one.readAtOpening = null;
    one.firstUnread = null;
  }

  function forgetOld(): void {
    for (const [no, one] of byNo) {
      if (byNo.size <= HELD_THREADS) return;
      if (!one.onScreen) byNo.delete(no);
    }
  }

  async function refresh(one: Held): Promise<void> {
    const before = one.log.is.from;
    const done = await one.loader.run(
      async () => {
        const asked = call(appealsApi.cardByNo, { no: one.no });
        // Awaited below; until then a failure must not count as unhandled.
        asked.catch(() => undefined);
        // With a known row the page need not wait for the card.
        const appealId = one.appealId ?? (await asked).appeal.id;
        const markSeq = appeals.marks.get(appealId)?.seq ?? (await asked).mark.seq;
        const row = appeals.byId.get(appealId) ?? (await asked).appeal;
        const page =
          before === null
            ? await call(appealsApi.entries, { appealId, limit: firstLimit(row, markSeq) })
            : null;
        return { card: await asked, page };
      },
      ({ card, page }) => {
        one.appealId = card.appeal.id;
        if (page) {
          one.log.startWith(page.entries, page.hasMore);
        }
        takeCard(one, card);
        // Looking at the thread may have moved the mark already: the divider keeps its first place.
        if (page && one.onScreen) captureUnread(one, one.readAtOpening ?? markOf(one));
      },
    );
    if (!done) {
      if (one.loader.is.problem?.code === 'not_found' && one.appealId) gone(one, one.appealId);
      return;
    }
    await reachUnread(one);
    await catchUp(one.no);
  }

  function gone(one: Held, appealId: string): void {
    one.log.clear();
    one.card = null;
    appeals.drop(appealId);
  }

  const firstLimit = (row: Appeal, markSeq: number) =>
    Math.min(MAX_PAGE, Math.max(PAGE, lastNumberOf(row) - markSeq + 10));

  function takeCard(one: Held, card: AppealCard): void {
    appeals.put(card.appeal);
    appeals.putMark(card.mark);
    one.card = card;
  }

  const markOf = ({ appealId }: Held) => (appealId && appeals.marks.get(appealId)?.seq) || 0;

  /** Remembers where the divider stands: above the first message of somebody else after the read mark. */
  function captureUnread(one: Held, markSeq: number): void {
    one.readAtOpening = markSeq;
    const unread = [...one.log.entries]
      .filter(
        ([number, entry]) =>
          number > markSeq && entry.kind !== 'event' && entry.author?.id !== session.personId,
      )
      .map(([number]) => number);
    one.firstUnread = unread.length > 0 ? Math.min(...unread) : null;
  }

  /** Loads on upwards until the first unread message is there, so that the page can start at it (UNR-4). */
  async function reachUnread(one: Held): Promise<void> {
    const markSeq = one.readAtOpening ?? 0;
    while (
      one.firstUnread !== null &&
      one.log.is.hasOlder &&
      (one.log.is.from ?? 0) > markSeq + 1 &&
      one.log.entries.size < MAX_FIRST_LOAD
    ) {
      if (!(await loadOlder(one.no))) return;
      captureUnread(one, markSeq);
    }
  }

  /** The page above what is held. @returns true when it came */
  async function loadOlder(no: number): Promise<boolean> {
    const one = byNo.get(no);
    const beforeSeq = one?.log.is.from;
    if (!one?.appealId || !beforeSeq || !one.log.is.hasOlder || one.olderLoader.is.busy)
      return false;
    const { appealId } = one;
    return one.olderLoader.run(
      () => call(appealsApi.entries, { appealId, beforeSeq, limit: PAGE }),
      (page) => {
        if (one.log.is.from === beforeSeq) one.log.addOlder(page.entries, page.hasMore);
      },
    );
  }

  const catching = new Set<number>();
  const gapTimers = new Map<number, ReturnType<typeof setTimeout>>();
  /** Fetches what came after the highest number without a gap below it. */
  async function catchUp(no: number): Promise<void> {
    const one = byNo.get(no);
    if (!one?.appealId || one.log.is.from === null || catching.has(no)) return;
    const { appealId } = one;
    const person = session.personId;
    catching.add(no);
    try {
      let more = isBehind(one);
      while (more) {
        const afterSeq = one.log.is.top;
        const answer = await attempt(() =>
          call(appealsApi.entries, { appealId, afterSeq, limit: MAX_PAGE }),
        );
        if (session.personId !== person || one.log.is.from === null) return;
        if (!answer.ok) break;
        for (const entry of answer.value.entries) one.log.put(entry);
        more = answer.value.hasMore && one.log.is.top > afterSeq;
      }
    } finally {
      catching.delete(no);
    }
    // The row may be ahead of the answer, or the connection away: look again soon.
    if (!isBehind(one) || !one.onScreen || gapTimers.has(no)) return;
    gapTimers.set(
      no,
      setTimeout(() => {
        gapTimers.delete(no);
        void catchUp(no);
      }, GAP_AGAIN_MS),
    );
  }

  /** The row, or news, speaks of an entry that is not held. */
  function isBehind({ appealId, log }: Held): boolean {
    const row = appealId ? appeals.byId.get(appealId) : undefined;
    return log.is.from !== null && Math.max(log.is.max, row ? lastNumberOf(row) : 0) > log.is.top;
  }
  // After the tick: a row and its entries come in one piece of news.
  watch(
    () => [...byNo.values()].filter((one) => one.onScreen && isBehind(one)).map(({ no }) => no),
    (behind) => {
      for (const no of behind) void catchUp(no);
    },
  );

  /** Entries from news, answers and pages; those of threads that are not held are left to their opening. */
  function putEntries(appeal: Appeal, entries: readonly Entry[]): void {
    const one = held(appeal.id);
    moveOwnMark(appeal, entries);
    if (!one) return;
    for (const entry of entries) one.log.put(entry);
    if (one.onScreen && entries.some(changesCard)) refreshCard(one);
  }

  const changesCard = (entry: Entry) =>
    entry.kind === 'event' || entry.attachments.length > 0 || entry.orders.length > 0;

  /** Who writes has read: the server moves his mark too and tells it later. */
  function moveOwnMark(appeal: Appeal, entries: readonly Entry[]): void {
    const said = entries.filter((entry) => entry.kind !== 'event');
    const own = said.findLastIndex((entry) => entry.author?.id === session.personId);
    const last = said[own];
    const newest = said.at(-1);
    // Only a row that is exactly as fresh as its entries can tell how many messages lie below.
    const fits = appeal.last?.at === newest?.at && appeal.last?.authorId === newest?.author?.id;
    if (!last || !fits) return;
    appeals.putMark({
      appealId: appeal.id,
      seq: numberOf(last),
      messages: appeal.messages - (said.length - 1 - own),
    });
  }

  const cardTimers = new Map<number, ReturnType<typeof setTimeout>>();
  /** People, orders or files changed: the panel is fetched anew, once for many changes. */
  function refreshCard(one: Held): void {
    const { no, appealId } = one;
    if (!appealId || cardTimers.has(no)) return;
    const person = session.personId;
    cardTimers.set(
      no,
      setTimeout(() => {
        cardTimers.delete(no);
        void attempt(() => call(appealsApi.card, { appealId })).then((answer) => {
          if (session.personId !== person) return;
          if (answer.ok) takeCard(one, answer.value);
          else if (answer.trouble.code === 'not_found') void refresh(one);
        });
      }, CARD_MS),
    );
  }

  /** An order changed: panels that show it follow. */
  function putOrder(order: LinkedOrder): void {
    for (const one of byNo.values()) {
      if (!one.card?.orders.some(({ id }) => id === order.id)) continue;
      const orders = one.card.orders.map((known) => (known.id === order.id ? order : known));
      one.card = { ...one.card, orders };
    }
  }

  /* ── What the screen shows ────────────────────────────── */

  const ownKey = (personId: string, clientId: string) => `${personId}:${clientId}`;
  /** Keeps unchanged lines the same objects, so that their bubbles are not drawn again. */
  const drawn = new WeakMap<Entry, EntryItem>();

  /** The lines of a thread in order: entries by number, then own messages on their way. */
  function items(appealId: string): ThreadItem[] {
    const seen = appeals.byId.get(appealId)?.seenByOther ?? 0;
    const lines: ThreadItem[] = [];
    const known = new Set<string>();
    for (const [number, entry] of [...(held(appealId)?.log.entries ?? [])].sort(
      ([a], [b]) => a - b,
    )) {
      const item = drawEntry(number, entry, seen);
      lines.push(item);
      known.add(item.key);
    }
    for (const unsent of inOrder()) {
      // One that came back as news before its acknowledgement stands above already.
      if (unsent.lane !== appealId || known.has(ownKey(unsent.personId, unsent.clientId))) continue;
      const item = drawPending(unsent);
      if (item) lines.push(item);
    }
    return lines;
  }

  function drawEntry(number: number, entry: Entry, seen: number): EntryItem {
    const { author, clientId, id, publicSeq } = entry;
    const isSeen = author?.side === session.side && publicSeq !== null && publicSeq <= seen;
    const messageState = isSeen ? 'seen' : 'sent';
    const before = drawn.get(entry);
    if (before?.messageState === messageState) return before;
    const key = clientId && author ? ownKey(author.id, clientId) : id;
    const item: EntryItem = { is: 'entry', key, number, entry, messageState };
    drawn.set(entry, item);
    return item;
  }

  function drawPending(unsent: UnsentAppealCommand): PendingItem | null {
    const { clientId, personId, command, createdAt, state, problem } = unsent;
    if (command.kind !== 'post') return null;
    const { input, attachments } = command;
    return {
      is: 'pending',
      key: ownKey(personId, clientId),
      clientId,
      kind: input.kind ?? 'message',
      body: input.body ?? '',
      attachments,
      orderNumbers: input.orderNumbers ?? [],
      mentions: input.mentions ?? [],
      at: createdAt,
      messageState: state,
      problem,
    };
  }

  /* ── Sending ──────────────────────────────────────────── */

  const opening = new Map<string, (result: OpenResult) => void>();
  /** clientId of a new appeal → its number, once it is there. */
  const openedAs = shallowReactive(new Map<string, number>());
  const outbox = createAppealOutbox(settle);
  const inOrder = () => [...outbox.items.values()].sort((a, b) => a.createdAt - b.createdAt);

  function settle({ clientId, command }: UnsentAppealCommand, fate: Fate<Posted>): void {
    if (fate.state === 'delivered') {
      const { appeal, entry } = fate.answer;
      appeals.put(appeal);
      putEntries(appeal, [entry]);
      appeals.refreshCounts();
      if (command.kind === 'open') openedAs.set(clientId, appeal.no);
    }
    const resolve = opening.get(clientId);
    if (!resolve) return;
    opening.delete(clientId);
    if (fate.state === 'delivered') resolve({ state: 'posted', posted: fate.answer, clientId });
    else if (fate.state === 'failed') resolve({ state: 'failed', clientId, problem: fate.problem });
    else resolve({ state: 'pending', clientId });
  }

  /**
   * Sends a message or a note: the bubble stands in `items` when this returns; the draft of that mode is used up.
   * @returns the message's clientId, or null when there is nothing to send
   */
  function send(appealId: string, words: Words): string | null {
    const body = words.body.trim();
    const attachments = words.attachments ?? [];
    if (body === '' && attachments.length === 0) return null;
    const clientId = uuid();
    const note = words.kind === 'note';
    outbox.add({
      clientId,
      lane: appealId,
      command: plain({
        kind: 'post',
        appealId,
        attachments,
        input: {
          kind: words.kind,
          body,
          attachmentIds: attachments.map(({ id }) => id),
          orderNumbers: words.orderNumbers ?? [],
          mentions: note ? (words.mentions ?? []) : [],
          ...(words.thenStatus && !note ? { thenStatus: words.thenStatus } : {}),
        },
      }),
    });
    drafts.set(appealId, note ? 'note' : 'reply', null);
    return clientId;
  }

  /**
   * Opens an appeal. Resolves when it is posted, refused, or known to need a later try; it is never lost.
   * The draft of the new appeal is used up unless it was refused.
   */
  async function openAppeal({ attachments = [], ...appeal }: NewAppeal): Promise<OpenResult> {
    const clientId = uuid();
    const result = new Promise<OpenResult>((resolve) => opening.set(clientId, resolve));
    const input = { ...appeal, attachmentIds: attachments.map(({ id }) => id) };
    outbox.add({
      clientId,
      lane: `open:${clientId}`,
      command: plain({ kind: 'open', input, attachments }),
    });
    const answer = await result;
    if (answer.state !== 'failed') drafts.set(NEW_APPEAL, 'reply', null);
    return answer;
  }

  const pendingOpens = computed<PendingOpen[]>(() =>
    inOrder().flatMap(({ clientId, command, createdAt, state, problem }) => {
      if (command.kind !== 'open') return [];
      const { attachmentIds: _ids, ...appeal } = command.input;
      const { attachments } = command;
      return [{ clientId, appeal: { ...appeal, attachments }, at: createdAt, state, problem }];
    }),
  );
  /** Number of an appeal that was opened here, once the server has it: the local thread moves to `/appeals/:no`. */
  const openedNo = (clientId: string) => openedAs.get(clientId) ?? null;

  /** Sends a failed message or appeal again. */
  const retrySend = (clientId: string) => outbox.retry(clientId);
  /** Takes an unsent message or appeal out: Delete, or Edit, which puts the words back into the composer. */
  function takeBack(clientId: string): (Words & Partial<NewAppeal>) | null {
    const command = outbox.discard(clientId);
    if (!command) return null;
    const { attachmentIds: _ids, ...input } = command.input;
    const { attachments } = command;
    return { kind: 'message', ...input, body: input.body ?? '', attachments };
  }

  /* ── Read mark ────────────────────────────────────────── */

  const reading = new Map<
    string,
    { wanted: number; timer: ReturnType<typeof setTimeout> | null }
  >();
  /** Marks that did not reach the server; told when the connection is back. */
  const unsentMarks = new Map<string, number>();
  /** The viewer has seen everything up to `number`. Sent at most once a second, never backwards (UNR-3). */
  function markRead(appealId: string, number: number): void {
    const known = appeals.marks.get(appealId)?.seq ?? 0;
    const one = reading.get(appealId) ?? { wanted: 0, timer: null };
    if (number <= Math.max(known, one.wanted)) return;
    one.wanted = number;
    reading.set(appealId, one);
    if (one.timer !== null) return;
    void sendMark(appealId, one);
  }

  async function sendMark(
    appealId: string,
    one: { wanted: number; timer: ReturnType<typeof setTimeout> | null },
  ): Promise<void> {
    const person = session.personId;
    const seq = one.wanted;
    one.timer = setTimeout(() => {
      one.timer = null;
      if (one.wanted > seq) void sendMark(appealId, one);
      else reading.delete(appealId);
    }, READ_MS);
    showRead(appealId, seq);
    const answer = await attempt(() => call(appealsApi.markRead, { appealId, seq }));
    if (session.personId !== person) return;
    if (!answer.ok) {
      if (isPassing(answer.trouble)) unsentMarks.set(appealId, seq);
      return;
    }
    appeals.putMark(answer.value);
    appeals.refreshCounts();
  }

  /** Moves the mark here at once when the messages in between are all held, so that the counter does not lag. */
  function showRead(appealId: string, number: number): void {
    const log = held(appealId)?.log;
    const mark = appeals.marks.get(appealId) ?? { appealId, seq: 0, messages: 0 };
    if (!log) return;
    let messages = mark.messages;
    for (let at = mark.seq + 1; at <= number; at += 1) {
      const entry = log.entries.get(at);
      if (!entry) return;
      if (entry.kind !== 'event') messages += 1;
    }
    appeals.putMark({ appealId, seq: number, messages });
  }

  /* ── Commands ─────────────────────────────────────────── */

  async function command(run: () => Promise<Appeal>): Promise<Outcome<Appeal>> {
    const person = session.personId;
    const answer = await attempt(run);
    if (session.personId !== person || !answer.ok) return answer;
    appeals.put(answer.value);
    appeals.refreshCounts();
    const one = held(answer.value.id);
    if (one?.onScreen) refreshCard(one);
    return answer;
  }

  const assign = (appealId: string, assigneeId: string | null) =>
    command(() => call(appealsApi.assign, { appealId, assigneeId }));
  const changeStatus = (
    appealId: string,
    status: ChangeStatus['status'],
    solved?: ChangeStatus['solved'],
  ) => command(() => call(appealsApi.changeStatus, { appealId, status, solved }));
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

  /* ── Drafts ───────────────────────────────────────────── */

  const drafts = createDrafts(typeof localStorage === 'undefined' ? null : localStorage);
  const draft = (appealId: string, mode: DraftMode): Draft | null => drafts.get(appealId, mode);
  const setDraft = (appealId: string, mode: DraftMode, next: Draft | null) =>
    drafts.set(appealId, mode, next);
  const clearDraft = (appealId: string, mode: DraftMode) => drafts.set(appealId, mode, null);
  /** "Черновик: …" of a row: the reply first, then the note. */
  const draftOf = (appealId: string): Draft | null =>
    drafts.get(appealId, 'reply') ?? drafts.get(appealId, 'note');
  const hasDraft = (appealId: string) => draftOf(appealId) !== null;
  if (typeof addEventListener === 'function') addEventListener('pagehide', drafts.flush);

  /* ── Coming and going ─────────────────────────────────── */

  function reset(personId: string | null): void {
    for (const one of byNo.values()) {
      one.loader.reset();
      one.olderLoader.reset();
      one.log.clear();
    }
    byNo.clear();
    for (const { timer } of reading.values()) if (timer !== null) clearTimeout(timer);
    reading.clear();
    unsentMarks.clear();
    for (const timers of [cardTimers, gapTimers]) {
      for (const timer of timers.values()) clearTimeout(timer);
      timers.clear();
    }
    pulling.clear();
    openedAs.clear();
    for (const [clientId, resolve] of opening) resolve({ state: 'pending', clientId });
    opening.clear();
    drafts.belongTo(personId);
    outbox.stop();
    if (personId !== null) void outbox.start(personId);
  }
  watch(() => session.personId, reset, { flush: 'sync', immediate: true });

  /** Everything held was replaced: threads begin anew, those on the screen at once. */
  watch(
    () => appeals.generation,
    (now, before) => {
      if (before === 0 || now === 0) return;
      for (const [no, one] of byNo) {
        if (!one.onScreen) byNo.delete(no);
        else {
          one.log.clear();
          void refresh(one);
        }
      }
    },
  );

  /** The connection is back: unsent messages go, open threads fetch what they missed. */
  function wake(): void {
    outbox.wake();
    const marks = [...unsentMarks];
    unsentMarks.clear();
    for (const [appealId, wanted] of marks) void sendMark(appealId, { wanted, timer: null });
    for (const one of byNo.values()) {
      if (!one.onScreen) continue;
      if (one.log.is.from === null && one.loader.is.state === 'error') void refresh(one);
      else void catchUp(one.no);
    }
  }

  return {
    thread,
    items,
    open,
    close,
    loadOlder,
    catchUp,
    putEntries,
    putOrder,
    wake,
    send,
    openAppeal,
    pendingOpens,
    openedNo,
    retrySend,
    takeBack,
    markRead,
    assign,
    changeStatus,
    changeFields,
    pullIn,
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
  };
});

/** A copy without reactive wrappers, which IndexedDB cannot store. */
function plain<Value>(value: Value): Value {
  const copy: Value = JSON.parse(JSON.stringify(value));
  return copy;
}
