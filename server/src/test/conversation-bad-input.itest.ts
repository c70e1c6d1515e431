import { randomUUID } from 'node:crypto';
import { connect, type Socket as Wire } from 'node:net';
import type { Entry, Posted } from '@otklik/shared/appeals';
import { appealsApi } from '@otklik/shared/appeals.api';
import type { Ack } from '@otklik/shared/errors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aCompany, aMessage, anAppeal } from '../modules/appeals/appeal.factory';
import { rooms } from '../modules/people';
import { refusal, testApp, type TestApp, type TestSession } from './test-app';

/** What one party of a conversation may try to pass off on the others, and how much one may ask for. */
let server: TestApp;
let company: Awaited<ReturnType<typeof aCompany>>;
let visitor: TestSession;
let outsider: TestSession;
let manager: TestSession;
let supervisor: TestSession;

beforeAll(async () => {
  server = await testApp();
  company = await aCompany(server.database.db);
  visitor = await server.signIn(company.visitor);
  outsider = await server.signIn(company.outsider);
  manager = await server.signIn(company.manager);
  supervisor = await server.signIn(company.supervisor);
});
afterAll(() => server.close());

const open = async (session = visitor) => (await anAppeal(session, company.topic)).appeal.id;
const numberOf = (entry: Entry) => entry.publicSeq ?? 0;
const entriesOf = (session: TestSession, appealId: string, afterSeq = 0) =>
  session.call(appealsApi.entries, { appealId, afterSeq, limit: 100 });
const storedIn = async (appealId: string) =>
  server.database.db.query<{ seq: number; client_id: string; body: string }>(
    `SELECT seq, client_id, body FROM entry WHERE appeal_id = $1 ORDER BY seq`,
    [appealId],
  );

describe('forged numbers', () => {
  it('of a message cannot be chosen by its author', async () => {
    const appealId = await open();
    const before = await storedIn(appealId);
    for (const field of ['seq', 'publicSeq', 'at', 'authorId', 'version']) {
      const body = { clientId: randomUUID(), body: 'x', [field]: 1 };
      const answer = await visitor.raw('POST', `/appeals/${appealId}/entries`, {
        body: JSON.stringify(body),
      });
      expect([field, answer.status]).toEqual([field, 400]);
    }
    expect(await storedIn(appealId)).toEqual(before);
  });

  it('of what one has seen move nothing beyond what is there', async () => {
    const appealId = await open();
    const { appeal } = await aMessage(manager, appealId);
    const mark = await visitor.call(appealsApi.markRead, { appealId, seq: 2_000_000_000 });
    expect(mark.seq).toBe(appeal.lastPublicSeq);
    const next = await aMessage(manager, appealId);
    // What came later is unread all the same.
    const { marks } = await visitor.call(appealsApi.list, { view: 'open' });
    expect(marks.find((one) => one.appealId === appealId)?.seq).toBeLessThan(numberOf(next.entry));
    expect((await entriesOf(visitor, appealId, 2_000_000_000)).entries).toEqual([]);
  });

  it('of what one had seen when sending give no number but the next', async () => {
    const appealId = await open();
    const { entry } = await aMessage(visitor, appealId, { seenSeq: 2_000_000_000 });
    const stored = await storedIn(appealId);
    expect(stored.map(({ seq }) => seq)).toEqual(stored.map((_, index) => index + 1));
    expect(numberOf((await aMessage(visitor, appealId, { seenSeq: 0 })).entry)).toBe(
      numberOf(entry) + 1,
    );
  });

  it('of a quoted message lead neither into another appeal nor to a note', async () => {
    const appealId = await open();
    const elsewhere = await open();
    const others = await open(outsider);
    const quotable = (await aMessage(visitor, elsewhere)).entry;
    const foreign = (await aMessage(outsider, others)).entry;
    const note = (await aMessage(manager, appealId, { kind: 'note' })).entry;
    const before = await storedIn(appealId);
    for (const replyTo of [quotable.id, foreign.id, note.id, randomUUID()]) {
      const { problem } = await refusal(aMessage(visitor, appealId, { replyTo }));
      // The same answer for all: none of them tells whether there is such a message.
      expect(problem).toMatchObject({ code: 'not_found', facts: { what: 'entry' } });
    }
    expect(await storedIn(appealId)).toEqual(before);
  });
});

