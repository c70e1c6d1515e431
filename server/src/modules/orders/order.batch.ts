import { createHash } from 'node:crypto';
import type { FieldProblem } from '@otklik/shared/errors';
import type { ExchangeOrder } from '@otklik/shared/orders';
import type { KnownOrder, OrderToWrite } from './order.repository';
import { lineSum } from './order.sum';

/** What the database knows about a batch. */
export interface Known {
  /** Dealer's code → id. */
  dealers: ReadonlyMap<string, string>;
  /** Orders with an external id or a number that the batch names. */
  orders: readonly KnownOrder[];
}

export interface JudgedBatch {
  /** In the order of the batch; nothing may be written unless this is empty. */
  problems: FieldProblem[];
  created: OrderToWrite[];
  changed: OrderToWrite[];
  unchanged: number;
}

// PostgreSQL has no year 0, and an order of 1066 is a mistake of the sender.
const EARLIEST = '1970-01-01';
const MOMENTS = [
  'createdAt',
  'shipOn',
  'acceptedAt',
  'pickedAt',
  'shippedAt',
  'deliveredAt',
] as const;

/**
 * Sorts a batch of the back office into new, changed and unchanged orders, or says what is wrong with each line of it.
 * Sums are counted here, whatever the sender thinks they are.
 */
export function judgeBatch(batch: readonly ExchangeOrder[], known: Known): JudgedBatch {
  const judged: JudgedBatch = { problems: [], created: [], changed: [], unchanged: 0 };
  const byExternalId = new Map(known.orders.map((order) => [order.external_id, order]));
  const inBatch = new Map<string, OrderToWrite>();
  // A number is free when its present owner gives it up in this same batch.
  const externalIds = new Set(batch.map(({ externalId }) => externalId));
  const numbers = new Map<string, string>();
  for (const order of known.orders) {
    if (!externalIds.has(order.external_id)) numbers.set(order.number, order.external_id);
  }

  for (const [index, order] of batch.entries()) {
    const problem = (field: string, rule: string, message: string) =>
      judged.problems.push({ path: `orders.${index}.${field}`, rule, message });

    for (const field of MOMENTS) {
      const moment = order[field];
      if (moment !== null && moment < EARLIEST) problem(field, 'too_early', 'is before 1970');
    }
    const lines = order.lines.map((line) => ({
      ...line,
      sum: lineSum(line.quantity, line.priceKopecks),
    }));
    const total = lines.reduce((sum, line) => sum + line.sum, 0n);
    if (total > BigInt(Number.MAX_SAFE_INTEGER)) problem('lines', 'too_big', 'the sum is too big');

    const dealerId = known.dealers.get(order.dealerCode);
    if (dealerId === undefined) {
      problem('dealerCode', 'unknown', 'no dealer has this code');
      continue;
    }
    const toWrite = writable(order, dealerId, lines, total);
    const twin = inBatch.get(order.externalId);
    if (twin !== undefined) {
      if (twin.contentHash === toWrite.contentHash) judged.unchanged += 1;
      else problem('externalId', 'repeated', 'stands in the batch twice, with other content');
      continue;
    }
    inBatch.set(order.externalId, toWrite);

    const owner = numbers.get(order.number);
    if (owner !== undefined) problem('number', 'taken', 'another order has this number');
    numbers.set(order.number, order.externalId);

    const before = byExternalId.get(order.externalId);
    if (before === undefined) judged.created.push(toWrite);
    else if (before.dealer_id !== dealerId) {
      problem('externalId', 'other_dealer', 'belongs to an order of another dealer');
    } else if (before.content_hash === toWrite.contentHash) judged.unchanged += 1;
    else judged.changed.push(toWrite);
  }
  return judged;
}

function writable(
  order: ExchangeOrder,
  dealerId: string,
  lines: readonly (ExchangeOrder['lines'][number] & { sum: bigint })[],
  total: bigint,
): OrderToWrite {
  const { dealerCode: _code, ...rest } = order;
  const content = {
    ...rest,
    dealerId,
    totalKopecks: Number(total),
    lines: lines.map(({ sum, ...line }) => ({ ...line, sumKopecks: Number(sum) })),
  };
  // The schema puts fields in one order, so the same content always reads the same.
  const contentHash = createHash('sha256').update(JSON.stringify(content)).digest('hex');
  return { ...content, contentHash };
}
