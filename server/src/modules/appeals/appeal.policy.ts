import type { Status } from '@otklik/shared/appeals';
import type { Relation } from '@otklik/shared/rights';
import { holds, isStaff, rooms, seesAllAppeals, type Actor } from '../people';

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

/** How somebody stands to an appeal, in the words of the table of rights. Of another dealer's appeal nothing else counts. */
function relationsTo(actor: Actor, appeal: Subject): Relation[] {
  const { personId } = actor;
  const found: Relation[] = [];
  if (actor.dealerId !== null) {
    if (actor.dealerId !== appeal.dealerId) return ['other_dealer'];
    found.push('same_dealer');
    if (appeal.openedBy === personId) found.push('own');
    if (appeal.visitorIds.includes(personId)) found.push('participant');
    return found;
  }
  if (appeal.teamId === null) found.push('no_team');
  else found.push(actor.teamIds.includes(appeal.teamId) ? 'team' : 'other_team');
  if (appeal.assigneeId === personId) found.push('assignee');
  if (appeal.dealerManagerId === personId) found.push('in_charge');
  if (appeal.staffIds.includes(personId)) found.push('participant');
  return found;
}

const read = (actor: Actor, appeal: Subject) =>
  holds(actor, 'appeal.read', relationsTo(actor, appeal));

/** Between somebody who removes and who is to be removed. */
function relationsToMember(actor: Actor, appeal: Subject, personId: string): Relation[] {
  if (!isStaff(actor) && personId === appeal.openedBy) return ['opener'];
  const isHimself = personId === actor.personId;
  return [
    isHimself ? 'own' : 'stranger',
    ...(appeal.assigneeId === actor.personId ? (['assignee'] as const) : []),
  ];
}

/** Who may do what with an appeal, by the table of rights. Every question but `read` supposes that `read` was answered yes. */
export const appealPolicy = {
  read,
  /** An entry without a public number is the staff's own. */
  readEntry: (actor: Actor, entry: { public_seq: number | null }) =>
    entry.public_seq !== null || holds(actor, 'note.read'),
  /** Messages that both sides read. */
  write: (actor: Actor) => holds(actor, 'appeal.write'),
  writeNote: (actor: Actor) => holds(actor, 'note.write'),
  /** Opening on behalf of a dealer, naming priority, source or contact. */
  openFor: (actor: Actor) => holds(actor, 'appeal.open_for'),
  assign: (actor: Actor) => holds(actor, 'appeal.assign'),
  /** Joining two appeals, undoing it, and splitting messages off. */
  merge: (actor: Actor) => holds(actor, 'appeal.merge'),
  changeFields: (actor: Actor) => holds(actor, 'appeal.change_fields'),
  /** Staff bring in colleagues; a chief visitor people of his own dealer. */
  pullIn: (actor: Actor) => holds(actor, 'appeal.bring_people'),
  /**
   * The person himself leaves; of staff the assignee and overseers remove others, of a dealer's people his chiefs.
   * Who opened the appeal stays. Each side removes its own people only, whatever the answer here.
   */
  removeMember: (actor: Actor, appeal: Subject, personId: string) =>
    holds(actor, 'member.remove', relationsToMember(actor, appeal, personId)),
  /** What an entry said before. */
  seeHistory: (actor: Actor) => holds(actor, 'entry.history'),
  /** Only what one wrote oneself. */
  changeEntry: (actor: Actor, isOwn: boolean) =>
    holds(actor, 'entry.change', [isOwn ? 'own' : 'stranger']),
  /** Who asked a colleague, or who answers for the appeal. */
  withdrawQuestion: (actor: Actor, assigneeId: string | null, askedBy: string) =>
    holds(actor, 'question.withdraw', [
      askedBy === actor.personId ? 'own' : 'stranger',
      ...(assigneeId === actor.personId ? (['assignee'] as const) : []),
    ]),
  linkOrder: (actor: Actor) => holds(actor, 'order.link'),
  seeBoard: (actor: Actor) => holds(actor, 'board.see'),
  /** The clocks as staff see them; a dealer reads his part of the ledger. */
  seeClocks: (actor: Actor) => holds(actor, 'appeal.see_clocks'),
  /** Either side may say that a clock is wrong; supervisors settle it. */
  settleDispute: (actor: Actor) => holds(actor, 'dispute.settle'),
  /** Every open dispute, in one list. */
  listDisputes: (actor: Actor) => holds(actor, 'dispute.list'),
  /** Statuses but for `resolved`, which has a right of its own. */
  setStatus: (actor: Actor) => holds(actor, 'appeal.change_status'),
  /** Hands over many at once, from the board. */
  reassign: (actor: Actor) => holds(actor, 'board.reassign'),
  /** A dealer may say that his problem is solved; everything else is the staff's. */
  changeStatus: (actor: Actor, appeal: Subject, to: Status) =>
    to === 'resolved'
      ? holds(actor, 'appeal.solve', [], stateOf(appeal))
      : to !== 'new' && holds(actor, 'appeal.change_status'),
};

const stateOf = ({ status }: Subject) =>
  status === 'closed' || status === 'resolved' ? 'done' : 'open';

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
