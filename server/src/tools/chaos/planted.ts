import type { Invariant, Violation } from './checker/history';
import type { Change } from './product';
import { CROWDED, SMALL } from './world';
import { runChaos, type ChaosOptions, type ChaosResult } from './run';

/** A defect that is planted in a copy of the product, to see that the checker notices. */
export interface Planted {
  name: string;
  /** One of these has to be reported; none here: nothing may be. */
  expect: readonly Invariant[];
  faults: readonly string[];
  server?: readonly Change[];
  client?: readonly Change[];
  sql?: readonly string[];
  /** Cuts every line when nothing is pressed any more, and again when all is answered: what sync leaves out then, nothing brings. */
  lastCut?: boolean;
  /** Few presses in many appeals: the next message of an appeal does not soon make good what was left out. */
  sparse?: boolean;
}

const APPEALS = 'server/src/modules/appeals';
const CLIENT = 'client/src/features/appeals';

/**
 * No defect: news get lost, transactions take their time, and sync alone keeps everybody level. With a right cursor nothing is
 * missing then either: `SOUND` has to pass.
 */
const ONLY_SYNC: readonly Change[] = [
  {
    file: `${APPEALS}/appeal.news.ts`,
    find: '  const entries = [...changed, ...added];',
    put: '  if (io) return;\n  const entries = [...changed, ...added];',
  },
  {
    file: 'server/src/platform/db.ts',
    find: `    globalThis.dieAt('before_commit');`,
    put: `    await new Promise((resolve) => setTimeout(resolve, 1_500));
    globalThis.dieAt('before_commit');`,
  },
  {
    // Every message takes the way with a transaction of its own.
    file: `${APPEALS}/thread.service.ts`,
    find: `      .saveIfStill(db, works, assumed)`,
    put: `      .saveIfStill({ single: async () => [{ fits: false, now: guess }] }, works, assumed)`,
  },
];

/** The surroundings of a defect without the defect. */
export const SOUND: Planted = {
  name: 'sound: only sync keeps everybody level',
  expect: [],
  faults: ['drop'],
  lastCut: true,
  sparse: true,
  server: ONLY_SYNC,
};

