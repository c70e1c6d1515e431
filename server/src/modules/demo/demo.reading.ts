import { ListEntries, type StaffEntry } from '@otklik/shared/appeals';
import type { ThreadService } from '../appeals';
import type { Actor } from '../people';
import { dealers, isStaffKey, staff, topics, visitors } from './demo.content';
import type { DemoAppeal, PersonKey } from './demo.content';
import { keysOf } from './demo.keys';
import type { Cast } from './demo.people';
import { createRandom, type Random } from './demo.random';

/** How often somebody has read to the end, by what the appeal is to him. */
const share = {
  /** What nobody of the staff has touched yet is mostly new to all. */
  untouched: 0.25,
  assignee: 0.8,
  involved: 0.7,
  /** Somebody asked for him by name, and he has not answered. */
  mentioned: 0.4,
  /** The dealer whom staff answered last. */
  answered: 0.45,
  onlooker: 0.55,
  settled: 0.93,
} as const;

/**
 * Lets people read: those concerned nearly everything, others now and then, so that unread counts differ.
 * The same seed gives the same readers.
 */
export async function readAppeal(
  appeal: DemoAppeal,
  appealId: string,
  { threads, actors, seed }: { threads: ThreadService; actors: Cast; seed: string },
): Promise<void> {
  // The supervisor sees the whole thread; no demo appeal has more than a page of entries.
  const input = ListEntries.parse({ appealId, afterSeq: 0, limit: 100 });
  const { entries } = await threads.list(actors.ezhova, input);
  const lines = entries.filter((entry): entry is StaffEntry => entry.audience === 'staff');
  for (const person of readersOf(appeal)) {
    const random = createRandom(`${seed}/reads/${appeal.key}/${person}`);
    const seq = readUpTo(appeal, person, lines, actors[person], random);
    if (seq > 0) await threads.markRead(actors[person], { appealId, seq });
  }
}

/** Staff who see the appeal, and the dealer's people. */
function readersOf({ topic, dealer, steps }: DemoAppeal): PersonKey[] {
  const involved = involvedIn(steps);
  const ofStaff = keysOf(staff).filter((key) => {
    const { role, teams } = staff[key];
    const sees =
      teams.some((team) => team === topics[topic].team) || dealers[dealer].manager === key;
    return involved.has(key) || sees || role === 'supervisor';
  });
  const ofDealer = keysOf(visitors).filter((key) => {
    const visitor = visitors[key];
    return visitor.dealer === dealer && (visitor.seesAllAppeals || steps[0]?.person === key);
  });
  return [...ofStaff, ...ofDealer];
}

/** The number up to which the person has read, in his own numbering; 0: not at all. */
function readUpTo(
  appeal: DemoAppeal,
  person: PersonKey,
  lines: readonly StaffEntry[],
  actor: Actor,
  random: Random,
): number {
  const numbers =
    actor.side === 'staff'
      ? lines.map(({ seq }) => seq)
      : lines.flatMap(({ publicSeq }) => (publicSeq === null ? [] : [publicSeq]));
  const last = numbers.at(-1) ?? 0;
  if (random.chance(shareOf(appeal, person, actor))) return last;
  // Some stopped in the middle, most never looked.
  return random.chance(0.3) ? random.pick([0, ...numbers]) : 0;
}

function shareOf({ steps, sla }: DemoAppeal, person: PersonKey, { side }: Actor): number {
  if (sla === 'settled') return share.settled;
  const involved = involvedIn(steps).has(person);
  if (side === 'dealer') {
    const lastMessage = steps.findLast((step) => step.do === 'message');
    if (lastMessage && isStaffKey(lastMessage.person)) return share.answered;
    return involved ? share.assignee : share.onlooker;
  }
  if (!steps.some((step) => isStaffKey(step.person))) return share.untouched;
  const mention = steps.findLastIndex(
    (step) => step.do === 'note' && isOneOf(step.mentions, person),
  );
  if (mention > steps.findLastIndex((step) => step.person === person)) return share.mentioned;
  if (assigneeOf(steps) === person) return share.assignee;
  return involved ? share.involved : share.onlooker;
}

const isOneOf = (keys: readonly PersonKey[], person: PersonKey) => keys.includes(person);

/** Everybody who acts or is asked to. */
function involvedIn(steps: DemoAppeal['steps']): Set<PersonKey> {
  return new Set(
    steps.flatMap((step): PersonKey[] => {
      if (step.do === 'assign') return [step.person, step.to];
      if (step.do === 'invite') return [step.person, step.colleague];
      if (step.do === 'note') return [step.person, ...step.mentions];
      return [step.person];
    }),
  );
}

/** Who was given the appeal last, or else answered it first. */
function assigneeOf(steps: DemoAppeal['steps']): PersonKey | undefined {
  const given = steps.findLast((step) => step.do === 'assign');
  return (
    given?.to ?? steps.find((step) => step.do === 'message' && isStaffKey(step.person))?.person
  );
}
