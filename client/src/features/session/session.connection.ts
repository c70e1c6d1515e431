import { computed, type ComputedRef } from 'vue';

import { i18n } from '../../platform/i18n';
import { connection, type ConnectionState } from '../../platform/socket';
import { useSession } from './session.store';

/**
 * The state of the live connection, for screens (STA-4): `reconnecting` from the third second of a loss on,
 * `offline` from the tenth, and at once when the page was opened without an answer of the server.
 * `since` is the beginning of the loss, or the return (ms, device clock).
 */
export function useConnection(): ComputedRef<{ state: ConnectionState; since: number }> {
  const session = useSession();
  return computed(() => ({
    state: session.fromMemory ? 'offline' : connection.state,
    since: connection.since,
  }));
}

/**
 * Why what only the server can do cannot be done now (STA-5), or at all by an admin who only looks; null while it can. Writing is queued and needs no line.
 * Give it to what would be pressed in vain: disabled, with this as its tip or its second line.
 */
export function useLineNeeded(): ComputedRef<string | null> {
  const session = useSession();
  const line = useConnection();
  return computed(() => {
    if (session.viewing) return i18n.global.t('common.viewing.only');
    return line.value.state === 'offline' ? i18n.global.t('common.connection.needed') : null;
  });
}

/**
 * How old what is shown is while the line is away: ms, server's clock; null while it is there.
 * What was live until the loss is as old as the loss.
 * @param keptAt when what this browser kept was fresh, for a page that was opened without the server
 */
export function useDataAge(keptAt: () => number | null): ComputedRef<number | null> {
  const session = useSession();
  const line = useConnection();
  return computed(() => {
    if (line.value.state !== 'offline') return null;
    return keptAt() ?? (session.fromMemory ? null : line.value.since + session.serverOffsetMs);
  });
}
