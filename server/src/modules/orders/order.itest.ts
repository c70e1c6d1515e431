import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { LinkedOrder, OrderCard, OrderCounts, OrderRow } from '@otklik/shared/orders';
import express from 'express';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { Db } from '../../platform/db';
import { fail } from '../../platform/errors';
import { createApi, problems, requestIds } from '../../platform/http';
import { createLog } from '../../platform/log';
import { testDb } from '../../test/test-db';
import { createIntegrationService, type Actor } from '../people';
import { aDealer, aManager, anActor, aVisitor } from '../people/people.factory';
import { anExchangeOrder, anOrder } from './order.factory';
import { orderRepository } from './order.repository';
import { orderRoutes } from './order.routes';
import { createOrderService, type OrderService } from './order.service';
import { orderNews } from './order.socket';

const Page = z.strictObject({
  items: z.array(OrderRow.strict()),
  nextCursor: z.string().nullable(),
});
const Found = z.strictObject({ items: z.array(LinkedOrder.strict()) });

let db: Db;
let closeDb: () => Promise<void>;
let server: Server;
let base: string;
let token: string;
let service: OrderService;
let now: Date;
const actors = new Map<string, Actor>();
const published: LinkedOrder[][] = [];
/** Appeals by order, as the appeals module would answer for this person. */
const links = new Map<string, Map<string, { id: string; no: number }[]>>();
let north: { id: string; code: string; name: string };
let south: { id: string; code: string; name: string };
let anna: Actor;
let stranger: Actor;
let manager: Actor;

beforeAll(async () => {
  const database = await testDb();
  db = database.db;
  closeDb = database.close;
  north = await aDealer(db, { name: 'Север' });
  south = await aDealer(db, { name: 'Юг' });
  const known = async (person: Promise<{ id: string }>) => {
    const actor = await anActor(db, await person);
    actors.set(actor.personId, actor);
    return actor;
  };
  anna = await known(aVisitor(db, north));
  stranger = await known(aVisitor(db, south));
  manager = await known(aManager(db));
  const integrations = createIntegrationService({ db, now: () => new Date() });
  token = await integrations.createIntegrationToken('1C');

  service = createOrderService({
    db,
    now: () => now,
    visibleAppeals: (actor, ids) => {
      const mine = links.get(actor.personId) ?? new Map<string, { id: string; no: number }[]>();
      return Promise.resolve(new Map([...mine].filter(([id]) => ids.includes(id))));
    },
    publish: (orders) => void published.push(orders),
  });
  const log = createLog('silent', false);
  const api = createApi<Actor>({
    log,
    authenticate: (req) => {
      const actor = actors.get(req.get('x-person') ?? '');
      return actor ? Promise.resolve(actor) : Promise.reject(fail('not_signed_in', {}));
    },
    authenticateIntegration: (req, route) =>
      integrations.authenticateIntegration(req.headers.authorization, route),
    admit: () => undefined,
  });
  orderRoutes(api, service);
  const body = express.json({ limit: '20mb' });
  server = createServer(express().use(requestIds).use('/api', body, api.router).use(problems(log)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  base = typeof address === 'object' ? `http://127.0.0.1:${address?.port}/api` : '';
});

afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await closeDb();
});

beforeEach(async () => {
  now = new Date('2026-03-02T07:00:00Z');
  published.length = 0;
  links.clear();
  await db.query('DELETE FROM dealer_order');
});

const get = (path: string, actor?: Actor) =>
  fetch(`${base}/orders${path}`, { headers: actor ? { 'x-person': actor.personId } : {} });

async function page(actor: Actor, query = '') {
  const answer = await get(query, actor);
  expect(answer.status).toBe(200);
  return Page.parse(await answer.json());
}
const numbers = (items: readonly { number: string }[]) => items.map(({ number }) => number);

