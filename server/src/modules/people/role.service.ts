import { StaffRole } from '@otklik/shared/people';
import { fitsBase, NEEDED } from '@otklik/shared/role-words';
import {
  type ChosenRight,
  ROLES_MAX,
  type CustomRole,
  type DeleteRole,
  type RoleList,
  type SaveRole,
} from '@otklik/shared/roles';
import type * as z from 'zod';
import type { Db, Tx } from '../../platform/db';
import { fail } from '../../platform/errors';
import type { Actor } from './actor';
import { changedFields, recordChange } from './change-log.repository';
import { managesStaff, seesRights } from './person.policy';
import { personRepository, type Standing } from './person.repository';
import { refuseUnproven } from './reauthentication';
import { chosenBy, covers, holds } from './rights';
import { knownRights, roleRepository, type RoleRow } from './role.repository';

export type RoleService = ReturnType<typeof createRoleService>;

/** Roles that admins make of named rights, for staff. */
export function createRoleService({ db, now }: { db: Db; now: () => Date }) {
  /**
   * The roles there are, and how many have each.
   * @throws not_found – for dealers; @throws forbidden – whoever may not see the table of rights
   */
  async function list(actor: Actor): Promise<RoleList> {
    if (!holds(actor, 'staff.work')) throw fail('not_found', { what: 'path' });
    if (!seesRights(actor)) throw fail('forbidden', { right: 'seeRights' });
    const counts = await roleRepository.countBuiltIn(db);
    return {
      builtIn: StaffRole.options.map((role) => ({
        role,
        people: counts.find((one) => one.role === role)?.people ?? 0,
        rights: chosenBy({ role, customRights: null }),
      })),
      items: (await roleRepository.list(db)).map(roleView),
    };
  }

  /**
   * Makes a role, or makes an existing one what the input says: whoever has it holds other rights from the next request on. Sent twice it is
   * done once.
   * @throws not_found – no such role; for dealers always
   * @throws forbidden – only who manages staff does, and only with rights that he holds himself
   * @throws reauthentication_needed
   * @throws conflict – somebody has changed it since `rev`; it is one's own; there are as many as there may be
   * @throws invalid_input – the name is taken, a right does not fit the base or lacks one it needs
   */
  async function save(actor: Actor, input: z.output<typeof SaveRole>): Promise<CustomRole> {
    return changing(actor, async (tx, mine) => {
      const { roleId: id, rev, name, base } = input;
      const rights = knownRights(input);
      const before = await roleRepository.find(tx, id);
      if (before === null && rev > 0) throw notFound();
      const role = { id, name, base, rights };
      if (before !== null && isSame(before, role) && (before.rev === rev || before.rev === rev + 1))
        return roleView(before);
      if (before !== null && before.rev !== rev) throw fail('conflict', { what: 'role' });
      if (mine.customRoleId === id) throw fail('conflict', { what: 'own_rights' });
      if (before !== null) refuseBeyond(mine, before);
      refuseUnfit(role);
      refuseBeyond(mine, role);
      if (before === null && (await roleRepository.list(tx)).length >= ROLES_MAX)
        throw fail('conflict', { what: 'roles' });
      const holders = await roleRepository.whoHas(tx, id);
      // Held before the base changes with them, in the order in which everybody does.
      await personRepository.lock(tx, holders);
      if (!(await roleRepository.save(tx, { ...role, rev: rev + 1 })))
        throw refused('name', 'taken', 'another role has this name');
      if (before !== null && (before.base !== base || words(before.rights) !== words(rights)))
        await roleRepository.changeRights(tx, holders);
      await record(tx, actor, before === null ? 'role.created' : 'role.changed', before, role);
      const after = await roleRepository.find(tx, id);
      if (after === null) throw new Error('a role that was just written is not there');
      return roleView(after);
    });
  }

  /**
   * Takes a role away that nobody has. Twice is once.
   * @throws not_found, forbidden, reauthentication_needed – as {@link save}
   * @throws role_in_use – somebody has it; @throws conflict – somebody has changed it since `rev`
   */
  async function remove(actor: Actor, { roleId, rev }: z.output<typeof DeleteRole>): Promise<void> {
    await changing(actor, async (tx, mine) => {
      const before = await roleRepository.find(tx, roleId);
      if (before === null) return;
      refuseBeyond(mine, before);
      if (before.people > 0) throw fail('role_in_use', { people: before.people });
      if (before.rev !== rev) throw fail('conflict', { what: 'role' });
      await roleRepository.remove(tx, roleId);
      await record(tx, actor, 'role.deleted', before, null);
    });
  }

  /** @param change gets what its maker holds as soon as nobody else changes roles or staff */
  async function changing<Done>(
    actor: Actor,
    change: (tx: Tx, mine: Standing) => Promise<Done>,
  ): Promise<Done> {
    if (!holds(actor, 'staff.work')) throw notFound();
    if (!managesStaff(actor)) throw forbidden();
    refuseUnproven(actor, now());
    return db.transaction(async (tx) => {
      await roleRepository.lock(tx);
      const mine = await personRepository.standingOf(tx, actor.personId);
      if (mine === null || !managesStaff(mine)) throw forbidden();
      return change(tx, mine);
    });
  }

  async function record(
    tx: Tx,
    by: Actor,
    action: string,
    before: Words | null,
    after: Words | null,
  ): Promise<void> {
    const [was, is] = [before && fields(before), after && fields(after)];
    const changed = was && is ? changedFields(was, is) : { before: was, after: is };
    if (changed === null) return;
    const subject = (after ?? before)?.name ?? '';
    await recordChange(tx, {
      ...{ by, at: now(), action, dealerId: null, subject, ...changed },
      subjectId: before?.id ?? after?.id ?? null,
    });
  }

  return { list, save, remove };
}

type Words = Pick<RoleRow, 'id' | 'name' | 'base' | 'rights'>;
const words = (rights: readonly string[]) => [...rights].sort().join(' ');
const fields = ({ name, base, rights }: Words) => ({ name, base, rights: words(rights) });
const isSame = (one: Words, other: Words) =>
  JSON.stringify(fields(one)) === JSON.stringify(fields(other));

const roleView = ({ id, name, base, rights, people, rev }: RoleRow): CustomRole => ({
  ...{ id, name, base, people, rev },
  rights: knownRights({ rights }),
});

const notFound = () => fail('not_found', { what: 'role' });
const forbidden = () => fail('forbidden', { right: 'manageStaff' });
const refused = (path: string, rule: string, message: string) =>
  fail('invalid_input', { fields: [{ path, rule, message }] });

/** Nobody makes of a role more than he is himself, nor changes one that is more. */
function refuseBeyond(mine: Standing, role: Words): void {
  if (!covers(mine, { role: role.base, customRights: knownRights(role) }))
    throw fail('forbidden', { right: 'giveRights' });
}

function refuseUnfit({ base, rights }: { base: StaffRole; rights: readonly ChosenRight[] }): void {
  for (const right of rights) {
    if (!fitsBase(right, base)) throw refused('rights', 'base', `${right} wants a higher base`);
    const lacking = NEEDED[right];
    if (lacking && !rights.includes(lacking))
      throw refused('rights', 'needs', `${right} needs ${lacking}`);
  }
}
