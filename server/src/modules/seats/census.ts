import { randomUUID } from 'node:crypto';
import { Role } from '@otklik/shared/people';
import * as z from 'zod';
import type { SiblingNodes } from '../../platform/socket';

/** How many open connections there are of one role and dealer. */
export interface OpenSockets {
  role: Role;
  dealerId: string | null;
  sockets: number;
}

interface CensusDeps {
  /** The actors of this node's connections. */
  local: () => Iterable<Pick<OpenSockets, 'role' | 'dealerId'>>;
  siblings: SiblingNodes;
  /** Whether there may be other nodes to wait for. */
  hasSiblings: boolean;
}

/** Other nodes answer within this time, or are not counted. */
const PATIENCE_MS = 500;

const Ask = z.object({ ask: z.uuid() });
const Told = z.object({
  ask: z.uuid(),
  open: z.array(
    z.object({ role: Role, dealerId: z.uuid().nullable(), sockets: z.number().int().min(0) }),
  ),
});

/** Counts open connections on all nodes that answer; no node tells more than numbers. */
export function createCensus({ local, siblings, hasSiblings }: CensusDeps) {
  const asked = new Map<string, OpenSockets[]>();

  function here(): OpenSockets[] {
    const sums = new Map<string, OpenSockets>();
    for (const { role, dealerId } of local()) {
      const key = `${role} ${dealerId ?? ''}`;
      const sum = sums.get(key) ?? { role, dealerId, sockets: 0 };
      sums.set(key, { ...sum, sockets: sum.sockets + 1 });
    }
    return [...sums.values()];
  }

  siblings.hear('seats:ask', (facts) => {
    const { data } = Ask.safeParse(facts);
    if (data) siblings.tell('seats:told', { ask: data.ask, open: here() });
  });
  siblings.hear('seats:told', (facts) => {
    const { data } = Told.safeParse(facts);
    if (data) asked.get(data.ask)?.push(...data.open);
  });

  return async function count(): Promise<OpenSockets[]> {
    if (!hasSiblings) return here();
    const ask = randomUUID();
    const elsewhere: OpenSockets[] = [];
    asked.set(ask, elsewhere);
    siblings.tell('seats:ask', { ask });
    await new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
    asked.delete(ask);
    return [...here(), ...elsewhere];
  };
}
