import type {
  Appeal,
  AppealListView,
  Entry,
  ReadMark,
  StaffAppeal,
  Status,
} from '@otklik/shared/appeals';
import type { Side } from '@otklik/shared/people';

/** What the rules know of the viewer. */
export interface Viewer {
  personId: string;
  side: Side;
}

/** Narrows a list of a view. `orderNumber` is known to the server alone. */
export interface AppealFilters {
  topicId?: string | undefined;
  dealerId?: string | undefined;
  orderNumber?: string | undefined;
  q?: string | undefined;
}

/** An appeal as the viewer's list shows it. */
export interface AppealRow {
  appeal: Appeal;
  /** Messages after the viewer's own read mark. */
  unread: number;
  /** The viewer's side owes the answer: the row is bold (UNR-1). */
  needsReply: boolean;
  /** An open mention of the viewer: the row carries an `@`. */
  mentioned: boolean;
  sla: SlaState;
}

/** Value of `data-sla`. */
export type SlaState = 'breached' | 'risk' | 'track' | 'paused' | 'met' | 'none';

const OPEN: readonly Status[] = ['new', 'in_work', 'waiting'];
const isOpen = (appeal: Pick<Appeal, 'status'>) => OPEN.includes(appeal.status);

/** An entry's number in the numbering of its audience: dealers are never shown `seq`. */
export const numberOf = (entry: Entry) =>
  entry.audience === 'staff' ? entry.seq : entry.publicSeq;
/** The last number of a thread, in the same numbering. */
export const lastNumberOf = (appeal: Appeal) =>
  appeal.audience === 'staff' ? appeal.lastSeq : appeal.lastPublicSeq;

/** The moment up to which somebody has to act, ms; null when nothing runs. Staff: the nearest clock, dealers: the promise. */
function dueMs(appeal: Appeal): number | null {
  const due = appeal.audience === 'staff' ? appeal.clock : appeal.promise;
  return due?.dueAt ? Date.parse(due.dueAt) : null;
}

/** State of the clock a row shows, at a moment of the server's clock (ms). */
export function slaStateOf(appeal: Appeal, nowMs: number): SlaState {
  return appeal.audience === 'staff' ? staffSla(appeal.clock, nowMs) : dealerSla(appeal, nowMs);
}

function staffSla(clock: StaffAppeal['clock'], nowMs: number): SlaState {
  if (clock === null) return 'none';
  switch (clock.state) {
    case 'breached':
      return clock.endedAt === null ? 'breached' : 'none';
    case 'paused':
      return 'paused';
    case 'met':
      return 'met';
    case 'cancelled':
      return 'none';
    case 'running':
      if (clock.dueAt !== null && Date.parse(clock.dueAt) < nowMs) return 'breached';
      return clock.warnAt !== null && Date.parse(clock.warnAt) <= nowMs ? 'risk' : 'track';
  }
}

function dealerSla({ promise }: Extract<Appeal, { audience: 'dealer' }>, nowMs: number): SlaState {
  if (promise === null) return 'none';
  switch (promise.state) {
    case 'late':
      return 'breached';
    case 'paused':
      return 'paused';
    case 'met':
      return 'met';
    case 'running':
      return promise.dueAt !== null && Date.parse(promise.dueAt) < nowMs ? 'breached' : 'track';
  }
}

/** A mention of the viewer that he has not read yet. */
function isMentioned(appeal: Appeal, mark: ReadMark | undefined, personId: string): boolean {
  if (appeal.audience !== 'staff') return false;
  const seq = appeal.mentions.find((mention) => mention.personId === personId)?.seq ?? 0;
  return seq > (mark?.seq ?? 0);
}

/** Puts together what a list shows of an appeal. */
export function rowOf(
  appeal: Appeal,
  mark: ReadMark | undefined,
  viewer: Viewer,
  nowMs: number,
): AppealRow {
  return {
    appeal,
    unread: Math.max(0, appeal.messages - (mark?.messages ?? 0)),
    needsReply: appeal.answerOwedBy === viewer.side,
    mentioned: isMentioned(appeal, mark, viewer.personId),
    sla: slaStateOf(appeal, nowMs),
  };
}

