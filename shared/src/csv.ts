/** What a spreadsheet would take for a formula: it reads such a cell, behind an apostrophe, as text. */
const FORMULA = /^[=+\-@\t\r\n]/;
const NUMBER = /^-?\d+(?:[.,]\d+)?$/;

function cell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const harmless = FORMULA.test(value) && !NUMBER.test(value) ? `'${value}` : value;
  return /["\r\n,;\t]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

type Cells = readonly (string | number | null)[];

/** What a file begins with, so that spreadsheets read it as UTF-8. */
export const CSV_START = '\uFEFF';
/** One row of RFC 4180. */
export const csvLine = (row: Cells): string => `${row.map(cell).join(',')}\r\n`;
/** Rows as comma-separated text that spreadsheets open in UTF-8 (RFC 4180, with a byte order mark). */
export const csvOf = (rows: readonly Cells[]): string => CSV_START + rows.map(csvLine).join('');
