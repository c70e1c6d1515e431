import type { MacroView } from '@otklik/shared/macros';

import { findMacros } from './find';
import { useMacros } from './macros.store';

const FRESH_MS = 30_000;

/**
 * Macros for what is typed after "/". The first time they are fetched; later those that are there come at once,
 * and are fetched anew beside.
 * @returns null when they could not be fetched
 */
export async function findForComposer(query: string): Promise<MacroView[] | null> {
  const macros = useMacros();
  const { loading } = macros;
  if (loading.state !== 'ready') await macros.load();
  else if (query === '' && performance.now() - lastAt > FRESH_MS) void macros.load();
  if (loading.state !== 'ready') return null;
  if (!loading.busy) lastAt = performance.now();
  return findMacros(macros.items, query);
}
let lastAt = -Infinity;
