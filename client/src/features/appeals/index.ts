/**
 * Appeals: the rows and threads of the conversation between a dealer and the supplier.
 *
 * Hears `appeal:news`, `appeal:mark`, `order:news`. `startAppealNews` wires them to the stores once somebody is signed in.
 */
import type { RouteRecordRaw } from 'vue-router';

export {
  causeOfLeaving,
  sortsOf,
  timeOf,
  type AppealFilters,
  type AppealRow,
  type SlaState,
} from './appeal.rules';
export { startAppealNews } from './appeals.news';
export {
  appealIdOf,
  topicIdOf,
  useAppeals,
  type AppealGroup,
  type ViewState,
} from './appeals.store';
export { useDirectories } from './directories.store';
export type { Draft, DraftMode } from './drafts';
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
export { useRewriting } from './useRewriting';
export { composerKey, useUploads, type Upload } from './uploads.store';
export { useArrivals } from './useArrivals';
export type { ComposerMacros, MacroOffer } from './useMacroGaps';
export { useBusyList } from './useBusyList';
export { useDraftChange } from './useDraftChange';
export { useMeanwhile } from './useMeanwhile';
export { isFreeKey } from './useListKeys';
export { useHeldOrder, type HeldOrder } from './useHeldOrder';

export { default as DealerAppealRow } from './AppealRow.vue';

// The thread's parts, for both sides: README.md tells how they are put together.
export { default as AppealPeople } from './AppealPeople.vue';
export { default as AppealThread } from './AppealThread.vue';
export { default as AttachmentTiles } from './AttachmentTiles.vue';
export { default as MeanwhileLine } from './MeanwhileLine.vue';
export { default as MessageComposer, type Composed } from './MessageComposer.vue';
export { default as OrderPanel } from './OrderPanel.vue';
export { default as OrderPicker } from './OrderPicker.vue';
export { IntegrityCard, ReceiptsDialog } from './proof.parts';
export type { PeopleWords } from './people.types';
export { plainMessage } from './markdown';
export type { Mentionable } from './suggestions';
export type { ThreadViewer } from './thread.lines';
export { provideReaders } from './seen.words';
export { useEventText, type FieldText } from './useEventText';

const texts = ['appeals', 'thread'] as const;
export const routes: RouteRecordRaw[] = [
  {
    path: '/appeals',
    component: () => import('./AppealListPage.vue'),
    meta: { side: 'dealer', nav: 'appeals', messages: [...texts, 'contacts'] },
  },
  {
    path: '/appeals/new',
    component: () => import('./AppealNewPage.vue'),
    meta: { side: 'dealer', nav: 'new', alone: true, messages: texts },
  },
  {
    path: '/appeals/:no(\\d+)',
    component: () => import('./AppealPage.vue'),
    meta: {
      ...{ side: 'dealer', nav: 'appeals', layout: 'fixed', alone: true, ownConnection: true },
      messages: [...texts, 'ledger'],
    },
  },
];
