import * as z from 'zod';
import { fail } from './errors';

/** A moment within a cursor. A made-up one may be well written and still be more than PostgreSQL knows: it has no year 0, and zones end at 15 hours. */
export const placeMoment = z.iso
  .datetime({ offset: true })
  .refine((at) => at >= '0001' && /(Z|[+-](0\d|1[0-4]):\d\d)$/.test(at));

/** The place after an item of a list, as an opaque text for the caller. */
export const writeCursor = (place: object) =>
  Buffer.from(JSON.stringify(place)).toString('base64url');

/**
 * Reads a cursor that came back from a caller, who may have changed it.
 * @throws invalid_input naming `cursor`
 */
export function readCursor<Place>(
  schema: z.ZodType<Place>,
  cursor: string | undefined,
): Place | null {
  if (cursor === undefined) return null;
  const place = schema.safeParse(parseOrNull(Buffer.from(cursor, 'base64url').toString()));
  if (place.success) return place.data;
  throw fail('invalid_input', {
    fields: [{ path: 'cursor', rule: 'cursor', message: 'is not a cursor of this list' }],
  });
}

function parseOrNull(text: string): unknown {
  // PostgreSQL text cannot hold NUL, and a schema of strings would let it through.
  if (text.includes('\\u0000')) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** One page out of rows that were read with one more than `limit`. */
export function pageOf<Row>(
  rows: readonly Row[],
  limit: number,
  placeOf: (row: Row) => object,
): { rows: Row[]; nextCursor: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    rows: shown,
    nextCursor: rows.length > limit && last !== undefined ? writeCursor(placeOf(last)) : null,
  };
}
