import { describe, expect, it } from 'vitest';

import { findMacros } from './find';

const macros = [
  { name: 'Запросить фото', body: 'Пришлите снимки этикетки' },
  { name: 'Счёт отправлен', body: '{{visitor}}, счёт в почте' },
  { name: 'Delivery date', body: 'We deliver by {{promise}}' },
  { name: 'Ждём фото накладной', body: 'x' },
];
const names = (query: string) => findMacros(macros, query).map(({ name }) => name);

describe('finding a macro', () => {
  it.each([
    ['', macros.map(({ name }) => name)],
    ['зап', ['Запросить фото']],
    ['ФОТО', ['Запросить фото', 'Ждём фото накладной']],
    ['счет', ['Счёт отправлен']],
    ['счёт', ['Счёт отправлен']],
    // "фото", "счет" on the Latin layout; "deli" on the Cyrillic one.
    ['ajnj', ['Запросить фото', 'Ждём фото накладной']],
    ['cxtn', ['Счёт отправлен']],
    ['вудш', ['Delivery date']],
    ['`', ['Счёт отправлен', 'Ждём фото накладной']],
    ['этикет', ['Запросить фото']],
    ['нет такого', []],
  ])('by %j', (query, found) => {
    expect(names(query)).toEqual(found);
  });

  it('a name that begins so comes before one that only holds it', () => {
    const some = [
      { name: 'Перезапрос', body: '' },
      { name: 'Новый запрос', body: '' },
      { name: 'Запрос', body: '' },
    ];
    expect(findMacros(some, 'запрос').map(({ name }) => name)).toEqual([
      'Запрос',
      'Новый запрос',
      'Перезапрос',
    ]);
  });
});
