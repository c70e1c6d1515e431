import { createRandom } from '../demo.random';
import type { Random } from '../demo.random';
import type { DealerKey, VisitorKey } from './people';
import { workDayMinutes } from './policies';
import { products } from './products';
import { appeal, noAnswerNeeded, note, pdf, say, status } from './story';
import type { DemoAppeal, DemoOrder, DemoOrderLine, WorkMinutesAgo } from './types';

/** Who writes for the dealer in the generated appeals. */
const buyers = {
  kedr: 'somova',
  zarechye: 'burmistrova',
  versta: 'korsak',
  vetlugin: 'dymova',
} as const satisfies Record<DealerKey, VisitorKey>;

interface Turn {
  order: DemoOrder;
  opened: WorkMinutesAgo;
  visitor: VisitorKey;
  /** 0, 1, 2 … for each use of the template, so that no two conversations take the same words. */
  turn: number;
  random: Random;
}

type Template = (facts: Turn) => Omit<DemoAppeal, 'key' | 'dealer' | 'handWritten' | 'orders'>;

/** A day of arrival is asked and given; the dealer's thanks need no answer. */
const whenArrives: Template = ({ order: { number, places }, opened, visitor, turn, random }) => {
  const hour = random.pick(['9:30', '10:00', '12:30', '14:00']);
  const day = `{weekday:+${random.int(1, 3)}}`;
  return {
    subject: wording(turn, [
      `Когда ждать ${number}`,
      `Дата прихода ${number}`,
      `Приёмка ${number}: какой день`,
      `Срок по ${number} для терминала`,
    ]),
    type: 'question',
    topic: 'delivery',
    priority: 'normal',
    sla: 'settled',
    steps: [
      say(
        opened,
        visitor,
        wording(turn, [
          `Подскажите день и время по ${number}: под ${places} мест заказываем погрузчик.`,
          `У нас инвентаризация, принимаем только до обеда. На какой день планировать ${number}?`,
          `Кладовщик уходит в отпуск, хочу поставить замену на приёмку ${number}. Когда он будет?`,
          `Терминал берёт заявки за сутки. Когда ${number} будет в городе, мест ${places}, верно?`,
        ]),
      ),
      say(
        opened - random.int(12, 70),
        'tarkhanova',
        wording(turn, [
          `Машина будет ${day} к ${hour} по вашему времени, телефон водителя пришлю утром.`,
          `Ставлю ${day}, приезд в ${hour} местного. До обеда успеете, мест ${places}.`,
          `По плану ${day}. Точное время перевозчик даёт накануне, ориентир ${hour}.`,
          `В городе ${day}, заявку терминалу подала на ${hour}. Мест ${places}, верно.`,
        ]),
      ),
      say(
        opened - random.int(90, 140),
        visitor,
        wording(turn, [
          'Приняли, погрузчик заказан.',
          'Подходит.',
          'Поняла, ждём.',
          'Спасибо, хватит.',
        ]),
      ),
      noAnswerNeeded(opened - 150, 'tarkhanova'),
      status(opened - random.int(900, 1300), 'tarkhanova', 'closed'),
    ],
  };
};

/** A paper was lost on the way and is sent again. */
const paperAgain: Template = ({ order: { number }, opened, visitor, turn, random }) => ({
  subject: wording(turn, [
    `Копия накладной по ${number}`,
    `Пустое письмо вместо счёта ${number}`,
    `Акт к ${number} с печатью`,
  ]),
  type: 'question',
  topic: 'documents',
  priority: 'low',
  sla: 'settled',
  steps: [
    say(
      opened,
      visitor,
      wording(turn, [
        `Наш экземпляр по ${number} залили на объекте, печать не читается. Вышлите копию.`,
        `Пришло письмо со счётом ${number}, вложения внутри нет. Повторите, пожалуйста.`,
        `Банк просит акт по ${number} с печатью, в папке только черновик.`,
      ]),
    ),
    say(
      opened - random.int(15, 80),
      'aldarov',
      wording(turn, [
        'Скан с нашего экземпляра во вложении, печать видно.',
        'Повторяю, файл прикрепил сюда: здесь он не потеряется.',
        'Вот подписанный. Оригинал положим к следующей отгрузке.',
      ]),
      pdf(wording(turn, ['waybill', 'invoice', 'act'] as const), number),
    ),
    status(opened - random.int(500, 800), 'aldarov', 'closed'),
  ],
});

