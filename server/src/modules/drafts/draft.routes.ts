import { DraftList, DraftView, SaveDraft } from '@otklik/shared/drafts';
import { draftsApi } from '@otklik/shared/drafts.api';
import { Nothing } from '@otklik/shared/people';
import type { Api } from '../../platform/http';
import type { Actor } from '../people';
import type { DraftService } from './draft.service';

export function draftRoutes(api: Api<Actor>, drafts: DraftService): void {
  api.mount(draftsApi.list, { input: Nothing, output: DraftList }, async (actor) => ({
    items: await drafts.list(actor),
  }));
  api.mount(draftsApi.save, { input: SaveDraft, output: DraftView }, (actor, input) =>
    drafts.save(actor, input),
  );
}
