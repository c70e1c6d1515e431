import type { App } from '../../app';
import type { Config } from '../../config';
import type { Db } from '../../platform/db';
import { isDatabaseAway } from '../../platform/errors';
import { createLocalFiles } from '../../platform/files';
import type { Log } from '../../platform/log';
import { createThreadService } from '../appeals';
import { createStaffService, makeOneTimePassword } from '../people';
import { workMsBetween, type WorkCalendar } from '../sla';
import { makeDemoContent } from './demo.content';
import type { WorkMinutesAgo } from './demo.content';
import { workMomentBefore } from './demo.moments';
import { addMacros } from './demo.macros';
import { addOrders } from './demo.orders';
import { addPeople, demoLogins } from './demo.people';
import { rehearse } from './demo.play';
import { createProgress, type Progress, type Screen } from './demo.progress';
import { readAppeal } from './demo.reading';
import { demoRepository } from './demo.repository';
import { createShelf } from './demo.shelf';

export interface DemoDeps {
  app: Pick<App, 'db' | 'services'>;
  config: Config;
  log: Log;
  /** The moment all times are counted back from. */
  now?: Date;
  /** Where progress is shown. */
  screen?: Screen;
}

export interface Demo {
  /** The same for all demo logins. */
  password: string;
  /** Those worth knowing, and who they are. */
  logins: { login: string; who: string }[];
}

const SEED = 'otklik';
/** Appeals played at the same time: enough to keep two cores and the disk busy. */
const AT_ONCE = 4;

const logins: Demo['logins'] = [
  { login: 'dealer@demo.test', who: 'dealer in Moscow, purchasing' },
  { login: 'dealer2@demo.test', who: 'same dealer, installation' },
  { login: 'other@demo.test', who: 'another dealer, Yekaterinburg' },
  { login: 'manager@demo.test', who: 'lead manager: sales, logistics, quality' },
  { login: 'manager2@demo.test', who: 'manager: logistics' },
  { login: 'supervisor@demo.test', who: 'supervisor, sees the board' },
  { login: 'admin@demo.test', who: 'administrator' },
];

/**
 * Loads the demo data when the database is empty, and tells how to sign in. Call it before the server listens.
 * A load that was cut off is cleared away and done again; data of others is never touched.
 * @returns null when there is no demo data here, because somebody works with data of his own
 */
export async function loadDemo(deps: DemoDeps): Promise<Demo | null> {
  const { app, config, log, now = new Date(), screen = process.stdout } = deps;
  const { db } = app;
  return db.transaction(async (tx) => {
    // Only the lock lives in this transaction: two servers on one database come one after the other.
    await demoRepository.lock(tx);
    const state = await demoRepository.state(db);
    const password = config.demoPassword ?? state.password ?? makeOneTimePassword();
    if (state.loaded) {
      if (password !== state.password) await changePassword(app, password, now);
      return { password, logins };
    }
    if (state.started && (await demoRepository.wasUsed(db))) {
      log.warn('demo data is half loaded, but people have worked since: nothing is touched');
      return null;
    }
    if (state.started) await clear(app, config, log);
    else if (await demoRepository.hasData(db)) {
      log.info('the database has data of its own: no demo data is loaded');
      return null;
    }
    await demoRepository.markStarted(db, password, now);
    await load({ app, config, now, screen, password });
    await demoRepository.markLoaded(db, now);
    return { password, logins };
  });
}

interface LoadDeps extends Pick<DemoDeps, 'app' | 'config'> {
  now: Date;
  screen: Screen;
  password: string;
}

const QUESTION_MINUTES = 120;

async function load({ app, config, now, screen, password }: LoadDeps): Promise<void> {
  const content = makeDemoContent(SEED);
  const steps = content.appeals.reduce((sum, { steps }) => sum + steps.length, 0);
  const readings = content.appeals.length;
  const progress = createProgress(screen, content.orders.length + steps + readings);
  try {
    await loadContent(content, { app, config, now, password, progress });
    progress.end();
  } catch (error) {
    progress.fail();
    throw error;
  }
}

