import { describe, expect, it } from 'vitest';
import { csvOf } from './csv';

describe('a table as CSV', () => {
  it.each(['=', '+', '-', '@', '\t', '\r'])(
    'does not let a cell that begins with %j run',
    (sign) => {
      const [line] = csvOf([[`${sign}HYPERLINK(1)`]])
        .slice(1)
        .split('\r\n');
      expect(line?.replace(/^"/, '')).toMatch(/^'/);
    },
  );

  it('keeps numbers numbers, also those below zero', () => {
    expect(csvOf([[-3, 2.5, null, '-4', '-4,5', '-4=A1']])).toBe(
      '\uFEFF-3,2.5,,-4,"-4,5",\'-4=A1\r\n',
    );
  });

  it('quotes what would end a cell or a row', () => {
    expect(csvOf([['ООО "Луч"', 'a,b', 'a\nb', 'x;y']])).toBe(
      '\uFEFF"ООО ""Луч""","a,b","a\nb","x;y"\r\n',
    );
  });
});
