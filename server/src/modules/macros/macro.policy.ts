import type { Relation } from '@otklik/shared/rights';
import { holds, isStaff, type Actor } from '../people';

type Who = Pick<Actor, 'personId' | 'role' | 'customRights' | 'side' | 'teamIds'>;
/** Where a macro belongs. */
export type MacroPlace =
  | { scope: 'own'; ownerId: string; teamId: null }
  | { scope: 'team'; ownerId: null; teamId: string }
  | { scope: 'everybody'; ownerId: null; teamId: null };

/** Macros of teams and of everybody are made by those who see everything. */
const share = (actor: Who) => holds(actor, 'macro.share');

function relationTo(actor: Who, { scope, ownerId, teamId }: MacroPlace): Relation {
  if (scope === 'own') return ownerId === actor.personId ? 'own' : 'stranger';
  if (scope === 'everybody') return 'no_team';
  return actor.teamIds.includes(teamId) ? 'team' : 'other_team';
}

/** To dealers nothing of this module exists; what is somebody's own, nobody else ever sees. */
export const macroPolicy = {
  use: (actor: Who) => holds(actor, 'macro.use'),
  share,
  read: (actor: Who, place: MacroPlace) => holds(actor, 'macro.read', [relationTo(actor, place)]),
  /** Supposes that `read` was answered yes. */
  change: (actor: Who, { scope }: Pick<MacroPlace, 'scope'>) =>
    holds(actor, 'macro.change', [scope === 'own' ? 'own' : 'team']),
};

/** SQL over `m` (macro): the same as `read`. */
export function macroScope(actor: Who, parameters: unknown[]): string {
  if (!isStaff(actor)) return 'false';
  const own = `m.owner_id = $${parameters.push(actor.personId)}`;
  if (share(actor)) return `(${own} OR m.scope <> 'own')`;
  const teams = `m.team_id = ANY ($${parameters.push([...actor.teamIds])}::uuid[])`;
  return `(${own} OR m.scope = 'everybody' OR ${teams})`;
}
