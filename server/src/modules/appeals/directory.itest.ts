import { randomUUID } from 'node:crypto';
import { appealsApi } from '@otklik/shared/appeals.api';
import { directoriesApi } from '@otklik/shared/directories.api';
import type { DirectoryLists, SaveTopic } from '@otklik/shared/directories';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refusal, testApp, type TestApp, type TestSession } from '../../test/test-app';
import { aManager, aTeam, aTopic } from '../people/people.factory';
import { aCompany, aMessage, anAppeal } from './appeal.factory';

let server: TestApp;
let company: Awaited<ReturnType<typeof aCompany>>;
let admin: TestSession;
let dealer: TestSession;

beforeAll(async () => {
  server = await testApp();
  company = await aCompany(server.database.db);
  admin = await server.signIn(await aManager(server.database.db, { role: 'admin' }));
  dealer = await server.signIn(company.visitor);
});
afterAll(() => server.close());

const lists = () => admin.call(directoriesApi.lists, {});
const topicIn = ({ topics }: DirectoryLists, id: string) => topics.find((one) => one.id === id)!;
const save = async (topicId: string, change: Partial<SaveTopic>) => {
  const { openAppeals: _open, id: _id, ...known } = topicIn(await lists(), topicId);
  return admin.call(directoriesApi.saveTopic, { topicId, ...known, ...change });
};
const fieldsOf = async (call: Promise<unknown>) => {
  const { problem } = await refusal(call);
  return 'fields' in problem.facts
    ? problem.facts.fields.map(({ path, rule }) => [path, rule])
    : [];
};
const auditOf = (id: string) =>
  server.database.db.query<{ action: string; before: unknown; after: unknown }>(
    `SELECT action, before, after FROM audit_entry WHERE subject_id = $1 ORDER BY at, id`,
    [id],
  );

describe('a topic that goes to another team', () => {
  it('takes its appeals along: the old team loses them at once, the new one misses nothing', async () => {
    const { db } = server.database;
    const topic = await aTopic(db, { teamId: company.team.id });
    const { appeal } = await anAppeal(dealer, topic);
    const byHand = await anAppeal(dealer, topic);
    const third = await aTeam(db);
    await admin.call(appealsApi.changeFields, { appealId: byHand.appeal.id, teamId: third.id });
    const [old, fresh] = [
      await server.signIn(company.manager),
      await server.signIn(company.stranger),
    ];
    const [oldLine, freshLine] = [await old.socket(), await fresh.socket()];
    const [cut, cutToo] = [oldLine, freshLine].map(
      ({ socket }) =>
        new Promise<number>((done) => socket.once('disconnect', () => done(Date.now()))),
    );
    const oldCursor = (await old.call(appealsApi.sync, {})).cursor;
    const freshCursor = (await fresh.call(appealsApi.sync, {})).cursor;
    expect((await refusal(fresh.call(appealsApi.card, { appealId: appeal.id }))).status).toBe(404);

    await save(topic.id, { teamId: company.otherTeam.id });
    const committed = Date.now();
    expect((await refusal(old.call(appealsApi.card, { appealId: appeal.id }))).status).toBe(404);
    expect((await cut!) - committed).toBeLessThan(1_000);
    await cutToo;
    // What happens from now on is not told to whoever comes back.
    const back = await old.socket();
    const news = await fresh.socket();
    await aMessage(dealer, appeal.id);
    await news.next('appeal:news', (one) => one.appeal.id === appeal.id);
    const { appeal: other } = await anAppeal(dealer, company.topic);
    await back.next('appeal:news', (one) => one.appeal.id === other.id);
    expect(JSON.stringify(back.heard)).not.toContain(appeal.id);

    const lost = await old.call(appealsApi.sync, { cursor: oldCursor });
    expect(lost.reset).toBe(true);
    expect(lost.items.map(({ id }) => id)).not.toContain(appeal.id);
    const gained = await fresh.call(appealsApi.sync, { cursor: freshCursor });
    expect(gained.reset).toBe(false);
    expect(gained.items).toContainEqual(
      expect.objectContaining({ id: appeal.id, teamId: company.otherTeam.id }),
    );
    // The thread tells who did it, to staff only.
    const { entries } = await fresh.call(appealsApi.entries, { appealId: appeal.id });
    const changes = [{ field: 'team_id', from: company.team.id, to: company.otherTeam.id }];
    expect(entries).toContainEqual(
      expect.objectContaining({ publicSeq: null, event: { type: 'fields', facts: { changes } } }),
    );
    const seen = await dealer.call(appealsApi.entries, { appealId: appeal.id });
    expect(JSON.stringify(seen)).not.toContain(company.otherTeam.id);
    // What was handed to a third team by hand stays there.
    const card = await admin.call(appealsApi.card, { appealId: byHand.appeal.id });
    expect(card.appeal).toMatchObject({ teamId: third.id });
    const log = await auditOf(topic.id);
    expect(log.at(-1)).toMatchObject({ action: 'topic.changed', after: { appeals: 1 } });
  });

  it('and no appeal that is opened meanwhile stays behind', async () => {
    const topic = await aTopic(server.database.db, { teamId: company.team.id });
    for (const teamId of [company.otherTeam.id, company.team.id]) {
      const opened = Array.from({ length: 12 }, () => anAppeal(dealer, topic));
      await save(topic.id, { teamId });
      await Promise.all(opened);
      const rows = await server.database.db.query(
        `SELECT DISTINCT team_id FROM appeal WHERE topic_id = $1`,
        [topic.id],
      );
      expect(rows).toEqual([{ team_id: teamId }]);
    }
  });
});

