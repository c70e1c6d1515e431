import { randomUUID } from 'node:crypto';
import { ExchangeOrder } from '@otklik/shared/orders';
import type * as z from 'zod';
import type { Db } from '../../platform/db';
import { orderRepository } from './order.repository';
import { createOrderService } from './order.service';

type Said = Partial<z.input<typeof ExchangeOrder>>;

let made = 0;

/** What the back office says about an order of two lines, 3 150,00 in sum. */
export function anExchangeOrder(dealer: { code: string }, overrides: Said = {}) {
  made += 1;
  return ExchangeOrder.parse({
    externalId: `erp-${randomUUID()}`,
    dealerCode: dealer.code,
    number: String(50_000 + made),
    state: 'accepted',
    createdAt: new Date(Date.UTC(2025, 9, 1, 6, made)).toISOString(),
    acceptedAt: new Date(Date.UTC(2025, 9, 1, 6, made)).toISOString(),
    lines: [
      {
        productCode: 'KR-12',
        productName: 'Кран шаровой 1/2"',
        unit: 'шт',
        quantity: 10,
        priceKopecks: 25_000,
      },
      {
        productCode: 'TR-20',
        productName: 'Труба 20 мм',
        unit: 'м',
        quantity: 12.5,
        priceKopecks: 5_200,
      },
    ],
    ...overrides,
  });
}

/** An order of this dealer in the database, brought there by the exchange itself. */
export async function anOrder(
  db: Db,
  dealer: { id: string; code: string },
  overrides: Omit<Said, 'dealerCode'> = {},
) {
  const { exchange } = createOrderService({
    db,
    now: () => new Date(),
    visibleAppeals: () => Promise.resolve(new Map()),
    publish: () => undefined,
  });
  const order = anExchangeOrder(dealer, overrides);
  await exchange([order]);
  const [linked] = await orderRepository.findByNumbers(db, dealer.id, [order.number]);
  return linked!;
}
