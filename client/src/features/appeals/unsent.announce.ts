import type { DraftContent } from '@otklik/shared/drafts';
import { draftsApi } from '@otklik/shared/drafts.api';
import { watch } from 'vue';

import { call } from '../../platform/api';
import { serverNow } from '../../platform/clock';
import { attempt } from '../../platform/problem';
import { connection } from '../../platform/socket';
import type { UnsentAppealCommand } from './appeal.outbox';

export type Unsents = ReadonlyMap<string, UnsentAppealCommand>;

/** A message that arrives within this time is nobody's news. */
const PATIENCE_MS = 1_500;

/**
 * Tells the server which messages of this browser are still under way, as well as it can, so that the person sees them on
 * his other devices; and that they no longer are. Losing one costs a hint, never a message.
 * @param owner whose messages `unsent` holds; null: nobody's
 */
export function announceUnsent(unsent: Unsents, owner: () => string | null): void {
  /** By client id: when it will be told, or what was told. */
  const known = new Map<
    string,
    { timer: ReturnType<typeof setTimeout>; unsent: UnsentAppealCommand }
  >();

  function expect(one: UnsentAppealCommand): void {
    const wait = Math.max(0, PATIENCE_MS - (serverNow() - one.createdAt));
    // An author's clock that was wrong when he pressed Send must not put it off for years.
    const timer = setTimeout(() => void tell(one.clientId), Math.min(wait, PATIENCE_MS));
    known.set(one.clientId, { timer, unsent: one });
  }

  async function tell(clientId: string): Promise<void> {
    const one = unsent.get(clientId);
    const draft = one && draftOf(one);
    if (draft) await attempt(() => call(draftsApi.save, draft));
  }

  watch(
    [() => owner(), () => [...unsent.values()], () => connection.state === 'online'] as const,
    ([who, items, online], [before, , wasOnline]) => {
      if (who !== before || who === null) {
        for (const { timer } of known.values()) clearTimeout(timer);
        known.clear();
        if (who === null) return;
      }
      const wanted = new Map(items.map((one) => [one.clientId, one]));
      for (const [clientId, { timer, unsent: one }] of known) {
        if (wanted.has(clientId)) continue;
        clearTimeout(timer);
        known.delete(clientId);
        const draft = draftOf(one);
        const mayBeKnown = serverNow() - one.createdAt >= PATIENCE_MS;
        if (draft && mayBeKnown) {
          void attempt(() => call(draftsApi.save, { ...draft, content: null }));
        }
      }
      for (const one of items) {
        if (draftOf(one) && (!known.has(one.clientId) || (online && !wasOnline))) expect(one);
      }
    },
    { immediate: true },
  );
}

/** What other devices are shown of a message under way; null: of a command that is none. */
function draftOf({ clientId, command }: UnsentAppealCommand) {
  if (command.kind === 'post') {
    const { kind, body = '', orderNumbers, mentions, replyTo } = command.input;
    const content: DraftContent = { body, orderNumbers, mentions, replyTo };
    const mode = kind === 'note' ? ('note' as const) : ('reply' as const);
    return { appealId: command.appealId, mode, pendingId: clientId, content };
  }
  if (command.kind === 'open') {
    const { body = '', orderNumbers, typeCode, topicId, subject, dealerId } = command.input;
    const content: DraftContent = { body, orderNumbers, typeCode, topicId, subject, dealerId };
    return { appealId: null, mode: 'reply' as const, pendingId: clientId, content };
  }
  return null;
}
