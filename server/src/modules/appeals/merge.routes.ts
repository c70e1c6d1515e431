import * as c from '@otklik/shared/merges';
import { mergesApi } from '@otklik/shared/merges.api';
import type { Api } from '../../platform/http';
import type { Actor } from '../people';
import type { MergeService } from './merge.service';
import type { SplitService } from './split.service';

export function mergeRoutes(
  { mount }: Pick<Api<Actor>, 'mount'>,
  { merges, splits }: { merges: MergeService; splits: SplitService },
): void {
  mount(mergesApi.preview, { input: c.AskMerge, output: c.MergePreview }, merges.preview);
  mount(mergesApi.merge, { input: c.MergeAppeal, output: c.Merged }, merges.merge);
  mount(mergesApi.undo, { input: c.UndoMerge, output: c.Merged }, merges.undo);
  mount(mergesApi.split, { input: c.SplitAppeal, output: c.Split }, splits.split);
}
