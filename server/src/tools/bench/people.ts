import { randomUUID } from 'node:crypto';
import { appealsApi } from '@otklik/shared/appeals.api';
import { someSessions } from '../../modules/people/people.factory';
import type { Db } from '../../platform/db';
import { inTurns } from './ground';

/** One appeal with the sessions that follow it: visitors of one dealer first, the manager of its team last. */
export interface Group {
  appealId: string;
  cookies: string[];
  /** Ids of the people, in the order of `cookies`. */
  personIds: string[];
}

/**
 * Makes `rooms` appeals, each with its own dealer, `visitors` signed-in visitors and one manager whose team sees nothing else,
 * so that each message has exactly `visitors + 1` listeners. People come in bulk, appeals through the product.
 */
export async function aCrowdOfPeople(
  db: Db,
  url: string,
  rooms: number,
  visitors: number,
): Promise<Group[]> {
  const places = Array.from({ length: rooms }, () => ({
    team: randomUUID(),
    topic: randomUUID(),
    dealer: randomUUID(),
    people: Array.from({ length: visitors + 1 }, () => randomUUID()),
  }));
  const managers = places.map(({ people }) => people.at(-1));
  await db.query(
    `INSERT INTO team (id, code, name_ru, name_en) SELECT id, id::text, id::text, id::text FROM unnest($1::uuid[]) id`,
    [places.map(({ team }) => team)],
  );
  await db.query(
    `INSERT INTO topic (id, code, name_ru, name_en, team_id)
     SELECT id, id::text, 'Тема', 'Topic', team FROM unnest($1::uuid[], $2::uuid[]) t (id, team)`,
    [places.map(({ topic }) => topic), places.map(({ team }) => team)],
  );
  await db.query(
    `INSERT INTO dealer (id, code, name, zone) SELECT id, id::text, 'Дилер ' || left(id::text, 4), 'Europe/Moscow' FROM unnest($1::uuid[]) id`,
    [places.map(({ dealer }) => dealer)],
  );
  await db.query(
    `INSERT INTO person (id, login, password_hash, name, role, dealer_id)
     SELECT id, id::text, '-', 'Человек ' || left(id::text, 4), CASE WHEN dealer IS NULL THEN 'manager' ELSE 'dealer' END, dealer
     FROM unnest($1::uuid[], $2::uuid[]) p (id, dealer)`,
    [
      places.flatMap(({ people }) => people),
      places.flatMap(({ people, dealer }) =>
        people.map((_, index) => (index < visitors ? dealer : null)),
      ),
    ],
  );
  await db.query(
    `INSERT INTO person_team (person_id, team_id) SELECT * FROM unnest($1::uuid[], $2::uuid[])`,
    [managers, places.map(({ team }) => team)],
  );
  const cookies = await someSessions(
    db,
    places.flatMap(({ people }) => people),
  );
  return inTurns(places, 8, async ({ topic, people }, room) => {
    const own = cookies.slice(room * (visitors + 1), (room + 1) * (visitors + 1));
    const appealId = await anAppeal(url, own[0] ?? '', topic);
    return { appealId, cookies: own, personIds: people };
  });
}

async function anAppeal(url: string, cookie: string, topicId: string): Promise<string> {
  const opened = await ask(url, cookie, 'POST', appealsApi.open.path, {
    clientId: randomUUID(),
    typeCode: 'question',
    topicId,
    body: 'Начало',
  });
  const appeal = 'appeal' in opened ? opened.appeal : null;
  if (typeof appeal !== 'object' || appeal === null || !('id' in appeal))
    throw new Error(`no appeal: ${JSON.stringify(opened)}`);
  return String(appeal.id);
}

/** One call of the product over HTTP. @throws when it is refused */
export async function ask(
  url: string,
  cookie: string,
  method: string,
  path: string,
  body?: object,
): Promise<object> {
  const answer = await fetch(`${url}/api${path}`, {
    method,
    headers: { cookie, ...(body ? { 'content-type': 'application/json' } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const value: unknown = await answer.json();
  if (!answer.ok || typeof value !== 'object' || value === null)
    throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(value)}`);
  return value;
}

export const text = () =>
  `Проверьте, пожалуйста, накладную по заказу ${randomUUID().slice(0, 8)}: не хватает двух мест`;
