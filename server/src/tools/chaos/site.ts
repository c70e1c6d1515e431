import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate, type Db } from '../../platform/db';
import { startEmbeddedPostgres } from '../../platform/embedded-postgres';
import { createLog } from '../../platform/log';
import { ServerNode, type NodeOptions } from './node';
import { bundleServer, removeBundle, type Change } from './product';
import { openDatabase } from './world';

/** What a run stands on: a folder, the server that runs with its changes, and a database of its own. */
export interface Site {
  folder: string;
  db: Db;
  /** Of the embedded PostgreSQL. */
  dataDir: string;
  /** Called when the run ends, however it ends; the last first. */
  undo: (step: () => Promise<unknown>) => void;
  /** Server processes, ready. */
  start: (count: number, more?: Pick<NodeOptions, 'redisUrl' | 'client'>) => Promise<ServerNode[]>;
}

export async function onSite<Result>(
  { name, server }: { name: string; server?: readonly Change[] | undefined },
  run: (site: Site) => Promise<Result>,
): Promise<Result> {
  const steps: (() => Promise<unknown>)[] = [];
  const undo: Site['undo'] = (step) => void steps.push(step);
  try {
    const folder = await mkdtemp(join(tmpdir(), `otklik-${name}-`));
    undo(() => rm(folder, { recursive: true, force: true }));
    const bundle = await bundleServer(server);
    undo(() => removeBundle(bundle));
    const dataDir = join(folder, 'data');
    const postgres = await startEmbeddedPostgres({ dataDir, log: createLog('silent', false) });
    undo(() => postgres.stop());
    await migrate(postgres.url);
    const db = await openDatabase(postgres.url);
    undo(() => db.close());
    const start: Site['start'] = async (count, more) => {
      const started = await Promise.allSettled(
        Array.from({ length: count }, (_, index) =>
          ServerNode.start({
            ...{ name: `node${index + 1}`, bundle, folder, databaseUrl: postgres.url },
            ...more,
          }),
        ),
      );
      const nodes = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      undo(() => Promise.all(nodes.map((node) => node.stop())));
      for (const one of started) if (one.status === 'rejected') throw one.reason;
      return nodes;
    };
    return await run({ folder, db, dataDir, undo, start });
  } finally {
    for (const step of steps.reverse()) await step();
  }
}
