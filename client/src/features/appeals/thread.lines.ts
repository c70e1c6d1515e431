import type { Entry } from '@otklik/shared/appeals';
import type { AttachmentView } from '@otklik/shared/attachments';
import type { Side } from '@otklik/shared/people';

import type { Trouble } from '../../platform/problem';
import type { WaitingFile } from './appeal.outbox';
import type { EntryItem, MessageState, PendingItem, ThreadItem } from './thread.types';

/** Who looks at the thread. */
export interface ThreadViewer {
  id: string;
  name: string;
  side: Side;
}

/** A message or note as the screen draws it, stored or on its way. */
export interface ShownMessage {
  /** The same before and after it is stored, so that the bubble stays one element. */
  key: string;
  /** Null until it is stored. */
  id: string | null;
  /** In the viewer's numbering; null until it is stored. */
  seq: number | null;
  /** Rises with every change of a stored message; null until it is stored. */
  version: number | null;
  clientId: string | null;
  /** What retry, edit and remove of something unsent speak of: the message itself, or a change of it. */
  unsentId: string | null;
  kind: 'message' | 'note';
  author: { id: string; name: string; side: Side; jobTitle: string };
  /** Written by the viewer himself. */
  mine: boolean;
  /** Of the viewer's side. */
  own: boolean;
  body: string;
  attachments: readonly AttachmentView[];
  orders: readonly string[];
  mentions: readonly string[];
  at: string;
  state: MessageState;
  problem: Trouble | null;
  /** Files it still waits for. */
  files: readonly WaitingFile[];
  /** The entry it quotes. */
  replyTo: string | null;
  /** Of another appeal, which this copy was split off; null: it is no copy. */
  origin: { no: number; entryId: string } | null;
  /** Other words than at first; when they were changed is known once the server has them. */
  edited: { at: string | null } | null;
  deleted: boolean;
  /** ms, server's clock: the author may change or delete it until then; null: never. */
  changeableUntil: number | null;
  /** Set when a colleague answered in between: what its author had seen (own numbering) and who it was. */
  stale: { seenSeq: number; by: string } | null;
}

export type ThreadLine =
  | { kind: 'day'; key: string; at: string }
  | { kind: 'new'; key: 'new' }
  | { kind: 'event'; key: string; entry: Entry; seq: number }
  | {
      kind: 'message' | 'note';
      key: string;
      message: ShownMessage;
      /** Follows a message of the same author closely: no name, small gap. */
      next: boolean;
      /** The last of such a run: the avatar stands here. */
      last: boolean;
      named: boolean;
    };

export interface ThreadFacts {
  items: readonly ThreadItem[];
  me: ThreadViewer;
  /** Number the divider "Новые" stands above; null: nothing was unread. */
  firstUnread: number | null;
  /** How long an own message may be changed, minutes; 0: never. */
  editMinutes: number;
  /** Equal exactly for moments of one day of the viewer. */
  dayOf: (at: string) => number;
}

/** Messages of one author closer than this are one run. */
const RUN_MS = 5 * 60_000;

/** Everything a thread shows, in order, with days, the "new" divider and runs of one author worked out. */
export function threadLines(facts: ThreadFacts): ThreadLine[] {
  const lines: ThreadLine[] = [];
  let day: number | null = null;
  let divided = facts.firstUnread === null;
  let before: Extract<ThreadLine, { kind: 'message' | 'note' }> | null = null;

  const dayLine = (at: string) => {
    const own = facts.dayOf(at);
    if (own === day) return;
    day = own;
    before = null;
    lines.push({ kind: 'day', key: `day-${own}`, at });
  };
  const say = (message: ShownMessage) => {
    const next = before !== null && continues(before.message, message);
    if (next && before) before.last = false;
    const line: Extract<ThreadLine, { kind: 'message' | 'note' }> = {
      kind: message.kind,
      key: message.key,
      message,
      next,
      last: true,
      named: !next && !message.mine,
    };
    lines.push(line);
    before = message.kind === 'message' ? line : null;
  };

  for (const item of facts.items) {
    if (item.is === 'pending') {
      const message = pendingMessage(item, facts.me);
      dayLine(message.at);
      say(message);
      continue;
    }
    const { entry, number } = item;
    // The changed message tells it itself.
    if (entry.event?.type === 'edited' || entry.event?.type === 'deleted') continue;
    dayLine(entry.at);
    if (!divided && facts.firstUnread !== null && number >= facts.firstUnread) {
      divided = true;
      before = null;
      lines.push({ kind: 'new', key: 'new' });
    }
    if (entry.kind !== 'event') {
      say(storedMessage(item, facts));
    } else if (!isSaidByMessage(entry, facts.items)) {
      before = null;
      lines.push({ kind: 'event', key: item.key, entry, seq: number });
    }
  }
  return lines;
}

