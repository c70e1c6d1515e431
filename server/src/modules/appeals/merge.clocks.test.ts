import type { Status } from '@otklik/shared/appeals';
import { describe, expect, it } from 'vitest';
import { dueAt, type Clock, type ClockContext, type ClockPolicy, type ClockStep } from '../sla';
import { anyCalendar, chance, MINUTE_MS, type Chance } from '../sla/calendar.factory';
import type { AppealChange, AppealRow } from './appeal.repository';
import {
  beginSplit,
  carryOver,
  debtsOf,
  dutyOf,
  giveBack,
  isSame,
  takeBack,
  type Since,
} from './merge.clocks';
import { change, clockEvents, moveClocks } from './thread';

/** An appeal as the services hold it: what is stored, and the change at hand. */
interface Kept {
  work: AppealChange;
  clocks: Clock[];
  steps: ClockStep[];
  said: Since[];
  context: (at: Date) => ClockContext;
}
type Word = 'dealer' | 'staff' | 'waiting' | 'in_work' | 'resolved' | 'no_answer';
const WORDS: [Word, ...Word[]] = [
  ...(['dealer', 'dealer', 'staff', 'waiting', 'in_work'] as const),
  ...(['resolved', 'no_answer'] as const),
];

const LADDER: NonNullable<ClockContext['ladder']> = [
  {
    ...{ id: 'half', kinds: ['first_response', 'next_response', 'resolution'] },
    ...{ offsetMinutes: null, percent: 50, action: 'remind_owner', urgent: true },
    since: new Date(0),
  },
];

function anAppealOf(policy: ClockPolicy, calendar: ClockContext['calendar']): Kept {
  const row = { id: policy.id, status: 'new', last_seq: 0, last_public_seq: 0 };
  const facts = { row: row as AppealRow, dealerName: '', dealerManagerId: null };
  const rest = { assigneeName: null, members: [], mentions: [], questions: [], clocks: [] };
  return {
    work: change({ ...facts, ...rest }),
    ...{ clocks: [], steps: [], said: [] },
    context: (at) => ({ at, policy, calendar, ladder: LADDER }),
  };
}

/** As a transaction does it: what was changed is stored, and the next change begins. */
function store(kept: Kept): void {
  for (const clock of kept.work.clocks)
    kept.clocks = [...kept.clocks.filter((one) => !isSame(clock)(one)), clock];
  kept.steps.push(...kept.work.steps);
  kept.work = change(kept.work.facts);
}

const message = (author_side: 'dealer' | 'staff', at: Date): Since => ({
  ...{ kind: 'message', event_type: null, facts: null, author_side },
  created_at: at.toISOString(),
});
function become(kept: Kept, to: Status, at: Date): void {
  const { row } = kept.work.facts;
  const from = row.status;
  if (from === to) return;
  row.status = to;
  for (const event of clockEvents(from, to)) moveClocks(kept.work, event, kept.context(at));
  kept.said.push({
    ...{ kind: 'event', event_type: 'status', facts: { from, to }, author_side: 'staff' },
    created_at: at.toISOString(),
  });
}
function hear(kept: Kept, word: Word, at: Date): void {
  const { row } = kept.work.facts;
  const context = kept.context(at);
  if (word === 'dealer' || word === 'staff') {
    moveClocks(
      kept.work,
      { type: word === 'dealer' ? 'dealer_message' : 'staff_message' },
      context,
    );
    if (word === 'dealer' && row.status !== 'new') row.status = 'in_work';
    kept.said.push(message(word, at));
  } else if (word === 'no_answer') {
    moveClocks(kept.work, { type: 'no_answer_needed' }, context);
    kept.said.push({ ...message('staff', at), kind: 'event', event_type: 'no_answer_needed' });
  } else if (word !== 'in_work' || row.status === 'waiting') become(kept, word, at);
  store(kept);
}
/** What the poller would have written by now. */
function settle(kept: Kept, at: Date): void {
  for (const { kind, cycle, endedAt } of kept.clocks)
    if (endedAt === null)
      moveClocks(kept.work, { type: 'due_reached', kind, cycle }, kept.context(at));
  store(kept);
}

const openOf = (kept: Kept) => kept.clocks.filter(({ endedAt }) => endedAt === null);
const openFor = (kept: Kept, duty: string) => openOf(kept).find((one) => dutyOf(one) === duty);
/** Missed deadlines that count in this appeal, by moment. */
const missedIn = (kept: Kept) =>
  kept.clocks.flatMap(({ breachedAt, carriedAt }) =>
    breachedAt && !(carriedAt && breachedAt < carriedAt) ? [breachedAt.toISOString()] : [],
  );
