import { createRandom } from '../demo.random';
import type { Random } from '../demo.random';
import { dealers } from './people';
import type { DealerKey } from './people';
import { workDayMinutes } from './policies';
import { products } from './products';
import type { ProductCode } from './products';
import type { DemoOrder, DemoOrderLine, DemoOrderState, WorkMinutesAgo } from './types';

const firstOrderNumber = 40131;
const lastOrderNumber = 40250;

/** Working minutes between two neighbouring numbers: about four orders a day. */
const minutesBetweenOrders = 146;

const productCodes = Object.keys(products).filter(isProductCode);

function isProductCode(code: string): code is ProductCode {
  return code in products;
}

const dealersByTurn = ['kedr', 'zarechye', 'versta', 'vetlugin'] as const;
const outOfTurn: ReadonlyMap<number, DealerKey> = new Map([
  [40231, 'kedr'],
  [40218, 'kedr'],
  [40197, 'kedr'],
  [40166, 'kedr'],
]);
const fixedStates: ReadonlyMap<number, DemoOrderState> = new Map([
  [40231, 'shipped'],
  [40244, 'picking'],
  [40241, 'picking'],
  [40242, 'picking'],
  [40229, 'delivered'],
  [40232, 'delivered'],
  [40240, 'accepted'],
]);
const cancelled: ReadonlySet<number> = new Set([40238, 40211, 40178, 40154, 40142]);

/** Working days on the road. */
const roadDays = { kedr: 1, zarechye: 3, versta: 5, vetlugin: 9 } as const;
const carriers = {
  kedr: ['наша машина'],
  zarechye: ['наша машина', 'Уральский Борт'],
  versta: ['Сибирский Паллет', 'Дальнее Плечо'],
  vetlugin: ['Дальнее Плечо', 'Терминал Восток'],
} as const;
/** Per cent off the list price by contract. */
const discounts = { kedr: 0, zarechye: 7, versta: 5, vetlugin: 7 } as const;

/** The order of the story №1042, as people know it from its card. */
const order40231: readonly DemoOrderLine[] = [
  line('РБ-500-10', 12, 0),
  line('НГ-25-П', 4, 0),
  line('К6-НС', 1, 0),
  line('PEX-16-100', 1, 0),
];

/** Goods a story speaks of must be in its order. */
const mustHave: ReadonlyMap<number, readonly ProductCode[]> = new Map<number, ProductCode[]>([
  [40217, ['ФН-16-ЕК']],
  [40221, ['К8-НС']],
  [40199, ['РС-22-0514']],
  [40224, ['РБ-500-10']],
  [40212, ['PEX-16-200']],
  [40244, ['РБ-500-10', 'ШК-06']],
  [40180, ['НГ-25-П']],
  [40202, ['НГ-32-П']],
  [40213, ['РС-22-0510']],
  [40206, ['РБ-500-10']],
  [40204, ['СП-230', 'ТК-ЭЛ']],
  [40181, ['ТГ-30', 'КТ-15-У']],
  [40195, ['К10-НС']],
  [40188, ['РА-500-10']],
  [40209, ['PEX-16-100']],
  [40194, ['НЦ-25-80']],
  [40216, ['НГ-25-П']],
  [40189, ['КР-РБ']],
  [40192, ['БР-050']],
  [40210, ['ГР-60']],
  [40203, ['PEX-16-200']],
  [40205, ['РС-22-0510', 'РС-22-0514']],
  [40187, ['РС-22-0510']],
  [40248, ['НГ-25-П']],
  [40193, ['БР-050']],
  [40220, ['К6-НС', 'НГ-25-П', 'ГР-60']],
  [40182, ['НГ-25-П']],
  [40250, ['PEX-20-100', 'РБ-500-08']],
  [40237, ['К8-НС', 'К6-НС']],
]);

/** All 120 orders, oldest first; the same for the same seed. */
export function makeOrders(seed: string): DemoOrder[] {
  const orders: DemoOrder[] = [];
  for (let number = firstOrderNumber; number <= lastOrderNumber; number += 1) {
    orders.push(makeOrder(number, createRandom(`${seed}/order/${number}`)));
  }
  return orders;
}

function makeOrder(number: number, random: Random): DemoOrder {
  const dealer = outOfTurn.get(number) ?? dealersByTurn[number % 4] ?? 'kedr';
  const createdAgo = (lastOrderNumber - number) * minutesBetweenOrders + 30;
  const shippedAgo = createdAgo - random.int(2, 3) * workDayMinutes - random.int(0, 200);
  const deliveredAgo = shippedAgo - roadDays[dealer] * workDayMinutes - random.int(0, 180);
  const state = stateOf(number, createdAgo, shippedAgo, deliveredAgo);
  const lines =
    number === 40231
      ? order40231
      : makeLines(random, discounts[dealer], mustHave.get(number) ?? []);
  const left = state === 'shipped' || state === 'in_transit' || state === 'delivered';
  const shipped = left ? Math.max(shippedAgo, 300) : null;
  const delivered = state === 'delivered' ? Math.max(deliveredAgo, 90) : null;
  const weightKg = number === 40231 ? 214 : weightOf(lines);

  return {
    number,
    dealer,
    createdAgo,
    changedAgo: delivered ?? shipped ?? Math.max(Math.round(createdAgo * 0.6), 5),
    shippedAgo: shipped,
    plannedInDays: state === 'accepted' ? random.int(2, 4) : state === 'picking' ? 1 : null,
    deliveredAgo: delivered,
    state,
    places: number === 40231 ? 6 : Math.max(1, Math.min(18, Math.round(weightKg / 32))),
    weightKg,
    carrier: random.pick(carriers[dealer]),
    contract: dealers[dealer].contract,
    lines,
    totalKopecks: lines.reduce(
      (sum, { quantity, priceKopecks }) => sum + quantity * priceKopecks,
      0,
    ),
  };
}

function stateOf(
  number: number,
  createdAgo: WorkMinutesAgo,
  shippedAgo: WorkMinutesAgo,
  deliveredAgo: WorkMinutesAgo,
): DemoOrderState {
  const fixed = fixedStates.get(number);
  if (fixed) return fixed;
  if (cancelled.has(number)) return 'cancelled';
  if (deliveredAgo > 0) return 'delivered';
  if (shippedAgo > workDayMinutes / 2) return 'in_transit';
  if (shippedAgo > 0) return 'shipped';
  return createdAgo > workDayMinutes ? 'picking' : 'accepted';
}

function makeLines(
  random: Random,
  discount: number,
  needed: readonly ProductCode[],
): DemoOrderLine[] {
  const codes = new Set<ProductCode>(needed);
  const wanted = Math.max(codes.size, random.int(2, 11));
  while (codes.size < wanted) codes.add(random.pick(productCodes));
  return [...codes].map((code) => line(code, quantityOf(code, random), discount));
}

/** Small parts are bought in boxes, large ones by the piece. */
function quantityOf(code: ProductCode, random: Random): number {
  const { priceKopecks } = products[code];
  if (priceKopecks < 50_000) return random.int(2, 30) * 10;
  if (priceKopecks < 200_000) return random.int(2, 12) * 2;
  return random.int(1, 12);
}

function line(product: ProductCode, quantity: number, discount: number): DemoOrderLine {
  const list = products[product].priceKopecks;
  return { product, quantity, priceKopecks: Math.round((list * (100 - discount)) / 100) };
}

function weightOf(lines: readonly DemoOrderLine[]): number {
  const kg = lines.reduce(
    (sum, { product, quantity }) => sum + products[product].weightKg * quantity,
    0,
  );
  return Math.max(1, Math.round(kg * 1.06));
}
