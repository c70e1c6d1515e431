import { randomUUID } from 'node:crypto';
import { appealsApi } from '@otklik/shared/appeals.api';
import {
  aDealer,
  aManager,
  aSession,
  aTeam,
  aTopic,
  aVisitor,
} from '../../modules/people/people.factory';
import type { Db } from '../../platform/db';

/** One appeal with the sessions that follow it: visitors of one dealer first, the manager of its team last. */
export interface Group {
  appealId: string;
  cookies: string[];
}

/**
 * Makes `rooms` appeals, each with its own dealer, `visitors` signed-in visitors and one manager whose team sees nothing else,
 * so that each message has exactly `visitors + 1` listeners.
 */
export async function aCrowdOfPeople(
  db: Db,
  url: string,
  rooms: number,
  visitors: number,
): Promise<Group[]> {
  const groups: Group[] = [];
  for (let room = 0; room < rooms; room += 1) {
    const team = await aTeam(db);
    const topic = await aTopic(db, { teamId: team.id });
    const dealer = await aDealer(db);
    const manager = await aManager(db, { teamIds: [team.id] });
    const people = [];
    for (let index = 0; index < visitors; index += 1) people.push(await aVisitor(db, dealer));
    const cookies: string[] = [];
    for (const person of [...people, manager]) cookies.push((await aSession(db, person)).cookie);
    const answer = await fetch(`${url}/api${appealsApi.open.path}`, {
      method: 'POST',
      headers: { cookie: cookies[0] ?? '', 'content-type': 'application/json' },
      body: JSON.stringify({
        clientId: randomUUID(),
        typeCode: 'question',
        topicId: topic.id,
        body: 'Начало',
      }),
    });
    const opened: unknown = await answer.json();
    if (typeof opened !== 'object' || opened === null || !('appeal' in opened))
      throw new Error(`no appeal: ${JSON.stringify(opened)}`);
    const { appeal } = opened;
    if (typeof appeal !== 'object' || appeal === null || !('id' in appeal))
      throw new Error('no appeal id');
    groups.push({ appealId: String(appeal.id), cookies });
  }
  return groups;
}
