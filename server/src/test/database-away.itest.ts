import { randomUUID } from 'node:crypto';
import { createServer, createConnection, type Server, type Socket } from 'node:net';
import { appealsApi } from '@otklik/shared/appeals.api';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { aCompany, aMessage, anAppeal } from '../modules/appeals/appeal.factory';
import { testApp, type TestApp, type TestSession } from './test-app';

/** A line to the database that can be cut and repaired. */
class Line {
  private state: 'open' | 'cut' | 'silent' = 'open';
  private readonly pairs = new Set<readonly [Socket, Socket]>();
  private readonly unanswered = new Set<Socket>();
  private server: Server | undefined;
  private readonly ears: ((bytes: Buffer) => void)[] = [];

  /** Answers the address of the near end. */
  async open(databaseUrl: string): Promise<string> {
    const far = new URL(databaseUrl);
    const server = createServer((near) => this.join(near, far));
    this.server = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const url = new URL(databaseUrl);
    url.hostname = '127.0.0.1';
    url.port = String(address.port);
    return url.href;
  }

  private join(near: Socket, far: URL): void {
    near.on('error', () => undefined);
    if (this.state === 'cut') return void near.destroy();
    if (this.state === 'silent') return void this.unanswered.add(near);
    const there = createConnection(Number(far.port || 5432), far.hostname);
    const pair = [near, there] as const;
    this.pairs.add(pair);
    there.on('error', () => near.destroy());
    near.on('data', (bytes) => {
      there.write(bytes);
      for (const hear of this.ears) hear(bytes);
    });
    there.on('data', (bytes) => near.write(bytes));
    near.on('close', () => there.destroy());
    there.on('close', () => {
      this.pairs.delete(pair);
      near.destroy();
    });
  }

  /** Every connection breaks, and new ones are refused. */
  cut(): void {
    this.state = 'cut';
    this.hangUp();
  }

  /** Every connection breaks; new ones are taken, and never get a word. */
  fallSilent(): void {
    this.state = 'silent';
    this.hangUp();
  }

  /** Waits until the server listens again and asks after the sessions of its sockets, and breaks just there. */
  whenHeardAgain(breakIt: () => void): Promise<void> {
    return new Promise((resolve) => {
      let listens = false;
      const ear = (bytes: Buffer) => {
        const text = bytes.toString('latin1');
        listens ||= text.includes('LISTEN session_ended');
        if (!listens || !/JOIN session s\b/.test(text)) return;
        this.ears.splice(this.ears.indexOf(ear), 1);
        breakIt();
        resolve();
      };
      this.ears.push(ear);
    });
  }

  repair(): void {
    for (const near of this.unanswered) near.destroy();
    this.unanswered.clear();
    this.state = 'open';
  }

  hangUp(): void {
    for (const [near, there] of this.pairs) {
      near.destroy();
      there.destroy();
    }
  }

  close(): void {
    this.hangUp();
    this.server?.close();
  }
}

const line = new Line();
let server: TestApp;
let company: Awaited<ReturnType<typeof aCompany>>;
let dealer: TestSession;
let manager: TestSession;
/** A bug, not a refusal: the process would have ended. */
const crashes: unknown[] = [];
const onCrash = (error: unknown) => crashes.push(error);

beforeAll(async () => {
  process.on('uncaughtException', onCrash);
  process.on('unhandledRejection', onCrash);
  server = await testApp({ reach: (url) => line.open(url), background: true });
  company = await aCompany(server.database.db);
  dealer = await server.signIn(company.visitor);
  manager = await server.signIn(company.manager);
});
afterEach(async () => {
  line.repair();
  await untilReady();
  expect(crashes).toEqual([]);
});
afterAll(async () => {
  await server.close();
  line.close();
  process.off('uncaughtException', onCrash);
  process.off('unhandledRejection', onCrash);
});

const aWhile = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Milliseconds until /readyz says 200. */
async function untilReady(): Promise<number> {
  const began = Date.now();
  while ((await fetch(`${server.url}/readyz`)).status !== 200) await aWhile(50);
  return Date.now() - began;
}

async function timed<Result>(run: Promise<Result>): Promise<{ result: Result; ms: number }> {
  const began = performance.now();
  const result = await run;
  return { result, ms: performance.now() - began };
}

