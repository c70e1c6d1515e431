import { expect, test } from 'vitest';

import { askedBefore, matching, mentionedIn, withChoice } from './suggestions';

test.each([
  ['По заказу №402', { kind: 'order', query: '402', from: 10 }],
  ['#1', { kind: 'order', query: '1', from: 0 }],
  ['Спроси @Ол', { kind: 'mention', query: 'Ол', from: 7 }],
  ['@', { kind: 'mention', query: '', from: 0 }],
  ['/', { kind: 'macro', query: '', from: 0 }],
  ['Да.\n/ждём фо', { kind: 'macro', query: 'ждём фо', from: 4 }],
  ['и/или', null],
  [' /фото', null],
  ['/ фото', null],
  ['/etc/hosts', null],
  ['/фото\n', null],
  ['№', null],
  ['mail@example', null],
  ['В-118№4', null],
  ['заказ №402 ', null],
])('what "%s" asks for', (text, expected) => {
  expect(askedBefore(text, text.length)).toEqual(expected);
});

test('a choice takes the place of what was typed, the words after the caret stay', () => {
  expect(withChoice('а @Ол б', { from: 2 }, 5, '@Ольга Тарханова')).toEqual({
    text: 'а @Ольга Тарханова б',
    caret: 18,
  });
  expect(withChoice('По №40', { from: 3 }, 6, '')).toEqual({ text: 'По ', caret: 3 });
});

const people = [
  { id: '1', name: 'Олег Лугов', detail: '', inside: false },
  { id: '2', name: 'Ольга Тарханова', detail: '', inside: true },
  { id: '3', name: 'Семён Ольхин', detail: '', inside: false },
];
test('colleagues by the beginning of any name, participants first, ё = е', () => {
  expect(matching(people, 'ол').map(({ id }) => id)).toEqual(['2', '1', '3']);
  expect(matching(people, 'Семен').map(({ id }) => id)).toEqual(['3']);
});
test('who is named in a finished note', () => {
  expect(mentionedIn('@Ольга Тарханова, посмотри', people)).toEqual(['2']);
});
