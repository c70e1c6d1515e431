import type { DraftList, DraftView, SaveDraft } from './drafts';
import type { Nothing } from './people';
import { route } from './route';

export const draftsApi = {
  list: route<Nothing, DraftList>('GET', '/drafts', 'draft.keep'),
  save: route<SaveDraft, DraftView>('PUT', '/drafts', 'draft.keep', { socket: 'draft:save' }),
};
