import { describe, expect, it } from 'vitest';
import { isCourtesyReply } from './courtesy';

describe('a reply of courtesy', () => {
  it.each([
    'Спасибо',
    'спасибо!',
    'Спасибо большое, всё получили 🙏',
    'Ок',
    'ОК.',
    'ok 👍',
    'Принято, спасибо за ответ!',
    'Понял, ждём',
    'Хорошо, благодарю вас',
    'Всего доброго!',
    '👍',
    '🙏🙏',
    '+',
    ':)',
    'Thanks!',
    'Thank you so much for your help',
    'Got it, thanks',
    'Noted. Thank you!',
    'ok, thx :)',
  ])('«%s» is one', (text) => expect(isCourtesyReply(text)).toBe(true));

  it.each([
    '',
    '   ',
    '…',
    'Спасибо, а когда приедет остаток?',
    'Спасибо, но коробок не хватает',
    'Спасибо, жду 4 коробки',
    'Ок, пришлите счёт',
    'ok?',
    'Да',
    'Не спасибо',
    'за вас',
    'Thanks, but it is broken',
    'No thanks needed, send it again',
    'ok 12',
    'the answer',
    `спасибо ${'спасибо '.repeat(30)}`,
  ])('«%s» is none', (text) => expect(isCourtesyReply(text)).toBe(false));
});