it('a cursor of somebody else, a cut or a damaged one is a start from nothing, with own rows only', async () => {
  const own = await open();
  const theirs = await open(outsider);
  const [mine, foreign, staffs] = await Promise.all(
    [visitor, outsider, supervisor].map(
      async (session) => (await session.call(appealsApi.sync, {})).cursor,
    ),
  );
  const bytes = Buffer.from(mine ?? '', 'base64url');
  const damaged = Array.from({ length: bytes.length }, (_, at) => {
    const flipped = Buffer.from(bytes);
    flipped.writeUInt8(bytes.readUInt8(at) ^ (1 << (at % 8)), at);
    return flipped.toString('base64url');
  });
  const cut = [1, 20, 28, 29, bytes.length - 1].map((length) =>
    bytes.subarray(0, length).toString('base64url'),
  );
  for (const cursor of [foreign, staffs, ...cut, ...damaged, 'x', '%00', '🙂']) {
    const answer = await visitor.call(appealsApi.sync, { cursor });
    expect(answer.reset).toBe(true);
    const ids = answer.items.map(({ id }) => id);
    expect(ids).toContain(own);
    expect(ids).not.toContain(theirs);
  }
  expect((await visitor.call(appealsApi.sync, { cursor: mine })).reset).toBe(false);
}, 240_000);

it('an appeal of another dealer is, whatever is tried with it, one that does not exist', async () => {
  const theirs = await open(outsider);
  const { entry } = await aMessage(outsider, theirs);
  const line = await visitor.socket();
  const tries = (appealId: string, entryId: string): [string, string, object?][] => {
    const clientId = randomUUID();
    return [
      ['GET', `/appeals/${appealId}`],
      ['GET', `/appeals/${appealId}/entries`],
      ['GET', `/appeals/${appealId}/entries/${entryId}`],
      ['GET', `/appeals/${appealId}/clocks`],
      ['GET', `/appeals/${appealId}/digest?fromSeq=1&toSeq=2`],
      ['POST', `/appeals/${appealId}/entries`, { clientId, body: 'x' }],
      ['PUT', `/appeals/${appealId}/entries/${entryId}/body`, { clientId, body: 'x' }],
      ['DELETE', `/appeals/${appealId}/entries/${entryId}?clientId=${clientId}`],
      ['POST', `/appeals/${appealId}/read`, { seq: 1 }],
      ['POST', `/appeals/${appealId}/unread`, { seq: 1 }],
      ['PUT', `/appeals/${appealId}/status`, { status: 'resolved', solved: true }],
      ['POST', `/appeals/${appealId}/orders`, { number: '1' }],
    ];
  };
  const before = await storedIn(theirs);
  const answers = async (appealId: string, entryId: string) => {
    const given = [];
    for (const [method, path, body] of tries(appealId, entryId)) {
      const answer = await visitor.raw(method, path, body ? { body: JSON.stringify(body) } : {});
      const { code, facts } = (await answer.json()) as { code: string; facts: object };
      given.push([method, path.replace(/[0-9a-f-]{36}/g, 'id'), answer.status, code, facts]);
    }
    for (const [event, payload] of [
      ['entry:post', { appealId, clientId: randomUUID(), body: 'x' }],
      ['appeal:read', { appealId, seq: 1 }],
    ] as const) {
      const ack = await line.ask(event, payload);
      given.push([event, ack.ok, !ack.ok && ack.problem.code, !ack.ok && ack.problem.facts]);
    }
    return given;
  };
  const real = await answers(theirs, entry.id);
  expect(real).toEqual(await answers(randomUUID(), randomUUID()));
  expect(real.filter(([, , status]) => status !== 404 && status !== 'not_found')).toEqual([]);
  expect(await storedIn(theirs)).toEqual(before);
});

