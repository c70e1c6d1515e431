import type { Status } from '@otklik/shared/appeals';
import { isStaff, rooms, seesAllAppeals, type Actor } from '../people';

/** What a decision about an appeal looks at. */
export interface Subject {
  dealerId: string;
  openedBy: string;
  /** Null: no team of its own, every manager sees it. */
  teamId: string | null;
  assigneeId: string | null;
  /** The manager in charge of the dealer. */
  dealerManagerId: string | null;
  /** Staff on the appeal now. */
  staffIds: readonly string[];
  /** People of the dealer on the appeal now; who opened it is one of them. */
  visitorIds: readonly string[];
  status: Status;
}

function read(actor: Actor, appeal: Subject): boolean {
  if (actor.dealerId !== null) {
    if (actor.dealerId !== appeal.dealerId) return false;
    return (
      actor.scope === 'all' ||
      appeal.openedBy === actor.personId ||
      appeal.visitorIds.includes(actor.personId)
    );
  }
  return (
    seesAllAppeals(actor) ||
    appeal.teamId === null ||
    actor.teamIds.includes(appeal.teamId) ||
    appeal.assigneeId === actor.personId ||
    appeal.dealerManagerId === actor.personId ||
    appeal.staffIds.includes(actor.personId)
  );
}

/** Who may do what with an appeal. Every question but `read` supposes that `read` was answered yes. */
export const appealPolicy = {
  read,
  /** An entry without a public number is the staff's own. */
  readEntry: (actor: Actor, entry: { public_seq: number | null }) =>
    isStaff(actor) || entry.public_seq !== null,
  writeNote: (actor: Actor) => isStaff(actor),
  /** Opening on behalf of a dealer, naming priority, source or contact. */
  openFor: (actor: Actor) => isStaff(actor),
  assign: (actor: Actor) => isStaff(actor),
  /** Joining two appeals, undoing it, and splitting messages off. */
  merge: (actor: Actor) => isStaff(actor),
  changeFields: (actor: Actor) => isStaff(actor),
  /** Staff bring in colleagues; a chief visitor people of his own dealer. */
  pullIn: (actor: Actor) => isStaff(actor) || actor.chief,
  /**
   * The person himself leaves; of staff the assignee and overseers remove others, of a dealer's people his chiefs.
   * Who opened the appeal stays. Each side removes its own people only, whatever the answer here.
   */
  removeMember: (actor: Actor, appeal: Subject, personId: string) =>
    isStaff(actor)
      ? personId === actor.personId || appeal.assigneeId === actor.personId || seesAllAppeals(actor)
      : personId !== appeal.openedBy && (personId === actor.personId || actor.chief),
  /** Who asked a colleague, or who answers for the appeal. */
  withdrawQuestion: (actor: Actor, assigneeId: string | null, askedBy: string) =>
    isStaff(actor) && (askedBy === actor.personId || assigneeId === actor.personId),
  linkOrder: (_actor: Actor) => true,
  seeBoard: (actor: Actor) => seesAllAppeals(actor),
  /** The clocks as staff see them; a dealer reads his part of the ledger. */
  seeClocks: (actor: Actor) => isStaff(actor),
  /** Either side may say that a clock is wrong; supervisors settle it. */
  settleDispute: (actor: Actor) => seesAllAppeals(actor),
  /** A dealer may say that his problem is solved; everything else is the staff's. */
  changeStatus: (actor: Actor, appeal: Subject, to: Status) =>
    isStaff(actor)
      ? to !== 'new'
      : to === 'resolved' && appeal.status !== 'closed' && appeal.status !== 'resolved',
};

/** What a dealer is told of a status: how far the staff are with the work is their own matter. */
export const statusForDealer = <Told>(status: Told): Told | 'in_work' =>
  status === 'approval' || status === 'execution' ? 'in_work' : status;

/** SQL condition over `a` (appeal) and `d` (dealer) for what an actor may see: the same answer as `appealPolicy.read`. */
export function appealScope(actor: Actor, parameters: unknown[]): string {
  const bind = (value: unknown) => `$${parameters.push(value)}`;
  const person = bind(actor.personId);
  const member = `EXISTS (SELECT 1 FROM participant m WHERE m.appeal_id = a.id AND m.person_id = ${person} AND m.left_at IS NULL)`;
  if (actor.dealerId !== null) {
    const own = `a.dealer_id = ${bind(actor.dealerId)}`;
    return actor.scope === 'all'
      ? `(${own} AND ${person}::uuid IS NOT NULL)`
      : `(${own} AND (a.opened_by = ${person} OR ${member}))`;
  }
  if (seesAllAppeals(actor)) return `(${person}::uuid IS NOT NULL)`;
  return `(a.team_id IS NULL OR a.team_id = ANY(${bind([...actor.teamIds])}::uuid[]) OR a.assignee_id = ${person} OR d.manager_id = ${person} OR ${member})`;
}

/** Who hears of a change. Dealers' rooms are named only for what a dealer may notice. */
export const audience = {
  staff: (appeal: Subject): string[] => [
    rooms.overseers,
    appeal.teamId === null ? rooms.staff : rooms.team(appeal.teamId),
    ...[appeal.assigneeId, appeal.dealerManagerId].filter((id) => id !== null).map(rooms.person),
    ...appeal.staffIds.map(rooms.person),
  ],
  dealer: (appeal: Subject): string[] => [
    rooms.dealer(appeal.dealerId),
    ...appeal.visitorIds.map(rooms.person),
  ],
};
