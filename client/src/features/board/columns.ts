import type { StaffAppeal } from '@otklik/shared/appeals';

/** The columns of the board, from the left. */
export const COLUMNS = ['breached', 'risk', 'track'] as const;
export type ColumnState = (typeof COLUMNS)[number];

/** A row of the board. */
export interface BoardRowView {
  appeal: StaffAppeal;
  /** It has left the column, which is held under the pointer (BRD-2). */
  leaving: boolean;
}
