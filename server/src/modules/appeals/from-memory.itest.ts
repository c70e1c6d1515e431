import { randomUUID } from 'node:crypto';
import { PostEntry } from '@otklik/shared/appeals';
import { appealsApi } from '@otklik/shared/appeals.api';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { testApp, type TestApp, type TestSession } from '../../test/test-app';
import type { Actor } from '../people';
import { aCompany, anAppeal } from './appeal.factory';
import { appealRepository, type AppealChange, type Assumed } from './appeal.repository';
import { append, change } from './thread';

/** Two nodes on one database; most sends go to the first. */
let server: TestApp;
let other: TestApp;
let company: Awaited<ReturnType<typeof aCompany>>;
let dealer: TestSession;
let manager: TestSession;
let visitor: Actor;
let staff: Actor;
let appealId: string;

beforeAll(async () => {
  server = await testApp();
  other = await testApp({ reach: () => Promise.resolve(server.database.url) });
  company = await aCompany(server.database.db);
  dealer = await server.signIn(company.visitor);
  manager = await server.signIn(company.manager);
  visitor = await server.app.services.sessions.authenticate(dealer.cookie);
  staff = await server.app.services.sessions.authenticate(manager.cookie);
});
afterAll(async () => {
  await other.close();
  await server.close();
});
/** An appeal that the first node knows by heart. */
beforeEach(async () => {
  appealId = (await anAppeal(dealer, company.topic)).appeal.id;
  await post(server, staff);
  await post(server, visitor);
});

const post = (node: TestApp, actor: Actor, input: Partial<PostEntry> = {}, id = appealId) =>
  node.app.services.threads.post(
    actor,
    PostEntry.parse({ appealId: id, clientId: randomUUID(), body: 'Сверяем', ...input }),
  );

/** Batches of a node so far, by what they were decided from. */
async function batches(node: TestApp = server) {
  const text = await (await fetch(`${node.url}/metrics`)).text();
  const count = (from: string) =>
    Number(
      new RegExp(`^otklik_send_batches_total\\{from="${from}"\\} (\\d+)`, 'm').exec(text)?.[1] ?? 0,
    );
  return { memory: count('memory'), lock: count('lock') };
}
/** What the batches of the first node were decided from while something ran. */
async function decidedFrom(run: () => Promise<unknown>) {
  const before = await batches();
  await run();
  const after = await batches();
  return { memory: after.memory - before.memory, lock: after.lock - before.lock };
}

/** Numbers, counts and moments of a thread, as they lie in the database; checked for what always holds. */
async function thread(id = appealId) {
  const { db } = server.database;
  const entries = await db.query<{
    seq: number;
    public_seq: number | null;
    client_id: string | null;
    kind: string;
    created_at: Date;
  }>(
    `SELECT seq, public_seq, client_id, kind, created_at FROM entry WHERE appeal_id = $1 ORDER BY seq`,
    [id],
  );
  expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, index) => index + 1));
  const open = entries.flatMap(({ public_seq: seq }) => seq ?? []);
  expect(open).toEqual(open.map((_, index) => index + 1));
  const sent = entries.flatMap(({ client_id: id }) => id ?? []);
  expect(new Set(sent).size).toBe(sent.length);
  for (const [index, { created_at: at }] of entries.entries())
    expect(at.getTime()).toBeGreaterThanOrEqual(entries[index - 1]?.created_at.getTime() ?? 0);
  const [row] = await db.query<{ last_seq: number; last_public_seq: number; messages: number }>(
    `SELECT last_seq, last_public_seq, messages FROM appeal WHERE id = $1`,
    [id],
  );
  const messages = entries.filter(({ kind }) => kind !== 'event').length;
  expect(row).toEqual({ last_seq: entries.length, last_public_seq: open.length, messages });
  return entries;
}

