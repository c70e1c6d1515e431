import { csvOf } from '@otklik/shared/csv';
import { describe, expect, it } from 'vitest';

import { workbookOf } from './export';

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

describe('a table as a workbook', () => {
  const NASTY = ['=1+1', '+1+1', '-1+1', '@SUM(A1)', '\t=1+1', '\r=1+1', '=HYPERLINK("x")'];
  it('holds text as text and numbers as numbers', async () => {
    const file = await workbookOf([NASTY, [-3, 2.5, null, '-4']]);
    const { readSheet } = await import('read-excel-file/universal');
    const rows = await readSheet(await file.arrayBuffer());
    // A formula would have no value of its own to read. The reader trims.
    expect(rows[0]).toEqual(NASTY.map((text) => text.trim()));
    expect(rows[1]?.slice(0, 4)).toEqual([-3, 2.5, null, '-4']);
  });
});
