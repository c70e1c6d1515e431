import type { OwnDay } from '@otklik/shared/calendar-days';

import { COLUMNS, linesOf, readDays, type RawDay, type ReadDays } from './day-lines';

/** The exceptions as a workbook; the library is loaded when it is asked for. */
export async function daySheet(
  days: Readonly<Record<string, OwnDay>>,
  language: 'ru' | 'en',
): Promise<Blob> {
  const { default: write } = await import('write-excel-file/universal');
  // Typed as text: what looks like a formula in a note stays a note.
  const text = (value: string) => ({ type: String, value });
  const header = COLUMNS[language].map((value) => ({
    ...text(value),
    fontWeight: 'bold' as const,
  }));
  return write([header, ...linesOf(days, language).map((line) => line.map(text))], {
    columns: [{ width: 14 }, { width: 20 }, { width: 30 }, { width: 50 }],
  }).toBlob();
}

/** Reads the first sheet of a workbook: date, kind, hours, note; a first line without a date is a heading. */
export async function readDaySheet(file: Blob): Promise<ReadDays> {
  const unreadable: ReadDays = {
    days: {},
    problems: [{ line: 1, rule: 'unreadable', value: 'XLSX' }],
  };
  const { readSheet } = await import('read-excel-file/universal');
  let rows: unknown[][];
  try {
    rows = await readSheet(await file.arrayBuffer());
  } catch {
    return unreadable;
  }
  const raw = rows.flatMap((cells, i): RawDay[] => {
    const [date = '', kind = '', hours = '', note = ''] = cells.map(cellText);
    const isHeading = i === 0 && !/\d/.test(date);
    if (isHeading || `${date}${kind}${hours}${note}` === '') return [];
    return [{ line: i + 1, date, kind, hours, note }];
  });
  return raw.length > 0 ? readDays(raw) : unreadable;
}

/** Excel keeps dates as moments at midnight UTC. */
function cellText(cell: unknown): string {
  if (cell instanceof Date) return cell.toISOString().slice(0, 10);
  return typeof cell === 'string' || typeof cell === 'number' ? String(cell).trim() : '';
}
