import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { appealsApi } from '@otklik/shared/appeals.api';
import type { Merged, Split } from '@otklik/shared/merges';
import { mergesApi } from '@otklik/shared/merges.api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aCompany, aMessage, anAppeal } from '../modules/appeals/appeal.factory';
import { anOrder } from '../modules/orders/order.factory';
import { aSession } from '../modules/people/people.factory';
import { ServerNode } from '../tools/chaos/node';
import { bundleServer, removeBundle, type Change } from '../tools/chaos/product';
import { sessionOf, type TestSession } from './test-app';
import { testDb, type TestDb } from './test-db';

const [MERGING, SPLITTING] = [
  'server/src/modules/appeals/merge.service.ts',
  'server/src/modules/appeals/split.service.ts',
];
/** Both appeals are written and their orders are not; or it is committed, and nobody has been told or answered. */
const POINTS: readonly Change[] = [
  {
    file: MERGING,
    find: `    await appealRepository.save(tx, works);`,
    put: `    await appealRepository.save(tx, works);
    globalThis.dieAt('amid');`,
  },
  {
    file: MERGING,
    find: `    db.transaction(run).catch(`,
    put: `    db.transaction(async (tx) => {
      tx.afterCommit(() => globalThis.dieAt('committed'));
      return run(tx);
    }).catch(`,
  },
  {
    file: SPLITTING,
    find: `        await appealRepository.save(tx, [rest, work]);`,
    put: `        tx.afterCommit(() => globalThis.dieAt('committed'));
        await appealRepository.save(tx, [rest, work]);
        globalThis.dieAt('amid');`,
  },
];
type Point = 'amid' | 'committed';

let database: TestDb;
let folder: string;
let bundle: string;
let node: ServerNode;
let company: Awaited<ReturnType<typeof aCompany>>;
let dealer: TestSession;
let manager: TestSession;

beforeAll(async () => {
  database = await testDb();
  folder = await mkdtemp(join(tmpdir(), 'otklik-merge-killed-'));
  bundle = await bundleServer(POINTS);
  node = await ServerNode.start({ name: 'a', bundle, folder, databaseUrl: database.url });
  company = await aCompany(database.db);
  const session = async (person: { id: string }) => {
    const { cookie, id } = await aSession(database.db, person);
    return sessionOf(`http://127.0.0.1:${node.port}`, '', cookie, id, []);
  };
  dealer = await session(company.visitor);
  manager = await session(company.manager);
}, 300_000);
afterAll(async () => {
  await node?.stop();
  await removeBundle(bundle);
  await database.close();
  await rm(folder, { recursive: true, force: true });
});

/** Everything that a merge writes; of whole tables, so that nothing is left behind anywhere. */
const TABLES = [
  ...['appeal', 'entry', 'sla_clock', 'sla_clock_step', 'ladder_fired'],
  ...['appeal_merge', 'appeal_order', 'participant', 'mention', 'notice'],
];
async function stored(): Promise<unknown> {
  const columns = TABLES.map(
    (table) =>
      `(SELECT jsonb_agg(to_jsonb(t) ORDER BY to_jsonb(t)::text) FROM ${table} t) AS ${table}`,
  );
  const [all] = await database.db.query(`SELECT ${columns.join(', ')}`);
  return all;
}

/** Two appeals of the dealer that owe answers; the first names an order, the second was answered once and asked again. */
async function two() {
  const first = (await anAppeal(dealer, company.topic)).appeal;
  const order = await anOrder(database.db, company.dealer);
  await dealer.call(appealsApi.linkOrder, { appealId: first.id, number: order.number });
  const second = (await anAppeal(dealer, company.topic, { body: 'И ещё две коробки' })).appeal;
  await aMessage(manager, second.id);
  const asked = await aMessage(dealer, second.id, { body: 'Когда ответите по первым?' });
  return { first, second, asked: asked.entry };
}

