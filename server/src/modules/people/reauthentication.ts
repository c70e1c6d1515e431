import { fail } from '../../platform/errors';
import type { Actor } from './actor';

/** For so long after the password was typed, dangerous changes need it no more. */
const PROOF_MS = 10 * 60_000;

/**
 * For changes that whoever finds an unlocked screen must not make.
 * @throws reauthentication_needed – the password was last typed too long ago
 */
export function refuseUnproven(actor: Pick<Actor, 'provenAt'>, at: Date): void {
  if (at.getTime() - actor.provenAt.getTime() >= PROOF_MS)
    throw fail('reauthentication_needed', {});
}
