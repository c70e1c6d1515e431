import { randomUUID } from 'node:crypto';
import { appealsApi } from '@otklik/shared/appeals.api';
import { peopleApi } from '@otklik/shared/people.api';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aCompany, aMessage, anAppeal } from '../modules/appeals/appeal.factory';
import { testRedis, type TestRedis } from './redis';
import { testApp, type TestApp, type TestSession, type TestSocket } from './test-app';

/** News is there "at once" when it is there within this time, ms. */
const AT_ONCE = 1_000;

let redis: TestRedis;
let a: TestApp;
let b: TestApp;
let company: Awaited<ReturnType<typeof aCompany>>;
/** At node A and at node B. */
let managerA: TestSession;
let visitorA: TestSession;
let managerB: TestSession;
let visitorB: TestSession;
/** A bug, not a refusal: the process would have ended. */
const crashes: unknown[] = [];
const onCrash = (error: unknown) => crashes.push(error);

beforeAll(async () => {
  process.on('uncaughtException', onCrash);
  process.on('unhandledRejection', onCrash);
  redis = await testRedis();
  await redis.start();
  a = await testApp({ env: { REDIS_URL: redis.url } });
  b = await testApp({ env: { REDIS_URL: redis.url }, database: a.database });
  company = await aCompany(a.database.db);
  managerA = await a.signIn(company.manager);
  visitorA = await a.signIn(company.visitor);
  managerB = await b.signIn(company.colleague);
  visitorB = await b.signIn(company.secondVisitor);
});
beforeEach(() => newsFlow(true));
afterEach(() => expect(crashes).toEqual([]));
afterAll(async () => {
  await b?.close();
  await a?.close();
  await redis.close();
  process.off('uncaughtException', onCrash);
  process.off('unhandledRejection', onCrash);
});

