import { fail } from '../../platform/errors';
import type { Db } from '../../platform/db';

const WINDOW_MS = 15 * 60_000;
/** Wrong passwords and codes in a quarter of an hour, counted from the first of them. */
const LIMITS = { login: 8, network: 40, password: 8, code: 8, device: 8 } as const;

/** What failures are counted by. */
export type Subject = `${keyof typeof LIMITS}:${string}`;

const limitOf = (subject: Subject) =>
  subject.startsWith('network:') ? LIMITS.network : LIMITS.login;

type Reader = Pick<Db, 'query'>;

/** Counts wrong passwords in the database, so that all nodes and restarts count together. */
export const guesses = {
  /**
   * Which of the subjects have used up their tries, with the seconds until they may try again.
   */
  async spent(db: Reader, subjects: readonly Subject[], at: Date): Promise<Map<Subject, number>> {
    const rows = await db.query<{ subject: Subject; failures: number; since: Date }>(
      `SELECT subject, failures, since FROM sign_in_failure WHERE subject = ANY($1) AND since > $2`,
      [subjects, new Date(at.getTime() - WINDOW_MS)],
    );
    return new Map(
      rows
        .filter(({ subject, failures }) => failures >= limitOf(subject))
        .map(({ subject, since }) => [
          subject,
          Math.max(1, Math.ceil((since.getTime() + WINDOW_MS - at.getTime()) / 1000)),
        ]),
    );
  },

  /** One more wrong password. */
  async count(db: Reader, subjects: readonly Subject[], at: Date): Promise<void> {
    // In one order everywhere, so that two counters never wait for each other.
    await db.query(
      `INSERT INTO sign_in_failure AS f (subject, failures, since)
       SELECT subject, 1, $2 FROM unnest($1::text[]) AS subject ORDER BY subject
       ON CONFLICT (subject) DO UPDATE SET
         failures = CASE WHEN f.since > $3 THEN f.failures + 1 ELSE 1 END,
         since = CASE WHEN f.since > $3 THEN f.since ELSE excluded.since END`,
      [subjects, at, new Date(at.getTime() - WINDOW_MS)],
    );
  },

  async forget(db: Reader, subject: Subject): Promise<void> {
    await db.query(`DELETE FROM sign_in_failure WHERE subject = $1`, [subject]);
  },

  /** Counters that no longer count. */
  async sweep(db: Reader, at: Date): Promise<void> {
    await db.query(`DELETE FROM sign_in_failure WHERE since <= $1`, [
      new Date(at.getTime() - WINDOW_MS),
    ]);
  },
};

/** @throws rate_limited when any of the seconds is there */
export function refuseSpent(...seconds: (number | undefined)[]): void {
  const wait = Math.max(0, ...seconds.filter((value) => value !== undefined));
  if (wait > 0) throw fail('rate_limited', { retryAfterSeconds: wait });
}
