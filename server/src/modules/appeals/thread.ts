import type { EventType, LastWord, Status } from '@otklik/shared/appeals';
import { v7 as uuid } from 'uuid';
import type { Actor } from '../people';
import {
  advance,
  nextStepAt,
  NO_POLICY,
  stepsReached,
  type Clock,
  type ClockContext,
  type ClockEvent,
  type ClockName,
  type ClockStep,
  type LadderStep,
} from '../sla';
import { statusForDealer } from './appeal.policy';
import type { AppealChange, AppealFacts, EntryRow, QuestionRow } from './appeal.repository';
import { spokenBy } from './guard';
import { closeQuestions } from './questions';

/** Longest piece of a message that a list row shows. */
const LAST_WORD_CHARACTERS = 160;
const DONE: readonly Status[] = ['resolved', 'closed'];

/** Begins a change of an appeal that was read under lock (or was just made). Nothing is written until `appealRepository.save`. */
export function change(facts: AppealFacts, { isNew = false } = {}): AppealChange {
  return {
    facts,
    isNew,
    public: isNew,
    entries: [],
    changed: [],
    clocks: [],
    steps: [],
    marks: [],
    participants: [],
    mentions: [],
    waitsSince: null,
    questions: [],
  };
}

/** Moves the clocks by one event and keeps what has to be written. Without a policy nothing is measured. */
export function moveClocks(
  work: AppealChange,
  event: ClockEvent,
  context: ClockContext | null,
): void {
  if (context === null) return;
  // What was promised stays until another policy takes it over.
  const isKept = event.type === 'retargeted' && context.policy === NO_POLICY;
  if (!isKept) keepMoved(work, advance(work.facts.clocks, event, context));
  aimLadder(work, context);
}

/**
 * Works out when the next step of escalation comes, for each open clock. Nobody is urged while the appeal waits for the
 * dealer, though a missed deadline does not pause. To be called again when the status has changed after its clocks.
 */
export function aimLadder(work: AppealChange, context: ClockContext): void {
  const { row, clocks } = work.facts;
  for (const clock of clocks) {
    const isQuiet = clock.endedAt !== null || row.status === 'waiting';
    const ladderAt = isQuiet
      ? null
      : nextStepAt(clock, context.ladder ?? [], calendarOf(clock, context));
    if (Number(ladderAt) !== Number(clock.ladderAt)) putClock(work, { ...clock, ladderAt });
  }
}

/** What of the ladder has come: it is marked on the clocks, and answered for the caller to do. */
export function climbLadder(
  work: AppealChange,
  context: ClockContext,
): { clock: Clock; step: LadderStep }[] {
  const { row, clocks } = work.facts;
  if (row.status === 'waiting') return [];
  return clocks.flatMap((clock) => {
    const calendar = calendarOf(clock, context);
    const steps = stepsReached(clock, context.ladder ?? [], context.at, calendar);
    if (steps.length === 0) return [];
    const ladderFired = [...clock.ladderFired, ...steps.map(({ id }) => id)];
    putClock(work, { ...clock, ladderFired });
    return steps.map((step) => ({ clock, step }));
  });
}

const calendarOf = (clock: Clock, context: ClockContext) =>
  context.calendarOf?.(clock.calendarId) ?? context.calendar;

/** The clock is like this now, in what is known and in what is to be written. */
function putClock(work: AppealChange, clock: Clock): void {
  const isOther = (one: Clock) => one.kind !== clock.kind || one.cycle !== clock.cycle;
  work.facts.clocks = work.facts.clocks.map((one) => (isOther(one) ? one : clock));
  work.clocks = [...work.clocks.filter(isOther), clock];
}

/** Keeps what the machine has made of the clocks, and tells what was missed or warned of. */
export function keepMoved(
  work: AppealChange,
  { changed: moved, steps }: Pick<ReturnType<typeof advance>, 'changed' | 'steps'>,
): void {
  if (moved.length === 0 && steps.length === 0) return;
  // Of two clocks of a kind only the later is aimed at the ladder again; the other climbs no more.
  const changed = moved.map((clock) =>
    clock.endedAt !== null || clock.state === 'paused' ? { ...clock, ladderAt: null } : clock,
  );
  const same = (a: ClockName) => (b: ClockName) => a.kind === b.kind && a.cycle === b.cycle;
  work.clocks = [...work.clocks.filter((clock) => !changed.some(same(clock))), ...changed];
  work.steps.push(...steps);
  work.facts.clocks = latestOfEachKind([...work.facts.clocks, ...changed]);
  // A promise the dealer can see has moved, unless only a warning was given.
  if (steps.some((step) => step.action !== 'warned')) work.public = true;
  for (const [i, step] of steps.entries()) {
    // A line of another clock that came along with it was told there.
    const cameAlong = (later: ClockStep) => later.action === 'taken_over' && same(step)(later);
    if (steps.slice(i).some(cameAlong)) continue;
    if (step.action === 'warned')
      append(
        work,
        null,
        'sla_warned',
        { kind: step.kind, dueAt: step.dueAt?.toISOString() ?? null },
        step.at,
        false,
      );
    if (step.action === 'breached')
      append(
        work,
        null,
        'sla_breached',
        { kind: step.kind, dueAt: step.dueAt?.toISOString() ?? null },
        step.at,
        false,
      );
  }
}

