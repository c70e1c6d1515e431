import type { DraftView } from '@otklik/shared/drafts';

import type { PendingItem, PendingOpen } from './thread.types';

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

/** A new appeal under way from another device, as a row of the list and a thread of its own. Its files are only there. */
export function elsewhereOpen({ pendingId, appealId, content, at }: DraftView): PendingOpen | null {
  if (pendingId === null || appealId !== null || content === null) return null;
  const { body, orderNumbers, typeCode, topicId, dealerId, subject } = content;
  if (typeCode === undefined || topicId === undefined) return null;
  const appeal = { body, orderNumbers, typeCode, topicId, dealerId, subject };
  return { clientId: pendingId, appeal, at: Date.parse(at), state: 'elsewhere', problem: null };
}
