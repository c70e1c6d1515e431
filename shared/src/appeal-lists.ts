import * as z from 'zod';

/** `mine`, `queue`, `mentions` are for staff; `open`, `owed` (waits for me), `closed`, `all` for both. */
export const AppealListView = z.enum([
  'open',
  'owed',
  'closed',
  'all',
  'mine',
  'queue',
  'mentions',
]);
export type AppealListView = z.infer<typeof AppealListView>;

/** What stands first in a list: the nearest deadline, the newest message, the appeal opened last. */
export const AppealSort = z.enum(['deadline', 'last', 'opened']);
export type AppealSort = z.infer<typeof AppealSort>;
/** The orders the server pages through. */
export const PagedSort = AppealSort.extract(['last', 'opened']);
export type PagedSort = z.infer<typeof PagedSort>;