/** A small part was counted short and comes with the next truck. */
const countedShort: Template = ({ order, opened, visitor, turn, random }) => {
  const { product, quantity } = cheapestLine(order);
  const missing = Math.max(1, Math.round(quantity * 0.1) + turn);
  return {
    subject: wording(turn, [
      `Не хватает ${missing} шт. ${product}`,
      `${product}: пришло ${quantity - missing} вместо ${quantity}`,
      `Недовложение по ${order.number}, ${product}`,
    ]),
    type: 'complaint',
    topic: 'delivery',
    priority: 'normal',
    sla: 'settled',
    steps: [
      say(
        opened,
        visitor,
        wording(turn, [
          `В ${order.number} по ${product} меньше на ${missing} шт., пересчитали дважды. Коробка была заклеена.`,
          `Приняли ${order.number}. ${product} по документам ${quantity}, в коробке на ${missing} меньше, скотч заводской.`,
          `Монтажники вскрыли ${product} из ${order.number}: нет ${missing} шт. Упаковочный лист сохранили.`,
        ]),
      ),
      say(
        opened - random.int(20, 100),
        'lugov',
        wording(turn, [
          `Проверили ячейку: лишние ${missing} шт. у нас. Положим в следующую машину без доплаты.`,
          `У нас по остатку сходится, но спорить не будем: ${missing} шт. довезём со следующей отгрузкой.`,
          `Номер листа пришлите кладовщику, недостающие ${missing} шт. уже отложили под вас.`,
        ]),
      ),
      note(
        opened - 110,
        'lugov',
        wording(turn, [
          `${product} считали по весу, датчик врёт на мелочи. Перешли на счёт поштучно.`,
          `Завод клеит коробки без пересчёта, второй случай за месяц. Пишу им.`,
          `Смена Каримова, лист подписан не глядя. Поговорил.`,
        ]),
      ),
      say(
        opened - random.int(1700, 2100),
        visitor,
        wording(turn, [
          `${missing} шт. получили, сходится.`,
          `Довезли, сняли с контроля у себя.`,
          `Пришли все ${missing}, можно закрывать.`,
        ]),
      ),
      status(opened - 2150, 'lugov', 'resolved'),
    ],
  };
};

/** A quantity is changed before picking; staff spoke last and the resolution clock runs. */
const changeQuantity: Template = ({ order, opened, visitor, turn, random }) => {
  const { product, quantity } = firstLine(order);
  const before = Math.max(1, quantity - random.int(1, 3));
  return {
    subject: wording(turn, [
      `Добавить ${product} в ${order.number}`,
      `Изменить количество в ${order.number}`,
      `${order.number}: ещё ${product}`,
    ]),
    type: 'question',
    topic: 'assortment',
    priority: 'normal',
    sla: 'track',
    steps: [
      say(
        opened,
        visitor,
        wording(turn, [
          `Поставьте в ${order.number} ${quantity} шт. ${product}, было ${before}. Срок не сдвинется?`,
          `Ошиблась при заказе: ${product} нужно ${quantity}, не ${before}. Исправьте в ${order.number}, пожалуйста.`,
          `Клиент докупает: ${product} до ${quantity} шт. в том же ${order.number}, одной отправкой.`,
        ]),
      ),
      say(
        opened - random.int(14, 60),
        'pochinok',
        wording(turn, [
          `Поставил ${quantity}, сборка ещё не началась, срок прежний. Счёт обновится после сборки.`,
          `Исправил на ${quantity} шт. Сверю остаток утром и отпишусь здесь.`,
          `До ${quantity} хватает, добавил. Вес вырос, жду подтверждения от перевозчика.`,
        ]),
      ),
    ],
  };
};