describe.each([
  ['breaks', () => line.cut()],
  ['breaks and new ones stay silent', () => line.fallSilent()],
])('when the line to the database %s', (_name, breakIt) => {
  it('every request answers 503 within 2.5 s, the process lives, and is ready again within 5 s', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    const socket = await dealer.socket();
    breakIt();
    const requests = [
      () => dealer.raw('GET', '/me'),
      () => manager.raw('GET', '/appeals?view=open'),
      () => dealer.raw('GET', `/appeals/${appeal.id}/entries`),
      () => manager.raw('PUT', `/appeals/${appeal.id}/status`, { body: '{"status":"waiting"}' }),
      () => fetch(`${server.url}/readyz`),
      () =>
        dealer.raw('POST', `/appeals/${appeal.id}/entries`, {
          body: JSON.stringify({ clientId: randomUUID(), body: 'в пустоту' }),
        }),
    ];
    for (let round = 0; round < 2; round += 1) {
      const answers = await Promise.all(requests.map((ask) => timed(ask())));
      for (const { result, ms } of answers) {
        expect(result.status).toBe(503);
        expect(ms).toBeLessThan(2_500);
        expect(result.headers.get('retry-after')).toBe('2');
        expect(result.headers.get('content-type')).toMatch(/^application\/problem\+json/);
        expect(await result.json()).toMatchObject({ code: 'database_away', facts: {} });
      }
    }
    const { result: ack, ms } = await timed(
      socket.ask('entry:post', { appealId: appeal.id, clientId: randomUUID(), body: 'туда же' }),
    );
    expect(ack).toMatchObject({ ok: false, problem: { code: 'database_away', status: 503 } });
    expect(ms).toBeLessThan(2_500);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    line.repair();
    expect(await untilReady()).toBeLessThan(5_000);
    expect((await dealer.raw('GET', '/me')).status).toBe(200);
    expect((await aMessage(dealer, appeal.id)).entry.kind).toBe('message');
  });

  it('a send under way is lost for its sender only, and lands once when he tries again', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    const socket = await dealer.socket();
    const clientIds = Array.from({ length: 40 }, () => randomUUID());
    const send = (clientId: string) =>
      socket.ask('entry:post', { appealId: appeal.id, clientId, body: clientId });
    // Some before, some in the middle of the break, some after it.
    const first = clientIds.slice(0, 35).map(async (clientId, index) => {
      await aWhile(index * 3);
      return send(clientId);
    });
    await first[3];
    breakIt();
    const outcomes = await Promise.all([...first, ...clientIds.slice(35).map(send)]);
    expect(outcomes.some((ack) => ack.ok)).toBe(true);
    const refused = outcomes.filter((ack) => !ack.ok);
    expect(refused.length).toBeGreaterThan(0);
    for (const ack of refused) expect(ack).toMatchObject({ problem: { code: 'database_away' } });
    line.repair();
    await untilReady();
    const again = await Promise.all(clientIds.map(send));
    expect(again.every((ack) => ack.ok)).toBe(true);
    const { entries } = await dealer.call(appealsApi.entries, {
      appealId: appeal.id,
      limit: 100,
    });
    const sent = new Set<string>(clientIds);
    const bodies = entries.map((entry) => entry.body).filter((body) => sent.has(body));
    expect(bodies.sort()).toEqual([...clientIds].sort());
    const numbers = entries.map((entry) => (entry.audience === 'dealer' ? entry.publicSeq : 0));
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  });

  it('a revocation reaches its sockets again after the return', async () => {
    const victim = await server.signIn(company.secondVisitor);
    const socket = await victim.socket();
    breakIt();
    await dealer.raw('GET', '/me');
    line.repair();
    await untilReady();
    await aWhile(1_500);
    const gone = new Promise<void>((resolve) => socket.socket.once('disconnect', () => resolve()));
    expect(socket.socket.connected).toBe(true);
    const began = Date.now();
    expect((await victim.raw('DELETE', '/session')).status).toBe(200);
    expect(await socket.next('session:ended')).toEqual({ reason: 'signed_out' });
    await gone;
    expect(Date.now() - began).toBeLessThan(1_000);
  });

  it('a session the database could not be asked about is left alone', async () => {
    const { socket } = await (await server.signIn(company.secondVisitor)).socket();
    const brokeAgain = line.whenHeardAgain(breakIt);
    breakIt();
    await dealer.raw('GET', '/me');
    line.repair();
    await brokeAgain;
    await aWhile(300);
    line.repair();
    await untilReady();
    await aWhile(1_500);
    expect(socket.connected).toBe(true);
  });

  it('what was revoked while nobody could hear it is found out afterwards', async () => {
    const [ended, changed, untouched] = await Promise.all(
      [company.secondVisitor, company.colleague, company.manager].map(async (person) => {
        const session = await server.signIn(person);
        return { session, socket: (await session.socket()).socket };
      }),
    );
    breakIt();
    // Another node, whose line is whole, ends the one and changes the rights of the other.
    const { db } = server.database;
    await db.query(
      `UPDATE session SET ended_at = now(), ended_reason = 'ended_by_staff' WHERE id = $1`,
      [ended?.session.sessionId],
    );
    await db.query(`UPDATE person SET rights_version = rights_version + 1 WHERE id = $1`, [
      company.colleague.id,
    ]);
    await dealer.raw('GET', '/me');
    line.repair();
    await untilReady();
    const began = Date.now();
    while (Date.now() - began < 5_000 && (ended?.socket.connected || changed?.socket.connected))
      await aWhile(50);
    expect(ended?.socket.connected).toBe(false);
    expect(changed?.socket.connected).toBe(false);
    expect(untouched?.socket.connected).toBe(true);
  });
});