const answered = (): void => undefined;
it.each([
  ['join', [rooms.overseers]],
  ['join', [{ room: rooms.staff }, answered]],
  ['subscribe', [{ rooms: [rooms.overseers] }, answered]],
  ['appeal:news', [{ appeal: {}, entries: [] }]],
  ['server:stopping', [{ retryAfterMs: 1 }]],
  ['entry:post', [{ body: 'nobody waits for the answer' }]],
])('a client that emits %s with %j joins nothing and is cut', async (event, given) => {
  const line = await visitor.socket();
  const id = line.socket.id ?? '';
  const others = await manager.socket();
  const cut = new Promise((resolve) => line.socket.once('disconnect', resolve));
  line.socket.emit(event, ...given);
  expect(await cut).toBe('io server disconnect');
  for (const room of server.app.io.sockets.adapter.rooms.values()) expect(room.has(id)).toBe(false);
  expect(others.heard).toEqual([]);
});

describe('the id of a message', () => {
  it('that somebody else has used is a free one to anybody else, and tells nothing of his', async () => {
    const appealId = await open();
    const clientId = randomUUID();
    const first = await aMessage(manager, appealId, { clientId, kind: 'note', body: 'только нам' });
    const second = await aMessage(visitor, appealId, { clientId, body: 'моё' });
    expect(second.entry.id).not.toBe(first.entry.id);
    expect(second.entry.body).toBe('моё');
    const stored = (await storedIn(appealId)).filter((row) => row.client_id === clientId);
    expect(stored.map(({ body }) => body)).toEqual(['только нам', 'моё']);
  });

  it('that comes again with other content is refused by name, over both ways, and stores nothing', async () => {
    const appealId = await open();
    const elsewhere = await open();
    const line = await visitor.socket();
    const clientId = randomUUID();
    await aMessage(visitor, appealId, { clientId, body: 'одно' });
    const before = [await storedIn(appealId), await storedIn(elsewhere)];
    for (const other of [
      { appealId, body: 'другое' },
      { appealId: elsewhere, body: 'одно' },
    ]) {
      const { problem } = await refusal(aMessage(visitor, other.appealId, { ...other, clientId }));
      expect(problem).toMatchObject({ code: 'same_id_other_content', facts: { clientId } });
      const ack = await line.ask('entry:post', { ...other, clientId });
      expect(ack).toMatchObject({ ok: false, problem: { code: 'same_id_other_content' } });
    }
    expect([await storedIn(appealId), await storedIn(elsewhere)]).toEqual(before);
  });
});

describe('10 MB', () => {
  const huge = 'я'.repeat(5 * 1024 * 1024);

  it('over HTTP are refused with the limit', async () => {
    const appealId = await open();
    const answer = await visitor.raw('POST', `/appeals/${appealId}/entries`, {
      body: JSON.stringify({ clientId: randomUUID(), body: huge }),
    });
    expect(answer.status).toBe(413);
    expect(await answer.json()).toMatchObject({
      code: 'too_large',
      facts: { limitBytes: 1024 * 1024 },
    });
  });

  it('over the socket end the connection; the next one is as good as new', async () => {
    const appealId = await open();
    const line = await visitor.socket();
    const cut = new Promise((resolve) => line.socket.once('disconnect', resolve));
    line.socket.emit(
      'entry:post',
      { appealId, clientId: randomUUID(), body: huge },
      () => undefined,
    );
    await cut;
    const again = await visitor.socket();
    const sent = { appealId, clientId: randomUUID(), body: 'x' };
    expect(await again.ask('entry:post', sent)).toMatchObject({ ok: true });
  });
});

