/**
 * The clocks of an appeal once more, from what its thread tells: the same machine, other rules. Pure.
 * Disputes are settled as they were; rules hold from the beginning, whatever was changed meanwhile.
 */
import type { Status } from '@otklik/shared/appeals';
import {
  advance,
  NO_POLICY,
  type Clock,
  type ClockContext,
  type ClockEvent,
  type ClockStep,
} from '../sla';
import type { MatchedAppeal } from '../sla';
import type { PastAppeal, PastEntry } from './dry-run.repository';
import { clockEvents } from './thread';

const DONE: readonly Status[] = ['resolved', 'closed'];
const CHOOSES = {
  topic_id: 'topicId',
  type_code: 'typeCode',
  priority: 'priority',
  team_id: 'teamId',
} as const;

interface Change {
  field: string;
  from: string | null;
}

/**
 * @param contextOf the rules for an appeal at a moment
 * @param until nothing later is looked at; what is due before it is missed
 */
export function replay(
  past: PastAppeal,
  contextOf: (appeal: MatchedAppeal, at: Date) => ClockContext,
  until: Date,
): Clock[] {
  const entries = past.entries.filter(({ created_at }) => new Date(created_at) <= until);
  const fields = [...past.entries].reverse().flatMap(changesOf).reduce(before, matchedOf(past));
  const story = { clocks: [] as Clock[], steps: [] as ClockStep[], fields };
  let status: Status = 'new';
  let owedBy: 'staff' | 'dealer' | null = null;

  const move = (event: ClockEvent, at: Date) => {
    const context = contextOf(story.fields, at);
    if (event.type === 'retargeted' && context.policy === NO_POLICY) return;
    const { clocks, steps } = advance(story.clocks, event, context);
    story.clocks = clocks;
    story.steps.push(...steps);
  };
  const owesAnswer = () =>
    story.clocks.some(({ kind, endedAt }) => kind !== 'resolution' && endedAt === null);
  const become = (to: Status) => {
    if (to === 'waiting') owedBy = 'dealer';
    if (DONE.includes(to)) owedBy = null;
    if (status === 'waiting' && owedBy === 'dealer' && owesAnswer()) owedBy = 'staff';
    status = to;
  };

  entries.forEach((entry, i) => {
    const at = new Date(entry.created_at);
    const facts = entry.facts ?? {};
    if (entry.kind === 'message') {
      // Who opens it for a dealer writes his words.
      const dealerSpoke = i === 0 || entry.author_side === 'dealer';
      if (dealerSpoke && DONE.includes(status)) status = 'in_work';
      move({ type: dealerSpoke ? 'dealer_message' : 'staff_message' }, at);
      if (dealerSpoke) owedBy = 'staff';
      else owedBy = DONE.includes(status) ? null : 'dealer';
    } else if (entry.event_type === 'status') {
      const to = facts.to as Status;
      for (const event of clockEvents(facts.from as Status, to)) move(event, at);
      become(to);
    } else if (entry.event_type === 'no_answer_needed') {
      owedBy = null;
      if (entry.author_side === 'staff') move({ type: 'no_answer_needed' }, at);
    } else if (entry.event_type === 'dispute_settled' && facts.outcome === 'accepted') {
      const clock = story.clocks.find(
        ({ kind, cycle }) => kind === facts.kind && cycle === facts.cycle,
      );
      const answered = facts.claim === 'had_answered';
      if (clock?.state === 'paused') {
        const paused = story.steps.findLast(
          ({ kind, cycle, action }) =>
            kind === clock.kind && cycle === clock.cycle && action === 'paused',
        );
        move(
          { type: 'wait_disproved', ...(answered && paused && { wronglySince: paused.at }) },
          at,
        );
      } else if (
        !entry.is_public &&
        clock &&
        clock.kind !== 'resolution' &&
        clock.endedAt === null
      ) {
        move({ type: answered ? 'answer_credited' : 'answer_excused' }, at);
        owedBy = answered ? 'dealer' : null;
      } else if (entry.is_public && owedBy === 'dealer') owedBy = null;
    } else if (entry.event_type === 'fields') {
      const changes = changesOf(entry);
      if (changes.length === 0) return;
      story.fields = changes.reduce(after, story.fields);
      move({ type: 'retargeted' }, at);
      if (owedBy === 'staff' && !DONE.includes(status) && !owesAnswer())
        move({ type: 'dealer_message' }, at);
    }
  });
  for (const { kind, cycle, endedAt } of story.clocks)
    if (endedAt === null) move({ type: 'due_reached', kind, cycle }, until);
  return story.clocks;
}

const matchedOf = ({
  dealerId,
  teamId,
  topicId,
  typeCode,
  priority,
}: PastAppeal): MatchedAppeal => ({
  ...{ dealerId, teamId, topicId, typeCode, priority },
});

/** What was changed of that which chooses the rules. */
function changesOf({ event_type, facts }: PastEntry): (Change & { to: string | null })[] {
  if (event_type !== 'fields') return [];
  const changes = (facts?.changes ?? []) as (Change & { to: string | null })[];
  return changes.filter(({ field }) => field in CHOOSES);
}
const before = (fields: MatchedAppeal, { field, from }: Change): MatchedAppeal => ({
  ...fields,
  [CHOOSES[field as keyof typeof CHOOSES]]: from,
});
const after = (fields: MatchedAppeal, { field, to }: Change & { to: string | null }) =>
  before(fields, { field, from: to });