function latestOfEachKind(clocks: readonly Clock[]): Clock[] {
  const latest = new Map<string, Clock>();
  for (const clock of clocks) {
    const known = latest.get(clock.kind);
    if (!known || known.cycle <= clock.cycle) latest.set(clock.kind, clock);
  }
  return [...latest.values()];
}

/** Takes the next dense number; the public one only for what the dealer may see. */
function nextPlace(
  work: AppealChange,
  isPublic: boolean,
): { seq: number; public_seq: number | null } {
  const { row } = work.facts;
  row.last_seq += 1;
  if (!isPublic) return { seq: row.last_seq, public_seq: null };
  row.last_public_seq += 1;
  work.public = true;
  return { seq: row.last_seq, public_seq: row.last_public_seq };
}

/** What makes a command recognisable when it comes again. */
export interface Command {
  clientId: string;
  contentHash: string;
}

/** Adds an event line. `actor` null: the system did it. `command`: what the event answers, should it come again. */
export function append(
  work: AppealChange,
  actor: Actor | null,
  type: EventType,
  facts: Record<string, unknown>,
  at: Date,
  isPublic: boolean,
  command: Command | null = null,
): EntryRow {
  const entry: EntryRow = {
    id: uuid(),
    appeal_id: work.facts.row.id,
    ...nextPlace(work, isPublic),
    kind: 'event',
    author_id: actor?.personId ?? null,
    author_name: actor?.name ?? '',
    author_side: actor?.side ?? null,
    author_title: actor?.jobTitle ?? '',
    session_id: actor?.sessionId ?? null,
    client_id: command?.clientId ?? null,
    content_hash: command?.contentHash ?? null,
    body: '',
    event_type: type,
    facts,
    mentions: [],
    orders: [],
    files: 0,
    created_at: at.toISOString(),
    version: 1,
    edited_at: null,
    deleted_at: null,
    reply_to: null,
  };
  work.entries.push(entry);
  return entry;
}

export interface Said {
  kind: 'message' | 'note';
  clientId: string;
  contentHash: string;
  body: string;
  files: number;
  orders: string[];
  mentions: string[];
  /** Entry of the same appeal that is quoted. */
  replyTo?: string;
  /** The words are the dealer's though staff typed them (phone, mail): the clocks count who spoke. */
  onBehalf?: boolean;
}

/**
 * Adds a message or a note and everything that follows from it: numbers, last word, who owes the answer, status, assignee,
 * clocks, the author's own read mark. A note moves nothing that a dealer could notice.
 */
export function say(
  work: AppealChange,
  actor: Actor,
  said: Said,
  at: Date,
  clocks: ClockContext | null,
): EntryRow {
  const { row } = work.facts;
  const isPublic = said.kind === 'message';
  // A deadline that has passed is written down before the message that comes after it.
  if (isPublic) beforeMessage(work, actor, said, at, clocks);
  const entry: EntryRow = {
    id: uuid(),
    appeal_id: row.id,
    ...nextPlace(work, isPublic),
    kind: said.kind,
    author_id: actor.personId,
    author_name: actor.name,
    author_side: actor.side,
    author_title: actor.jobTitle,
    session_id: actor.sessionId,
    client_id: said.clientId,
    content_hash: said.contentHash,
    body: said.body,
    event_type: null,
    facts: null,
    mentions: said.mentions,
    orders: said.orders,
    files: said.files,
    created_at: at.toISOString(),
    version: 1,
    edited_at: null,
    deleted_at: null,
    reply_to: said.replyTo ?? null,
  };
  work.entries.push(entry);
  row.messages += 1;
  const word: LastWord = {
    kind: said.kind,
    authorId: actor.personId,
    authorName: actor.name,
    side: actor.side,
    text: shortened(said.body),
    files: said.files,
    at: entry.created_at,
  };
  row.last_at = entry.created_at;
  row.last_word = word;
  if (isPublic) {
    row.public_messages += 1;
    row.public_last_word = word;
    row.public_last_at = entry.created_at;
    row.spoke = spokenBy(row.spoke, actor, entry);
    // Who answers has read; a note says nothing of that to the dealer.
    if (actor.side === 'staff') row.seen_by_staff = row.last_public_seq;
    else row.seen_by_dealer = row.last_public_seq;
  }
  work.marks.push({
    appeal_id: row.id,
    person_id: actor.personId,
    seq: actor.side === 'staff' ? row.last_seq : row.last_public_seq,
    public_seq: row.last_public_seq,
    messages: actor.side === 'staff' ? row.messages : row.public_messages,
  });
  join(work, { id: actor.personId, side: actor.side }, at, isPublic);
  for (const personId of said.mentions) {
    const mention = { personId, seq: entry.seq };
    work.facts.mentions = [
      ...work.facts.mentions.filter((one) => one.personId !== personId),
      mention,
    ].sort((a, b) => (a.personId < b.personId ? -1 : 1));
    work.mentions.push({ appeal_id: row.id, person_id: personId, seq: entry.seq });
  }
  if (isPublic) {
    const waited = row.status === 'waiting';
    afterMessage(work, actor, said, at, clocks);
    if (waited && clocks !== null) aimLadder(work, clocks);
  }
  endQuestions(work, actor, 'answered', (one) => one.asked_to === actor.personId, at);
  return entry;
}

