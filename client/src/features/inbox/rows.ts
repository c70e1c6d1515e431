import type { StaffAppeal } from '@otklik/shared/appeals';
import type { SlaState } from '../appeals';

/** A row of the staff's list. */
export interface InboxRowView {
  /** Stays the same while the appeal stays in its topic. */
  key: string;
  appeal: StaffAppeal;
  /** The moment to show: that of the list's order. */
  at: string;
  unread: number;
  needsReply: boolean;
  mentioned: boolean;
  sla: SlaState;
  /** The beginning of an unsent reply or note; null: none. */
  draft: string | null;
  /** It is on its way out of a held list: why, in the viewer's words. */
  leaving: string | null;
}

/** A topic of the list; the flat list is one section without a heading. */
export interface InboxSection {
  key: string;
  /** Null: no heading. */
  title: string | null;
  folded: boolean;
  count: number;
  needsReply: number;
  rows: InboxRowView[];
}

/** What header and panel know of the open appeal. */
export type StaffRow = Pick<InboxRowView, 'appeal' | 'sla'>;