async function loadContent(
  { orders, appeals, firstAppealNumber }: ReturnType<typeof makeDemoContent>,
  deps: Omit<LoadDeps, 'screen'> & { progress: Progress },
): Promise<void> {
  const { app, config, now, password, progress } = deps;
  const { services } = app;
  const db = inHaste(app.db);
  await demoRepository.questionTarget(db, QUESTION_MINUTES);
  services.sla.forgetRules();
  const calendar = await companyCalendar(services.sla, now);
  const momentOf = (ago: WorkMinutesAgo) =>
    workMomentBefore(now, ago, (from, to) => workMsBetween(from, to, calendar));

  const shelf = createShelf(orders, momentOf);
  const world = await addPeople(db, password, now);
  await addMacros(db, world, now);
  const done = () => progress.step();
  const stage = { db, sla: services.sla, config, calendar, now, world, shelf, done };
  const plays = appeals.map((appeal) => rehearse(appeal, stage));
  // Neither needs the other: pictures go to disk while orders come in.
  await allEnded([
    addOrders(orders, { db, now, calendar, momentOf, done }),
    atOnce(plays, (play) => play.upload()),
  ]);

  const threads = createThreadService({
    ...{ db, sla: services.sla, now: () => now, filesPerMessage: config.filesPerMessage },
    ...{ tell: () => undefined, tellMark: () => undefined },
  });
  await demoRepository.numberFrom(db, firstAppealNumber);
  // Opened one after the other, so that every appeal gets the number it is known by; all else may overlap.
  let opened: Promise<unknown> = Promise.resolve();
  await atOnce(plays, async (play) => {
    opened = opened.then(() => play.open());
    await opened;
    const appealId = await play.goOn();
    await readAppeal(play.appeal, appealId, { threads, actors: world.actors, seed: SEED });
    done();
  });
  await world.finish();
}

/**
 * The same database without waiting for the disk at every commit: what a crash loses is loaded again anyway,
 * and the mark that all is loaded is written with a wait, which covers everything before it.
 */
function inHaste(db: Db): Db {
  return {
    ...db,
    transaction: (run) =>
      db.transaction(async (tx) => {
        await tx.query(`SET LOCAL synchronous_commit = off`);
        return run(tx);
      }),
  };
}

/** The hours that all demo times are counted in. */
async function companyCalendar(sla: App['services']['sla'], at: Date): Promise<WorkCalendar> {
  const appeal = { dealerId: '', topicId: '', typeCode: 'question', priority: 'normal' };
  return (await sla.context(appeal, at)).calendar;
}

/** Runs the work over all items, a few at a time, in their order. */
async function atOnce<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<unknown>,
): Promise<void> {
  const queue = items.values();
  const worker = async () => {
    for (const item of queue) await work(item);
  };
  await allEnded(Array.from({ length: AT_ONCE }, worker));
}

/** Waits for all, even when one fails: nothing of a failed load may go on writing while it is cleared away. */
async function allEnded(work: readonly Promise<unknown>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find((one) => one.status === 'rejected');
  if (failed) throw failed.reason;
}

/** Everybody of the demo gets the new password, and the sessions opened with the old one end. */
async function changePassword({ db }: DemoDeps['app'], password: string, now: Date): Promise<void> {
  const { setPassword } = createStaffService({ db, now: () => now });
  const people = await demoRepository.idsByLogin(db, demoLogins);
  await Promise.all(people.map(({ id }) => setPassword(null, id, password)));
  await demoRepository.keepPassword(db, password);
}

/** Removes what a load left behind that was cut off: rows first, then their files. */
async function clear({ db }: DemoDeps['app'], config: Config, log: Log): Promise<void> {
  log.info('demo data was loaded only in part: clearing it away to load it again');
  const files = await clearRows(db);
  const storage = createLocalFiles(config.uploadsDir);
  for (const id of files) await storage.remove(id);
}

/** The last statements of a killed load may still be running on the database's side and be in the way for a moment. */
async function clearRows(db: Db, tries = 5): Promise<string[]> {
  try {
    return await db.transaction((tx) => demoRepository.clear(tx));
  } catch (error) {
    if (tries <= 1 || !isDatabaseAway(error)) throw error;
    await new Promise((resolve) => setTimeout(resolve, 500));
    return clearRows(db, tries - 1);
  }
}
