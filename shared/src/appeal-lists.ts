import * as z from 'zod';
import { BOARD_BY } from './board-words';

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

/** What the supervisor's board is narrowed to. */
export const BoardFilter = z.strictObject({
  topicId: z.uuid().optional(),
  assigneeId: z.uuid().optional(),
  teamId: z.uuid().optional(),
  dealerId: z.uuid().optional(),
  typeCode: z.string().min(1).max(40).optional(),
});
export type BoardFilter = z.infer<typeof BoardFilter>;
export const BoardBy = z.enum(BOARD_BY);
/** A board with filters that its owner has given a name to. */
export const BoardView = BoardFilter.extend({ by: BoardBy.optional() });
export type BoardView = z.infer<typeof BoardView>;