describe('a batch decided from memory', () => {
  it('is what an ordinary send takes, alone and many together', async () => {
    expect(await decidedFrom(() => post(server, visitor))).toEqual({ memory: 1, lock: 0 });
    const many = await decidedFrom(() =>
      Promise.all(
        Array.from({ length: 40 }, (_, index) => post(server, index % 2 ? staff : visitor)),
      ),
    );
    expect(many.lock).toBe(0);
    await thread();
  });

  it('is still taken after somebody has read', async () => {
    await post(server, visitor);
    const { appeal } = await manager.call(appealsApi.card, { appealId });
    await manager.call(appealsApi.markRead, {
      appealId,
      seq: appeal.audience === 'staff' ? appeal.lastSeq : 0,
    });
    const [{ seen, said } = { seen: 0, said: 1 }] = await server.database.db.query<{
      seen: number;
      said: number;
    }>(`SELECT seen_by_staff AS seen, last_public_seq AS said FROM appeal WHERE id = $1`, [
      appealId,
    ]);
    expect(seen).toBe(said);
    expect(await decidedFrom(() => post(server, staff))).toEqual({ memory: 1, lock: 0 });
    await thread();
  });

  it('gives way when another node has changed the appeal, once', async () => {
    await post(other, staff);
    expect(await decidedFrom(() => post(server, visitor))).toEqual({ memory: 0, lock: 1 });
    expect(await decidedFrom(() => post(server, visitor))).toEqual({ memory: 1, lock: 0 });
    await thread();
  });

  it('gives way when the session has ended: nothing is written', async () => {
    const doomed = await server.signIn(company.secondVisitor);
    const actor = await server.app.services.sessions.authenticate(doomed.cookie);
    await post(server, actor);
    const before = await thread();
    await server.database.db.query(
      `UPDATE session SET ended_at = now(), ended_reason = 'access_closed' WHERE id = $1`,
      [doomed.sessionId],
    );
    await expect(post(server, actor)).rejects.toMatchObject({ code: 'session_ended' });
    expect(await thread()).toEqual(before);
  });

  it('gives way when the id was used before, here or on the other node', async () => {
    const clientId = randomUUID();
    const first = await post(server, visitor, { clientId });
    expect((await post(server, visitor, { clientId })).entry).toEqual(first.entry);
    expect((await post(other, visitor, { clientId })).entry).toEqual(first.entry);
    const elsewhere = await anAppeal(dealer, company.topic);
    const used = randomUUID();
    await post(other, visitor, { clientId: used }, elsewhere.appeal.id);
    const before = await thread();
    await expect(post(server, visitor, { clientId: used })).rejects.toMatchObject({
      code: 'same_id_other_content',
    });
    expect(await thread()).toEqual(before);
  });

  it('gives way when a name has changed, which no revision tells', async () => {
    const { db } = server.database;
    await db.query(`UPDATE dealer SET name = 'Новая вывеска' WHERE id = $1`, [company.dealer.id]);
    expect((await post(server, staff)).appeal).toMatchObject({ dealerName: 'Новая вывеска' });
    await db.query(`UPDATE person SET name = 'Новая фамилия' WHERE id = $1`, [company.manager.id]);
    expect((await post(server, visitor)).appeal).toMatchObject({
      assignee: { name: 'Новая фамилия' },
    });
    // Whoever looks after the dealer may see his appeals.
    await db.query(`UPDATE dealer SET manager_id = $2 WHERE id = $1`, [
      company.dealer.id,
      company.stranger.id,
    ]);
    expect(await decidedFrom(() => post(server, visitor))).toEqual({ memory: 0, lock: 1 });
    await db.query(`UPDATE dealer SET manager_id = NULL WHERE id = $1`, [company.dealer.id]);
  });

  it('refuses nobody by what may be out of date', async () => {
    const stranger = await server.app.services.sessions.authenticate(
      (await server.signIn(company.stranger)).cookie,
    );
    await expect(post(server, stranger)).rejects.toMatchObject({ code: 'not_found' });
    await post(server, visitor);
    await other.app.services.appeals.pullIn(staff, {
      appealId,
      clientId: randomUUID(),
      personIds: [company.stranger.id],
      question: 'Взгляни',
    });
    await post(server, stranger, { kind: 'note' });
    await thread();
  });

  it('waits for nobody who holds the appeal: others go on, and its own sends follow', async () => {
    const free = (await anAppeal(dealer, company.topic)).appeal.id;
    await post(server, visitor, {}, free);
    let waiting: Promise<unknown> | undefined;
    await server.database.db.transaction(async (tx) => {
      await tx.query(`SELECT 1 FROM appeal WHERE id = $1 FOR UPDATE`, [appealId]);
      waiting = post(server, visitor);
      // A send that waited for the lock would hold up its lane until long after this.
      const began = performance.now();
      await post(server, visitor, {}, free);
      expect(performance.now() - began).toBeLessThan(3_000);
    });
    await waiting;
    await thread();
  });

  it('keeps numbers dense and moments rising while two nodes write to the same few appeals', async () => {
    const ids = [appealId];
    for (let index = 0; index < 3; index += 1)
      ids.push((await anAppeal(dealer, company.topic)).appeal.id);
    const before = await batches();
    const write = async (node: TestApp, actor: Actor, turns: number) => {
      for (let turn = 0; turn < turns; turn += 1)
        await Promise.all(
          ids.map((id) =>
            post(node, actor, { kind: actor === staff && turn % 3 === 0 ? 'note' : 'message' }, id),
          ),
        );
    };
    const counted = new Map<string, number>();
    for (const id of ids)
      counted.set(id, (await thread(id)).filter(({ kind }) => kind !== 'event').length);
    await Promise.all([
      write(server, visitor, 25),
      write(server, staff, 25),
      write(other, visitor, 25),
      write(other, staff, 25),
    ]);
    for (const id of ids) {
      const messages = (await thread(id)).filter(({ kind }) => kind !== 'event').length;
      expect(messages).toBe((counted.get(id) ?? 0) + 100);
    }
    // Both ways were gone.
    const after = await batches();
    expect(after.lock).toBeGreaterThan(before.lock);
  });
});

