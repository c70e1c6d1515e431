import { randomUUID } from 'node:crypto';
import type { OpenAppeal, Posted, PostEntry } from '@otklik/shared/appeals';
import { appealsApi } from '@otklik/shared/appeals.api';
import type { Db } from '../../platform/db';
import type { TestSession } from '../../test/test-app';
import { aDealer, aManager, aTeam, aTopic, aVisitor } from '../people/people.factory';

/** A small company: a team with its topic, two dealers with visitors, two managers and a supervisor. */
export async function aCompany(db: Db) {
  const team = await aTeam(db);
  const otherTeam = await aTeam(db);
  const topic = await aTopic(db, { teamId: team.id });
  const manager = await aManager(db, { teamIds: [team.id] });
  const colleague = await aManager(db, { teamIds: [team.id] });
  const stranger = await aManager(db, { teamIds: [otherTeam.id] });
  const supervisor = await aManager(db, { role: 'supervisor' });
  const dealer = await aDealer(db);
  const otherDealer = await aDealer(db);
  const visitor = await aVisitor(db, dealer);
  const secondVisitor = await aVisitor(db, dealer);
  const ownOnly = await aVisitor(db, dealer, { scope: 'own' });
  const outsider = await aVisitor(db, otherDealer);
  return {
    team,
    otherTeam,
    topic,
    manager,
    colleague,
    stranger,
    supervisor,
    dealer,
    otherDealer,
    visitor,
    secondVisitor,
    ownOnly,
    outsider,
  };
}

/** Opens an appeal over HTTP as this session. */
export function anAppeal(
  session: TestSession,
  topic: { id: string },
  overrides: Partial<OpenAppeal> = {},
): Promise<Posted> {
  return session.call(appealsApi.open, {
    clientId: randomUUID(),
    typeCode: 'complaint',
    topicId: topic.id,
    body: 'Приехало 4 коробки из другой партии',
    ...overrides,
  });
}

/** Posts a message (or, by `kind`, a note) over HTTP as this session. */
export function aMessage(
  session: TestSession,
  appealId: string,
  overrides: Partial<PostEntry> = {},
): Promise<Posted> {
  return session.call(appealsApi.post, {
    appealId,
    clientId: randomUUID(),
    body: 'Сверяем отгрузку',
    ...overrides,
  });
}
