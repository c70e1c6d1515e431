import type { Appeal, ChangeStatus, Status } from '@otklik/shared/appeals';
import { v7 as uuid } from 'uuid';
import { computed, shallowReactive, shallowRef } from 'vue';

import type { Fate } from '../../platform/outbox';
import { isPassing, type Outcome, type Trouble } from '../../platform/problem';
import {
  createAppealOutbox,
  type AppealAnswer,
  type AppealCommand,
  type PostCommand,
  type UnsentAppealCommand,
} from './appeal.outbox';
import type { createThreadReading, ThreadSurroundings } from './thread.reading';
import type {
  EntryChange,
  NewAppeal,
  OpenResult,
  PendingItem,
  PendingOpen,
  TakenBack,
  Words,
} from './thread.types';
import { sweepFiles } from './upload.bytes';
import { abandon } from './upload.courier';

/** The key of an own message, the same before and after it is stored. */
export const ownKey = (personId: string, clientId: string) => `${personId}:${clientId}`;

/** Everything that is written: queued before the first try, shown at once, sent in order per appeal. */
export function createThreadSending(
  { session, appeals }: ThreadSurroundings,
  reading: ReturnType<typeof createThreadReading>,
) {
  const opening = new Map<string, (result: OpenResult) => void>();
  const changing = new Map<string, (answer: Outcome<Appeal>) => void>();
  const storing = new Map<string, () => void>();
  /** clientId of a new appeal → its number, once it is there. */
  const openedAs = shallowReactive(new Map<string, number>());
  /** The last change that was shown and then refused, when nobody waited for its answer any more. */
  const takenBack = shallowRef<TakenBack | null>(null);

  const outbox = createAppealOutbox({ settled: settle, mayGo: reading.isLevel });
  reading.onLevelled(outbox.nudge);
  const inOrder = () => [...outbox.items.values()].sort((a, b) => a.createdAt - b.createdAt);

  function settle(unsent: UnsentAppealCommand, fate: Fate<AppealAnswer>): void {
    const { clientId, command } = unsent;
    if (fate.state === 'delivered') {
      const { appeal, entry } = fate.answer;
      appeals.put(appeal);
      reading.putEntries(appeal, entry ? [entry] : []);
      appeals.refreshCounts();
      if (command.kind === 'open') openedAs.set(clientId, appeal.no);
    }
    if (fate.state === 'delivered') {
      storing.get(clientId)?.();
      storing.delete(clientId);
    }
    if (command.kind === 'status') settleStatus(unsent, fate);
    else if (fate.state === 'failed') settleRefused(unsent, fate.problem);
    const resolve = opening.get(clientId);
    if (!resolve) return;
    opening.delete(clientId);
    if (fate.state === 'delivered') resolve({ state: 'posted', posted: fate.answer, clientId });
    else if (fate.state === 'failed') resolve({ state: 'failed', clientId, problem: fate.problem });
    else resolve({ state: 'pending', clientId });
  }

  function settleRefused({ clientId, command }: UnsentAppealCommand, problem: Trouble): void {
    if (command.kind === 'post' && 'lastSeq' in problem.facts) {
      // The thread goes on further than is held here: that is what is to be looked at.
      const one = reading.held(command.appealId);
      one?.log.hear(problem.facts.lastSeq);
      if (one) void reading.catchUp(one.no);
    }
    // New words wait beside the message to be saved; a deletion has nothing to save.
    if (command.kind !== 'delete') return;
    outbox.discard(clientId);
    takenBack.value = { appealId: command.appealId, what: 'delete', problem };
  }

  /* ── Messages ─────────────────────────────────────────── */

  /** The last number of the thread, in the viewer's numbering, that is held without a gap and so was on the screen. */
  function seenSeq(appealId: string): number {
    const log = reading.held(appealId)?.log;
    return log && log.is.from !== null ? log.is.top : (appeals.marks.get(appealId)?.seq ?? 0);
  }

  /**
   * Sends a message or a note: the bubble stands in the thread when this returns.
   * @returns the message's clientId, or null when there is nothing to send
   */
  function send(appealId: string, words: Words): string | null {
    const body = words.body.trim();
    const { attachments = [], files = [], replyTo } = words;
    if (body === '' && attachments.length === 0 && files.length === 0) return null;
    const clientId = uuid();
    const note = words.kind === 'note';
    outbox.add({
      clientId,
      lane: appealId,
      command: plain<AppealCommand>({
        ...{ kind: 'post', appealId, attachments, files },
        input: {
          kind: words.kind,
          body,
          orderNumbers: words.orderNumbers ?? [],
          mentions: note ? (words.mentions ?? []) : [],
          ...(replyTo ? { replyTo } : {}),
          ...(words.thenStatus && !note ? { thenStatus: words.thenStatus } : {}),
          ...(note ? {} : { seenSeq: seenSeq(appealId) }),
        },
      }),
    });
    return clientId;
  }

  /** Resolves once the server has stored an own message of this page, however long it takes; never when it is taken back. */
  const whenStored = (clientId: string) =>
    new Promise<void>((resolve) => storing.set(clientId, resolve));

  /** Sends a failed message or change again. */
  const retrySend = (clientId: string) => outbox.retry(clientId);

  /** Its author has looked at what is new and sends a held message all the same. */
  function sendAnyway(clientId: string): void {
    const unsent = outbox.items.get(clientId);
    if (unsent?.command.kind !== 'post') return;
    const { command } = unsent;
    lookedAtNew(unsent);
    const input = { ...command.input, seenSeq: seenSeq(command.appealId), sendAnyway: true };
    outbox.change(clientId, { ...command, input });
  }

  /**
   * Whoever sends, changes or deletes a held message has seen what it was held for: what waits behind it is judged by what
   * he has seen now, or the same answer would hold each of them with a question of its own.
   */
  function lookedAtNew({ lane, createdAt, problem }: UnsentAppealCommand): void {
    if (problem?.code !== 'stale') return;
    for (const { clientId, command, state, ...later } of inOrder()) {
      if (later.lane !== lane || later.createdAt <= createdAt || state !== 'queued') continue;
      if (command.kind !== 'post' || command.input.seenSeq === undefined) continue;
      const input = { ...command.input, seenSeq: seenSeq(command.appealId) };
      outbox.change(clientId, { ...command, input });
    }
  }

  /** Deletes an unsent message or appeal. */
  function deleteUnsent(clientId: string): void {
    storing.delete(clientId);
    const unsent = outbox.items.get(clientId);
    if (unsent) lookedAtNew(unsent);
    const known = outbox.discard(clientId);
    if (known?.kind !== 'post' && known?.kind !== 'open') return;
    for (const file of known.files ?? []) abandon(file.clientId);
  }

  /**
   * Takes an unsent message or appeal out to be changed: the words go back into the composer. What waits behind a held
   * one stays held, or it would go before the words it follows.
   */
  function takeBack(clientId: string): (Words & Partial<NewAppeal>) | null {
    storing.delete(clientId);
    const known = outbox.discard(clientId);
    if (known?.kind !== 'post' && known?.kind !== 'open') return null;
    const { input, attachments, files = [] } = known;
    return { kind: 'message', ...input, body: input.body ?? '', attachments, files };
  }

  /* ── Changing what was said ───────────────────────────── */

  /** Other words for a message that is not acknowledged yet: the message itself is changed, in its place. */
  function editUnsent(clientId: string, body: string): void {
    const unsent = outbox.items.get(clientId);
    const words = body.trim();
    if (unsent?.command.kind === 'edit') {
      outbox.change(clientId, { ...unsent.command, body: words });
      return;
    }
    if (unsent?.command.kind !== 'post') return;
    const { command } = unsent;
    lookedAtNew(unsent);
    const { sendAnyway: _anyway, ...before } = command.input;
    const seen = before.seenSeq === undefined ? {} : { seenSeq: seenSeq(command.appealId) };
    const next: PostCommand = {
      ...command,
      input: { ...before, ...seen, body: words },
      ...(unsent.tried && isUncertain(unsent)
        ? { earlier: [...(command.earlier ?? []), before], editId: command.editId ?? uuid() }
        : {}),
    };
    outbox.change(clientId, next);
  }

  /** Whether the server may have it although no answer said so. */
  const isUncertain = ({ problem }: UnsentAppealCommand) => problem === null || isPassing(problem);
  /** A failed message whose earlier tries may have arrived is changed in its place, or it could be there twice. */
  function staysInPlace(clientId: string): boolean {
    const unsent = outbox.items.get(clientId);
    return unsent !== undefined && (unsent.state !== 'failed' || isUncertain(unsent));
  }

  const changesOf = (appealId: string, entryId: string) =>
    inOrder().filter(
      ({ lane, command }) =>
        lane === appealId &&
        (command.kind === 'edit' || command.kind === 'delete') &&
        command.entryId === entryId,
    );

  /** Other words for a stored message; shown at once. Presses before the first try are one edit. */
  function editEntry(appealId: string, entryId: string, body: string): void {
    const words = body.trim();
    const waits = changesOf(appealId, entryId).findLast(
      ({ command, state, tried }) =>
        command.kind === 'edit' && (state === 'failed' || (state === 'queued' && !tried)),
    );
    if (waits?.state === 'failed') outbox.discard(waits.clientId);
    else if (waits) {
      editUnsent(waits.clientId, words);
      return;
    }
    outbox.add({
      clientId: uuid(),
      lane: appealId,
      command: { kind: 'edit', appealId, entryId, body: words },
    });
  }

  /** Deletes a stored message; shown at once. */
  function deleteEntry(appealId: string, entryId: string): void {
    for (const { clientId, tried, state } of changesOf(appealId, entryId)) {
      if (state === 'failed' || !tried) outbox.discard(clientId);
    }
    outbox.add({
      clientId: uuid(),
      lane: appealId,
      command: { kind: 'delete', appealId, entryId },
    });
  }

  /** The newest change of each entry of an appeal that is not acknowledged yet. */
  function changes(appealId: string): Map<string, EntryChange> {
    const newest = new Map<string, EntryChange>();
    for (const { clientId, lane, command, state, problem } of inOrder()) {
      if (lane !== appealId || (command.kind !== 'edit' && command.kind !== 'delete')) continue;
      const body = command.kind === 'edit' ? command.body : null;
      newest.set(command.entryId, { clientId, body, state, problem });
    }
    return newest;
  }

  /* ── Status ───────────────────────────────────────────── */

  /**
   * Changes the status; shown at once. Answers when it is known how it went: without a connection at once, and what
   * the server says later is in `takenBack` when it was no.
   */
  function changeStatus(
    appeal: Appeal,
    status: Status,
    solved?: ChangeStatus['solved'],
  ): Promise<Outcome<Appeal>> {
    const clientId = uuid();
    const answer = new Promise<Outcome<Appeal>>((resolve) => changing.set(clientId, resolve));
    outbox.add({
      clientId,
      lane: appeal.id,
      command: plain<AppealCommand>({
        ...{ kind: 'status', appealId: appeal.id, status },
        ...(solved === undefined ? {} : { solved }),
      }),
    });
    return answer;
  }

  function settleStatus(
    { clientId, command }: UnsentAppealCommand,
    fate: Fate<AppealAnswer>,
  ): void {
    if (command.kind !== 'status') return;
    const resolve = changing.get(clientId);
    changing.delete(clientId);
    if (fate.state === 'delivered') {
      resolve?.({ ok: true, value: fate.answer.appeal });
      reading.refreshCardOf(command.appealId);
      return;
    }
    if (fate.state === 'waiting') {
      const appeal = appeals.byId.get(command.appealId);
      if (appeal) resolve?.({ ok: true, value: appeal });
      return;
    }
    outbox.discard(clientId);
    if (resolve) resolve({ ok: false, trouble: fate.problem });
    else {
      takenBack.value = { appealId: command.appealId, what: 'status', problem: fate.problem };
    }
  }

  /** The status that was chosen and is not acknowledged yet. */
  function statusOnItsWay(appealId: string): Status | null {
    const last = inOrder().findLast(
      ({ lane, command }) => lane === appealId && command.kind === 'status',
    );
    return last?.command.kind === 'status' ? last.command.status : null;
  }
  appeals.heedStatus(statusOnItsWay);

  /* ── New appeals ──────────────────────────────────────── */

  /** Opens an appeal. Resolves when it is posted, refused, or known to need a later try; it is never lost. */
  function openAppeal({ attachments = [], files = [], ...input }: NewAppeal): Promise<OpenResult> {
    const clientId = uuid();
    const result = new Promise<OpenResult>((resolve) => opening.set(clientId, resolve));
    outbox.add({
      clientId,
      lane: `open:${clientId}`,
      command: plain<AppealCommand>({ kind: 'open', input, attachments, files }),
    });
    return result;
  }

  const pendingOpens = computed<PendingOpen[]>(() =>
    inOrder().flatMap(({ clientId, command, createdAt, state, problem }) => {
      if (command.kind !== 'open') return [];
      const { attachments, files = [], input } = command;
      const appeal = { ...input, attachments, files };
      return [{ clientId, appeal, at: createdAt, state, problem }];
    }),
  );
  /** Number of an appeal that was opened here, once the server has it: the local thread moves to `/appeals/:no`. */
  const openedNo = (clientId: string) => openedAs.get(clientId) ?? null;

  /* ── What the screen shows ────────────────────────────── */

  /** Own messages of an appeal on their way, in order. */
  function pending(appealId: string): PendingItem[] {
    return inOrder().flatMap((unsent) => {
      const { clientId, personId, command, createdAt, state, problem, lane } = unsent;
      if (command.kind !== 'post' || lane !== appealId) return [];
      const { input, attachments, files = [] } = command;
      const item: PendingItem = {
        is: 'pending',
        key: ownKey(personId, clientId),
        clientId,
        kind: input.kind ?? 'message',
        body: input.body ?? '',
        attachments,
        files,
        orderNumbers: input.orderNumbers ?? [],
        mentions: input.mentions ?? [],
        replyTo: input.replyTo ?? null,
        seenSeq: input.seenSeq ?? null,
        at: createdAt,
        messageState: state,
        problem,
      };
      return [item];
    });
  }

  function reset(personId: string | null): void {
    openedAs.clear();
    takenBack.value = null;
    for (const [clientId, resolve] of opening) resolve({ state: 'pending', clientId });
    opening.clear();
    changing.clear();
    storing.clear();
    outbox.stop();
    if (personId !== null) void begin(personId);
  }
  async function begin(personId: string): Promise<void> {
    await outbox.start(personId);
    if (session.personId !== personId) return;
    const wanted = [...outbox.items.values()].flatMap(({ command }) =>
      command.kind === 'post' || command.kind === 'open' ? (command.files ?? []) : [],
    );
    await sweepFiles(personId, new Set(wanted.map(({ clientId }) => clientId)));
  }

  return {
    wake: outbox.wake,
    send,
    whenStored,
    retrySend,
    sendAnyway,
    deleteUnsent,
    takeBack,
    editUnsent,
    staysInPlace,
    editEntry,
    deleteEntry,
    changes,
    changeStatus,
    openAppeal,
    pendingOpens,
    openedNo,
    takenBack,
    pending,
    /** Everything unsent of this browser, by client id. */
    unsent: outbox.items,
    reset,
  };
}

/** A copy without reactive wrappers, which IndexedDB cannot store. */
function plain<Value>(value: Value): Value {
  const copy: Value = JSON.parse(JSON.stringify(value));
  return copy;
}
