import * as z from 'zod';
import { PersonRef, Side } from './people';
import { moment } from './text';

/** What the session has open and whether its person writes there; repeated as a heartbeat. */
export const Look = z.strictObject({
  /** Null: no appeal is open in this session any more. */
  appealId: z.uuid().nullable(),
  writes: z.enum(['reply', 'note']).nullable().default(null),
  /** Windows of one browser share one socket, each looks for itself; left out: there is only one. */
  windowId: z.uuid().optional(),
});
export type Look = z.input<typeof Look>;

/** Somebody at an appeal. Dealers get their own people, and of staff only that somebody writes a reply. */
export const Presence = z.object({
  /** Null: staff who has not spoken to this dealer yet. */
  person: PersonRef.nullable(),
  side: Side,
  views: z.boolean(),
  writes: z.enum(['reply', 'note']).nullable(),
});
export type Presence = z.infer<typeof Presence>;

/** Everybody at one appeal whom the viewer may know of, himself left out. Replaces what was known before. */
export const AppealPresence = z.object({
  appealId: z.uuid(),
  present: z.array(Presence),
  at: moment,
});
export type AppealPresence = z.infer<typeof AppealPresence>;
