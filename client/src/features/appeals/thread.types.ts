import type { AppealCard, Entry, OpenAppeal, PostEntry } from '@otklik/shared/appeals';
import type { AttachmentView } from '@otklik/shared/attachments';

import type { Loading } from '../../platform/loading';
import type { Trouble } from '../../platform/problem';
import type { AppealAnswer, WaitingFile } from './appeal.outbox';

/** Value of `data-message-state`. */
export type MessageState = 'queued' | 'sending' | 'sent' | 'seen' | 'failed' | 'elsewhere';

/** An edit or a deletion of a stored message that is not acknowledged yet. */
export interface EntryChange {
  clientId: string;
  /** The new words; null: it is being deleted. */
  body: string | null;
  state: 'queued' | 'sending' | 'failed';
  problem: Trouble | null;
}

/** A line of the thread that the server has. */
export interface EntryItem {
  is: 'entry';
  /** Stays the same when an own message turns from pending into an entry. */
  key: string;
  number: number;
  entry: Entry;
  /** Ticks; only of the viewer's own side `seen` says something. */
  messageState: 'sent' | 'seen';
  /** Shown at once, taken back when it is refused. */
  change: EntryChange | null;
}
/** An own message that is not acknowledged yet. */
export interface PendingItem {
  is: 'pending';
  key: string;
  clientId: string;
  kind: 'message' | 'note';
  body: string;
  attachments: AttachmentView[];
  /** Files it still waits for. */
  files: WaitingFile[];
  orderNumbers: string[];
  mentions: string[];
  replyTo: string | null;
  /** What its author had seen when he pressed Send. */
  seenSeq: number | null;
  /** ms, server's clock */
  at: number;
  /** `elsewhere`: another device of the person sends it. */
  messageState: 'queued' | 'sending' | 'failed' | 'elsewhere';
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
  /** It was opened without the server and is what this browser kept: fresh at that moment (ms, server's clock). */
  readonly keptAt: number | null;
}

/** What a composer hands over. */
export interface Words {
  kind: 'message' | 'note';
  body: string;
  attachments?: AttachmentView[];
  /** Files that are not uploaded yet: the message waits for them. */
  files?: WaitingFile[];
  orderNumbers?: string[];
  mentions?: string[];
  replyTo?: string | undefined;
  thenStatus?: PostEntry['thenStatus'];
}
export type NewAppeal = Omit<OpenAppeal, 'clientId' | 'attachmentIds'> & {
  attachments?: AttachmentView[];
  files?: WaitingFile[];
};
/** A new appeal that is not acknowledged yet, for the list and for its local thread. */
export interface PendingOpen {
  clientId: string;
  appeal: NewAppeal;
  /** ms */
  at: number;
  /** `elsewhere`: another device of the person sends it. */
  state: 'queued' | 'sending' | 'failed' | 'elsewhere';
  problem: Trouble | null;
}
/** `pending`: kept and sent later; `failed`: refused, the words stay in `pendingOpens` until taken back. */
export type OpenResult =
  | { state: 'posted'; posted: AppealAnswer; clientId: string }
  | { state: 'pending'; clientId: string }
  | { state: 'failed'; clientId: string; problem: Trouble };

/** A change that was shown at once and then refused: the screen says so. */
export interface TakenBack {
  appealId: string;
  what: 'edit' | 'delete' | 'status';
  problem: Trouble;
}
