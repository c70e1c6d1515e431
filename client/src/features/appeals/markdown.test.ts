import { describe, expect, test } from 'vitest';

import { parseMessage, plainMessage, safeHref, type Block } from './markdown';

const inline = (text: string) => {
  const [block] = parseMessage(text);
  return block?.kind === 'paragraph' ? block.lines[0] : null;
};
const text = (words: string) => ({ kind: 'text', text: words });

describe('inside a line', () => {
  test.each([
    ['**жирный**', [{ kind: 'bold', inside: [text('жирный')] }]],
    ['*курсив*', [{ kind: 'italic', inside: [text('курсив')] }]],
    ['~~нет~~', [{ kind: 'strike', inside: [text('нет')] }]],
    ['`а*б*`', [{ kind: 'code', text: 'а*б*' }]],
    [
      '**а *б* в**',
      [{ kind: 'bold', inside: [text('а '), { kind: 'italic', inside: [text('б')] }, text(' в')] }],
    ],
  ])('%s', (typed, expected) => expect(inline(typed)).toEqual(expected));

  test.each(['5 * 3 * 2', 'PEX_16_100', '** нет **', '2*3*4', '`', '[текст](javascript:alert(1))'])(
    'stays as typed: %s',
    (typed) => expect(inline(typed)).toEqual([text(typed)]),
  );

  test('a bare address is a link without the full stop after it', () => {
    expect(inline('см. https://example.test/a?b=1.')).toEqual([
      text('см. '),
      {
        kind: 'link',
        href: 'https://example.test/a?b=1',
        inside: [text('https://example.test/a?b=1')],
      },
      text('.'),
    ]);
  });

  test('a named link', () => {
    expect(inline('[акт](https://example.test/)')).toEqual([
      { kind: 'link', href: 'https://example.test/', inside: [text('акт')] },
    ]);
  });
});

describe('blocks', () => {
  test('paragraphs, lists, quote and code', () => {
    const kinds = (blocks: Block[]) => blocks.map((block) => block.kind);
    const typed = 'Первый\nстрока\n\n- а\n- б\n3. в\n> цитата\n```\n**код**\n```';
    const blocks = parseMessage(typed);
    expect(kinds(blocks)).toEqual(['paragraph', 'list', 'list', 'quote', 'code']);
    expect(blocks[2]).toMatchObject({ ordered: true, start: 3 });
    expect(blocks[4]).toEqual({ kind: 'code', text: '**код**' });
  });

  test('an open code block takes the rest, a deep quote stays text', () => {
    expect(parseMessage('```\nа\nб')).toEqual([{ kind: 'code', text: 'а\nб' }]);
    expect(() => parseMessage('>'.repeat(500) + ' а')).not.toThrow();
  });

  test('a line of marks takes time in proportion to its length', () => {
    const MARKS = ['*', '_', '~~', '[', '`', '**a '];
    /** The quickest of some rounds, ms: what else the machine does only ever adds. */
    const quickest = (characters: number) => {
      const texts = MARKS.map((mark) => mark.repeat(characters / mark.length));
      const rounds = Array.from({ length: 7 }, () => {
        const start = performance.now();
        for (const text of texts) parseMessage(text);
        return performance.now() - start;
      });
      return Math.min(...rounds);
    };
    quickest(2_500);
    // Eight times as long: in proportion it takes 8 times as long, with the square of the length 64 times.
    expect(quickest(20_000) / quickest(2_500)).toBeLessThan(24);
  });
});

test('only http, https and mailto may be followed', () => {
  expect(safeHref('https://example.test')).toBe('https://example.test/');
  expect(safeHref('mailto:a@example.test')).toBe('mailto:a@example.test');
  expect(
    ['javascript:alert(1)', 'data:text/html,x', 'file:///etc', '/a', 'x'].map(safeHref),
  ).toEqual(Array.from({ length: 5 }, () => null));
});

test('the words of a message for a row', () => {
  expect(plainMessage('**Не** вскрывайте\n\n- раз\n- два\n\n`х` https://example.test')).toBe(
    'Не вскрывайте раз, два х https://example.test',
  );
});
