import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CreateDealer, InviteVisitor } from '@otklik/shared/dealers';
import type { Side } from '@otklik/shared/people';
import { createApp, type App } from '../../app';
import { readConfig } from '../../config';
import { createStaffService } from '../../modules/people';
import { migrate } from '../../platform/db';
import { startEmbeddedPostgres } from '../../platform/embedded-postgres';
import { createLog } from '../../platform/log';

/** Who signs in at the two sessions of a side. */
export type Accounts = Record<Side, readonly [Account, Account]>;
export interface Account {
  login: string;
  password: string;
}

export interface OwnServer {
  url: URL;
  accounts: Accounts;
  /** Stops the server and removes everything it wrote. */
  stop(): Promise<void>;
}

/** The whole product with its embedded PostgreSQL, as durable as in production, on a free port and in a temporary folder. */
export async function startOwnServer(): Promise<OwnServer> {
  const folder = await mkdtemp(path.join(tmpdir(), 'otklik-replay-'));
  const undo = [() => rm(folder, { recursive: true, force: true })];
  const stop = async () => {
    for (const step of undo.reverse()) await step();
  };
  try {
    const config = readConfig({
      DATA_DIR: path.join(folder, 'data'),
      UPLOADS_DIR: path.join(folder, 'uploads'),
      PORT: '0',
      DEMO_DATA: '0',
    });
    const log = createLog('error', false);
    const postgres = await startEmbeddedPostgres({ dataDir: config.dataDir, log });
    undo.push(() => postgres.stop());
    await migrate(postgres.url);
    const app = await createApp({ config, databaseUrl: postgres.url, log });
    undo.push(() => app.close());
    const accounts = await addAccounts(app);
    const port = await app.listen();
    return { url: new URL(`http://127.0.0.1:${port}/`), accounts, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A dealer with two visitors, and two managers. */
async function addAccounts({ db, services }: App): Promise<Accounts> {
  const { addStaff, setPassword } = createStaffService({ db, now: () => new Date() });
  const password = randomBytes(12).toString('hex');
  async function addColleague(name: string, role: 'manager' | 'admin'): Promise<Account> {
    const login = `${name.toLowerCase()}@replay.test`;
    await addStaff(null, { login, password, name, jobTitle: '', role, teamIds: [] });
    return { login, password };
  }
  const admin = await addColleague('Admin', 'admin');
  const staff = [
    await addColleague('Manager', 'manager'),
    await addColleague('Manager2', 'manager'),
  ] as const;

  const { actor } = await services.sessions.signIn(admin, {
    userAgent: undefined,
    address: undefined,
  });
  const zone = 'Europe/Moscow';
  const card = await services.dealers.create(
    actor,
    CreateDealer.parse({ code: 'REPLAY', name: 'Replay', taxId: '0000000000', zone }),
  );
  async function invite(name: string): Promise<Account> {
    const login = `${name.toLowerCase()}@replay.test`;
    const invitation = InviteVisitor.parse({ dealerId: card.id, name, login });
    const { visitor } = await services.dealers.inviteVisitor(actor, invitation);
    await setPassword(null, visitor.id, password);
    return { login, password };
  }
  return { staff, dealer: [await invite('Dealer'), await invite('Dealer2')] };
}
