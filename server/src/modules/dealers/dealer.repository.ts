import type { Db, Tx } from '../../platform/db';
import type { Dealer } from './dealer.entity';

/** Tells every node whose card has changed: the id of the dealer. */
export const DEALER_CHANGED = 'dealer_changed';

type Reader = Pick<Db, 'query'>;

export interface DealerRowData {
  id: string;
  code: string;
  name: string;
  /** Of the list's order, for the cursor. */
  sortName: string;
  zone: string;
  managerId: string | null;
  managerName: string | null;
  visitors: number;
  openAppeals: number;
  sessionsNow: number;
}

export interface DealerCardData extends DealerRowData {
  taxId: string;
  contract: string;
  phone: string;
  email: string;
  address: string;
  debtLimitKopecks: number | null;
  severalSessions: boolean;
  maxSessions: number;
  newVisitorAccess: boolean;
  calendarName: string;
}

/** The rest starts with what the table says. */
export type NewDealer = Pick<
  Dealer,
  | 'id'
  | 'code'
  | 'name'
  | 'taxId'
  | 'zone'
  | 'contract'
  | 'phone'
  | 'email'
  | 'address'
  | 'managerId'
  | 'createdAt'
>;

const COUNTS = `
  (SELECT count(*) FROM person v WHERE v.dealer_id = d.id) AS visitors,
  (SELECT count(*) FROM appeal a WHERE a.dealer_id = d.id AND a.status NOT IN ('resolved', 'closed')) AS "openAppeals",
  (SELECT count(*) FROM person v JOIN session s ON s.person_id = v.id
   WHERE v.dealer_id = d.id AND s.ended_at IS NULL AND s.expires_at > $1) AS "sessionsNow"`;
const ROW = `d.id, d.code, d.name, lower(d.name) AS "sortName", d.zone, d.manager_id AS "managerId", m.name AS "managerName", ${COUNTS}`;

export const dealerRepository = {
  /** By name; `q` is looked for in name, code and tax id. */
  list: (
    db: Reader,
    { q, after, limit }: { q: string; after: { name: string; id: string } | null; limit: number },
    at: Date,
  ) =>
    db.query<DealerRowData>(
      `SELECT ${ROW} FROM dealer d LEFT JOIN person m ON m.id = d.manager_id
       WHERE ($2 = '' OR position(lower($2) IN lower(d.name)) > 0 OR position(lower($2) IN lower(d.code)) > 0
              OR starts_with(d.tax_id, $2))
         AND ($3::text IS NULL OR (lower(d.name), d.id) > ($3, $4::uuid))
       ORDER BY lower(d.name), d.id LIMIT $5`,
      [at, q, after?.name ?? null, after?.id ?? null, limit],
    ),

  async findCard(db: Reader, id: string, at: Date): Promise<DealerCardData | null> {
    const [row] = await db.query<DealerCardData>(
      `SELECT ${ROW}, d.tax_id AS "taxId", d.contract, d.phone, d.email, d.address,
              d.debt_limit_kopecks AS "debtLimitKopecks", d.several_sessions AS "severalSessions",
              d.max_sessions AS "maxSessions", d.new_visitor_access AS "newVisitorAccess",
              coalesce((SELECT c.name FROM calendar c WHERE c.id = d.calendar_id),
                (SELECT c.name FROM calendar c WHERE c.is_company), '') AS "calendarName"
       FROM dealer d LEFT JOIN person m ON m.id = d.manager_id WHERE d.id = $2`,
      [at, id],
    );
    return row ?? null;
  },

  /** Holds the card until the transaction ends, but not the appeals that refer to it. */
  async lock(tx: Tx, id: string): Promise<boolean> {
    const rows = await tx.query(`SELECT id FROM dealer WHERE id = $1 FOR NO KEY UPDATE`, [id]);
    return rows.length > 0;
  },

  /** @returns false when the code is taken; nothing is written then */
  async insert(tx: Tx, dealer: NewDealer): Promise<boolean> {
    const rows = await tx.query(
      `INSERT INTO dealer (id, code, name, tax_id, zone, contract, phone, email, address, manager_id, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (code) DO NOTHING RETURNING id`,
      [
        dealer.id,
        dealer.code,
        dealer.name,
        dealer.taxId,
        dealer.zone,
        dealer.contract,
        dealer.phone,
        dealer.email,
        dealer.address,
        dealer.managerId,
        dealer.createdAt,
      ],
    );
    return rows.length > 0;
  },

  /** With the commit, every node tells who has the card open. */
  announce: (tx: Tx, id: string) => tx.query(`SELECT pg_notify('${DEALER_CHANGED}', $1)`, [id]),

  /** The name of somebody who can be in charge of dealers. */
  async findManagerName(db: Reader, personId: string): Promise<string | null> {
    const [row] = await db.query<{ name: string }>(
      `SELECT name FROM person WHERE id = $1 AND role <> 'dealer' AND access_allowed`,
      [personId],
    );
    return row?.name ?? null;
  },
};
