import type { RouteLocationRaw } from 'vue-router';

/** One number: as a chart draws it, as a person reads it, and the appeals behind it. */
export interface FigureCell {
  value: number | null;
  text: string;
  to?: RouteLocationRaw | undefined;
}
export interface FigureRow {
  label: string;
  cells: readonly FigureCell[];
}
/** The one source of a chart, its table and its CSV. */
export interface Figure {
  title: string;
  /** The heading of the labels, then one per cell. */
  columns: readonly string[];
  rows: readonly FigureRow[];
  kind: 'line' | 'bars';
  /** Cells that the chart draws; bars stand on one another. */
  charted: readonly number[];
  /** A scale of 0–100. */
  percent?: boolean;
}

/** A figure as the rows of a sheet. */
export const sheetOf = (figure: Pick<Figure, 'columns' | 'rows'>): (string | number | null)[][] => [
  [...figure.columns],
  ...figure.rows.map(({ label, cells }) => [label, ...cells.map(({ value }) => value)]),
];
