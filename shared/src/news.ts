import type { Appeal, Entry, ReadMark } from './appeals';
import type { LinkedOrder } from './orders';
import type { SessionEndReason } from './errors';

/**
 * What the server tells connected clients. Each is only earlier news of what a fetch would give; handlers are idempotent.
 * Payloads are the same for everyone in a room and differ only by audience.
 */
export interface ServerNews {
  /** An appeal changed: its row, and the entries that are new. */
  'appeal:news': (news: { appeal: Appeal; entries: Entry[] }) => void;
  /** The person's own read mark, moved by another of his sessions. */
  'appeal:mark': (mark: ReadMark) => void;
  /** An order the person may see changed. */
  'order:news': (order: LinkedOrder) => void;
  /** This session is over; the socket closes right after. */
  'session:ended': (news: { reason: SessionEndReason }) => void;
  /** The server stops: come back after a moment. */
  'server:stopping': (news: { retryAfterMs: number }) => void;
}