/** Whether a view shows the row: the same conditions as the server's lists and counts. */
export function isInView(
  { appeal, mentioned }: Pick<AppealRow, 'appeal' | 'mentioned'>,
  view: AppealListView,
  { personId }: Viewer,
): boolean {
  switch (view) {
    case 'all':
      return true;
    case 'open':
      return isOpen(appeal);
    case 'closed':
      return !isOpen(appeal);
    case 'queue':
      return isOpen(appeal) && appeal.assignee === null;
    case 'mine':
      return isOpen(appeal) && (appeal.assignee?.id === personId || isMember(appeal, personId));
    case 'mentions':
      return mentioned;
    case 'owed':
      if (appeal.audience === 'dealer') return isOpen(appeal) && appeal.answerOwedBy === 'dealer';
      return (
        isOpen(appeal) &&
        ((appeal.answerOwedBy === 'staff' && appeal.assignee?.id === personId) || mentioned)
      );
  }
}

const isMember = (appeal: Appeal, personId: string) =>
  appeal.audience === 'staff' && appeal.memberIds.includes(personId);

/** Whether the row passes the filters that can be told from the row itself (all but `orderNumber`). */
export function passes(appeal: Appeal, { topicId, dealerId, q }: AppealFilters): boolean {
  if (topicId !== undefined && appeal.topicId !== topicId) return false;
  if (dealerId !== undefined && appeal.dealerId !== dealerId) return false;
  const words = (q ?? '').trim().replace(/^[№#]/, '').toLowerCase();
  return (
    words === '' ||
    appeal.subject.toLowerCase().includes(words) ||
    appeal.dealerName.toLowerCase().includes(words) ||
    String(appeal.no).includes(words)
  );
}

/** Views that are read like a work list, by deadline, when staff look; the rest is newest word first. */
const BY_DEADLINE: readonly AppealListView[] = ['mine', 'queue', 'mentions', 'owed', 'open'];

const NEVER = Number.MAX_SAFE_INTEGER;
const rank = ({ sla, needsReply }: AppealRow) =>
  sla === 'breached' ? 0 : sla === 'risk' ? 1 : needsReply ? 2 : 3;
const newestFirst = (a: AppealRow, b: AppealRow) =>
  Date.parse(b.appeal.lastAt) - Date.parse(a.appeal.lastAt) || (a.appeal.id < b.appeal.id ? 1 : -1);

/** Order of rows: staff by breached, at risk, my reply, then the nearest deadline; dealers by the newest word. */
export function orderOf(view: AppealListView, side: Side): (a: AppealRow, b: AppealRow) => number {
  if (side === 'dealer' || !BY_DEADLINE.includes(view)) return newestFirst;
  return (a, b) =>
    rank(a) - rank(b) ||
    (dueMs(a.appeal) ?? NEVER) - (dueMs(b.appeal) ?? NEVER) ||
    newestFirst(a, b);
}

/**
 * Order of topic groups: the rows must be ordered already. Staff's work lists by the nearest deadline in the group,
 * everything else by the newest word in it.
 */
export function topicsInOrder(
  rows: readonly AppealRow[],
  view: AppealListView,
  side: Side,
): string[] {
  const byDeadline = side === 'staff' && BY_DEADLINE.includes(view);
  const best = new Map<string, number>();
  for (const { appeal } of rows) {
    const key = byDeadline ? (dueMs(appeal) ?? NEVER) : -Date.parse(appeal.lastAt);
    best.set(appeal.topicId, Math.min(best.get(appeal.topicId) ?? NEVER, key));
  }
  // A stable sort keeps the order of first appearance where the keys are equal.
  return [...best].sort(([, a], [, b]) => a - b).map(([topicId]) => topicId);
}