async function events(appealId: string) {
  const { entries } = await manager.call(appealsApi.entries, { appealId, limit: 100 });
  return entries.flatMap(({ event }) => (event?.facts.no === undefined ? [] : [event.type]));
}
async function owes(appealId: string) {
  const { clocks } = await manager.call(appealsApi.clocks, { appealId });
  return clocks
    .filter(({ endedAt }) => endedAt === null)
    .map(({ kind }) => kind)
    .sort();
}
/** Ledgers count to the deadlines, and numbers of threads have no holes. */
async function expectWhole(...appealIds: string[]) {
  for (const appealId of appealIds) {
    const { clocks, steps } = await manager.call(appealsApi.clocks, { appealId });
    expect(clocks.length).toBeGreaterThan(0);
    for (const { kind, cycle, targetMs } of clocks) {
      const own = steps.filter((step) => step.kind === kind && step.cycle === cycle);
      const sum = own.reduce((ms, { countedMs }) => ms + countedMs, 0);
      expect(sum + (own.at(-1)?.remainingMs ?? NaN)).toBe(targetMs);
    }
    const { entries } = await manager.call(appealsApi.entries, { appealId, limit: 100 });
    const { appeal } = await manager.call(appealsApi.card, { appealId });
    const numbers = entries.map((entry) => ('seq' in entry ? entry.seq : 0));
    expect(numbers).toEqual(entries.map((_, index) => index + 1));
    expect(appeal).toMatchObject({ lastSeq: numbers.length });
  }
}

/**
 * Has the server killed by itself at a point of what is asked, brings it back and asks the same again, twice at once.
 * Before COMMIT nothing of it is stored; after it all is, and asking again writes nothing.
 */
async function askedOfADyingServer<Answer>(point: Point, ask: () => Promise<Answer>) {
  const before = await stored();
  const { died } = await node.arm(point);
  const lost = await Promise.allSettled([ask(), died]);
  expect(lost.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  const left = await stored();
  if (point === 'committed') expect(left).not.toEqual(before);
  else expect(left).toEqual(before);
  await node.start();
  const answers = await Promise.all([ask(), ask()]);
  if (point === 'committed') expect(await stored()).toEqual(left);
  else expect(await stored()).not.toEqual(before);
  const done = await stored();
  await ask();
  expect(await stored()).toEqual(done);
  return answers;
}

describe.each<Point>(['amid', 'committed'])('killed at “%s”', (point) => {
  it('two appeals are merged whole or not at all, and parted again likewise', async () => {
    const { first, second } = await two();
    const [merging, parting] = [randomUUID(), randomUUID()];
    const owed = await owes(second.id);
    const merged = await askedOfADyingServer<Merged>(point, () =>
      manager.call(mergesApi.merge, {
        ...{ appealId: first.id, intoId: second.id, clientId: merging },
      }),
    );
    for (const { appeal } of merged)
      expect(appeal).toMatchObject({ status: 'closed', mergedInto: second.no });
    expect([await owes(first.id), await owes(second.id)]).toEqual([[], owed]);
    expect([await events(first.id), await events(second.id)]).toEqual([
      ['merged_into'],
      ['merged'],
    ]);
    expect((await manager.call(appealsApi.card, { appealId: second.id })).orders).toHaveLength(1);
    await expectWhole(first.id, second.id);

    const parted = await askedOfADyingServer<Merged>(point, () =>
      manager.call(mergesApi.undo, { appealId: first.id, clientId: parting }),
    );
    for (const { appeal } of parted)
      expect(appeal).toMatchObject({ status: first.status, mergedInto: null });
    expect([await owes(first.id), await owes(second.id)]).toEqual([
      ['first_response', 'resolution'],
      owed,
    ]);
    expect([await events(first.id), await events(second.id)]).toEqual([
      ['merged_into', 'unmerged'],
      ['merged', 'unmerged'],
    ]);
    expect((await manager.call(appealsApi.card, { appealId: second.id })).orders).toEqual([]);
    await expectWhole(first.id, second.id);
  }, 300_000);

  it('a message is split off whole or not at all', async () => {
    const { second, asked } = await two();
    const clientId = randomUUID();
    const made = await askedOfADyingServer<Split>(point, () =>
      manager.call(mergesApi.split, {
        ...{ appealId: second.id, entryIds: [asked.id], clientId },
        ...{ typeCode: 'question', topicId: company.topic.id },
      }),
    );
    const ids = new Set(made.map(({ appeal }) => appeal.id));
    expect(ids.size).toBe(1);
    const [id = ''] = ids;
    expect([await owes(id), await owes(second.id)]).toEqual([
      ['first_response', 'resolution'],
      ['resolution'],
    ]);
    expect([await events(id), await events(second.id)]).toEqual([['split_from'], ['split_off']]);
    await expectWhole(id, second.id);
  }, 300_000);
});
