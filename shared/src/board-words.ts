/** By what the board's load is told. */
export const BOARD_BY = ['manager', 'team', 'topic', 'dealer'] as const;
export type BoardBy = (typeof BOARD_BY)[number];