const exchange = (body: unknown, authorization = `Bearer ${token}`) =>
  fetch(`${base}/exchange/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization },
    body: JSON.stringify(body),
  });

async function exchanged(orders: unknown[]) {
  const answer = await exchange({ orders });
  const body: unknown = await answer.json();
  expect(body).toEqual(expect.objectContaining({ created: expect.any(Number) }));
  return body;
}

async function wrongPaths(answer: Response): Promise<string[]> {
  expect(answer.status).toBe(400);
  const Refusal = z.object({
    code: z.literal('invalid_input'),
    facts: z.object({ fields: z.array(z.object({ path: z.string() })) }),
  });
  return Refusal.parse(await answer.json()).facts.fields.map(({ path }) => path);
}

const numbersInTable = async () =>
  numbers(await db.query<{ number: string }>('SELECT number FROM dealer_order ORDER BY number'));

describe('the list of orders', () => {
  it('needs a signed-in person', async () => {
    for (const path of ['', '/counts', '/find', '/1']) expect((await get(path)).status).toBe(401);
  });

  it.each([
    '?limit=0',
    '?limit=101',
    '?filter=new',
    '?dealerId=x',
    '?cursor=abc',
    '?page=2',
    `?q=${'x'.repeat(101)}`,
    '?q=a%00b',
  ])('%s is refused', async (query) => {
    const answer = await get(query, anna);
    expect(await wrongPaths(answer)).toEqual([/\?(\w+)/.exec(query)![1]]);
  });

  it('shows a visitor the orders of his dealer, newest first', async () => {
    await anOrder(db, north, { number: '1', createdAt: '2026-01-01T00:00:00Z' });
    await anOrder(db, north, { number: '2', createdAt: '2026-01-03T00:00:00Z' });
    await anOrder(db, south, { number: '3', createdAt: '2026-01-02T00:00:00Z' });
    expect(numbers((await page(anna)).items)).toEqual(['2', '1']);
    expect(numbers((await page(stranger)).items)).toEqual(['3']);
    expect(numbers((await page(manager)).items)).toEqual(['2', '3', '1']);
    expect(numbers((await page(manager, `?dealerId=${south.id}`)).items)).toEqual(['3']);
    expect(numbers((await page(anna, `?dealerId=${south.id}`)).items)).toEqual([]);
  });

  it('shows a row with only the appeals its viewer may see', async () => {
    const order = await anOrder(db, north, { number: '40231', shipOn: '2026-01-05', places: 3 });
    const appeal = { id: '0b54a4a5-54f9-4cf4-8d5a-5ad1bd4ad7f5', no: 1042 };
    links.set(anna.personId, new Map([[order.id, [appeal]]]));
    expect((await page(anna)).items).toEqual([
      {
        ...order,
        number: '40231',
        dealerId: north.id,
        dealerName: 'Север',
        state: 'accepted',
        shipOn: '2026-01-05',
        places: 3,
        lineCount: 2,
        totalKopecks: 315_000,
        appeals: [appeal],
      },
    ]);
    expect((await page(manager)).items).toMatchObject([{ number: '40231', appeals: [] }]);
  });

  it('comes in pages that neither skip nor repeat, also within one moment', async () => {
    const createdAt = '2026-01-01T00:00:00.123Z';
    await service.exchange(
      Array.from({ length: 7 }, (_, n) => anExchangeOrder(north, { number: `${n}`, createdAt })),
    );
    const all = numbers((await page(anna)).items);
    const seen: string[] = [];
    let cursor: string | null = '';
    for (let pages = 0; cursor !== null; pages += 1) {
      expect(pages).toBeLessThan(4);
      const next = await page(anna, `?limit=3${cursor && `&cursor=${cursor}`}`);
      seen.push(...numbers(next.items));
      cursor = next.nextCursor;
    }
    expect(seen).toEqual(all);
    expect(new Set(seen).size).toBe(7);
  });

  it('is not opened wider by a cursor', async () => {
    await anOrder(db, north);
    await anOrder(db, south, { number: '1' });
    await anOrder(db, south, { number: '2' });
    const { nextCursor } = await page(manager, '?limit=1');
    for (const order of (await page(anna, `?cursor=${nextCursor}`)).items) {
      expect(order.dealerId).toBe(north.id);
    }
  });

  it('is filtered and counted by state', async () => {
    const states = [
      'accepted',
      'picking',
      'shipped',
      'in_transit',
      'delivered',
      'cancelled',
    ] as const;
    for (const state of states) await anOrder(db, north, { number: state, state });
    await anOrder(db, south, { state: 'delivered' });
    const shown = async (filter: string) => numbers((await page(anna, `?filter=${filter}`)).items);
    expect(await shown('all')).toHaveLength(6);
    expect((await shown('active')).sort()).toEqual([
      'accepted',
      'in_transit',
      'picking',
      'shipped',
    ]);
    expect(await shown('delivered')).toEqual(['delivered']);
    const counts = async (actor: Actor) =>
      OrderCounts.parse(await (await get('/counts', actor)).json());
    expect(await counts(anna)).toEqual({ all: 6, active: 4, delivered: 1 });
    expect(await counts(manager)).toEqual({ all: 7, active: 4, delivered: 2 });
  });

  it('is searched by number and by product, literally', async () => {
    const line = {
      productCode: 'НГ-25',
      productName: 'Насос 100% меди',
      unit: 'шт',
      quantity: 1,
      priceKopecks: 1,
    };
    await anOrder(db, north, { number: 'A_1', lines: [line] });
    await anOrder(db, north, {
      number: 'AB1',
      lines: [{ ...line, productCode: 'x', productName: 'Кран' }],
    });
    const found = async (q: string) =>
      numbers((await page(anna, `?q=${encodeURIComponent(q)}`)).items);
    expect(await found('a_1')).toEqual(['A_1']);
    expect(await found('нг-25')).toEqual(['A_1']);
    expect(await found('насос')).toEqual(['A_1']);
    expect(await found('100%')).toEqual(['A_1']);
    expect(await found('%')).toEqual(['A_1']);
    expect(await found('\\')).toEqual([]);
    expect(await found('кран')).toEqual(['AB1']);
    expect((await found('')).sort()).toEqual(['AB1', 'A_1'].sort());
  });
});

describe('the picker', () => {
  const found = async (actor: Actor, query = '') =>
    numbers(Found.parse(await (await get(`/find${query}`, actor)).json()).items);

  it('finds by the start of the number, newest first, ten at most', async () => {
    await service.exchange(
      Array.from({ length: 12 }, (_, n) =>
        anExchangeOrder(north, { number: `40${n + 10}`, createdAt: `2026-01-${n + 10}T00:00:00Z` }),
      ),
    );
    await anOrder(db, south, { number: '4099', createdAt: '2026-02-01T00:00:00Z' });
    expect(await found(anna)).toHaveLength(10);
    expect(await found(anna, '?prefix=402')).toEqual(['4021', '4020']);
    expect(await found(anna, '?prefix=4099')).toEqual([]);
    expect(await found(anna, `?prefix=4099&dealerId=${south.id}`)).toEqual([]);
    expect(await found(anna, '?prefix=%25')).toEqual([]);
    expect(await found(manager, '?prefix=4099')).toEqual(['4099']);
    expect(await found(manager, `?prefix=4099&dealerId=${north.id}`)).toEqual([]);
  });
});

describe('the card of an order', () => {
  it('shows its lines, sums and stages', async () => {
    await anOrder(db, north, {
      number: 'ЗК 1/26',
      weightKg: 12.5,
      carrier: 'Дальнее Плечо',
      contract: '7/25',
      shippedAt: '2026-01-02T10:00:00Z',
    });
    const answer = await get(`/${encodeURIComponent('ЗК 1/26')}`, anna);
    expect(OrderCard.strict().parse(await answer.json())).toMatchObject({
      number: 'ЗК 1/26',
      weightKg: 12.5,
      carrier: 'Дальнее Плечо',
      contract: '7/25',
      stages: { shippedAt: '2026-01-02T10:00:00.000Z', deliveredAt: null },
      lines: [
        {
          lineNo: 1,
          productCode: 'KR-12',
          quantity: 10,
          priceKopecks: 25_000,
          sumKopecks: 250_000,
        },
        { lineNo: 2, quantity: 12.5, sumKopecks: 65_000 },
      ],
    });
  });

  it('of another dealer answers exactly like one that does not exist', async () => {
    await anOrder(db, south, { number: '77' });
    const problem = async (number: string) => {
      const answer = await get(`/${number}`, anna);
      const { requestId: _id, ...body } = Object(await answer.json());
      return { status: answer.status, body };
    };
    expect((await problem('77')).status).toBe(404);
    expect(await problem('77')).toEqual(await problem('78'));
    expect((await get('/77', manager)).status).toBe(200);
    expect(await wrongPaths(await get(`/${'x'.repeat(41)}`, anna))).toEqual(['number']);
  });
});

describe('the exchange', () => {
  it('needs a token', async () => {
    const body = { orders: [anExchangeOrder(north)] };
    for (const authorization of ['', 'Bearer x', `Bearer ${'x'.repeat(43)}`, `Basic ${token}`]) {
      expect((await exchange(body, authorization)).status).toBe(401);
    }
    const asPerson = await fetch(`${base}/exchange/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-person': manager.personId },
      body: JSON.stringify(body),
    });
    expect(asPerson.status).toBe(401);
    expect(await numbersInTable()).toEqual([]);
  });

  it('writes new orders, changes known ones, leaves the rest alone', async () => {
    const [one, two, three] = [1, 2, 3].map((n) => anExchangeOrder(north, { number: `${n}` }));
    expect(await exchanged([one, two])).toEqual({ created: 2, changed: 0, unchanged: 0 });
    const before = await db.query<{ number: string; updated_at: Date }>(
      'SELECT number, updated_at FROM dealer_order',
    );
    published.length = 0;

    now = new Date('2026-03-03T07:00:00Z');
    const shorter = { ...two!, state: 'delivered', lines: two!.lines.slice(1) };
    expect(await exchanged([three, shorter, one])).toEqual({
      created: 1,
      changed: 1,
      unchanged: 1,
    });
    const card = await service.getCard(manager, '2');
    expect(card).toMatchObject({
      state: 'delivered',
      lineCount: 1,
      totalKopecks: 65_000,
      updatedAt: now.toISOString(),
    });
    expect(card.lines).toHaveLength(1);
    expect((await service.getCard(manager, '1')).updatedAt).toBe(
      before.find(({ number }) => number === '1')!.updated_at.toISOString(),
    );
    expect(published).toHaveLength(1);
    expect(numbers(published[0]!).sort()).toEqual(['2', '3']);
    expect(published[0]).toContainEqual(LinkedOrder.strip().parse(card));
  });

  it('is idempotent: the same batch again changes nothing and tells nobody', async () => {
    const batch = [anExchangeOrder(north), anExchangeOrder(south)];
    expect(await exchanged(batch)).toEqual({ created: 2, changed: 0, unchanged: 0 });
    const rows = () => db.query('SELECT * FROM dealer_order ORDER BY id');
    const before = await rows();
    published.length = 0;
    now = new Date('2026-04-01T00:00:00Z');
    expect(await exchanged(batch)).toEqual({ created: 0, changed: 0, unchanged: 2 });
    expect(await rows()).toEqual(before);
    expect(published).toEqual([]);
  });

  it('tells of every wrong field by line, and writes nothing', async () => {
    const good = anExchangeOrder(north, { number: '1' });
    const { number: _number, ...nameless } = anExchangeOrder(north);
    const answer = await exchange({
      orders: [
        good,
        { ...good, lines: [good.lines[0], { ...good.lines[1], quantity: 'two' }] },
        nameless,
        { ...good, lines: [] },
        { ...good, state: 'lost' },
        { ...good, total: 5 },
      ],
    });
    expect(await wrongPaths(answer)).toEqual([
      'orders.1.lines.1.quantity',
      'orders.2.number',
      'orders.3.lines',
      'orders.4.state',
      'orders.5.total',
    ]);
    expect(await wrongPaths(await exchange({ orders: [{ ...good, carrier: 'a\0' }] }))).toEqual([
      'orders.0.carrier',
    ]);
    expect(await wrongPaths(await exchange({ orders: [] }))).toEqual(['orders']);
    expect(await wrongPaths(await exchange([good]))).toEqual(['']);
    expect(await numbersInTable()).toEqual([]);
  });

  it('tells what the tables say against it, and writes nothing', async () => {
    await anOrder(db, south, { externalId: 'theirs', number: '1' });
    published.length = 0;
    const answer = await exchange({
      orders: [
        anExchangeOrder(north, { number: '2' }),
        anExchangeOrder({ code: 'nobody' }),
        anExchangeOrder(north, { number: '1', externalId: 'mine' }),
        anExchangeOrder(north, { externalId: 'theirs', number: '3' }),
        anExchangeOrder(north, { createdAt: '0000-01-01T00:00:00Z' }),
      ],
    });
    expect(await wrongPaths(answer)).toEqual([
      'orders.1.dealerCode',
      'orders.3.externalId',
      'orders.4.createdAt',
    ]);
    // Number 1 is free only because its owner would have given it up in this batch.
    expect(
      await wrongPaths(await exchange({ orders: [anExchangeOrder(north, { number: '1' })] })),
    ).toEqual(['orders.0.number']);
    expect(await numbersInTable()).toEqual(['1']);
    expect(published).toEqual([]);
  });

  it('lets two orders exchange their numbers', async () => {
    const [one, two] = [
      anExchangeOrder(north, { number: '1' }),
      anExchangeOrder(north, { number: '2' }),
    ];
    await exchanged([one, two]);
    expect(
      await exchanged([
        { ...one, number: '2' },
        { ...two, number: '1' },
      ]),
    ).toEqual({
      created: 0,
      changed: 2,
      unchanged: 0,
    });
  });

  it('keeps to the limits of the tables at the edges of the contract', async () => {
    const line = { productCode: 'x', productName: 'x', unit: 'x', quantity: 1e-7, priceKopecks: 0 };
    const edge = anExchangeOrder(north, {
      number: 'x'.repeat(40),
      externalId: 'ё'.repeat(100),
      weightKg: 1e7,
      places: 100_000,
      createdAt: '9999-12-31T23:59:59.999999Z',
      lines: [
        line,
        { ...line, quantity: 5e-324 },
        { ...line, quantity: 1, priceKopecks: Number.MAX_SAFE_INTEGER },
      ],
    });
    await exchanged([edge]);
    expect(await service.getCard(anna, edge.number)).toMatchObject({
      totalKopecks: Number.MAX_SAFE_INTEGER,
      lines: [{ quantity: 1e-7 }, {}, {}],
    });
    expect((await page(anna)).items).toHaveLength(1);
  });

  it('takes batches at the same moment over the same orders', async () => {
    const batch = Array.from({ length: 60 }, () => anExchangeOrder(north));
    const changed = batch.map((order) => ({ ...order, carrier: 'x' })).reverse();
    const answers = await Promise.all(
      [batch, changed, batch, changed].map((orders) => exchange({ orders })),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(await numbersInTable()).toHaveLength(60);
    const [lines] = await db.query<{ n: number }>('SELECT count(*) AS n FROM order_line');
    expect(lines!.n).toBe(120);
  });

  it('gives one number to one of two batches at the same moment', async () => {
    const answers = await Promise.all(
      [north, south].map((dealer) =>
        exchange({ orders: [anExchangeOrder(dealer, { number: '1' })] }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400]);
  });

  it('takes 500 orders of 8 lines in one go', async () => {
    const line = anExchangeOrder(north).lines[0]!;
    const batch = Array.from({ length: 500 }, () =>
      anExchangeOrder(north, { lines: Array.from({ length: 8 }, () => line) }),
    );
    const started = performance.now();
    expect(await exchanged(batch)).toEqual({ created: 500, changed: 0, unchanged: 0 });
    const tookMs = performance.now() - started;
    // A shared machine may be several times slower than a quiet one; one statement a row would take longer still.
    expect(tookMs).toBeLessThan(5_000);
  });
});

