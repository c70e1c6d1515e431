import type { Participant } from '@otklik/shared/appeals';
import { inject, provide, type InjectionKey } from 'vue';

import { i18n } from '../../platform/i18n';
import type { ThreadItem } from './thread.types';

/** In whose words a tick says that its message was read, by the message's id; null: in the plain ones. */
type SeenWords = (messageId: string) => string | null;
interface Readers {
  words: SeenWords;
  /** Somebody is about to look. */
  wanted: () => void;
}
const readersKey: InjectionKey<Readers> = Symbol('readers');

/** Dealers learn that the company has read, not who. */
export function provideCompanyAsReader(): void {
  provide(readersKey, {
    words: () => i18n.global.t('thread.seenBy.company'),
    wanted: () => undefined,
  });
}

/** Staff learn who of the dealer's people has read so far. `wanted` brings the latest. */
export function provideReaders(
  items: () => readonly ThreadItem[],
  participants: () => readonly Participant[],
  wanted: () => void,
): void {
  const words: SeenWords = (messageId) => {
    const item = items().find((one) => one.is === 'entry' && one.entry.id === messageId);
    const publicSeq = item?.is === 'entry' ? item.entry.publicSeq : null;
    if (publicSeq === null) return null;
    const names = participants()
      .filter(({ side, readPublicSeq }) => side === 'dealer' && (readPublicSeq ?? 0) >= publicSeq)
      .map(({ name }) => name);
    return names.length === 0
      ? null
      : i18n.global.t('thread.seenBy.people', { names: names.join(', ') });
  };
  provide(readersKey, { words, wanted });
}

/** For a tick; outside a thread nobody knows. */
export const useReaders = (): Readers =>
  inject(readersKey, { words: () => null, wanted: () => undefined });
