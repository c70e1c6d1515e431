import type { Response } from 'express';

/** A file on its way in or out: whose session, and the connection it moves on. */
interface Transfer {
  sessionId: string;
  personId: string;
  res: Response;
}

export type Transfers = ReturnType<typeof createTransfers>;

/** Files on their way in or out, so that whoever loses his session or a right does not get, or give, the rest of one. */
export function createTransfers() {
  const running = new Set<Transfer>();
  const cut = (which: (transfer: Transfer) => boolean) => {
    for (const transfer of running) if (which(transfer)) transfer.res.destroy();
  };
  return {
    /** Until the answer has left or its connection is gone. */
    follow(who: { sessionId: string; personId: string }, res: Response): void {
      const transfer = { sessionId: who.sessionId, personId: who.personId, res };
      running.add(transfer);
      res.once('close', () => running.delete(transfer));
    },
    cutSession: (sessionId: string) => cut((one) => one.sessionId === sessionId),
    cutPerson: (personId: string) => cut((one) => one.personId === personId),
    /** After a time in which endings may not have been heard: asks of each session whether it lives. */
    async recheck(lives: (sessionId: string) => Promise<boolean>): Promise<void> {
      const asked = new Set([...running].map(({ sessionId }) => sessionId));
      await Promise.all(
        [...asked].map(async (id) => {
          if (!(await lives(id))) cut((one) => one.sessionId === id);
        }),
      );
    },
  };
}
