import { ms, table, type Ground } from './ground';
import { bareCrowd, close, drive, productCrowd, type Sent } from './load';
import { aCrowdOfPeople } from './people';

const ROOMS = 250;
const LISTENERS = 4;
const PER_SECOND = 100;
const GOAL_MS = 250;
/** Sends before anything is measured: what has just started is compiled while it runs, and a thousand sockets have just come. */
const WARM_UP = 1_000;

/** How long a message takes to be seen while a thousand sockets are connected: the product, and the raw limit right after it. */
export async function crowd(ground: Ground, { seconds }: { seconds: number }): Promise<void> {
  const bar = ground.bar('crowd', 6);
  const measured: Record<'bare' | 'product', Sent | null> = { bare: null, product: null };
  for (const name of ['product', 'bare'] as const) {
    const databaseUrl =
      name === 'bare'
        ? await ground.bareDatabase('crowd_bare')
        : await ground.database('crowd_product');
    const server = await ground.start(`${name}-server.ts`, databaseUrl);
    const everybody =
      name === 'bare'
        ? await bareCrowd(server.url, ROOMS, LISTENERS)
        : await productCrowd(
            server.url,
            await ground.withDb(databaseUrl, (db) =>
              aCrowdOfPeople(db, server.url, ROOMS, LISTENERS - 1),
            ),
          );
    bar.step();
    await drive(everybody, { perSecond: PER_SECOND }, (acknowledged) => acknowledged >= WARM_UP);
    bar.step();
    measured[name] = await drive(everybody, { perSecond: PER_SECOND }, seconds * 1000);
    bar.step();
    close(everybody);
    await server.stop();
  }
  bar.end();
  const { bare, product } = measured;
  if (!bare || !product) throw new Error('both were measured');

  const row = (name: string, pick: (sent: Sent) => number) => [
    name,
    ms(pick(bare)),
    ms(pick(product)),
    (pick(product) / pick(bare)).toFixed(2),
  ];
  ground.show(
    `\n${PER_SECOND} sends/s with ${ROOMS * LISTENERS} sockets (${ROOMS} appeals × ${LISTENERS} listeners), ${seconds} s each; goal: seen by all p99 ≤ ${GOAL_MS} ms`,
  );
  ground.show(
    table([
      ['', 'bare', 'product', 'ratio'],
      row('acknowledged p50', (sent) => sent.ackP50),
      row('acknowledged p99', (sent) => sent.ackP99),
      row('seen by all p50', (sent) => sent.seenP50),
      row('seen by all p99', (sent) => sent.seenP99),
    ]),
  );
  ground.show(
    `product: ${product.acknowledged} sent (${product.perSecond.toFixed(0)}/s), ${product.refused} refused`,
  );
  await ground.save('crowd', {
    sockets: ROOMS * LISTENERS,
    perSecond: PER_SECOND,
    seconds,
    bare,
    product,
  });
}
