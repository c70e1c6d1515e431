import type {
  Appeal,
  DealerAppeal,
  DealerEntry,
  Entry,
  StaffAppeal,
  StaffEntry,
} from '@otklik/shared/appeals';
import { EventType } from '@otklik/shared/appeals';
import type { AttachmentView } from '@otklik/shared/attachments';
import { isStaff, type Actor } from '../people';
import { clockView, promiseView, shownClock, type Clock } from '../sla';
import { statusForDealer } from './appeal.policy';
import type { AppealFacts, EntryRow } from './appeal.repository';
import { asked, asker } from './questions';

const iso = (moment: string) => new Date(moment).toISOString();
const resolutionOf = (clocks: readonly Clock[]) =>
  clocks.find((clock) => clock.kind === 'resolution') ?? null;

/** The answer-owed clock of the newest cycle: an open one first, else the one that ended last. */
function answerOf(clocks: readonly Clock[]): Clock | null {
  const answers = clocks.filter((clock) => clock.kind !== 'resolution');
  return (
    answers.find((clock) => clock.endedAt === null) ??
    answers.reduce<Clock | null>(
      (last, clock) => (last === null || last.startedAt < clock.startedAt ? clock : last),
      null,
    )
  );
}

/** The one builder of what a dealer gets of an appeal: every field is named here, nothing passes by itself. */
export function dealerAppeal({ row, dealerName, assigneeName, clocks }: AppealFacts): DealerAppeal {
  const answer = answerOf(clocks);
  const resolution = resolutionOf(clocks);
  return {
    audience: 'dealer',
    id: row.id,
    no: row.no,
    dealerId: row.dealer_id,
    dealerName,
    openedBy: { id: row.opened_by, name: row.opened_by_name },
    typeCode: row.type_code,
    topicId: row.topic_id,
    subject: row.subject,
    status: statusForDealer(row.status),
    assignee: row.assignee_id === null ? null : { id: row.assignee_id, name: assigneeName ?? '' },
    answerOwedBy: row.answer_owed_by,
    mergedInto: row.merged_into,
    createdAt: iso(row.created_at),
    rev: row.public_rev,
    lastPublicSeq: row.last_public_seq,
    messages: row.public_messages,
    last: row.public_last_word,
    lastAt: iso(row.public_last_at),
    promise: answer && answer.endedAt === null ? promiseView(answer) : null,
    resolution: resolution ? promiseView(resolution) : null,
    seenByOther: row.seen_by_staff,
  };
}

export function staffAppeal({
  row,
  dealerName,
  assigneeName,
  clocks,
  members,
  mentions,
  questions,
}: AppealFacts): StaffAppeal {
  const shown = shownClock(clocks);
  const resolution = resolutionOf(clocks);
  return {
    audience: 'staff',
    id: row.id,
    no: row.no,
    dealerId: row.dealer_id,
    dealerName,
    openedBy: { id: row.opened_by, name: row.opened_by_name },
    typeCode: row.type_code,
    topicId: row.topic_id,
    subject: row.subject,
    status: row.status,
    assignee: row.assignee_id === null ? null : { id: row.assignee_id, name: assigneeName ?? '' },
    answerOwedBy: row.answer_owed_by,
    mergedInto: row.merged_into,
    createdAt: iso(row.created_at),
    rev: row.rev,
    lastPublicSeq: row.last_public_seq,
    teamId: row.team_id,
    priority: row.priority,
    source: row.source,
    contactName: row.contact_name,
    lastSeq: row.last_seq,
    messages: row.messages,
    last: row.last_word,
    lastAt: iso(row.last_at),
    clock: shown ? clockView(shown) : null,
    resolution: resolution ? clockView(resolution) : null,
    memberIds: members.filter((member) => member.side === 'staff').map((member) => member.id),
    mentions,
    questions: questions.map((one) => ({
      id: one.id,
      entryId: one.entry_id,
      by: asker(one),
      to: asked(one),
      askedAt: iso(one.asked_at),
      dueAt: one.due_at === null ? null : iso(one.due_at),
      missed: one.missed,
    })),
    seenByOther: row.seen_by_dealer,
  };
}

function common(entry: EntryRow, attachments: AttachmentView[]) {
  return {
    id: entry.id,
    appealId: entry.appeal_id,
    at: iso(entry.created_at),
    kind: entry.kind,
    author:
      entry.author_id === null || entry.author_side === null
        ? null
        : {
            id: entry.author_id,
            name: entry.author_name,
            side: entry.author_side,
            jobTitle: entry.author_title,
          },
    body: entry.body,
    event:
      entry.event_type === null
        ? null
        : { type: EventType.parse(entry.event_type), facts: entry.facts ?? {} },
    // Of a deleted entry a stub is left: its files stay in the store for the audit and are given to nobody.
    attachments: entry.deleted_at === null ? attachments : [],
    orders: entry.deleted_at === null ? entry.orders : [],
    clientId: entry.client_id,
    version: entry.version,
    editedAt: entry.edited_at === null ? null : iso(entry.edited_at),
    deletedAt: entry.deleted_at === null ? null : iso(entry.deleted_at),
    replyTo: entry.reply_to,
    ...(entry.origin && { origin: { no: entry.origin.no, entryId: entry.origin.entryId } }),
  };
}

export function staffEntry(entry: EntryRow, attachments: AttachmentView[] = []): StaffEntry {
  return {
    audience: 'staff',
    ...common(entry, attachments),
    seq: entry.seq,
    publicSeq: entry.public_seq,
    mentions: entry.deleted_at === null ? entry.mentions : [],
  };
}

/** Statuses in the words the dealer knows. */
function factsForDealer({ type, facts }: NonNullable<Entry['event']>): Record<string, unknown> {
  if (type !== 'status') return facts;
  return { ...facts, from: statusForDealer(facts.from), to: statusForDealer(facts.to) };
}

/** The one builder of what a dealer gets of an entry. A private one has no public number and is refused here, whoever asks. */
export function dealerEntry(entry: EntryRow, files: AttachmentView[] = []): DealerEntry {
  if (entry.public_seq === null || entry.kind === 'note')
    throw new Error('a private entry has no dealer view');
  const all = common(entry, files);
  const { id, appealId, at, kind, author, body, event, attachments, orders, clientId } = all;
  const own = author?.side === 'dealer';
  return {
    audience: 'dealer',
    id,
    appealId,
    at,
    kind,
    // Who of the staff turned a knob is their own matter; who spoke to the dealer is not.
    author: own || kind === 'message' ? author : null,
    body,
    event: event && { type: event.type, facts: factsForDealer(event) },
    attachments,
    orders,
    clientId: own ? clientId : null,
    version: all.version,
    editedAt: all.editedAt,
    deletedAt: all.deletedAt,
    replyTo: all.replyTo,
    ...(all.origin && { origin: all.origin }),
    publicSeq: entry.public_seq,
  };
}

/** The appeal as this actor's side sees it. */
export const appealView = (actor: Actor, facts: AppealFacts): Appeal =>
  isStaff(actor) ? staffAppeal(facts) : dealerAppeal(facts);

/** The entry as this actor's side sees it; a dealer may only be given public ones. */
export const entryView = (
  actor: Actor,
  row: EntryRow,
  attachments: AttachmentView[] = [],
): Entry => (isStaff(actor) ? staffEntry(row, attachments) : dealerEntry(row, attachments));
