/**
 * Appeals: the rows and threads of the conversation between a dealer and the supplier.
 *
 * Hears `appeal:news`, `appeal:mark`, `order:news`. `startAppealNews` wires them to the stores once somebody is signed in.
 */
export {
  dueMs,
  isOpen,
  numberOf,
  type AppealFilters,
  type AppealRow,
  type SlaState,
} from './appeal.rules';
export { startAppealNews } from './appeals.news';
export { appealIdOf, useAppeals, type AppealGroup, type ViewState } from './appeals.store';
export { useDirectories } from './directories.store';
export { NEW_APPEAL, type Draft, type DraftMode } from './drafts';
export {
  useThreads,
  type EntryItem,
  type MessageState,
  type NewAppeal,
  type OpenResult,
  type PendingItem,
  type PendingOpen,
  type Thread,
  type ThreadItem,
  type Words,
} from './thread.store';
export { composerKey, useUploads, type Upload } from './uploads.store';
export { useHeldOrder, type HeldOrder } from './useHeldOrder';
