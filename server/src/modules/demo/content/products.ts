interface DemoProduct {
  name: string;
  unit: string;
  /** List price; a dealer's discount is taken off in the order lines. */
  priceKopecks: number;
  weightKg: number;
}

/** The goods of the story: radiators, pump groups, manifolds, pipe and what is needed to join them. */
export const products = {
  'РБ-350-06': {
    name: 'Радиатор биметаллический 350/80, 6 секций, белый',
    unit: 'шт.',
    priceKopecks: 462_000,
    weightKg: 7.8,
  },
  'РБ-350-08': {
    name: 'Радиатор биметаллический 350/80, 8 секций, белый',
    unit: 'шт.',
    priceKopecks: 608_000,
    weightKg: 10.4,
  },
  'РБ-350-10': {
    name: 'Радиатор биметаллический 350/80, 10 секций, белый',
    unit: 'шт.',
    priceKopecks: 754_000,
    weightKg: 13,
  },
  'РБ-500-06': {
    name: 'Радиатор биметаллический 500/80, 6 секций, белый',
    unit: 'шт.',
    priceKopecks: 548_000,
    weightKg: 10.2,
  },
  'РБ-500-08': {
    name: 'Радиатор биметаллический 500/80, 8 секций, белый',
    unit: 'шт.',
    priceKopecks: 721_000,
    weightKg: 13.6,
  },
  'РБ-500-10': {
    name: 'Радиатор 500/10, белый',
    unit: 'шт.',
    priceKopecks: 894_000,
    weightKg: 17,
  },
  'РБ-500-12': {
    name: 'Радиатор биметаллический 500/80, 12 секций, белый',
    unit: 'шт.',
    priceKopecks: 1_067_000,
    weightKg: 20.4,
  },
  'РА-500-08': {
    name: 'Радиатор алюминиевый 500/96, 8 секций, RAL 9016',
    unit: 'шт.',
    priceKopecks: 589_000,
    weightKg: 9.6,
  },
  'РА-500-10': {
    name: 'Радиатор алюминиевый 500/96, 10 секций, RAL 9016',
    unit: 'шт.',
    priceKopecks: 731_000,
    weightKg: 12,
  },
  'РС-22-0510': {
    name: 'Радиатор стальной панельный 22, 500×1000, боковое',
    unit: 'шт.',
    priceKopecks: 926_000,
    weightKg: 28.5,
  },
  'РС-22-0514': {
    name: 'Радиатор стальной панельный 22, 500×1400, нижнее',
    unit: 'шт.',
    priceKopecks: 1_248_000,
    weightKg: 39.9,
  },
  'РТ-3057-12': {
    name: 'Радиатор трубчатый 3057, 12 секций, чёрный матовый',
    unit: 'шт.',
    priceKopecks: 3_185_000,
    weightKg: 24.6,
  },
  'НГ-25-П': {
    name: 'Насосная группа с подмесом, 1"',
    unit: 'шт.',
    priceKopecks: 1_435_000,
    weightKg: 4.9,
  },
  'НГ-25-Б': {
    name: 'Насосная группа без смешения, 1"',
    unit: 'шт.',
    priceKopecks: 1_168_000,
    weightKg: 4.1,
  },
  'НГ-32-П': {
    name: 'Насосная группа с подмесом, 1 1/4"',
    unit: 'шт.',
    priceKopecks: 1_892_000,
    weightKg: 5.8,
  },
  'НЦ-25-60': {
    name: 'Насос циркуляционный 25/60, 180 мм',
    unit: 'шт.',
    priceKopecks: 674_000,
    weightKg: 2.6,
  },
  'НЦ-25-80': {
    name: 'Насос циркуляционный 25/80, 180 мм',
    unit: 'шт.',
    priceKopecks: 835_000,
    weightKg: 2.9,
  },
  'К4-НС': {
    name: 'Коллектор на 4 контура, нержавеющая сталь',
    unit: 'шт.',
    priceKopecks: 816_000,
    weightKg: 3.6,
  },
  'К6-НС': {
    name: 'Коллектор на 6 контуров',
    unit: 'шт.',
    priceKopecks: 1_124_000,
    weightKg: 4.8,
  },
  'К8-НС': {
    name: 'Коллектор на 8 контуров, нержавеющая сталь',
    unit: 'шт.',
    priceKopecks: 1_412_000,
    weightKg: 6,
  },
  'К10-НС': {
    name: 'Коллектор на 10 контуров, нержавеющая сталь',
    unit: 'шт.',
    priceKopecks: 1_705_000,
    weightKg: 7.2,
  },
  'ШК-06': {
    name: 'Шкаф коллекторный встраиваемый, 6–8 выходов',
    unit: 'шт.',
    priceKopecks: 498_000,
    weightKg: 9.5,
  },
  'ШК-10': {
    name: 'Шкаф коллекторный встраиваемый, 10–12 выходов',
    unit: 'шт.',
    priceKopecks: 574_000,
    weightKg: 11.8,
  },
  'PEX-16-100': {
    name: 'Труба PEX-a 16×2,0, бухта 100 м',
    unit: 'шт.',
    priceKopecks: 840_000,
    weightKg: 9.6,
  },
  'PEX-16-200': {
    name: 'Труба PEX-a 16×2,0, бухта 200 м',
    unit: 'шт.',
    priceKopecks: 1_630_000,
    weightKg: 19.2,
  },
  'PEX-20-100': {
    name: 'Труба PEX-a 20×2,0, бухта 100 м',
    unit: 'шт.',
    priceKopecks: 1_125_000,
    weightKg: 12.4,
  },
  'ФН-16-ЕК': {
    name: 'Фитинг аксиальный 16 × евроконус 3/4"',
    unit: 'шт.',
    priceKopecks: 21_400,
    weightKg: 0.09,
  },
  'ФН-16-У': {
    name: 'Угольник аксиальный 16×16',
    unit: 'шт.',
    priceKopecks: 26_800,
    weightKg: 0.11,
  },
  'ФН-20-Т': {
    name: 'Тройник аксиальный 20×16×20',
    unit: 'шт.',
    priceKopecks: 41_200,
    weightKg: 0.18,
  },
  'КШ-15-А': {
    name: 'Кран шаровой американка 1/2"',
    unit: 'шт.',
    priceKopecks: 48_600,
    weightKg: 0.24,
  },
  'КШ-25': {
    name: 'Кран шаровой 1", полный проход',
    unit: 'шт.',
    priceKopecks: 93_400,
    weightKg: 0.52,
  },
  'ТГ-30': {
    name: 'Термоголовка жидкостная М30×1,5',
    unit: 'шт.',
    priceKopecks: 118_000,
    weightKg: 0.16,
  },
  'КТ-15-У': {
    name: 'Клапан термостатический угловой 1/2"',
    unit: 'шт.',
    priceKopecks: 104_500,
    weightKg: 0.22,
  },
  'СП-230': {
    name: 'Сервопривод 230 В, нормально закрытый',
    unit: 'шт.',
    priceKopecks: 169_000,
    weightKg: 0.2,
  },
  'ТК-ЭЛ': {
    name: 'Термостат комнатный электронный',
    unit: 'шт.',
    priceKopecks: 324_000,
    weightKg: 0.25,
  },
  'ГР-60': {
    name: 'Гидравлический разделитель до 60 кВт',
    unit: 'шт.',
    priceKopecks: 1_279_000,
    weightKg: 8.4,
  },
  'БР-050': {
    name: 'Бак расширительный 50 л, 3/4"',
    unit: 'шт.',
    priceKopecks: 431_000,
    weightKg: 8.9,
  },
  'ГБ-3': {
    name: 'Группа безопасности котла 3 бар',
    unit: 'шт.',
    priceKopecks: 286_000,
    weightKg: 0.9,
  },
  'МТ-20-П': {
    name: 'Мат теплоизоляционный 20 мм, 1 м²',
    unit: 'м²',
    priceKopecks: 39_500,
    weightKg: 0.6,
  },
  'КР-РБ': {
    name: 'Кронштейн радиаторный угловой, белый',
    unit: 'шт.',
    priceKopecks: 7_800,
    weightKg: 0.14,
  },
} as const satisfies Record<string, DemoProduct>;

export type ProductCode = keyof typeof products;
