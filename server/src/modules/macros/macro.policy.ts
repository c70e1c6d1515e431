import { isStaff, seesAllAppeals, type Actor } from '../people';

type Who = Pick<Actor, 'personId' | 'role' | 'side' | 'teamIds'>;
/** Where a macro belongs. */
export type MacroPlace =
  | { scope: 'own'; ownerId: string; teamId: null }
  | { scope: 'team'; ownerId: null; teamId: string }
  | { scope: 'everybody'; ownerId: null; teamId: null };

/** Macros of teams and of everybody are made by those who see everything. */
const share = (actor: Who) => isStaff(actor) && seesAllAppeals(actor);

/** To dealers nothing of this module exists; what is somebody's own, nobody else ever sees. */
export const macroPolicy = {
  use: (actor: Who) => isStaff(actor),
  share,
  read(actor: Who, { scope, ownerId, teamId }: MacroPlace): boolean {
    if (!isStaff(actor)) return false;
    if (scope === 'own') return ownerId === actor.personId;
    return scope === 'everybody' || share(actor) || actor.teamIds.includes(teamId);
  },
  /** Supposes that `read` was answered yes. */
  change: (actor: Who, { scope }: Pick<MacroPlace, 'scope'>) => scope === 'own' || share(actor),
};

/** SQL over `m` (macro): the same as `read`. */
export function macroScope(actor: Who, parameters: unknown[]): string {
  if (!isStaff(actor)) return 'false';
  const own = `m.owner_id = $${parameters.push(actor.personId)}`;
  if (share(actor)) return `(${own} OR m.scope <> 'own')`;
  const teams = `m.team_id = ANY ($${parameters.push([...actor.teamIds])}::uuid[])`;
  return `(${own} OR m.scope = 'everybody' OR ${teams})`;
}
