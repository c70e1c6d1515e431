import type { MacroView } from '@otklik/shared/macros';

import { serverNow } from '../../platform/clock';
import type { LoadState } from '../../platform/loading';
import { findMacros } from './find';
import { useMacros } from './macros.store';

const FRESH_MS = 30_000;

/** Has the list fetched when it is not here, or old; those that are here stay meanwhile. */
export function wantMacros(): void {
  const { loading, load } = useMacros();
  const isFresh = loading.state === 'ready' && serverNow() - (loading.at ?? 0) < FRESH_MS;
  if (!isFresh && !loading.busy) void load();
}

export const macrosState = (): LoadState => useMacros().loading.state;

/** Of the macros that are here, those for what is typed after "/". */
export const foundMacros = (query: string): MacroView[] => findMacros(useMacros().items, query);