/** What a reader may hold a clock to, whatever cycle it is. */
const promise = (clock: Clock | undefined) =>
  clock && [
    ...[clock.state, clock.startedAt, clock.targetMs, clock.dueAt, clock.remainingMs],
    clock.breachedAt,
  ];

function expectHonest(kept: Kept, story: string): void {
  for (const duty of ['answer', 'resolution'])
    expect(openOf(kept).filter((one) => dutyOf(one) === duty).length, story).toBeLessThan(2);
  for (const clock of kept.clocks) {
    // Found by fuzzing: a clock that made way kept its next step, and the database refused the merge.
    if (clock.ladderAt !== null)
      expect([clock.endedAt, clock.state === 'paused'], story).toEqual([null, false]);
    const own = kept.steps.filter(isSame(clock));
    const sum = own.reduce((ms, step) => ms + step.countedMs, 0);
    expect(sum, story).toBe(clock.countedMs);
    expect(sum + (own.at(-1)?.remainingMs ?? NaN), story).toBe(clock.targetMs);
    const times = own.map(({ at }) => at.getTime());
    expect(times, story).toEqual([...times].sort((a, b) => a - b));
    const left = clock.targetMs - clock.countedMs;
    if (clock.state === 'running' && left > 0) {
      const { calendar } = kept.context(clock.lastCountedAt);
      expect(clock.dueAt, story).toEqual(dueAt(clock.lastCountedAt, left, calendar));
    }
  }
}

function anyPolicy(random: Chance, id: string): ClockPolicy {
  const minutes = () => 4 * random.int(1, 150);
  return {
    ...{ id, warnShare: 0.75 },
    targets: { first_response: minutes(), next_response: minutes(), resolution: 4 * minutes() },
  };
}

/** Two appeals, each with a twin to whom the merge never happens. */
function aStory(random: Chance) {
  const { calendar, near } = anyCalendar(random);
  const moment = (minute: number) => new Date(near.getTime() + minute * MINUTE_MS);
  const policies = [anyPolicy(random, 'A'), anyPolicy(random, 'B')] as const;
  const [a, b] = policies.map((policy) => anAppealOf(policy, calendar)) as [Kept, Kept];
  const [twinA, twinB] = policies.map((policy) => anAppealOf(policy, calendar)) as [Kept, Kept];
  const told: string[] = [];
  let minute = 0;
  const say = (to: 'a' | 'b', word: Word) => {
    minute += random.int(1, random.happens(0.2) ? 1440 : 200);
    told.push(`${minute} ${to} ${word}`);
    const at = moment(minute);
    for (const kept of to === 'a' ? [a, twinA] : [b, twinB]) hear(kept, word, at);
  };
  say('a', 'dealer');
  say('b', 'dealer');
  for (let i = random.int(0, 6); i > 0; i -= 1) say(random.pick(['a', 'b']), random.pick(WORDS));
  const later = () => moment((minute += random.int(1, 400)));
  return { a, b, twinA, twinB, say, later, told };
}

const isDone = ({ work }: Kept) => work.facts.row.status === 'resolved';

/** The rules of the service for the two rows, around the clocks. */
function merge(a: Kept, b: Kept, at: Date) {
  const isOpen = !isDone(b);
  const untouched = !isOpen || (!isDone(a) && a.work.facts.row.status !== 'waiting');
  if (isOpen && isDone(a)) a.work.facts.row.status = 'in_work';
  if (isOpen && b.work.facts.row.status !== 'waiting' && a.work.facts.row.status === 'waiting')
    become(a, 'in_work', at);
  const contexts = { source: b.context(at), target: a.context(at) };
  const carried = carryOver(b.work, a.work, b.steps, contexts);
  store(a);
  store(b);
  a.said = [];
  return { carried, untouched };
}