/** Adds a copy of a public message of another appeal, as it stands there; who owes what is the caller's to say. */
export function copyIn(work: AppealChange, original: EntryRow, no: number): EntryRow {
  const { row } = work.facts;
  const { author_id: authorId, author_side: side } = original;
  if (original.public_seq === null || authorId === null || side === null)
    throw new Error('only public messages are copied');
  const entry: EntryRow = {
    ...original,
    id: uuid(),
    appeal_id: row.id,
    ...nextPlace(work, true),
    session_id: null,
    client_id: uuid(),
    reply_to: null,
    origin: { no, entryId: original.origin?.entryId ?? original.id },
  };
  work.entries.push(entry);
  row.messages += 1;
  row.public_messages += 1;
  const word: LastWord = {
    ...{ kind: 'message', authorId, authorName: entry.author_name, side, files: entry.files },
    text: shortened(entry.body),
    at: new Date(entry.created_at).toISOString(),
  };
  row.last_word = word;
  row.public_last_word = word;
  row.spoke = spokenBy(row.spoke, { personId: authorId, name: entry.author_name, side }, entry);
  join(work, { id: authorId, side }, new Date(row.created_at), true);
  return entry;
}

const shortened = (body: string) => body.slice(0, LAST_WORD_CHARACTERS).toWellFormed();

/**
 * Gives a message or a note other words, or takes it away (`body` null): what it said stays as an earlier version, and an event of
 * its own number says so. Who owes the answer, clocks, counts and the row's place in lists stay as they are.
 * @param shows whether the row's last word, for staff and for the dealer, is this entry
 */
export function reword(
  work: AppealChange,
  actor: Actor,
  entry: EntryRow,
  body: string | null,
  at: Date,
  command: Command,
  shows: { last: boolean; publicLast: boolean },
): EntryRow {
  const { row } = work.facts;
  const moment = at.toISOString();
  const next: EntryRow = {
    ...entry,
    version: entry.version + 1,
    ...(body === null ? { body: '', files: 0, deleted_at: moment } : { body, edited_at: moment }),
  };
  work.changed.push({ before: entry, after: next });
  append(
    work,
    actor,
    body === null ? 'deleted' : 'edited',
    { entryId: entry.id, version: next.version },
    at,
    entry.public_seq !== null,
    command,
  );
  const reworded = (word: LastWord | null): LastWord | null =>
    word && {
      ...word,
      text: shortened(next.body),
      files: next.files,
      ...(body === null ? { deleted: true } : {}),
    };
  if (shows.last) row.last_word = reworded(row.last_word);
  if (shows.publicLast) row.public_last_word = reworded(row.public_last_word);
  if (body === null) endQuestions(work, actor, 'withdrawn', (one) => one.entry_id === entry.id, at);
  return next;
}

/** Questions to colleagues are over: answered, withdrawn, or closed with the appeal. Only staff see any of it. */
export function endQuestions(
  work: AppealChange,
  actor: Actor | null,
  outcome: NonNullable<QuestionRow['outcome']>,
  picks: (question: QuestionRow) => boolean,
  at: Date,
): void {
  for (const { type, facts } of closeQuestions(work, outcome, picks, at))
    append(work, type === 'question_missed' ? null : actor, type, facts, at, false);
}

/** A dealer's message reopens what was done; it stands under the event that says so. */
function beforeMessage(
  work: AppealChange,
  actor: Actor,
  said: Said,
  at: Date,
  clocks: ClockContext | null,
): void {
  const { row } = work.facts;
  const dealerSpoke = actor.side === 'dealer' || said.onBehalf === true;
  if (dealerSpoke && DONE.includes(row.status)) {
    append(work, actor, 'reopened', { from: row.status }, at, true);
    row.status = row.assignee_id === null ? 'new' : 'in_work';
    row.solved = null;
  }
  moveClocks(work, { type: dealerSpoke ? 'dealer_message' : 'staff_message' }, clocks);
}

