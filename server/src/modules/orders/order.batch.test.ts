import { describe, expect, it } from 'vitest';
import { judgeBatch } from './order.batch';
import { anExchangeOrder } from './order.factory';

const north = { code: 'north' };
const south = { code: 'south' };
const dealers = new Map([
  ['north', 'id-of-north'],
  ['south', 'id-of-south'],
]);
const order = anExchangeOrder(north, { externalId: 'a', number: '1' });

/** The order as the database would know it after the exchange. */
function knownAs(said: typeof order) {
  const [written] = judgeBatch([said], { dealers, orders: [] }).created;
  return {
    external_id: said.externalId,
    dealer_id: written!.dealerId,
    number: said.number,
    content_hash: written!.contentHash,
  };
}

describe('a batch of orders', () => {
  it('is sorted into new, changed and unchanged', () => {
    const other = anExchangeOrder(north, { externalId: 'b', number: '2' });
    const fresh = anExchangeOrder(south);
    const judged = judgeBatch([order, { ...other, state: 'shipped' }, fresh], {
      dealers,
      orders: [knownAs(order), knownAs(other)],
    });
    expect(judged).toMatchObject({
      problems: [],
      created: [{ externalId: fresh.externalId, dealerId: 'id-of-south' }],
      changed: [{ externalId: 'b', state: 'shipped' }],
      unchanged: 1,
    });
  });

  it('is summed by us', () => {
    const [written] = judgeBatch([order], { dealers, orders: [] }).created;
    expect(written).toMatchObject({
      totalKopecks: 315_000,
      lines: [{ sumKopecks: 250_000 }, { sumKopecks: 65_000 }],
    });
  });

  it('may say the same twice', () => {
    expect(judgeBatch([order, { ...order }], { dealers, orders: [] })).toMatchObject({
      problems: [],
      created: [{ externalId: 'a' }],
      unchanged: 1,
    });
  });

  it('may exchange the numbers of two orders', () => {
    const other = anExchangeOrder(north, { externalId: 'b', number: '2' });
    const swapped = [
      { ...order, number: '2' },
      { ...other, number: '1' },
    ];
    const judged = judgeBatch(swapped, { dealers, orders: [knownAs(order), knownAs(other)] });
    expect(judged).toMatchObject({ problems: [], changed: [{ number: '2' }, { number: '1' }] });
  });

  const huge = { productCode: 'x', productName: 'x', unit: 'x', quantity: 1e9, priceKopecks: 1e9 };
  it.each([
    [
      'an unknown dealer',
      [order, { ...order, externalId: 'b', dealerCode: 'west' }],
      'orders.1.dealerCode',
      'unknown',
    ],
    [
      'one id with two contents',
      [order, { ...order, carrier: 'x' }],
      'orders.1.externalId',
      'repeated',
    ],
    [
      'one number for two orders',
      [order, { ...order, externalId: 'b' }],
      'orders.1.number',
      'taken',
    ],
    ['the number of an order outside', [{ ...order, externalId: 'b' }], 'orders.0.number', 'taken'],
    [
      'an order that changes its dealer',
      [{ ...order, dealerCode: 'south' }],
      'orders.0.externalId',
      'other_dealer',
    ],
    ['a sum beyond all numbers', [{ ...order, lines: [huge, huge] }], 'orders.0.lines', 'too_big'],
    [
      'a moment before all calendars',
      [{ ...order, shippedAt: '0000-01-01T00:00:00Z' }],
      'orders.0.shippedAt',
      'too_early',
    ],
    [
      'a day before all calendars',
      [{ ...order, shipOn: '0000-01-01' }],
      'orders.0.shipOn',
      'too_early',
    ],
  ])('with %s is refused by its line', (_case, batch, path, rule) => {
    const { problems } = judgeBatch(batch, { dealers, orders: [knownAs(order)] });
    expect(problems).toEqual([{ path, rule, message: expect.any(String) }]);
  });

  it('names every wrong line', () => {
    const batch = [
      { ...order, dealerCode: 'west' },
      anExchangeOrder(south),
      { ...order, externalId: 'c', dealerCode: 'east' },
    ];
    const { problems } = judgeBatch(batch, { dealers, orders: [] });
    expect(problems.map(({ path }) => path)).toEqual([
      'orders.0.dealerCode',
      'orders.2.dealerCode',
    ]);
  });
});
