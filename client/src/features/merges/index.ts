/**
 * Merges: joining two appeals of a dealer, undoing it, and splitting messages off into an appeal of their own; for staff.
 *
 * Owns no data: what comes back goes through the stores of `../appeals`.
 */
import { defineAsyncComponent } from 'vue';

export const MergeDialog = defineAsyncComponent(() => import('./MergeDialog.vue'));
export const SplitDialog = defineAsyncComponent(() => import('./SplitDialog.vue'));
export { useMergeUndo } from './useMergeUndo';
