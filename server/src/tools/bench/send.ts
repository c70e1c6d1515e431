import type { Ground } from './ground';
import { median, table } from './ground';
import { bareCrowd, close, drive, productCrowd, type Sent } from './load';
import { aCrowdOfPeople } from './people';

const ROOMS = 50;
const LISTENERS = 4;
const IN_FLIGHT = [16, 64] as const;
/** Sends before anything is measured: by number, not by time, so that on a slow machine too the compiled programs are compared. */
const WARM_UP = 4_000;

/** Message send through the whole product against a bare one-statement Socket.IO program, run in turn on the same database server. */
export async function send(
  ground: Ground,
  { seconds, rounds }: { seconds: number; rounds: number },
): Promise<void> {
  const bareUrl = await ground.bareDatabase('send_bare');
  const productUrl = await ground.database('send_product');
  const runs: Record<'bare' | 'product', Record<16 | 64, Sent[]>> = {
    bare: { 16: [], 64: [] },
    product: { 16: [], 64: [] },
  };
  const bar = ground.bar('send', rounds * 2 * 3);
  for (let round = 0; round < rounds; round += 1) {
    for (const name of ['bare', 'product'] as const) {
      const databaseUrl = name === 'bare' ? bareUrl : productUrl;
      const server = await ground.start(`${name}-server.ts`, databaseUrl);
      const crowd =
        name === 'bare'
          ? await bareCrowd(server.url, ROOMS, LISTENERS)
          : await productCrowd(
              server.url,
              await ground.withDb(productUrl, (db) =>
                aCrowdOfPeople(db, server.url, ROOMS, LISTENERS - 1),
              ),
            );
      await drive(crowd, { inFlight: 16 }, (acknowledged) => acknowledged >= WARM_UP);
      bar.step();
      for (const inFlight of IN_FLIGHT) {
        runs[name][inFlight].push(await drive(crowd, { inFlight }, seconds * 1000));
        bar.step();
      }
      close(crowd);
      await server.stop();
    }
  }
  bar.end();

  const summary = IN_FLIGHT.map((inFlight) => {
    const of = (name: 'bare' | 'product', pick: (run: Sent) => number) =>
      median(runs[name][inFlight].map(pick));
    return {
      inFlight,
      barePerSecond: of('bare', (run) => run.perSecond),
      productPerSecond: of('product', (run) => run.perSecond),
      ratio: of('product', (run) => run.perSecond) / of('bare', (run) => run.perSecond),
      bareAckP99: of('bare', (run) => run.ackP99),
      productAckP99: of('product', (run) => run.ackP99),
      productSeenP99: of('product', (run) => run.seenP99),
      refused: runs.product[inFlight].reduce((sum, run) => sum + run.refused, 0),
    };
  });
  ground.show(
    `\nMessage send, ${ROOMS} appeals × ${LISTENERS} listeners, medians of ${rounds} runs of ${seconds} s`,
  );
  ground.show(
    table([
      [
        'in flight',
        'bare/s',
        'product/s',
        'ratio',
        'ack p99 bare',
        'ack p99 product',
        'seen p99 product',
        'refused',
      ],
      ...summary.map((row) => [
        String(row.inFlight),
        row.barePerSecond.toFixed(0),
        row.productPerSecond.toFixed(0),
        row.ratio.toFixed(2),
        `${row.bareAckP99.toFixed(0)} ms`,
        `${row.productAckP99.toFixed(0)} ms`,
        `${row.productSeenP99.toFixed(0)} ms`,
        String(row.refused),
      ]),
    ]),
  );
  await ground.save('send', { seconds, rounds, summary });
}
