import * as z from 'zod';
import { EMAIL } from './limits';

/** Text a person typed: trimmed, at least one character, at most `max`. */
export const typed = (max: number) => z.string().trim().min(1).max(max);

/** Like {@link typed}, but may be empty. */
export const typedOrEmpty = (max: number) => z.string().trim().max(max);

/** An e-mail address or none. */
export const emailOrEmpty = typedOrEmpty(200).regex(
  new RegExp(`^$|${EMAIL.source}`),
  'is no e-mail address',
);

/** A moment as ISO 8601 in UTC. */
export const moment = z.iso.datetime();

/** An id chosen by the sender, once per press of a button. The same id sent twice is the same command. */
export const clientId = z.uuid();

/** Fields of every paged list. */
export const paging = {
  limit: z.coerce.number().int().min(1).max(100).default(50),
  cursor: z.string().min(1).max(600).optional(),
};

/** Kopecks: whole, never a fraction. */
export const kopecks = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
