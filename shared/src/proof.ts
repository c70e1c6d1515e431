import * as z from 'zod';
import { PersonRef, Side } from './people';
import { moment } from './text';

/** Asks for the fingerprint of a stretch of a thread, in the viewer's own numbering, both ends included. */
export const AskDigest = z.strictObject({
  appealId: z.uuid(),
  fromSeq: z.coerce.number().int().min(1).max(2_000_000_000),
  toSeq: z.coerce.number().int().min(0).max(2_000_000_000),
});
export type AskDigest = z.input<typeof AskDigest>;
/**
 * Hex SHA-256 over the stretch's entries in rising order, each as `<number> <id> <version> <body bytes> <body>` and a line feed;
 * `<body bytes>` is the UTF-8 length. `entries` counts them: less than the stretch means a hole.
 */
export const Digest = z.object({
  entries: z.number().int(),
  lastSeq: z.number().int(),
  sha256: z.string(),
  at: moment,
});
export type Digest = z.infer<typeof Digest>;

/**
 * What the session has got and has had on its screen, in its own numbering: every entry from `from` (the first it fetched) up to `got`
 * is held; those up to `shown` are displayed by the rule of the read mark. Only ever adds; numbers that do not exist count for nothing.
 */
export const Receipts = z.strictObject({
  items: z
    .array(
      z.strictObject({
        appealId: z.uuid(),
        from: z.number().int().min(1).max(2_000_000_000).default(1),
        got: z.number().int().min(0).max(2_000_000_000),
        shown: z.number().int().min(0).max(2_000_000_000),
      }),
    )
    .min(1)
    .max(100),
});
export type Receipts = z.input<typeof Receipts>;

/** Where one entry has arrived; for staff. */
export const EntryReceipts = z.object({
  items: z.array(
    z.object({
      person: PersonRef,
      side: Side,
      sessionId: z.uuid(),
      device: z.string(),
      gotAt: moment,
      shownAt: moment.nullable(),
    }),
  ),
});
export type EntryReceipts = z.infer<typeof EntryReceipts>;