export const PLANTED: readonly Planted[] = [
  {
    name: 'acknowledge before commit',
    expect: ['acknowledged_lost', 'pressed_lost', 'not_level', 'one_order'],
    faults: ['kill_random', 'kill_before_commit', 'postgres_restart'],
    server: [
      {
        file: `${APPEALS}/thread.service.ts`,
        find: `      .saveIfStill(db, works, assumed)
      .catch((error: unknown): null => {`,
        put: `      .saveIfStill({ single: async (...said) => { void db.single(...said).catch(() => undefined); return [{ fits: true, now: guess }]; } }, works, assumed)
      .catch((error: unknown): null => {`,
      },
    ],
  },
  {
    name: 'no unique index, and nobody looks whether it was sent before',
    expect: ['doubled'],
    faults: ['duplicated', 'kill_after_commit', 'drop'],
    sql: ['ALTER TABLE entry DROP CONSTRAINT entry_once'],
    server: [
      {
        file: `${APPEALS}/thread.service.ts`,
        find: 'sent: sendings.map(({ actor, input }) => ({',
        put: 'sent: [].map(({ actor, input }) => ({',
      },
    ],
  },
  {
    name: 'the news go out before the commit',
    expect: ['one_order', 'not_level', 'reads_go_back', 'acknowledged_lost'],
    faults: ['kill_before_commit', 'kill_random', 'postgres_restart'],
    server: [
      {
        file: `${APPEALS}/thread.service.ts`,
        // The crash points stand in it already: one has to have time to strike in between.
        find: `    const heard = clock.ask();
    globalThis.dieAt('before_commit');`,
        put: `    works.forEach((work) => tell(happening(work)));
    await new Promise((resolve) => setTimeout(resolve, 15));
    const heard = clock.ask();
    globalThis.dieAt('before_commit');`,
      },
    ],
  },
  {
    name: 'the cursor of sync is the newest transaction, not the oldest that still runs',
    expect: ['not_level', 'own_write_unread'],
    faults: ['drop'],
    lastCut: true,
    sparse: true,
    server: [
      {
        file: `${APPEALS}/sync.service.ts`,
        find: 'page?.until ?? read.oldest',
        put: 'page?.until ?? read.next',
      },
      ...ONLY_SYNC,
    ],
  },
  {
    name: "one more field in the dealer's payload: the last words, notes too",
    expect: ['leak'],
    faults: ['drop'],
    server: [
      {
        file: `${APPEALS}/appeal.view.ts`,
        find: 'seenByOther: row.seen_by_staff,',
        put: 'seenByOther: row.seen_by_staff, lastWord: row.last_word,',
      },
    ],
  },
  {
    name: "the staff's news reach the dealer's room",
    expect: ['leak'],
    faults: ['drop'],
    server: [
      {
        file: `${APPEALS}/appeal.news.ts`,
        find: `io.to(audience.staff(subject)).emit('appeal:news', {`,
        put: `io.to([...audience.staff(subject), ...audience.dealer(subject)]).emit('appeal:news', {`,
      },
    ],
  },
  {
    name: 'lists forget whose dealer asks',
    expect: ['leak'],
    faults: ['drop', 'reload'],
    server: [
      {
        file: `${APPEALS}/appeal.policy.ts`,
        find: 'const own = `a.dealer_id = ${bind(actor.dealerId)}`;',
        put: 'const own = `a.dealer_id IS NOT NULL AND ${bind(actor.dealerId)}::uuid IS NOT NULL`;',
      },
    ],
  },
  {
    name: 'a number is skipped now and then',
    expect: ['numbers_dense'],
    faults: ['drop'],
    server: [
      {
        file: `${APPEALS}/thread.ts`,
        find: '  row.last_seq += 1;',
        put: '  row.last_seq += row.last_seq % 9 === 8 ? 2 : 1;',
      },
    ],
  },
  {
    name: 'the read mark counts notes for dealers too',
    expect: ['unread_wrong'],
    faults: ['drop'],
    // Whoever writes, and does not look again, has the wrong mark in the end; his own page learns it by sync.
    sparse: true,
    lastCut: true,
    server: [
      {
        file: `${APPEALS}/thread.ts`,
        find: `messages: actor.side === 'staff' ? row.messages : row.public_messages,`,
        put: 'messages: row.messages,',
      },
    ],
  },
  {
    name: 'the client keeps the older of two versions',
    expect: ['reads_go_back', 'not_level'],
    faults: ['drop', 'reload'],
    client: [
      {
        file: `${CLIENT}/thread.log.ts`,
        find: 'before && before.version >= entry.version ? before : entry',
        put: 'before && before.version <= entry.version ? before : entry',
      },
    ],
  },
  {
    name: 'every try of the queue takes a new id',
    expect: ['from_nowhere', 'acknowledged_lost', 'pressed_lost'],
    faults: ['drop', 'kill_after_commit'],
    client: [
      {
        file: `${CLIENT}/appeal.outbox.ts`,
        find: '      call(appealsApi.post, { ...words, attachmentIds, appealId, clientId });',
        put: '      call(appealsApi.post, { ...words, attachmentIds, appealId, clientId: crypto.randomUUID() });',
      },
    ],
  },
  {
    name: 'the queue forgets a message when its try fails',
    // Gone from what waits, it counts as told that it is stored.
    expect: ['acknowledged_lost', 'pressed_lost'],
    faults: ['drop', 'kill_random'],
    client: [
      {
        file: 'client/src/platform/outbox.ts',
        find: '    const tries = unsent.tries + (counts ? 1 : 0);',
        put: '    return void forget(unsent.clientId);\n    const tries = unsent.tries + (counts ? 1 : 0);',
      },
    ],
  },
];

/** Whether the checker said what it has to say. */
export function isNoticed({ expect }: Planted, violations: readonly Violation[]): boolean {
  if (expect.length === 0) return violations.length === 0;
  return violations.some(({ invariant }) => expect.includes(invariant));
}

const PLANTED_MS = 14_000;
/** What a defect has made impossible never comes: after a while without an answer the rest is judged as it is. */
const IMPATIENT = { mostMs: 15_000, stillMs: 6_000 };

/** A short run of the product with the defect in it; it ends as soon as the defect shows. */
export function runPlanted(
  { expect, faults, server, client, sql, lastCut, sparse = false }: Planted,
  options: Pick<ChaosOptions, 'seed' | 'progress' | 'cancelled'>,
): Promise<ChaosResult> {
  return runChaos({
    ...options,
    ms: PLANTED_MS,
    nodes: 1,
    perSecond: sparse ? 4 : 15,
    world: sparse ? CROWDED : SMALL,
    faults,
    until: expect,
    settle: IMPATIENT,
    ...(server ? { server } : {}),
    ...(client ? { client } : {}),
    ...(sql ? { sql } : {}),
    ...(lastCut ? { lastCut } : {}),
  });
}
