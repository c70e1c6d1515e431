import { describe, expect, it } from 'vitest';
import { filled, gapsIn, unknownVariables } from './macro-text';

describe('the words of a macro', () => {
  it.each([
    ['{{dealer}}, добрый день', 'Ромашка, добрый день'],
    ['{{ dealer }}', 'Ромашка'],
    ['по заказу {{ orderNo }}', 'по заказу {{orderNo}}'],
    ['{{visitor}}', '{{visitor}}'],
    ['{{else}} {dealer} {{{dealer}}}', '{{else}} {dealer} {Ромашка}'],
  ])('%s is filled as %s', (text, wanted) => {
    expect(filled(text, { dealer: 'Ромашка', visitor: ' ' })).toBe(wanted);
  });

  it('a value is not filled again', () => {
    expect(filled('{{dealer}}', { dealer: '{{visitor}}', visitor: 'x' })).toBe('{{visitor}}');
  });

  it('tells gaps by place, and leaves other braces alone', () => {
    expect(gapsIn('a {{orderNo}} b {{ promise }} {{x}} {{}}')).toEqual([
      { variable: 'orderNo', from: 2, to: 13 },
      { variable: 'promise', from: 16, to: 29 },
    ]);
  });

  it('names what is unknown once', () => {
    expect(unknownVariables('{{x}} {{dealer}} {{ x }} {{}} {{Dealer}}')).toEqual([
      'x',
      '',
      'Dealer',
    ]);
    expect(unknownVariables('{x} } {{ {{dealer}}')).toEqual([]);
  });

  it('ends soon for a text made to cost it: in linear time', () => {
    for (const text of ['{'.repeat(100_000), `{{${' '.repeat(100_000)}`, '{{ '.repeat(50_000)])
      expect(gapsIn(text)).toEqual([]);
  });
});