/** Staff ask for a decision about packing and wait. */
const packing: Template = ({ order: { number, places }, opened, visitor, turn, random }) => ({
  subject: wording(turn, [`Обрешётка на ${number}`, `Упаковка ${number} для дальней дороги`]),
  type: 'question',
  topic: 'delivery',
  priority: 'normal',
  sla: 'paused',
  steps: [
    say(
      opened,
      visitor,
      wording(turn, [
        `Терминал требует обрешётку на ${number}, иначе не берёт без расписки. Сделаете?`,
        `В прошлый раз радиаторы доехали с потёртостями. Можно ${number} упаковать плотнее?`,
      ]),
    ),
    say(
      opened - random.int(20, 70),
      'tarkhanova',
      wording(turn, [
        `Сделаем, 900 ₽ за место, мест ${places}. Подтвердите, пожалуйста, что выставляем на вас.`,
        `Можно в два слоя и с уголками, плюс 240 ₽ за место, мест ${places}. Делаем или уголков хватит?`,
      ]),
    ),
    status(opened - 75, 'tarkhanova', 'waiting'),
  ],
});

interface PlanRow {
  template: Template;
  dealer: DealerKey;
  opened: WorkMinutesAgo;
  /** How old the order is at opening, working days at least: not picked yet, on the road, received. */
  orderAgeDays: number;
}

const plan: readonly PlanRow[] = [
  { template: whenArrives, dealer: 'kedr', opened: 8450, orderAgeDays: 2 },
  { template: whenArrives, dealer: 'zarechye', opened: 6930, orderAgeDays: 2 },
  { template: whenArrives, dealer: 'versta', opened: 4610, orderAgeDays: 2 },
  { template: whenArrives, dealer: 'vetlugin', opened: 2820, orderAgeDays: 2 },
  { template: paperAgain, dealer: 'kedr', opened: 9120, orderAgeDays: 10 },
  { template: paperAgain, dealer: 'versta', opened: 7240, orderAgeDays: 12 },
  { template: paperAgain, dealer: 'vetlugin', opened: 5480, orderAgeDays: 16 },
  { template: countedShort, dealer: 'zarechye', opened: 8830, orderAgeDays: 8 },
  { template: countedShort, dealer: 'kedr', opened: 5730, orderAgeDays: 6 },
  { template: countedShort, dealer: 'versta', opened: 3900, orderAgeDays: 11 },
  { template: changeQuantity, dealer: 'vetlugin', opened: 205, orderAgeDays: 0 },
  { template: changeQuantity, dealer: 'zarechye', opened: 485, orderAgeDays: 0 },
  { template: changeQuantity, dealer: 'vetlugin', opened: 650, orderAgeDays: 0 },
  { template: packing, dealer: 'vetlugin', opened: 790, orderAgeDays: 1 },
  { template: packing, dealer: 'zarechye', opened: 140, orderAgeDays: 0 },
];

/**
 * Makes the appeals that are not written by hand; each takes an order that no other appeal speaks of.
 * @param taken numbers already used by hand-written stories
 * @throws Error when a dealer has no suitable order left
 */
export function makeTemplateAppeals(
  seed: string,
  orders: readonly DemoOrder[],
  taken: ReadonlySet<number>,
): DemoAppeal[] {
  const used = new Set(taken);
  return plan.map(({ template, dealer, opened, orderAgeDays }, index) => {
    const key = `everyday-${index + 1}`;
    // Orders come oldest first, so the last that fits is the youngest one old enough.
    const order = orders.findLast(
      (candidate) =>
        candidate.dealer === dealer &&
        candidate.state !== 'cancelled' &&
        !used.has(candidate.number) &&
        candidate.createdAgo > opened + orderAgeDays * workDayMinutes,
    );
    if (!order) throw new Error(`No order left for ${key}`);
    used.add(order.number);
    const turn = plan.slice(0, index).filter((row) => row.template === template).length;
    const random = createRandom(`${seed}/${key}`);
    const facts = template({ order, opened, visitor: buyers[dealer], turn, random });
    return appeal({ ...facts, key, handWritten: false, orders: [order.number] });
  });
}

function wording<T>(turn: number, variants: readonly T[]): T {
  const variant = variants[turn];
  if (variant === undefined) throw new RangeError(`The template has no words for turn ${turn}`);
  return variant;
}

function firstLine({ number, lines: [line] }: DemoOrder): DemoOrderLine {
  if (!line) throw new Error(`The order ${number} has no lines`);
  return line;
}

function cheapestLine(order: DemoOrder): DemoOrderLine {
  const price = ({ product }: DemoOrderLine) => products[product].priceKopecks;
  return order.lines.reduce(
    (best, line) => (price(line) < price(best) ? line : best),
    firstLine(order),
  );
}