describe('topics', () => {
  it('are added once, and of two admins who change one the second is told', async () => {
    const topicId = randomUUID();
    const topic = {
      topicId,
      rev: 0,
      nameRu: 'Возвраты',
      nameEn: 'Returns',
      active: true,
      teamId: null,
    };
    const made = await Promise.all([1, 2].map(() => admin.call(directoriesApi.saveTopic, topic)));
    expect(made.map((one) => topicIn(one, topicId).rev)).toEqual([1, 1]);
    expect(await auditOf(topicId)).toHaveLength(1);
    const other = await server.signIn(await aManager(server.database.db, { role: 'admin' }));
    const rename = (session: TestSession, nameRu: string) =>
      session.call(directoriesApi.saveTopic, { ...topic, rev: 1, nameRu });
    const outcome = await Promise.allSettled([
      rename(admin, 'Возврат А'),
      rename(other, 'Возврат Б'),
    ]);
    expect(outcome.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect((await refusal(rename(other, 'Возврат В'))).problem).toMatchObject({
      code: 'conflict',
      facts: { what: 'topic' },
    });
    const twin = {
      ...topic,
      topicId: randomUUID(),
      nameRu: topicIn(await lists(), topicId).nameRu,
    };
    expect(await fieldsOf(admin.call(directoriesApi.saveTopic, twin))).toEqual([
      ['nameRu', 'taken'],
      ['nameEn', 'taken'],
    ]);
  });

  it('that are archived cannot be chosen, keep their appeals, and come back', async () => {
    const topic = await aTopic(server.database.db, { teamId: company.team.id });
    const { appeal } = await anAppeal(dealer, topic);
    const line = await dealer.socket();
    await save(topic.id, { active: false });
    await line.next('directory:news');
    expect((await dealer.call(appealsApi.directories, {})).topics).toContainEqual(
      expect.objectContaining({ id: topic.id, active: false, teamId: null }),
    );
    expect(await fieldsOf(anAppeal(dealer, topic))).toEqual([['topicId', 'unknown']]);
    const elsewhere = await anAppeal(dealer, company.topic);
    const change = { appealId: elsewhere.appeal.id, topicId: topic.id };
    expect(await fieldsOf(admin.call(appealsApi.changeFields, change))).toEqual([
      ['topicId', 'unknown'],
    ]);
    const found = await admin.call(appealsApi.list, { topicId: topic.id });
    expect(found.items.map(({ id }) => id)).toEqual([appeal.id]);
    await save(topic.id, { active: true });
    await anAppeal(dealer, topic);
  });

  it('stand in the order they are put in, and one of them is always left', async () => {
    const [one, two] = [await aTopic(server.database.db), await aTopic(server.database.db)];
    const order = async () => (await lists()).topics.map(({ id }) => id);
    await admin.call(directoriesApi.moveTopic, { topicId: two.id, afterId: null });
    await admin.call(directoriesApi.moveTopic, { topicId: one.id, afterId: two.id });
    await admin.call(directoriesApi.moveTopic, { topicId: one.id, afterId: two.id });
    expect((await order()).slice(0, 2)).toEqual([two.id, one.id]);
    expect(await auditOf(one.id)).toHaveLength(1);
    expect((await dealer.call(appealsApi.directories, {})).topics[0]?.id).toBe(two.id);
    const nowhere = { topicId: one.id, afterId: randomUUID() };
    expect((await refusal(admin.call(directoriesApi.moveTopic, nowhere))).status).toBe(404);

    const active = (await lists()).topics.filter((topic) => topic.active);
    const last = active.pop()!;
    for (const { id } of active) await save(id, { active: false });
    expect(await fieldsOf(save(last.id, { active: false }))).toEqual([['active', 'last']]);
    for (const { id } of active) await save(id, { active: true });
  });
});

describe('teams', () => {
  it('are archived when no topic needs them; nobody is put into one that is', async () => {
    const { db } = server.database;
    const { id: teamId } = await aTeam(db);
    const topic = await aTopic(db, { teamId });
    const member = await aManager(db, { teamIds: [teamId] });
    const team = (await lists()).teams.find(({ id }) => id === teamId)!;
    expect(team.members.map(({ id }) => id)).toEqual([member.id]);
    const { rev, nameRu, nameEn } = team;
    const archive = () =>
      admin.call(directoriesApi.saveTeam, { teamId, rev, nameRu, nameEn, active: false });
    expect(await fieldsOf(archive())).toEqual([['active', 'in_use']]);
    await save(topic.id, { active: false });
    await archive();
    expect(await fieldsOf(save(topic.id, { active: true }))).toEqual([['teamId', 'archived']]);
    const put = { appealId: (await anAppeal(dealer, company.topic)).appeal.id, teamId };
    expect(await fieldsOf(admin.call(appealsApi.changeFields, put))).toEqual([
      ['teamId', 'unknown'],
    ]);
    const restored = await admin.call(directoriesApi.saveTeam, {
      ...{ teamId, rev: rev + 1, nameRu, nameEn, active: true },
    });
    expect(restored.teams.find(({ id }) => id === teamId)).toMatchObject({ active: true });
    expect((await auditOf(teamId)).map(({ action }) => action)).toEqual([
      'team.changed',
      'team.changed',
    ]);
  });
});
