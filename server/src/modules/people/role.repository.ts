import type { StaffRole } from '@otklik/shared/people';
import { ChosenRight } from '@otklik/shared/roles';
import type { Db, Tx } from '../../platform/db';
import { channels } from './session.repository';

export interface RoleRow {
  id: string;
  name: string;
  base: StaffRole;
  /** Some may be of another version of the program. */
  rights: string[];
  people: number;
  rev: number;
}

export const knownRights = ({ rights }: Pick<RoleRow, 'rights'>): ChosenRight[] =>
  ChosenRight.options.filter((right) => rights.includes(right));

const ROLE = `
  SELECT r.id, r.name, r.base, r.rights, r.rev,
         (SELECT count(*)::int FROM person p WHERE p.custom_role_id = r.id) AS people
  FROM custom_role r`;
/** Key of the lock of all who change roles and staff. */
const ROLES_LOCK = 7_215_009;

/** Roles made of named rights. */
export const roleRepository = {
  /**
   * Whoever changes roles or who has them goes one after the other, until the transaction ends: each is decided by what the others hold,
   * and the change of a role reaches everybody who has it.
   */
  lock: (tx: Tx) => tx.query(`SELECT pg_advisory_xact_lock($1)`, [ROLES_LOCK]),

  list: (db: Pick<Db, 'query'>) => db.query<RoleRow>(`${ROLE} ORDER BY lower(r.name), r.id`),

  async find(db: Pick<Db, 'query'>, roleId: string): Promise<RoleRow | null> {
    const [row] = await db.query<RoleRow>(`${ROLE} WHERE r.id = $1`, [roleId]);
    return row ?? null;
  },

  /** How many have a role as it is built in. */
  countBuiltIn: (db: Pick<Db, 'query'>) =>
    db.query<{ role: StaffRole; people: number }>(
      `SELECT role, count(*)::int AS people FROM person
       WHERE role <> 'dealer' AND custom_role_id IS NULL GROUP BY role`,
    ),

  /** @returns false when another one has the name, in whatever case; nothing is written then */
  async save(tx: Tx, role: Omit<RoleRow, 'people' | 'rights'> & { rights: ChosenRight[] }) {
    const rows = await tx.query(
      `INSERT INTO custom_role (id, name, base, rights, rev)
       SELECT $1, $2, $3, $4, $5
       WHERE NOT EXISTS (SELECT FROM custom_role WHERE lower(name) = lower($2) AND id <> $1)
       ON CONFLICT (id) DO UPDATE SET name = $2, base = $3, rights = $4, rev = $5 RETURNING id`,
      [role.id, role.name, role.base, role.rights, role.rev],
    );
    return rows.length > 0;
  },

  async remove(tx: Tx, roleId: string): Promise<void> {
    await tx.query(`DELETE FROM custom_role WHERE id = $1`, [roleId]);
  },

  async whoHas(tx: Tx, roleId: string): Promise<string[]> {
    const rows = await tx.query<{ id: string }>(`SELECT id FROM person WHERE custom_role_id = $1`, [
      roleId,
    ]);
    return rows.map(({ id }) => id);
  },

  /** What these people may changed: their sockets come back with new rights. */
  async changeRights(tx: Tx, personIds: readonly string[]): Promise<void> {
    await tx.query(`UPDATE person SET rights_version = rights_version + 1 WHERE id = ANY($1)`, [
      personIds,
    ]);
    await tx.query(
      `SELECT pg_notify('${channels.rightsChanged}', id::text) FROM unnest($1::uuid[]) id`,
      [personIds],
    );
  },
};
