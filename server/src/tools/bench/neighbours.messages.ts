import * as z from 'zod';

/** What the one who disturbs is told to do, as one of these sessions: visitors first, their manager last. */
export const Disturbing = z.object({
  what: z.enum(['burst', 'reader', 'deaf']),
  url: z.string(),
  appealId: z.string(),
  cookies: z.array(z.string()),
  messages: z.number(),
  perSecond: z.number(),
});
export type Disturbing = z.infer<typeof Disturbing>;