describe('the statement that writes what memory decided', () => {
  let work: AppealChange;
  let assumed: Assumed;

  /** A note line that was decided at the database's own moment. */
  beforeEach(async () => {
    const { db } = server.database;
    const [facts] = await appealRepository.facts(db, [appealId]);
    const [clock] = await db.query<{ now: Date }>(`SELECT clock_timestamp() AS now`);
    if (!facts || !clock) throw new Error('the appeal is there');
    assumed = {
      appeals: [appealRepository.assumptionOf(facts)],
      sessionIds: [dealer.sessionId, manager.sessionId],
      sent: [{ authorId: visitor.personId, clientId: randomUUID() }],
      at: clock.now,
    };
    work = change(facts);
    append(work, staff, 'fields', { subject: 'Другая тема' }, clock.now, false);
  });
  const save = async () => {
    const before = await thread();
    const { fits } = await appealRepository.saveIfStill(server.app.db, [work], assumed);
    const lines = (await thread()).length - before.length;
    expect(lines).toBe(fits ? 1 : 0);
    return fits;
  };
  const ofAppeal = (changes: Partial<Assumed['appeals'][number]>) => {
    assumed = { ...assumed, appeals: assumed.appeals.map((one) => ({ ...one, ...changes })) };
  };

  it('writes when everything is as assumed', async () => {
    expect(await save()).toBe(true);
  });

  it.each<[string, () => void]>([
    ['an older revision', () => ofAppeal({ rev: (assumed.appeals[0]?.rev ?? 0) - 1 })],
    ['another name of the dealer', () => ofAppeal({ dealer_name: 'Вчерашняя вывеска' })],
    ['another manager of the dealer', () => ofAppeal({ dealer_manager_id: randomUUID() })],
    ['another name of the assignee', () => ofAppeal({ assignee_name: 'Вчерашняя фамилия' })],
    ['no assignee', () => ofAppeal({ assignee_name: null })],
    ['a session that is not there', () => assumed.sessionIds.push(randomUUID())],
    ['a moment to come', () => (assumed.at = new Date(Date.now() + 60_000))],
    ['a moment long past', () => (assumed.at = new Date(Date.now() - 60_000))],
  ])('writes nothing with %s', async (_name, spoil) => {
    spoil();
    expect(await save()).toBe(false);
  });

  it('writes nothing with a client id that was used in another appeal', async () => {
    const clientId = randomUUID();
    const elsewhere = await anAppeal(dealer, company.topic);
    await post(server, visitor, { clientId }, elsewhere.appeal.id);
    assumed.sent.push({ authorId: visitor.personId, clientId });
    expect(await save()).toBe(false);
  });

  it('writes nothing while somebody holds the appeal, and does not wait for him', async () => {
    await server.database.db.transaction(async (tx) => {
      await tx.query(`SELECT 1 FROM appeal WHERE id = $1 FOR UPDATE`, [appealId]);
      expect(await save()).toBe(false);
    });
  });
});
