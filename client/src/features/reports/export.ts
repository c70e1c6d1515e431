import { csvOf } from '@otklik/shared/csv';

type Cells = readonly (readonly (string | number | null)[])[];

/** Rows as a workbook; the library is loaded when it is asked for. Text is typed as text: no cell is a formula. */
export async function workbookOf(rows: Cells): Promise<Blob> {
  const { default: write } = await import('write-excel-file/universal');
  return write(
    rows.map((row) =>
      row.map((value) => {
        if (value === null) return null;
        return typeof value === 'number' ? { type: Number, value } : { type: String, value };
      }),
    ),
    { columns: [{ width: 32 }, ...Array.from({ length: 7 }, () => ({ width: 16 }))] },
  ).toBlob();
}

const FORMATS = {
  csv: (rows: Cells) => new Blob([csvOf(rows)], { type: 'text/csv;charset=utf-8' }),
  xlsx: workbookOf,
};
export type ExportFormat = keyof typeof FORMATS;

/** Hands rows to the browser as a file. */
export async function saveRows(name: string, format: ExportFormat, rows: Cells): Promise<void> {
  const url = URL.createObjectURL(await FORMATS[format](rows));
  const link = document.createElement('a');
  link.href = url;
  link.download = `${name}.${format}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
