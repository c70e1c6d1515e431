import { median, ms, table, type Ground, type Program } from './ground';
import { close, drive, productCrowd, type Sent } from './load';
import type { Disturbing } from './neighbours.messages';
import { aCrowdOfPeople, type Group } from './people';

const ROOMS = 6;
const VISITORS = 3;
const PER_SECOND = 20;
const BURST = 10_000;
const PUBLISHED = 5_000;
const PUBLISHED_PER_SECOND = 500;
const LONGEST_MS = 60_000;

/** What somebody does beside the neighbours: gets ready, then begins; ends when they have been disturbed enough. */
type Disturbance = () => Promise<() => Promise<object>>;

/**
 * How a neighbour's 20 sends a second fare while somebody else bursts, and while somebody does not read what is published to him:
 * each beside the same without, in turn in the same run.
 */
export async function neighbours(
  ground: Ground,
  { seconds, rounds }: { seconds: number; rounds: number },
): Promise<void> {
  const databaseUrl = await ground.database('neighbours');
  const server = await ground.start('product-server.ts', databaseUrl);
  const groups = await ground.withDb(databaseUrl, (db) =>
    aCrowdOfPeople(db, server.url, ROOMS + 2, VISITORS),
  );
  const crowd = await productCrowd(server.url, groups.slice(0, ROOMS));
  const [bursting, publishing] = groups.slice(ROOMS);
  if (!bursting || !publishing) throw new Error('two groups are not neighbours');
  await drive(crowd, { perSecond: 100 }, 2_000);

  /** Starts who disturbs; answers, once he stands ready, how to let him begin. */
  const disturb =
    (what: Disturbing['what'], { appealId, cookies }: Group, messages: number): Disturbance =>
    async () => {
      const worker = ground.run('./neighbours.worker.ts', {});
      const told = () =>
        new Promise<object>((resolve, reject) => {
          worker.once('message', (facts) => resolve(Object(facts)));
          worker.once('exit', (code) => reject(new Error(`who disturbs ended with ${code}`)));
        });
      const ready = told();
      const perSecond = PUBLISHED_PER_SECOND;
      const order: Disturbing = { what, url: server.url, appealId, cookies, messages, perSecond };
      worker.send(order);
      await ready;
      return () => {
        const facts = told();
        worker.send('begin');
        return facts;
      };
    };
  const quiet = async () => () => pause(seconds * 1000).then(() => ({}));
  const cases: Record<string, Disturbance> = {
    alone: quiet,
    burst: disturb('burst', bursting, BURST),
    reader: disturb('reader', publishing, PUBLISHED),
    deaf: disturb('deaf', publishing, PUBLISHED),
  };
  const bar = ground.bar('neighbours', rounds * Object.keys(cases).length);
  const measured = new Map<string, { sent: Sent[]; memory: number; facts: object }>();
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, disturb] of Object.entries(cases)) {
      const { sent, memory, facts } = await beside(crowd, server, disturb);
      const before = measured.get(name);
      measured.set(name, {
        sent: [...(before?.sent ?? []), sent],
        memory: Math.max(before?.memory ?? 0, memory),
        facts,
      });
      bar.step();
    }
  }
  bar.end();
  close(crowd);
  await server.stop();

  const of = (name: string, pick: (sent: Sent) => number) =>
    median((measured.get(name)?.sent ?? []).map(pick));
  const row = (title: string, name: string, against: string | null) => {
    const ratio = (pick: (sent: Sent) => number) =>
      against === null ? '' : (of(name, pick) / of(against, pick)).toFixed(2);
    return [
      title,
      ms(of(name, (sent) => sent.seenP50)),
      ratio((sent) => sent.seenP50),
      ms(of(name, (sent) => sent.seenP99)),
      ratio((sent) => sent.seenP99),
      `${((measured.get(name)?.memory ?? 0) / 1024 / 1024).toFixed(0)} MB`,
    ];
  };
  ground.show(
    `\n${PER_SECOND} sends/s of neighbours, medians of ${rounds} rounds; goal: nobody slowed by more than a fifth (ratio ≤ 1.20)`,
  );
  ground.show(
    table([
      ['send→seen', 'p50', 'ratio', 'p99', 'ratio', 'server memory'],
      row('alone', 'alone', null),
      row(`beside ${BURST} sends of one socket`, 'burst', 'alone'),
      row(`beside ${PUBLISHED} messages to one who reads`, 'reader', null),
      row(`beside ${PUBLISHED} messages to one who never reads`, 'deaf', 'reader'),
    ]),
  );
  ground.show(`burst: ${JSON.stringify(measured.get('burst')?.facts)}`);
  ground.show(`never reads: ${JSON.stringify(measured.get('deaf')?.facts)}`);
  await ground.save('neighbours', { rounds, measured: Object.fromEntries(measured) });
}

const pause = (forMs: number) => new Promise<void>((resolve) => setTimeout(resolve, forMs));

async function beside(
  crowd: Awaited<ReturnType<typeof productCrowd>>,
  server: Program,
  disturb: Disturbance,
) {
  const begin = await disturb();
  let memory = server.memory();
  const watch = setInterval(() => (memory = Math.max(memory, server.memory())), 100);
  let facts: object | null = null;
  const latest = performance.now() + LONGEST_MS;
  const disturbing = begin().then((told) => (facts = told));
  const sent = await drive(
    crowd,
    { perSecond: PER_SECOND },
    () => facts !== null || performance.now() > latest,
  );
  clearInterval(watch);
  return { sent, memory, facts: await disturbing };
}
