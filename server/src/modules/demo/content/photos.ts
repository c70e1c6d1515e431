import type { PhotoKind } from '../photo';

interface DemoPhoto {
  kind: PhotoKind;
  seed: number;
  /** Printed on labels and boxes, top line first; kinds without print ignore it. */
  print: readonly string[];
}

/** The shelf of pictures: drawn once per load and attached to many messages. */
export const photos = {
  'label-v118': {
    kind: 'label',
    seed: 118,
    print: ['РАДИАТОР 500/10', '10 секций · белый · 2 шт.', 'Партия В-118', 'РБ-500-10'],
  },
  'label-v121': {
    kind: 'label',
    seed: 121,
    print: ['РАДИАТОР 500/10', '10 секций · белый · 2 шт.', 'Партия В-121', 'РБ-500-10'],
  },
  'label-n052': {
    kind: 'label',
    seed: 52,
    print: ['НАСОСНАЯ ГРУППА 1"', 'с подмесом · 1 шт.', 'Партия Н-052', 'НГ-25-П'],
  },
  'label-t407': {
    kind: 'label',
    seed: 407,
    print: ['ТРУБА PEX-a 16×2,0', 'бухта 100 м', 'Партия Т-407', 'PEX-16-100'],
  },
  'boxes-three': { kind: 'boxes', seed: 3, print: ['РБ-500-10'] },
  'boxes-crushed': { kind: 'boxes', seed: 8, print: ['К8-НС'] },
  'pallet-whole': { kind: 'pallet', seed: 5, print: ['РБ-500-10'] },
  'pallet-open': { kind: 'pallet', seed: 14, print: ['PEX-16'] },
  'dent-corner': { kind: 'dent', seed: 2, print: [] },
  'dent-edge': { kind: 'dent', seed: 9, print: [] },
  'leak-group': { kind: 'leak', seed: 4, print: [] },
  'leak-manifold': { kind: 'leak', seed: 11, print: ['К10-НС'] },
  'truck-gate': { kind: 'truck', seed: 6, print: ['ВОРОТА 3'] },
  'waybill-sheet': { kind: 'waybill', seed: 7, print: ['НАКЛАДНАЯ ТОРГ-12'] },
} as const satisfies Record<string, DemoPhoto>;

export type PhotoKey = keyof typeof photos;
