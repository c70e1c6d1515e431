import type {
  AskMerge,
  Merged,
  MergeAppeal,
  MergePreview,
  Split,
  SplitAppeal,
  UndoMerge,
} from './merges';
import { route } from './route';

export const mergesApi = {
  preview: route<AskMerge, MergePreview>('GET', '/appeals/:appealId/merge', 'appeal.merge'),
  merge: route<MergeAppeal, Merged>('POST', '/appeals/:appealId/merge', 'appeal.merge'),
  undo: route<UndoMerge, Merged>('POST', '/appeals/:appealId/merge/undo', 'appeal.merge'),
  split: route<SplitAppeal, Split>('POST', '/appeals/:appealId/split', 'appeal.merge'),
};
