import type { Appeal, Entry, ReadMark } from './appeals';
import type { DraftView } from './drafts';
import type { LinkedOrder } from './orders';
import type { SessionEndReason } from './errors';
import type { PersonSettings } from './people';
import type { AppealPresence } from './presence';

/**
 * What the server tells connected clients. Each is only earlier news of what a fetch would give; handlers are idempotent.
 * Payloads are the same for everyone in a room and differ only by audience.
 */
export interface ServerNews {
  /** An appeal changed: its row, and the entries that are new. */
  'appeal:news': (news: { appeal: Appeal; entries: Entry[] }) => void;
  /** The person's own read mark, moved by another of his sessions. */
  'appeal:mark': (mark: ReadMark) => void;
  /** The person's own draft, changed by another of his sessions. */
  'draft:news': (draft: DraftView) => void;
  /** The person's own settings, changed by another of his sessions. */
  'settings:news': (settings: PersonSettings) => void;
  /** Who is at an appeal the session has open. Never more than a hint; what is older than a minute counts for nothing. */
  'presence:news': (presence: AppealPresence) => void;
  /** An order the person may see changed. */
  'order:news': (order: LinkedOrder) => void;
  /** The person's notices have changed: fetch them. What they say differs per viewer and is not told here. */
  'notice:news': (news: { at: string }) => void;
  /** Somebody signed in as this person from a browser not seen before: `Me` tells of it. */
  'device:news': (news: { at: string }) => void;
  /** Topics or teams have changed: fetch them. */
  'directory:news': (news: { at: string }) => void;
  /** The card of a dealer has changed: fetch it. To staff. */
  'dealer:news': (news: { dealerId: string }) => void;
  /** The contacts of one's own company have changed: fetch them. To its people. */
  'contacts:news': (news: { at: string }) => void;
  /** This session is over; the socket closes right after. */
  'session:ended': (news: { reason: SessionEndReason }) => void;
  /** The portal is closed to dealers; the socket closes right after. */
  'portal:closed': (news: { message: { ru: string; en: string } }) => void;
  /** The server stops: come back after a moment. */
  'server:stopping': (news: { retryAfterMs: number }) => void;
}
