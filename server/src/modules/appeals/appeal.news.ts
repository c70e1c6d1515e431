import type { ServerNews } from '@otklik/shared/news';
import type { AttachmentView } from '@otklik/shared/attachments';
import { audience } from './appeal.policy';
import { subjectOf, type AppealFacts, type EntryRow } from './appeal.repository';
import { dealerAppeal, dealerEntry, staffAppeal, staffEntry } from './appeal.view';

/** What happened to one appeal in one transaction, told after its commit. */
export interface AppealHappening {
  facts: AppealFacts;
  /** The new ones. */
  entries: { row: EntryRow; attachments: AttachmentView[] }[];
  /** Older ones that say something else now. */
  changed?: { row: EntryRow; attachments: AttachmentView[] }[];
  /** The dealer may notice it. */
  public: boolean;
}

/** The part of the socket server that news needs. */
export interface Broadcast {
  to(rooms: string[]): {
    emit: <Event extends keyof ServerNews>(
      event: Event,
      ...news: Parameters<ServerNews[Event]>
    ) => unknown;
  };
}

/**
 * Tells connected clients. Staff and dealers get different payloads from different builders, into different rooms;
 * each is serialised once for its whole audience.
 */
export function tellAppeal(
  io: Broadcast,
  { facts, entries: added, changed = [], public: isPublic }: AppealHappening,
): void {
  const entries = [...changed, ...added];
  const subject = subjectOf(facts);
  io.to(audience.staff(subject)).emit('appeal:news', {
    appeal: staffAppeal(facts),
    entries: entries.map(({ row, attachments }) => staffEntry(row, attachments)),
  });
  if (!isPublic) return;
  io.to(audience.dealer(subject)).emit('appeal:news', {
    appeal: dealerAppeal(facts),
    entries: entries
      .filter(({ row }) => row.public_seq !== null)
      .map(({ row, attachments }) => dealerEntry(row, attachments)),
  });
}
