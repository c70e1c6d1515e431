/**
 * Questions to colleagues: what is asked, moved, missed and ended, and what the thread is to tell of it. Pure: nothing but the
 * change at hand is touched. A question stops no clock of the dealer's.
 */
import type { EventType } from '@otklik/shared/appeals';
import { v7 as uuid } from 'uuid';
import { dueAt, NO_POLICY, type ClockContext } from '../sla';
import type { AppealChange, EntryRow, QuestionRow } from './appeal.repository';
import type { NewNotice } from './notice.repository';

export interface QuestionEvent {
  type: EventType;
  facts: Record<string, unknown>;
}
interface Colleague {
  id: string;
  name: string;
}

const MINUTE_MS = 60_000;
export const asker = ({ asked_by: id, asked_by_name: name }: QuestionRow): Colleague => ({
  ...{ id, name },
});
export const asked = ({ asked_to: id, asked_to_name: name }: QuestionRow): Colleague => ({
  ...{ id, name },
});

/** A note asks colleagues, each for himself. */
export function putQuestions(
  work: AppealChange,
  note: EntryRow,
  people: readonly Colleague[],
  context: ClockContext,
): { questions: QuestionRow[]; event: QuestionEvent } {
  const due_at = dueOf(note.created_at, context);
  const questions = people.map((person): QuestionRow => ({
    id: uuid(),
    appeal_id: note.appeal_id,
    entry_id: note.id,
    asked_by: note.author_id ?? '',
    asked_by_name: note.author_name,
    asked_to: person.id,
    asked_to_name: person.name,
    asked_at: note.created_at,
    due_at,
    missed: false,
    ended_at: null,
    outcome: null,
  }));
  for (const question of questions) put(work, question);
  const facts = { persons: questions.map(asked), dueAt: due_at, entryId: note.id };
  return { questions, event: { type: 'question_asked', facts } };
}

/**
 * Whom to tell, and at once: somebody waits for the answer, and a deadline lies in working hours. That it was missed concerns
 * both. A miss that only the answer itself brings to light is told nobody, as the answer is.
 */
export const noticesOf = (
  kind: 'question_asked' | 'question_missed',
  questions: readonly QuestionRow[],
  at: Date,
): NewNotice[] =>
  questions.flatMap((one) => {
    const dueAt = one.due_at === null ? null : new Date(one.due_at);
    const people = kind === 'question_asked' ? [one.asked_to] : [one.asked_to, one.asked_by];
    return people.map((personId) => ({
      ...{ personId, appealId: one.appeal_id, madeAt: at, showAt: at },
      about: { kind, questionId: one.id, dueAt },
    }));
  });

/** Those that are late are missed now, each once; due at this very moment is still in time. */
export function missQuestions(
  work: AppealChange,
  at: Date,
  picks: (question: QuestionRow) => boolean = () => true,
): { missed: QuestionRow[]; events: QuestionEvent[] } {
  const missed = work.facts.questions.filter(
    (one) => !one.missed && one.due_at !== null && new Date(one.due_at) < at && picks(one),
  );
  for (const question of missed) put(work, { ...question, missed: true });
  const events = missed.map((one): QuestionEvent => {
    const due = one.due_at === null ? null : new Date(one.due_at).toISOString();
    return { type: 'question_missed', facts: { by: asker(one), to: asked(one), dueAt: due } };
  });
  return { missed, events };
}

/** Those are over. One that is late by then was missed before, whether anybody had looked or not. */
export function closeQuestions(
  work: AppealChange,
  outcome: NonNullable<QuestionRow['outcome']>,
  picks: (question: QuestionRow) => boolean,
  at: Date,
): QuestionEvent[] {
  const { events } = missQuestions(work, at, picks);
  const ended = work.facts.questions.filter(picks);
  if (ended.length === 0) return [];
  for (const question of ended) put(work, { ...question, ended_at: at.toISOString(), outcome });
  const facts = { outcome, persons: ended.map(asked), by: ended.map(asker) };
  return [...events, { type: 'question_ended', facts }];
}

/**
 * Open questions take the rules of the context, counted from when they were asked; what was missed stays so. Nothing is said
 * in the thread: its line over the field shows the deadline as it is now, and a question has no ledger that would differ from it.
 */
export function retargetQuestions(work: AppealChange, context: ClockContext): void {
  // What was promised stays until another policy takes it over.
  if (context.policy === NO_POLICY) return;
  for (const question of work.facts.questions) {
    if (question.missed) continue;
    const due_at = dueOf(question.asked_at, context);
    const isSame = due_at === null ? question.due_at === null : sameMoment(due_at, question.due_at);
    if (!isSame) put(work, { ...question, due_at });
  }
}

const sameMoment = (one: string, other: string | null) =>
  other !== null && Date.parse(one) === Date.parse(other);

/** Null: no target, or hours that never open. */
function dueOf(askedAt: string, { policy, calendar }: ClockContext): string | null {
  if (policy.questionMinutes === undefined) return null;
  try {
    const workMs = policy.questionMinutes * MINUTE_MS;
    return dueAt(new Date(askedAt), workMs, calendar).toISOString();
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** It is like this now, in what is known and in what is to be written. */
function put(work: AppealChange, question: QuestionRow): void {
  const others = (list: readonly QuestionRow[]) => list.filter(({ id }) => id !== question.id);
  const before = work.facts.questions;
  if (question.ended_at !== null) work.facts.questions = others(before);
  else if (before.some(({ id }) => id === question.id))
    work.facts.questions = before.map((one) => (one.id === question.id ? question : one));
  else work.facts.questions = [...before, question];
  work.questions = [...others(work.questions), question];
}
