import * as z from 'zod';

/** What the bench tells a process of clients. */
export const Order = z.discriminatedUnion('do', [
  z.object({
    do: z.literal('connect'),
    url: z.string(),
    clients: z.array(
      z.object({ cookie: z.string(), appealId: z.string(), side: z.enum(['dealer', 'staff']) }),
    ),
  }),
  /** Appeal → its last numbers in the database: whoever holds that of his side is level. */
  z.object({
    do: z.literal('expect'),
    last: z.record(z.string(), z.object({ dealer: z.number(), staff: z.number() })),
  }),
]);
export type Order = z.infer<typeof Order>;

/** What a process of clients tells. `at`: milliseconds since 1970. */
export const Told = z.discriminatedUnion('told', [
  z.object({ told: z.literal('connected') }),
  z.object({ told: z.literal('lost') }),
  z.object({ told: z.literal('back'), at: z.number() }),
  z.object({ told: z.literal('level'), at: z.number(), exact: z.boolean() }),
]);
export type Told = z.infer<typeof Told>;
