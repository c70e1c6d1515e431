import type { CompanySettings } from '@otklik/shared/company';
import type { Db, Tx } from '../../platform/db';

/** Told to all nodes when the rules change. */
export const COMPANY_CHANGED = 'company_changed';

/** Rules of waiting for a dealer, in minutes of his working time; null: never. */
interface Silence {
  remindMinutes: number | null;
  closeMinutes: number | null;
  /** Silence before counts nothing. */
  countsFrom: Date;
}

const COLUMNS = `edit_minutes AS "editMinutes", guard_staff AS "guardStaff", guard_dealer AS "guardDealer",
  remind_dealer_minutes AS "remindDealerMinutes", close_silent_minutes AS "closeSilentMinutes",
  audit_days AS "auditDays", closed_to_dealers AS "closedToDealers", second_step_roles AS "secondStepRoles",
  json_build_object('ru', closed_message_ru, 'en', closed_message_en) AS "closedMessage"`;

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
    await tx.query(
      `UPDATE company SET edit_minutes = $1, guard_staff = $2, guard_dealer = $3, remind_dealer_minutes = $4, close_silent_minutes = $5,
         audit_days = $6, closed_to_dealers = $7, closed_message_ru = $8, closed_message_en = $9, second_step_roles = $10`,
      [
        ...[settings.editMinutes, settings.guardStaff, settings.guardDealer],
        ...[settings.remindDealerMinutes, settings.closeSilentMinutes],
        ...[settings.auditDays, settings.closedToDealers],
        ...[settings.closedMessage.ru, settings.closedMessage.en],
        settings.secondStepRoles,
      ],
    );
    await tx.query(`SELECT pg_notify('${COMPANY_CHANGED}', '')`);
  },

  /** Silence counts anew by changed settings, and every appeal that waits is looked at again. */
  async countSilenceFrom(tx: Tx, at: Date): Promise<void> {
    await tx.query(`UPDATE company SET silence_counts_from = $1`, [at]);
    await tx.addJob('lookAtWaits', {}, { key: 'lookAtWaits' });
  },

  /** What appeals that wait for their dealer go by. */
  async silence(q: Pick<Db, 'query'>): Promise<Silence> {
    const [row] = await q.query<Omit<Silence, 'countsFrom'> & { countsFrom: string | null }>(
      `SELECT remind_dealer_minutes AS "remindMinutes", close_silent_minutes AS "closeMinutes",
         to_jsonb(nullif(silence_counts_from, '-infinity')) #>> '{}' AS "countsFrom" FROM company`,
    );
    if (!row) throw new Error('the row of the company is missing: run the migrations');
    return { ...row, countsFrom: new Date(row.countsFrom ?? 0) };
  },
};
