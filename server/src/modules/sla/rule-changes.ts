import type { Db, Tx } from '../../platform/db';
import { fail } from '../../platform/errors';
import { slaRepository, type Rules } from './sla.repository';

/** Runs a transaction that changes the rules, given the rules that no other one can change meanwhile. */
export type ChangeRules = <Result>(
  run: (tx: Tx, rules: Rules) => Promise<Result>,
) => Promise<Result>;

/** As long as one at the head may wait for another node's lock. */
const PATIENCE_MS = 5_000;

/**
 * The changes of one process, one after the other. Only the first holds a connection while it waits for
 * other nodes: the rest wait without, so that a crowd of changes leaves the pool to everybody else.
 */
export function createRuleChanges(db: Db): ChangeRules {
  let last = Promise.resolve();

  return (run) =>
    new Promise((resolve, reject) => {
      let waits = true;
      const timer = setTimeout(() => {
        waits = false;
        reject(fail('database_away', {}));
      }, PATIENCE_MS);
      last = last.then(async () => {
        clearTimeout(timer);
        // Whoever has been refused must not find it done afterwards.
        if (!waits) return;
        await db
          .transaction(async (tx) => run(tx, await slaRepository.lockRules(tx)))
          .then(resolve, reject);
      });
    });
}