/**
 * The same lines with the messages of `before` where nothing about them has changed: a bubble is drawn anew when it
 * gets another object, so a thread of hundreds costs one bubble for each new message.
 */
export function keepUnchanged(lines: ThreadLine[], before: readonly ThreadLine[]): ThreadLine[] {
  const drawn = new Map(
    before.flatMap((line) => ('message' in line ? [[line.key, line.message] as const] : [])),
  );
  return lines.map((line) => {
    const known = 'message' in line ? drawn.get(line.key) : undefined;
    return known !== undefined && 'message' in line && isSame(known, line.message)
      ? { ...line, message: known }
      : line;
  });
}

/** Equal field by field; small objects and lists within are looked into, what came from the server is the same object. */
function isSame(one: object, other: object, deep = true): boolean {
  const keys = Object.keys(other);
  return (
    keys.length === Object.keys(one).length &&
    keys.every((key) => {
      const [a, b]: unknown[] = [Reflect.get(one, key), Reflect.get(other, key)];
      if (Object.is(a, b)) return true;
      return deep && isObject(a) && isObject(b) && isSame(a, b, false);
    })
  );
}
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

function storedMessage(
  { key, number, entry, messageState, change }: EntryItem,
  { me, editMinutes }: Pick<ThreadFacts, 'me' | 'editMinutes'>,
): ShownMessage {
  const author = entry.author ?? { id: '', name: '', side: 'staff', jobTitle: '' };
  const mine = author.id === me.id && author.name === me.name;
  // What its author has just done is shown at once; a refused edit shows his words until he decides.
  const deleted = entry.deletedAt !== null || (change !== null && change.body === null);
  const until = Date.parse(entry.at) + editMinutes * 60_000;
  return {
    key,
    id: entry.id,
    seq: number,
    version: entry.version,
    clientId: entry.clientId,
    unsentId: change?.clientId ?? null,
    kind: entry.kind === 'note' ? 'note' : 'message',
    author,
    mine,
    own: author.side === me.side,
    body: deleted ? '' : (change?.body ?? entry.body),
    attachments: deleted ? [] : entry.attachments,
    orders: entry.orders,
    mentions: entry.audience === 'staff' ? entry.mentions : [],
    at: entry.at,
    state: change?.state ?? messageState,
    problem: change?.problem ?? null,
    files: [],
    replyTo: deleted ? null : entry.replyTo,
    origin: entry.origin ?? null,
    edited: change !== null || entry.editedAt !== null ? { at: entry.editedAt } : null,
    deleted,
    changeableUntil: mine && !deleted && editMinutes > 0 ? until : null,
    stale: null,
  };
}

function pendingMessage(item: PendingItem, me: ThreadViewer): ShownMessage {
  const { problem } = item;
  const stale = problem?.code === 'stale' && 'by' in problem.facts ? problem.facts : null;
  return {
    key: item.key,
    id: null,
    seq: null,
    version: null,
    clientId: item.clientId,
    unsentId: item.clientId,
    kind: item.kind,
    author: { ...me, jobTitle: '' },
    mine: true,
    own: true,
    body: item.body,
    attachments: item.attachments,
    orders: item.orderNumbers,
    mentions: item.mentions,
    at: new Date(item.at).toISOString(),
    state: item.messageState,
    problem,
    files: item.files,
    replyTo: item.replyTo,
    origin: null,
    edited: null,
    deleted: false,
    changeableUntil: null,
    stale: stale && { seenSeq: item.seenSeq ?? 0, by: stale.by },
  };
}

/** Linking an order by a message shows its card there; a line that repeats it is left out. */
function isSaidByMessage(event: Entry, items: readonly ThreadItem[]): boolean {
  if (event.event?.type !== 'order_linked') return false;
  const { number } = event.event.facts;
  return items.some(
    (item) =>
      item.is === 'entry' &&
      item.entry.kind === 'message' &&
      item.entry.at === event.at &&
      typeof number === 'string' &&
      item.entry.orders.includes(number),
  );
}

function continues(before: ShownMessage, message: ShownMessage): boolean {
  return (
    message.kind === 'message' &&
    before.author.id === message.author.id &&
    // One login, several people: the name of the session tells them apart.
    before.author.name === message.author.name &&
    before.own === message.own &&
    Date.parse(message.at) - Date.parse(before.at) < RUN_MS
  );
}