async function metric(node: TestApp, name: string): Promise<number> {
  const text = await (await fetch(`${node.url}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
}
const newsFlow = (flows: boolean) =>
  expect
    .poll(
      async () => [
        await metric(a, 'otklik_redis_connected'),
        await metric(b, 'otklik_redis_connected'),
      ],
      { timeout: 10_000 },
    )
    .toEqual(flows ? [1, 1] : [0, 0]);

async function timed<Result>(run: Promise<Result>): Promise<{ result: Result; ms: number }> {
  const began = performance.now();
  const result = await run;
  return { result, ms: performance.now() - began };
}
const hearsBody = (line: TestSocket, body: string) =>
  line.next('appeal:news', ({ entries }) => entries.some((entry) => entry.body === body));

describe('with Redis', () => {
  it('news of a send reaches the other node at once, the note stays with staff', async () => {
    const { appeal } = await anAppeal(visitorA, company.topic);
    const [staff, dealer] = [await managerB.socket(), await visitorB.socket()];
    const note = `только своим ${randomUUID()}`;
    const body = randomUUID();
    await aMessage(managerA, appeal.id, { kind: 'note', body: note });
    expect((await timed(hearsBody(staff, note))).ms).toBeLessThan(AT_ONCE);
    await aMessage(managerA, appeal.id, { body });
    for (const line of [staff, dealer])
      expect((await timed(hearsBody(line, body))).ms).toBeLessThan(AT_ONCE);
    // The dealer's node has by now heard both; the dealer's socket only the one.
    expect(JSON.stringify(dealer.heard)).not.toContain(note);
    expect(dealer.heard.filter(({ event }) => event === 'appeal:news')).toHaveLength(1);
  });

  it('each socket hears of a send once', async () => {
    const { appeal } = await anAppeal(visitorA, company.topic);
    const lines = [await visitorA.socket(), await visitorB.socket()];
    const bodies = Array.from({ length: 20 }, (): string => randomUUID());
    for (const body of bodies) await aMessage(managerA, appeal.id, { body });
    for (const line of lines) {
      await hearsBody(line, bodies.at(-1) ?? '');
      const heard = line.heard.flatMap(({ event, news }) =>
        event === 'appeal:news'
          ? (news as { entries: { body: string }[] }).entries.map((entry) => entry.body)
          : [],
      );
      expect(heard.filter((body) => bodies.includes(body))).toEqual(bodies);
    }
  });

  it('who is there and who writes is seen at the other node', async () => {
    const { appeal } = await anAppeal(visitorA, company.topic);
    const appealId = appeal.id;
    const [here, there] = [await managerA.socket(), await managerB.socket()];
    const dealer = await visitorB.socket();
    await here.ask('presence:look', { appealId });
    await dealer.ask('presence:look', { appealId });
    await there.ask('presence:look', { appealId, writes: 'note' });
    const sees = (line: TestSocket, writes: string | null) =>
      line.next('presence:news', ({ present }) =>
        writes === null ? present.length === 0 : present.some((one) => one.writes === writes),
      );
    const note = await timed(sees(here, 'note'));
    expect(note.ms).toBeLessThan(AT_ONCE);
    expect(note.result.present).toMatchObject([{ person: { id: company.colleague.id } }]);
    await here.ask('presence:look', { appealId, writes: 'reply' });
    const reply = await timed(sees(dealer, 'reply'));
    expect(reply.ms).toBeLessThan(AT_ONCE);
    expect(reply.result.present).toEqual([
      { person: null, side: 'staff', views: false, writes: 'reply' },
    ]);
    here.socket.disconnect();
    await sees(dealer, null);
    expect(JSON.stringify(dealer.heard)).not.toContain('note');
  });

  it('a lost right silences presence at the other node as well', async () => {
    const { appeal } = await anAppeal(visitorA, company.topic);
    const appealId = appeal.id;
    const [here, there] = [await managerA.socket(), await managerB.socket()];
    await there.ask('presence:look', { appealId });
    await here.ask('presence:look', { appealId });
    await there.next('presence:news', ({ present }) => present.length === 1);
    const before = there.heard.filter(({ event }) => event === 'presence:news').length;
    const { db } = a.database;
    await db.query(`UPDATE appeal SET team_id = $2 WHERE id = $1`, [
      appealId,
      company.otherTeam.id,
    ]);
    await db.query(`UPDATE appeal SET assignee_id = $2 WHERE id = $1`, [
      appealId,
      company.manager.id,
    ]);
    // Node A hears of the change with its next send, and passes it on.
    await aMessage(managerA, appealId, { kind: 'note', body: 'перевели' });
    await expect
      .poll(async () => (await there.ask('presence:look', { appealId })).ok, { timeout: 3_000 })
      .toBe(false);
    await here.ask('presence:look', { appealId, writes: 'reply' });
    const after = there.heard.filter(({ event }) => event === 'presence:news').length;
    expect(after).toBe(before);
  });

  it('people and sessions are online wherever their socket is', async () => {
    const guest = await b.signIn(company.visitor);
    const line = await guest.socket();
    const isOnline = async () =>
      (await visitorA.call(peopleApi.mySessions, {})).items.find(({ id }) => id === guest.sessionId)
        ?.online;
    await expect.poll(isOnline, { timeout: 3_000 }).toBe(true);
    line.socket.disconnect();
    await expect.poll(isOnline, { timeout: 3_000 }).toBe(false);
  });

  it('a node that stops says goodbye to its own sockets only', async () => {
    const third = await testApp({ env: { REDIS_URL: redis.url }, database: a.database });
    const line = await visitorB.socket();
    const leaving = await (await third.signIn(company.visitor)).socket();
    await third.app.close();
    await leaving.next('server:stopping');
    await third.close();
    expect(line.socket.connected).toBe(true);
    expect(line.heard.map(({ event }) => event)).not.toContain('server:stopping');
  });
});

/** Level: what the node answers after this is what is true. */
async function bodiesAt(node: TestSession, appealId: string): Promise<string[]> {
  const { entries } = await node.call(appealsApi.entries, { appealId, limit: 100 });
  return entries.filter(({ kind }) => kind === 'message').map(({ body }) => body);
}

describe.each([
  ['is gone', () => redis.kill(), () => redis.start()],
  ['takes connections and answers nothing', async () => redis.pause(), async () => redis.resume()],
])('when Redis %s', (_how, breakIt, repair) => {
  afterEach(repair);

  it('sends go on at once, ready stays ready, sync brings the other node level, news flow again after', async () => {
    const { appeal } = await anAppeal(visitorA, company.topic);
    const [own, other] = [await visitorA.socket(), await visitorB.socket()];
    const failures = await metric(a, 'otklik_redis_failures_total');
    await breakIt();
    const bodies = Array.from({ length: 15 }, () => randomUUID());
    for (const body of bodies) {
      expect((await timed(aMessage(managerA, appeal.id, { body }))).ms).toBeLessThan(AT_ONCE);
      // At the same node nobody waits for Redis either.
      expect((await timed(hearsBody(own, body))).ms).toBeLessThan(AT_ONCE);
    }
    await newsFlow(false);
    const late = randomUUID();
    await aMessage(managerA, appeal.id, { body: late });
    expect(await metric(a, 'otklik_redis_failures_total')).toBeGreaterThan(failures);
    for (const node of [a, b]) {
      expect((await timed(fetch(`${node.url}/readyz`))).result.status).toBe(200);
      const asked = await timed(node.app.io.fetchSockets());
      expect(asked.ms).toBeLessThan(100);
      expect(asked.result.length).toBeGreaterThan(0);
    }
    expect((await bodiesAt(visitorB, appeal.id)).slice(1)).toEqual([...bodies, late]);
    const presence = await timed(own.ask('presence:look', { appealId: appeal.id }));
    expect(presence.result.ok).toBe(true);
    expect(presence.ms).toBeLessThan(AT_ONCE);

    await repair();
    await newsFlow(true);
    const back = randomUUID();
    await aMessage(managerA, appeal.id, { body: back });
    expect((await timed(hearsBody(other, back))).ms).toBeLessThan(AT_ONCE);
    expect(other.socket.connected).toBe(true);
  });

  it('an ended session is cut at the other node within a second all the same', async () => {
    const victim = await b.signIn(company.visitor);
    const line = await victim.socket();
    await breakIt();
    const gone = new Promise<void>((resolve) => line.socket.once('disconnect', () => resolve()));
    const began = performance.now();
    await visitorA.call(peopleApi.endMySession, { sessionId: victim.sessionId });
    await gone;
    expect(performance.now() - began).toBeLessThan(AT_ONCE);
    expect(await line.next('session:ended')).toEqual({ reason: 'ended_by_self' });
  });
});

describe.each([
  ['is not there', (right: string) => right.replace(/:\d+$/, ':1')],
  ['refuses the password', (right: string) => right.replace('test-password', 'wrong-password')],
])('a node whose Redis %s from the beginning', (_how, urlOf) => {
  it('serves alone', async () => {
    const lone = await testApp({ env: { REDIS_URL: urlOf(redis.url) }, database: a.database });
    try {
      const dealer = await lone.signIn(company.visitor);
      const line = await dealer.socket();
      const { appeal } = await anAppeal(dealer, company.topic);
      const body = randomUUID();
      const manager = await lone.signIn(company.manager);
      await aMessage(manager, appeal.id, { body });
      expect((await timed(hearsBody(line, body))).ms).toBeLessThan(AT_ONCE);
      expect(await metric(lone, 'otklik_redis_connected')).toBe(0);
      expect((await fetch(`${lone.url}/readyz`)).status).toBe(200);
      lone.app.io.disconnectSockets(true);
      await expect.poll(() => line.socket.connected).toBe(false);
    } finally {
      await lone.close();
    }
  });
});