function afterMessage(
  work: AppealChange,
  actor: Actor,
  said: Said,
  at: Date,
  clocks: ClockContext | null,
): void {
  const { row } = work.facts;
  if (actor.side === 'dealer' || said.onBehalf) {
    row.answer_owed_by = 'staff';
    if (row.status === 'waiting') setStatus(work, null, 'in_work', at, null);
    return;
  }
  row.answer_owed_by = DONE.includes(row.status) ? null : 'dealer';
  if (row.assignee_id === null) assignTo(work, actor, { id: actor.personId, name: actor.name }, at);
  if (row.status === 'new') setStatus(work, actor, 'in_work', at, clocks);
}

/** Adds a person to the appeal, or brings him back. Answers false when he was there. */
export function join(
  work: AppealChange,
  person: { id: string; side: 'dealer' | 'staff' },
  at: Date,
  spoke = false,
): boolean {
  const { facts } = work;
  const known = facts.members.find((member) => member.id === person.id);
  if (known && (known.spoke || !spoke)) return false;
  const member = { id: person.id, side: person.side, spoke: spoke || (known?.spoke ?? false) };
  facts.members = known
    ? facts.members.map((one) => (one === known ? member : one))
    : [...facts.members, member];
  work.participants.push({
    appeal_id: facts.row.id,
    person_id: person.id,
    side: person.side,
    joined_at: at.toISOString(),
    left_at: null,
    wrote_publicly: spoke,
  });
  return known === undefined;
}

/**
 * Gives the appeal to a colleague, or back to the queue. The event is for staff; the name is the dealer's to see.
 * Without an actor a step of the ladder does it.
 */
export function assignTo(
  work: AppealChange,
  actor: Actor | null,
  to: { id: string; name: string } | null,
  at: Date,
  command: Command | null = null,
): void {
  const { facts } = work;
  const from =
    facts.row.assignee_id === null
      ? null
      : { id: facts.row.assignee_id, name: facts.assigneeName ?? '' };
  if (from?.id === to?.id) return;
  if (to) join(work, { id: to.id, side: 'staff' }, at);
  append(
    work,
    actor,
    'assigned',
    { from, to, ...(actor ? {} : { by: 'ladder' }) },
    at,
    false,
    command,
  );
  facts.row.assignee_id = to?.id ?? null;
  facts.assigneeName = to?.name ?? null;
  work.public = true;
}

/**
 * Sets the status, settles the clocks by it and says so in the thread: to staff alone when it stays the same for the dealer.
 * @param clocks null: the clocks were moved already (by the message that changed the status)
 * @param command what the event answers, should it come again
 * @param why what made the system close it
 */
export function setStatus(
  work: AppealChange,
  actor: Actor | null,
  to: Status,
  at: Date,
  clocks: ClockContext | null,
  solved: boolean | null = null,
  command: Command | null = null,
  why: { silentMinutes?: number } = {},
): void {
  const { row } = work.facts;
  const from = row.status;
  if (from === to) return;
  row.status = to;
  row.solved = DONE.includes(to) ? (solved ?? row.solved) : null;
  append(
    work,
    actor,
    'status',
    { from, to, ...(row.solved === null ? {} : { solved: row.solved }), ...why },
    at,
    statusForDealer(from) !== statusForDealer(to),
    command,
  );
  if (to === 'waiting') {
    row.answer_owed_by = 'dealer';
    work.waitsSince = at;
  }
  if (DONE.includes(to)) {
    row.answer_owed_by = null;
    endQuestions(work, actor, 'closed', () => true, at);
  }
  for (const event of clockEvents(from, to)) moveClocks(work, event, clocks);
  // The wait is over and the dealer has not written: a question of his that was not answered is owed again.
  if (from === 'waiting' && row.answer_owed_by === 'dealer' && owesAnswer(work))
    row.answer_owed_by = 'staff';
}

/** Is a clock of an answer open? */
const owesAnswer = ({ facts }: AppealChange) =>
  facts.clocks.some(({ kind, endedAt }) => kind !== 'resolution' && endedAt === null);

/** What a change of the status means for the clocks. */
export function clockEvents(from: Status, to: Status): ClockEvent[] {
  if (to === 'closed') return [{ type: 'closed' }];
  if (to === 'resolved') return [{ type: 'resolved' }];
  // Straight from done to waiting: the new resolution has to begin before it can wait.
  const again: ClockEvent[] = DONE.includes(from) ? [{ type: 'reopened' }] : [];
  if (to === 'waiting') return [...again, { type: 'waiting' }];
  return from === 'waiting' ? [{ type: 'resumed' }] : again;
}
