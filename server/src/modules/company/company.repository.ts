import type { CompanySettings } from '@otklik/shared/company';
import type { Db, Tx } from '../../platform/db';

/** Told to all nodes when the rules change. */
export const COMPANY_CHANGED = 'company_changed';

const COLUMNS = `edit_minutes AS "editMinutes", guard_staff AS "guardStaff", guard_dealer AS "guardDealer"`;

function theRow(rows: CompanySettings[]): CompanySettings {
  const [row] = rows;
  if (!row) throw new Error('the row of the company is missing: run the migrations');
  return row;
}

export const companyRepository = {
  find: async (q: Pick<Db, 'query'>) =>
    theRow(await q.query<CompanySettings>(`SELECT ${COLUMNS} FROM company`)),

  /** Holds the rules until the transaction ends. */
  lock: async (tx: Tx) =>
    theRow(await tx.query<CompanySettings>(`SELECT ${COLUMNS} FROM company FOR UPDATE`)),

  /** Writes the rules and tells every node, when the transaction commits. */
  async save(tx: Tx, settings: CompanySettings): Promise<void> {
    await tx.query(`UPDATE company SET edit_minutes = $1, guard_staff = $2, guard_dealer = $3`, [
      settings.editMinutes,
      settings.guardStaff,
      settings.guardDealer,
    ]);
    await tx.query(`SELECT pg_notify('${COMPANY_CHANGED}', '')`);
  },
};
