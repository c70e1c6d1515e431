import type { DraftView } from '@otklik/shared/drafts';

import type { PendingItem } from './thread.types';

/** A message under way from another device, as a line of the thread. */
export function elsewhereItem(view: DraftView, key: string): PendingItem {
  return {
    is: 'pending',
    key,
    clientId: view.pendingId ?? '',
    kind: view.mode === 'note' ? 'note' : 'message',
    body: view.content?.body ?? '',
    attachments: [],
    files: [],
    orderNumbers: view.content?.orderNumbers ?? [],
    mentions: view.content?.mentions ?? [],
    replyTo: view.content?.replyTo ?? null,
    seenSeq: null,
    at: Date.parse(view.at),
    messageState: 'elsewhere',
    problem: null,
  };
}