it('10,000 sends in a burst: each is answered, what is acknowledged is stored once, the rest is refused with a time', async () => {
  const appealId = await open();
  const line = await visitor.socket();
  const sends = Array.from({ length: 10_000 }, (_, index) => ({
    appealId,
    clientId: randomUUID(),
    body: `№ ${index}`,
  }));
  const began = performance.now();
  const acks = await Promise.all(sends.map((send) => line.ask('entry:post', send, 60_000)));
  const seconds = (performance.now() - began) / 1000;
  const acknowledged = acks.flatMap((ack) =>
    ack.ok ? [(ack as Ack<Posted> & { ok: true }).value.entry] : [],
  );
  for (const ack of acks) {
    if (ack.ok) continue;
    expect(ack.problem).toMatchObject({ code: 'rate_limited', status: 429 });
    expect(ack.problem.facts).toEqual({ retryAfterSeconds: 3 });
  }
  // A bounded queue: a burst, what may wait, and what was served meanwhile.
  expect(acknowledged.length).toBeGreaterThanOrEqual(64 + 512);
  expect(acknowledged.length).toBeLessThanOrEqual(64 + 512 + 200 * Math.ceil(seconds));
  const stored = await storedIn(appealId);
  const said = stored.filter(({ body }) => body.startsWith('№ '));
  expect(said.map(({ client_id: id }) => id).sort()).toEqual(
    acknowledged.map(({ clientId }) => clientId).sort(),
  );
  expect(stored.map(({ seq }) => seq)).toEqual(stored.map((_, index) => index + 1));
  // In the order in which they were sent.
  expect(said.map(({ body }) => Number(body.slice(2)))).toEqual(
    said.map(({ body }) => Number(body.slice(2))).sort((a, b) => a - b),
  );
  expect(line.socket.connected).toBe(true);
  // A refused send goes through later, under its own id.
  const refused = sends[acks.findIndex((ack) => !ack.ok)];
  expect(await line.ask('entry:post', refused)).toMatchObject({ ok: true });
}, 240_000);

describe('a reader that never reads', () => {
  /** Connects as this session, becomes a socket of the server, and reads no further byte. */
  async function aDeafReader(session: TestSession): Promise<{ wire: Wire; id: string }> {
    const { hostname, port, host } = new URL(server.url);
    const wire = connect(Number(port), hostname);
    const known = new Set(server.app.io.sockets.sockets.keys());
    wire.write(
      [
        'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1',
        `Host: ${host}`,
        `Cookie: ${session.cookie}`,
        'Upgrade: websocket',
        'Connection: Upgrade',
        'Sec-WebSocket-Version: 13',
        `Sec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}`,
        '\r\n',
      ].join('\r\n'),
    );
    await new Promise((resolve) => wire.once('data', resolve));
    wire.pause();
    // One text frame: "connect to the main namespace".
    wire.write(Buffer.concat([Buffer.from([0x81, 0x82, 0, 0, 0, 0]), Buffer.from('40')]));
    const mine = () => [...server.app.io.sockets.sockets.keys()].find((id) => !known.has(id));
    await expect.poll(mine).toBeDefined();
    return { wire, id: mine() ?? '' };
  }

  it('is cut while 5,000 messages are published; who reads gets every one, and memory stays bounded', async () => {
    const appealId = await open();
    const reading = await visitor.socket();
    const { wire, id } = await aDeafReader(visitor);
    const isThere = () => server.app.io.sockets.sockets.has(id);
    const memory = process.memoryUsage().rss;
    const { entry, appeal } = await aMessage(manager, appealId, { body: 'я'.repeat(4_000) });
    const news = {
      appeal: (await visitor.call(appealsApi.card, { appealId })).appeal,
      entries: [],
    };
    expect(appeal.id).toBe(news.appeal.id);
    const page = await entriesOf(visitor, appealId, numberOf(entry) - 1);
    const published = (): number =>
      reading.heard.filter(({ event }) => event === 'appeal:news').length;
    const start = published();
    for (let sent = 0; sent < 5_000; sent += 50) {
      for (let turn = 0; turn < 50; turn += 1)
        server.app.io
          .to(rooms.dealer(company.dealer.id))
          .emit('appeal:news', { ...news, entries: page.entries });
      // Somebody who reads keeps up.
      await expect
        .poll(published, { timeout: 20_000, interval: 5 })
        .toBeGreaterThanOrEqual(start + sent + 50);
    }
    await expect.poll(isThere, { timeout: 10_000 }).toBe(false);
    expect(reading.socket.connected).toBe(true);
    expect(published()).toBeGreaterThanOrEqual(start + 5_000);
    // 40 MB were published, and this process holds what the reader heard too.
    expect(process.memoryUsage().rss - memory).toBeLessThan(300 * 1024 * 1024);
    const sent = { appealId, clientId: randomUUID(), body: 'x' };
    expect(await reading.ask('entry:post', sent)).toMatchObject({ ok: true });
    wire.destroy();
  }, 240_000);
});
