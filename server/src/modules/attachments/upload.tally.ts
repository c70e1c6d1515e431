import type { Db } from '../../platform/db';
import { fail } from '../../platform/errors';

const HOUR_MS = 3_600_000;

/**
 * One more upload of this person. Thrown away ones count too, and so do those that are refused here; counted in the database,
 * so that all nodes and restarts count together.
 * @throws rate_limited – more than `most` within an hour of the first of them
 */
export async function countUpload(
  db: Pick<Db, 'query'>,
  { personId, at, most }: { personId: string; at: Date; most: number },
): Promise<void> {
  const [row] = await db.query<{ uploads: number; since: Date }>(
    `INSERT INTO upload_hour AS h (person_id, uploads, since) VALUES ($1, 1, $2)
     ON CONFLICT (person_id) DO UPDATE SET
       uploads = CASE WHEN h.since > $3 THEN h.uploads + 1 ELSE 1 END,
       since = CASE WHEN h.since > $3 THEN h.since ELSE excluded.since END
     RETURNING uploads, since`,
    [personId, at, new Date(at.getTime() - HOUR_MS)],
  );
  if (!row || row.uploads <= most) return;
  const waitMs = row.since.getTime() + HOUR_MS - at.getTime();
  throw fail('rate_limited', { retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)) });
}
