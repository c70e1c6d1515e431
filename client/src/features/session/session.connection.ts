import { computed, type ComputedRef } from 'vue';

import { connection, type ConnectionState } from '../../platform/socket';

/**
 * The state of the live connection, for screens (STA-4): `reconnecting` from the third second of a loss on,
 * `offline` from the tenth. `since` is the beginning of the loss, or the return (ms, device clock).
 */
export function useConnection(): ComputedRef<{ state: ConnectionState; since: number }> {
  return computed(() => ({ state: connection.state, since: connection.since }));
}
