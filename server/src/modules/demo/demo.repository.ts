import type { Db, Tx } from '../../platform/db';
import type { ClockKind } from '../sla';

type Reader = Pick<Db, 'query'>;

export interface DemoState {
  /** In force for all demo logins; null before the first load. */
  password: string | null;
  started: boolean;
  loaded: boolean;
}

/** A moment of a clock that has come but is not written yet. */
export interface DueMoment {
  kind: ClockKind;
  cycle: number;
  moment: 'warn' | 'due';
  at: Date;
}

/** How sessions of the loader call themselves: any other one belongs to somebody who signed in. */
export const LOADER_DEVICE = 'Otklik demo loader';

// Any number that nobody else uses: two servers on one database load one after the other.
const DEMO_LOCK = 7_215_011;

export const demoRepository = {
  /** Waits until no other server loads demo data; held until the transaction ends, however long that takes. */
  async lock(tx: Tx): Promise<void> {
    await tx.query(`SET LOCAL idle_in_transaction_session_timeout = 0`);
    await tx.query(`SET LOCAL statement_timeout = 0`);
    await tx.query(`SET LOCAL lock_timeout = 0`);
    await tx.query(`SELECT pg_advisory_xact_lock($1)`, [DEMO_LOCK]);
  },

  async state(q: Reader): Promise<DemoState> {
    const [row] = await q.query<DemoState>(
      `SELECT demo_password AS password, demo_started_at IS NOT NULL AS started, demo_loaded_at IS NOT NULL AS loaded
       FROM installation`,
    );
    if (row === undefined) throw new Error('the installation has lost its only row');
    return row;
  },

  /** True when somebody works here already: a dealer, an appeal or a person exists. */
  async hasData(q: Reader): Promise<boolean> {
    const [row] = await q.query<{ found: boolean }>(
      `SELECT EXISTS (SELECT FROM dealer) OR EXISTS (SELECT FROM appeal) OR EXISTS (SELECT FROM person) AS found`,
    );
    return row?.found ?? false;
  },

  /** True when somebody but the loader was here: signed in, or was given a token for the exchange. */
  async wasUsed(q: Reader): Promise<boolean> {
    const [row] = await q.query<{ found: boolean }>(
      `SELECT EXISTS (SELECT FROM session WHERE device <> $1) OR EXISTS (SELECT FROM integration_token) AS found`,
      [LOADER_DEVICE],
    );
    return row?.found ?? false;
  },

  markStarted: (q: Reader, password: string, at: Date) =>
    q.query(`UPDATE installation SET demo_started_at = $2, demo_password = $1`, [password, at]),
  markLoaded: (q: Reader, at: Date) => q.query(`UPDATE installation SET demo_loaded_at = $1`, [at]),
  keepPassword: (q: Reader, password: string) =>
    q.query(`UPDATE installation SET demo_password = $1`, [password]),

  /** Empties every table that holds people, dealers or their work. Answers the ids of the files to remove. */
  async clear(tx: Tx): Promise<string[]> {
    const files = await tx.query<{ id: string }>(`SELECT id FROM attachment`);
    // The audit log stays as it is for everybody else; this takes the owner of the tables.
    await tx.query(`ALTER TABLE audit_entry DISABLE TRIGGER audit_entry_is_never_changed`);
    await tx.query(
      `TRUNCATE macro, upload_hour, draft, receipt, entry_version, idle_command, colleague_question, clock_dispute, breach_part, breach_tally, appeal_fact, report_tally, ladder_fired, notice, dealer_wait, appeal_merge, sla_clock_step, sla_clock, mention,
         read_mark, participant, attachment, unfinished_upload, appeal_order, entry, appeal, order_line, dealer_order, audit_entry, viewing, session, sign_in_failure, password_link, recovery_code, second_step, known_device, sign_on_identity, person_team, dealer_group_member`,
    );
    await tx.query(`ALTER TABLE audit_entry ENABLE TRIGGER audit_entry_is_never_changed`);
    await tx.query(
      `DELETE FROM sla_policy
       WHERE dealer_id IS NOT NULL OR topic_id IN (SELECT id FROM topic WHERE team_id IS NOT NULL)`,
    );
    // Rules outlive them, so nothing that rules may name can be truncated; and each of these two names the other.
    await tx.query(`WITH gone AS (DELETE FROM person) DELETE FROM dealer`);
    await tx.query(`DELETE FROM custom_role`);
    // The facts of reports follow changes anew.
    await tx.query(
      `UPDATE report_place SET zone = '', xid = '0', appeal_id = '00000000-0000-0000-0000-000000000000'`,
    );
    await tx.query(`DELETE FROM topic WHERE team_id IS NOT NULL`);
    await tx.query(`DELETE FROM team`);
    return files.map(({ id }) => id);
  },

  async addTeam(q: Reader, team: { code: string; ru: string; en: string }): Promise<string> {
    const [row] = await q.query<{ id: string }>(
      `INSERT INTO team (code, name_ru, name_en) VALUES ($1, $2, $3) RETURNING id`,
      [team.code, team.ru, team.en],
    );
    return idOf(row);
  },

  async addTopic(
    q: Reader,
    topic: { code: string; ru: string; en: string; teamId: string; position: number },
  ): Promise<string> {
    const [row] = await q.query<{ id: string }>(
      `INSERT INTO topic (code, name_ru, name_en, team_id, position) VALUES ($1, $2, $3, $4, $5) RETURNING id`,
      [topic.code, topic.ru, topic.en, topic.teamId, topic.position],
    );
    return idOf(row);
  },

  /** Working minutes that a colleague has for an answer. */
  questionTarget: (q: Reader, minutes: number) =>
    q.query(`UPDATE sla_policy SET question_minutes = $1 WHERE question_minutes IS NULL`, [
      minutes,
    ]),

  /** The next appeal gets this number. */
  numberFrom: (q: Reader, first: number) =>
    q.query(`SELECT setval('appeal_no', $1, false)`, [first]),

  /** Moments of an appeal's clocks that lie before `until` and are not written yet, the earliest first. */
  dueMoments: (q: Reader, appealId: string, until: Date) =>
    q.query<DueMoment>(
      `SELECT kind, cycle, 'warn' AS moment, warn_at AS at FROM sla_clock
       WHERE appeal_id = $1 AND state = 'running' AND warned_at IS NULL AND warn_at < $2
       UNION ALL
       SELECT kind, cycle, 'due', due_at FROM sla_clock
       WHERE appeal_id = $1 AND state = 'running' AND due_at < $2
       ORDER BY at, moment DESC`,
      [appealId, until],
    ),

  idsByLogin: (q: Reader, logins: readonly string[]) =>
    q.query<{ id: string }>(`SELECT id FROM person WHERE login = ANY($1::text[])`, [logins]),
};

function idOf(row: { id: string } | undefined): string {
  if (row === undefined) throw new Error('an inserted row has an id');
  return row.id;
}
