import { randomBytes, randomUUID } from 'node:crypto';
import { appealsApi } from '@otklik/shared/appeals.api';
import { entities } from '../../entities';
import {
  aDealer,
  aManager,
  aSession,
  aTopic,
  aVisitor,
  PASSWORD,
  type TestPerson,
} from '../../modules/people/people.factory';
import { openDb, type Db } from '../../platform/db';
import { createLog } from '../../platform/log';
import type { Dump, HistoryLine } from './checker/history';

export interface WorldAppeal {
  id: string;
  no: number;
  /** Code of its dealer, as canaries have it. */
  dealer: string;
}
export interface WorldPerson {
  login: string;
  password: string;
  person: string;
  side: 'dealer' | 'staff';
  /** Code of the dealer; empty for staff. */
  dealer: string;
}
export interface World {
  appeals: WorldAppeal[];
  visitors: WorldPerson[];
  staff: WorldPerson[];
  /** What was written to make it: part of the history. */
  history: HistoryLine[];
}

export interface WorldSize {
  dealers: number;
  /** Of each dealer. */
  visitors: number;
  /** Of each dealer. */
  appeals: number;
  managers: number;
}
export const CROWDED: WorldSize = { dealers: 3, visitors: 3, appeals: 12, managers: 4 };
/** Enough for two of everything. */
export const SMALL: WorldSize = { dealers: 2, visitors: 2, appeals: 3, managers: 2 };

/** Everything the harness itself asks the database. */
export async function openDatabase(url: string): Promise<Db> {
  return openDb({ url, entities, poolSize: 2, log: createLog('silent', false) });
}

/** Dealers with their visitors and appeals, and managers who see them all. */
export async function aWorld(db: Db, url: string, size: WorldSize): Promise<World> {
  const world: World = { appeals: [], visitors: [], staff: [], history: [] };
  const topic = await aTopic(db);
  const who = (person: TestPerson, side: WorldPerson['side'], dealer: string): WorldPerson => ({
    login: person.login,
    password: PASSWORD,
    person: person.id,
    side,
    dealer,
  });
  for (let index = 0; index < size.managers; index += 1)
    world.staff.push(who(await aManager(db), 'staff', ''));
  for (let number = 1; number <= size.dealers; number += 1) {
    const code = `d${number}`;
    const dealer = await aDealer(db, { maxSessions: 20 });
    const visitors = [];
    for (let index = 0; index < size.visitors; index += 1)
      visitors.push(await aVisitor(db, dealer));
    world.visitors.push(...visitors.map((visitor) => who(visitor, 'dealer', code)));
    const [opener] = visitors;
    if (!opener) throw new Error('a dealer without visitors');
    const { cookie } = await aSession(db, opener);
    for (let index = 0; index < size.appeals; index += 1)
      await openAppeal(world, { url, cookie, topicId: topic.id, dealer: code });
  }
  return world;
}

async function openAppeal(
  world: World,
  {
    url,
    cookie,
    topicId,
    dealer,
  }: { url: string; cookie: string; topicId: string; dealer: string },
): Promise<void> {
  const clientId = randomUUID();
  const body = `cnry-m-${dealer}-${randomBytes(8).toString('hex')}`;
  const answer = await fetch(new URL(`api${appealsApi.open.path}`, url), {
    method: 'POST',
    headers: { cookie, 'content-type': 'application/json' },
    body: JSON.stringify({ clientId, typeCode: 'question', topicId, body }),
  });
  const posted: unknown = await answer.json();
  const { id, no } = appealOf(posted);
  world.appeals.push({ id, no, dealer });
  world.history.push({ t: 0, c: 'world', ev: 'press', id: clientId, appeal: id, kind: 'message' });
}

function appealOf(posted: unknown): { id: string; no: number } {
  if (typeof posted === 'object' && posted !== null && 'appeal' in posted) {
    const { appeal } = posted;
    if (typeof appeal === 'object' && appeal !== null && 'id' in appeal && 'no' in appeal)
      return { id: String(appeal.id), no: Number(appeal.no) };
  }
  throw new Error(`no appeal: ${JSON.stringify(posted)}`);
}

/** What is stored, for the checker; as of one moment. */
export async function dump(db: Db, world: World): Promise<Dump> {
  const dealerOf = new Map(world.appeals.map(({ id, dealer }) => [id, dealer]));
  return db.transaction(async (tx) => {
    await tx.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
    const appeals = await tx.query<Omit<Dump['appeals'][number], 'dealer'>>(
      `SELECT id, last_seq AS "lastSeq", last_public_seq AS "lastPublicSeq", messages, public_messages AS "publicMessages"
       FROM appeal`,
    );
    const entries = await tx.query<Dump['entries'][number]>(
      `SELECT id, appeal_id AS appeal, seq, public_seq AS "publicSeq", kind, author_id AS author,
         client_id AS "clientId", version,
         (SELECT count(*)::int FROM attachment t WHERE t.entry_id = entry.id) AS files
       FROM entry`,
    );
    return {
      appeals: appeals.map((appeal) => ({ ...appeal, dealer: dealerOf.get(appeal.id) ?? '' })),
      entries,
    };
  });
}
