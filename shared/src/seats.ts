import * as z from 'zod';
import { Role } from './people';

const numbers = {
  /** People who have a login, and those of them who may use it. */
  accounts: z.number().int(),
  allowed: z.number().int(),
  /** Sessions that have not ended, and connections that are open this moment. */
  sessions: z.number().int(),
  sockets: z.number().int(),
};

/** How many people, sessions and connections there are. */
export const Seats = z.object({
  roles: z.array(z.object({ role: Role, ...numbers })),
  /** Dealers with accounts, most sessions first. */
  dealers: z.array(z.object({ id: z.uuid(), name: z.string(), ...numbers })),
});
export type Seats = z.infer<typeof Seats>;
