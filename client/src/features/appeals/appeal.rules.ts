import type { AppealListView, AppealSort } from '@otklik/shared/appeal-lists';
import type { Appeal, Entry, ReadMark, StaffAppeal } from '@otklik/shared/appeals';
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

const isOpen = ({ status }: Pick<Appeal, 'status'>) => status !== 'resolved' && status !== 'closed';

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
    case 'carried':
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

/** Why a held row is not in its list any more. `view`: what the view asks for is no longer so. */
export type LeavingCause = 'topic' | 'filter' | 'status' | 'view';

/** @param topicId the topic it stands under */
export function causeOfLeaving(
  appeal: Appeal,
  topicId: string,
  view: AppealListView,
  filters: AppealFilters,
): LeavingCause {
  if (appeal.topicId !== topicId) return 'topic';
  if (!passes(appeal, filters)) return 'filter';
  return view !== 'all' && isOpen(appeal) === (view === 'closed') ? 'status' : 'view';
}

/** Views that are read like a work list, by deadline, when staff look; what has a clock in them comes with sync. */
const BY_DEADLINE: readonly AppealListView[] = ['mine', 'queue', 'mentions', 'owed', 'open'];

/** The orders a view can stand in; the first is its own. Dealers are told promises, not deadlines to work by. */
export const sortsOf = (
  view: AppealListView,
  side: Side,
): readonly [AppealSort, ...AppealSort[]] =>
  side === 'staff' && BY_DEADLINE.includes(view)
    ? ['deadline', 'last', 'opened']
    : ['last', 'opened'];

/** The order a view stands in: the chosen one where the view has it. */
export function sortOf(
  view: AppealListView,
  side: Side,
  chosen: AppealSort | undefined,
): AppealSort {
  const sorts = sortsOf(view, side);
  return chosen !== undefined && sorts.includes(chosen) ? chosen : sorts[0];
}

/** The moment a row shows: that of the sort key; by deadline, which has a chip of its own, the last word. */
export const timeOf = (appeal: Appeal, sort: AppealSort) =>
  sort === 'opened' ? appeal.createdAt : appeal.lastAt;

const NEVER = Number.MAX_SAFE_INTEGER;
const rank = ({ sla, needsReply }: AppealRow) =>
  sla === 'breached' ? 0 : sla === 'risk' ? 1 : needsReply ? 2 : 3;
const newestFirst =
  (sort: AppealSort) =>
  ({ appeal: a }: AppealRow, { appeal: b }: AppealRow) =>
    Date.parse(timeOf(b, sort)) - Date.parse(timeOf(a, sort)) || (a.id < b.id ? 1 : -1);

/**
 * Order of rows: by deadline means breached, at risk, my reply, then the nearest deadline; otherwise the newest first.
 * Rows of the same moment stand by their id, so the order never depends on how they came in.
 */
export function orderOf(sort: AppealSort): (a: AppealRow, b: AppealRow) => number {
  const newer = newestFirst(sort);
  if (sort !== 'deadline') return newer;
  return (a, b) =>
    rank(a) - rank(b) || (dueMs(a.appeal) ?? NEVER) - (dueMs(b.appeal) ?? NEVER) || newer(a, b);
}

/**
 * Order of topic groups: the rows must be ordered already. By deadline the group with the nearest one in it comes first,
 * otherwise the group of the first row.
 */
export function topicsInOrder(rows: readonly AppealRow[], sort: AppealSort): string[] {
  const best = new Map<string, number>();
  for (const { appeal } of rows) {
    const key = sort === 'deadline' ? (dueMs(appeal) ?? NEVER) : 0;
    best.set(appeal.topicId, Math.min(best.get(appeal.topicId) ?? NEVER, key));
  }
  // A stable sort keeps the order of first appearance where the keys are equal.
  return [...best].sort(([, a], [, b]) => a - b).map(([topicId]) => topicId);
}
