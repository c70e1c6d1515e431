import type { MacroView } from '@otklik/shared/macros';
import type { Actor } from '../people';
import { macroPolicy } from './macro.policy';
import type { MacroRow } from './macro.repository';

/** A macro as one of the staff gets it. */
export const macroView = (row: MacroRow, actor: Actor): MacroView => ({
  id: row.id,
  name: row.name,
  body: row.body,
  thenStatus: row.thenStatus,
  scope: row.scope,
  teamId: row.teamId,
  changedBy: { id: row.changedBy, name: row.changedByName },
  changedAt: row.changedAt.toISOString(),
  rev: row.rev,
  deleted: row.deletedAt !== null,
  can: { change: macroPolicy.change(actor, row) },
});