describe('merging and parting, over random threads', () => {
  it.each([1, 2, 3])('a hundred and fifty of them, seed %i', { timeout: 240_000 }, (seed) => {
    const random = chance(seed);
    const met = { returned: 0, displaced: 0, missed: 0 };
    for (let round = 0; round < 150; round += 1) {
      const { a, b, twinA, twinB, say, later, told } = aStory(random);
      const mergedAt = later();
      for (const kept of [a, b, twinA, twinB]) settle(kept, mergedAt);
      const before = [...openOf(a), ...openOf(b)];
      const missedBefore = [...missedIn(a), ...missedIn(b)].sort();
      const { carried, untouched } = merge(a, b, mergedAt);
      const story = `seed ${seed}, round ${round}: ${told.join(', ')}, merged ${mergedAt.toISOString()}`;

      // Nothing is owed in two places or nowhere, and nothing is due later than it was.
      expect(openOf(b), story).toEqual([]);
      expectHonest(a, story);
      expectHonest(b, story);
      for (const duty of ['answer', 'resolution']) {
        const owed = before.filter((one) => dutyOf(one) === duty);
        const now = openFor(a, duty);
        expect(now !== undefined, story).toBe(owed.length > 0);
        for (const { dueAt: due } of owed)
          if (due && untouched) expect(Number(now?.dueAt), story).toBeLessThanOrEqual(Number(due));
      }
      expect([...missedIn(a), ...missedIn(b)].sort(), story).toEqual(missedBefore);

      for (let i = random.int(0, 3); i > 0; i -= 1) say('a', random.pick(WORDS));
      const partedAt = later();
      settle(a, partedAt);
      const missedThen = [...missedIn(a), ...missedIn(b)];
      const stillOpen = carried.taken.filter((name) => openOf(a).some(isSame(name))).map(dutyOf);
      takeBack(b.work, debtsOf(carried.away, b.clocks, b.steps), b.context(partedAt));
      store(b);
      const missed = openOf(b)
        .filter(({ state }) => state === 'breached')
        .map(dutyOf);
      const since = { from: mergedAt, entries: a.said };
      giveBack(a.work, carried, missed, a, since, a.context(partedAt));
      store(a);
      for (const kept of [a, twinA, twinB]) settle(kept, partedAt);

      // The one that was merged has the clocks it would have had, to the millisecond, and missed what it would have missed.
      expectHonest(a, story);
      expectHonest(b, story);
      for (const duty of ['answer', 'resolution'])
        expect(promise(openFor(b, duty)), story).toEqual(promise(openFor(twinB, duty)));
      expect(missedIn(b).sort(), story).toEqual(missedIn(twinB).sort());
      // So has the other one, as far as what had come was still open.
      for (const duty of untouched ? stillOpen : [])
        expect(promise(openFor(a, duty)), story).toEqual(promise(openFor(twinA, duty)));
      // What was recorded as missed stays recorded, here or there.
      const missedNow = [...missedIn(a), ...missedIn(b)];
      for (const one of missedThen) expect(missedNow, story).toContain(one);

      met.returned += stillOpen.length;
      met.displaced += carried.displaced.length;
      met.missed += missedThen.length - missedBefore.length;
    }
    // The histories were such as to say something.
    for (const count of Object.values(met)) expect(count).toBeGreaterThan(20);
  });
});

describe('an appeal that was split off', () => {
  const { calendar } = anyCalendar(chance(1));
  const policy: ClockPolicy = {
    ...{ id: 'A', warnShare: 1 },
    targets: { first_response: 60, next_response: 60, resolution: 600 },
  };
  const asked = new Date('2026-03-02T08:00:00Z');
  const month = new Date('2026-04-02T08:00:00Z');
  function split(since: Date | null, countsThere = false): Kept {
    const kept = anAppealOf(policy, calendar);
    beginSplit(kept.work, since, countsThere, kept.context(month));
    store(kept);
    return kept;
  }

  it('begins with the question, however long ago, and is late from its birth, once', () => {
    const kept = split(asked);
    expect(openOf(kept).map(({ kind, startedAt, state }) => [kind, startedAt, state])).toEqual([
      ['first_response', asked, 'breached'],
      ['resolution', asked, 'breached'],
    ]);
    expect(missedIn(kept)).toHaveLength(2);
    expectHonest(kept, '');
    settle(kept, month);
    expect(kept.steps.filter(({ action }) => action === 'breached')).toHaveLength(2);
  });

  it('does not count again what was missed where it was asked', () => {
    expect(missedIn(split(asked, true))).toHaveLength(1);
  });

  it('owes no answer where none was owed', () => {
    expect(openOf(split(null)).map(({ kind, startedAt }) => [kind, startedAt])).toEqual([
      ['resolution', month],
    ]);
  });
});