describe('orders of an appeal', () => {
  it('are found by number within one dealer', async () => {
    const one = await anOrder(db, north, { number: '1' });
    await anOrder(db, south, { number: '2' });
    const found = await orderRepository.findByNumbers(db, north.id, ['1', '2', '3', '1']);
    expect(found).toEqual([one]);
    expect(await orderRepository.findByNumbers(db, north.id, [])).toEqual([]);
  });

  it('come in the order of linking', async () => {
    const [one, two] = [await anOrder(db, north), await anOrder(db, north)];
    const [appeal] = await db.query<{ id: string }>(
      `INSERT INTO appeal (client_id, content_hash, dealer_id, opened_by, opened_by_name, type_code, topic_id, subject,
         last_at, public_last_at, changed_xid, public_changed_xid, created_at)
       SELECT gen_random_uuid(), '', $1, $2, 'Анна', 'question', t.id, 'Вопрос', now(), now(), pg_current_xact_id(), pg_current_xact_id(), now()
       FROM topic t WHERE t.code = 'other' RETURNING id`,
      [north.id, anna.personId],
    );
    await db.query(
      `INSERT INTO appeal_order (appeal_id, order_id, linked_at) VALUES ($1, $2, '2026-01-02'), ($1, $3, '2026-01-01')`,
      [appeal!.id, one.id, two.id],
    );
    expect(await orderRepository.ofAppeal(db, appeal!.id)).toEqual([two, one]);
    expect(await orderRepository.ofAppeal(db, north.id)).toEqual([]);
    await db.query('DELETE FROM appeal_order');
  });
});

describe('news of an order', () => {
  it('goes to its dealer and to staff, and to nobody else', async () => {
    const order = await anOrder(db, north);
    const heard: unknown[] = [];
    const io = {
      to: (rooms: string[]) => ({
        emit: (event: string, news: unknown) => heard.push([rooms, event, news]),
      }),
    };
    orderNews(io, [order]);
    expect(heard).toEqual([[[`company:${north.id}`, 'staff'], 'order:news', order]]);
  });
});
