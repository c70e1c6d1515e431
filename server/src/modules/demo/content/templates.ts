import type { Random } from '../demo.random';
import type { DealerKey, VisitorKey } from './people';
import { appeal, managerOf, noAnswerNeeded, note, pdf, say, status } from './story';
import type { DemoAppeal, DemoOrder, SlaIntent } from './types';

interface Turn {
  order: number;
  /** Opening moment, working minutes ago. */
  opened: number;
  visitor: VisitorKey;
  random: Random;
}

type Template = (turn: Turn) => Omit<DemoAppeal, 'key' | 'dealer' | 'handWritten' | 'orders'>;

const buyers = {
  kedr: 'somova',
  zarechye: 'burmistrova',
  versta: 'korsak',
  vetlugin: 'dymova',
} as const satisfies Record<DealerKey, VisitorKey>;

const managerOfBuyer = (visitor: VisitorKey) => {
  const dealer = (Object.keys(buyers) as DealerKey[]).find((key) => buyers[key] === visitor);
  return managerOf(dealer ?? 'kedr');
};

/** Dates of arrival asked and given: short, settled by silence. */
const whenArrives: Template = ({ order, opened, visitor, random }) => {
  const places = random.int(3, 14);
  const hour = random.pick(['9:30', '10:00', '12:30', '14:00']);
  return {
    subject: `Когда ждать ${order}`,
    type: 'question',
    topic: 'delivery',
    priority: 'normal',
    sla: 'settled',
    steps: [
      say(opened, visitor, `Подскажите день и время по ${order}, нужен погрузчик на ${places} мест.`),
      say(
        opened - random.int(12, 70),
        'tarkhanova',
        `Машина будет {weekday:+${random.int(1, 3)}} к ${hour} по местному, телефон водителя пришлю утром.`,
      ),
      say(opened - random.int(90, 140), visitor, random.pick(['Приняли.', 'Хорошо, ждём.', 'Записали.'])),
      noAnswerNeeded(opened - 150, 'tarkhanova'),
      status(opened - random.int(900, 1300), 'tarkhanova', 'closed'),
    ],
  };
};

/** A paper was lost on the way and is sent again. */
const paperAgain: Template = ({ order, opened, visitor, random }) => {
  const paper = random.pick(['waybill', 'invoice'] as const);
  const word = paper === 'waybill' ? 'накладную' : 'счёт';
  return {
    subject: `Повторно ${word} по ${order}`,
    type: 'question',
    topic: 'documents',
    priority: 'low',
    sla: 'settled',
    steps: [
      say(
        opened,
        visitor,
        random.pick([
          `Вышлите ещё раз ${word} по ${order}, наш экземпляр остался на объекте.`,
          `По ${order} в папке пусто, нужна копия: ${word} с печатью.`,
          `Бухгалтер просит ${word} по ${order}, в почте письмо без вложения.`,
        ]),
      ),
      say(opened - random.int(15, 80), 'aldarov', 'Отправил, файл здесь же.', pdf(paper, order)),
      status(opened - random.int(500, 800), 'aldarov', 'closed'),
    ],
  };
};

/** Fittings counted short and sent with the next truck. */
const fittingsShort: Template = ({ order, opened, visitor, random }) => {
  const missing = random.int(4, 30);
  const code = random.pick(['ФН-16-У', 'ФН-20-Т', 'КШ-15-А', 'КР-РБ']);
  return {
    subject: `Не хватает ${missing} шт. ${code}`,
    type: 'complaint',
    topic: 'delivery',
    priority: 'normal',
    sla: 'settled',
    steps: [
      say(opened, visitor, `В ${order} по позиции ${code} меньше на ${missing} шт., пересчитали дважды. Коробка была заклеена.`),
      say(
        opened - random.int(20, 100),
        'lugov',
        `Проверили ячейку: лишние ${missing} шт. у нас. Положим в следующую машину без документов на доплату.`,
      ),
      note(opened - 110, 'lugov', `${code} считали по весу, датчик врёт на мелочи. Перешли на счёт поштучно.`),
      say(opened - random.int(1700, 2100), visitor, `${missing} шт. получили.`),
      status(opened - 2150, 'lugov', 'resolved'),
    ],
  };
};

/** A position is swapped before picking; a reply of staff stands last and the resolution clock runs. */
const swapPosition: Template = ({ order, opened, visitor, random }) => {
  const [from, to] = random.pick([
    ['РБ-350-06', 'РБ-350-08'],
    ['К4-НС', 'К6-НС'],
    ['PEX-16-100', 'PEX-16-200'],
    ['НЦ-25-60', 'НЦ-25-80'],
  ] as const);
  const pieces = random.int(2, 9);
  const manager = managerOfBuyer(visitor);
  return {
    subject: `Замена ${from} на ${to} в ${order}`,
    type: 'question',
    topic: 'assortment',
    priority: 'normal',
    sla: 'track',
    steps: [
      say(opened, visitor, `Замените в ${order}: вместо ${pieces} шт. ${from} столько же ${to}. Срок не изменится?`),
      say(opened - random.int(14, 60), manager, `Заменили ${pieces} шт., срок прежний. Новый счёт пришлю, как пересчитают.`),
    ],
  };
};

/** Staff ask for a missing fact and wait. */
const packingQuestion: Template = ({ order, opened, visitor, random }) => {
  const manager = managerOfBuyer(visitor);
  const layers = random.int(3, 5);
  return {
    subject: `Упаковка ${order} для терминала`,
    type: 'question',
    topic: 'delivery',
    priority: 'normal',
    sla: 'paused',
    steps: [
      say(opened, visitor, `Терминал требует обрешётку на ${order}, иначе не берёт без расписки. Сделаете?`),
      say(
        opened - random.int(20, 70),
        manager,
        `Сделаем, ${layers} обрешётки по 900 ₽. Подтвердите, пожалуйста, что выставляем на вас, или возите без неё.`,
      ),
      status(opened - 75, manager, 'waiting'),
    ],
  };
};

/** What each generated appeal is made from: its template, opening moment and dealer. */
const plan: readonly { template: Template; dealer: DealerKey; opened: number; intent: SlaIntent }[] = [
  { template: whenArrives, dealer: 'kedr', opened: 8450, intent: 'settled' },
  { template: whenArrives, dealer: 'zarechye', opened: 6930, intent: 'settled' },
  { template: whenArrives, dealer: 'versta', opened: 4610, intent: 'settled' },
  { template: whenArrives, dealer: 'vetlugin', opened: 2820, intent: 'settled' },
  { template: paperAgain, dealer: 'kedr', opened: 9120, intent: 'settled' },
  { template: paperAgain, dealer: 'versta', opened: 7240, intent: 'settled' },
  { template: paperAgain, dealer: 'vetlugin', opened: 5480, intent: 'settled' },
  { template: fittingsShort, dealer: 'zarechye', opened: 8830, intent: 'settled' },
  { template: fittingsShort, dealer: 'kedr', opened: 5730, intent: 'settled' },
  { template: fittingsShort, dealer: 'versta', opened: 3900, intent: 'settled' },
  { template: swapPosition, dealer: 'kedr', opened: 205, intent: 'track' },
  { template: swapPosition, dealer: 'zarechye', opened: 485, intent: 'track' },
  { template: swapPosition, dealer: 'vetlugin', opened: 650, intent: 'track' },
  { template: packingQuestion, dealer: 'versta', opened: 575, intent: 'paused' },
  { template: packingQuestion, dealer: 'vetlugin', opened: 790, intent: 'paused' },
];
