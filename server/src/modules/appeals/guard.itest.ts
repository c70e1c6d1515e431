import { randomUUID } from 'node:crypto';
import type { Appeal } from '@otklik/shared/appeals';
import { appealsApi } from '@otklik/shared/appeals.api';
import { companyApi } from '@otklik/shared/company.api';
import { peopleApi } from '@otklik/shared/people.api';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Refused, refusal, testApp, type TestApp, type TestSession } from '../../test/test-app';
import { aManager, aVisitor } from '../people/people.factory';
import { aCompany, aMessage, anAppeal } from './appeal.factory';

let server: TestApp;
let company: Awaited<ReturnType<typeof aCompany>>;
let dealer: TestSession;
let secondDealer: TestSession;
let manager: TestSession;
let colleague: TestSession;
let admin: TestSession;

beforeAll(async () => {
  server = await testApp();
  company = await aCompany(server.database.db);
  dealer = await server.signIn(company.visitor);
  secondDealer = await server.signIn(company.secondVisitor);
  manager = await server.signIn(company.manager);
  colleague = await server.signIn(company.colleague);
  admin = await server.signIn(await aManager(server.database.db, { role: 'admin' }));
});
afterAll(() => server.close());

const lastSeq = (appeal: Appeal) =>
  appeal.audience === 'staff' ? appeal.lastSeq : appeal.lastPublicSeq;
/** The last number of the thread, as this session counts. */
const seen = async (session: TestSession, appealId: string) =>
  lastSeq((await session.call(appealsApi.card, { appealId })).appeal);

describe('the collision guard', () => {
  it('holds an answer when a colleague has answered since, and says who and how often', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    const seenSeq = await seen(manager, appeal.id);
    await aMessage(colleague, appeal.id, { body: 'уже отвечаю' });
    await aMessage(colleague, appeal.id, { kind: 'note', body: 'не считается' });
    await aMessage(dealer, appeal.id, { body: 'чужая сторона не считается' });
    const last = await aMessage(colleague, appeal.id, { body: 'и ещё' });
    const clientId = randomUUID();
    const no = await refusal(aMessage(manager, appeal.id, { clientId, seenSeq }));
    expect([no.status, no.problem.code, no.problem.facts]).toEqual([
      409,
      'stale',
      { messages: 2, by: company.colleague.name, lastSeq: lastSeq(last.appeal) },
    ]);
    // Nothing was written; the same press goes through once he has looked, or wants it anyway.
    const sent = await aMessage(manager, appeal.id, { clientId, seenSeq, sendAnyway: true });
    // A repeat gets the first answer, whatever it says of what was seen.
    expect((await aMessage(manager, appeal.id, { clientId, seenSeq })).entry).toEqual(sent.entry);
    await aMessage(colleague, appeal.id, { seenSeq: lastSeq(sent.appeal) });
    const { entries } = await manager.call(appealsApi.entries, {
      appealId: appeal.id,
      limit: 100,
    });
    expect(entries.filter((entry) => entry.clientId === clientId)).toHaveLength(1);
  });

  it('counts in the dealer’s own numbers for dealers', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    for (let index = 0; index < 3; index += 1)
      await aMessage(manager, appeal.id, { kind: 'note', body: 'заметка' });
    const seenSeq = await seen(dealer, appeal.id);
    await aMessage(secondDealer, appeal.id, { seenSeq });
    const no = await refusal(aMessage(dealer, appeal.id, { seenSeq }));
    expect(no.problem.facts).toEqual({
      messages: 1,
      by: company.secondVisitor.name,
      lastSeq: seenSeq + 1,
    });
    await aMessage(dealer, appeal.id, { seenSeq: seenSeq + 1 });
  });

  it.each<[string, string, string, boolean]>([
    // Who speaks after the start, who sends with the start as his last seen, and is it held?
    ['nobody', '', 'A', false],
    ['only himself', 'AAA', 'A', false],
    ['himself, a colleague, himself', 'ABA', 'A', true],
    ['a colleague before himself', 'BA', 'A', true],
    ['others after others', 'BCBC', 'A', true],
    ['two others and himself twice', 'BCAA', 'A', true],
    ['the colleague’s view of the same', 'ABA', 'B', true],
    ['the third one’s view of it', 'ABA', 'C', true],
  ])('is exact about %s', async (_name, speakers, sender, held) => {
    const people: Record<string, TestSession> = {
      A: manager,
      B: colleague,
      C: await server.signIn(company.supervisor),
    };
    const { appeal } = await anAppeal(dealer, company.topic);
    const start = await seen(manager, appeal.id);
    for (const speaker of speakers)
      await aMessage(people[speaker] ?? manager, appeal.id, { sendAnyway: true });
    const session = people[sender] ?? manager;
    const late = aMessage(session, appeal.id, { seenSeq: start });
    if (held) expect((await refusal(late)).problem.code).toBe('stale');
    else await late;
    // Whoever has seen everything is never held.
    await aMessage(session, appeal.id, { seenSeq: await seen(session, appeal.id) });
  });

  it('is exact at every number of a longer talk', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    const said: { by: TestSession; seq: number }[] = [];
    const people = [manager, colleague, admin];
    // A fixed order in which everybody follows everybody.
    for (const index of [0, 1, 0, 2, 2, 1, 0, 0, 1, 2]) {
      const by = people[index] ?? manager;
      const { entry } = await aMessage(by, appeal.id);
      said.push({ by, seq: entry.audience === 'staff' ? entry.seq : 0 });
      const last = lastSeq((await manager.call(appealsApi.card, { appealId: appeal.id })).appeal);
      for (const session of people) {
        for (let seenSeq = last - 4; seenSeq <= last; seenSeq += 1) {
          const others = said.filter((one) => one.by !== session && one.seq > seenSeq);
          // With content that is refused for another reason when the guard lets it through, so that nothing is written.
          const no = await refusal(
            aMessage(session, appeal.id, { seenSeq, replyTo: randomUUID() }),
          );
          if (others.length === 0) expect(no.problem.code).toBe('not_found');
          else
            expect(no.problem).toMatchObject({
              code: 'stale',
              facts: { messages: others.length, lastSeq: last },
            });
        }
      }
    }
  });

  it('knows the people behind a shared login by their names', async () => {
    const shared = await aVisitor(server.database.db, company.dealer, { shared: true });
    const maria = await server.signIn(shared);
    const mariaAtHome = await server.signIn(shared);
    const ivan = await server.signIn(shared);
    await maria.call(peopleApi.nameSession, { name: 'Мария' });
    await mariaAtHome.call(peopleApi.nameSession, { name: 'Мария' });
    await ivan.call(peopleApi.nameSession, { name: 'Иван' });
    const { appeal } = await anAppeal(maria, company.topic);
    const seenSeq = await seen(maria, appeal.id);
    await aMessage(mariaAtHome, appeal.id, { seenSeq });
    await aMessage(maria, appeal.id, { seenSeq });
    const no = await refusal(aMessage(ivan, appeal.id, { seenSeq }));
    expect(no.problem).toMatchObject({ code: 'stale', facts: { messages: 2, by: 'Мария' } });
  });

  it('neither holds a note nor a send that names no number', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    const seenSeq = await seen(manager, appeal.id);
    await aMessage(colleague, appeal.id);
    await aMessage(manager, appeal.id, { kind: 'note', seenSeq });
    await aMessage(manager, appeal.id, {});
  });

  it('lets exactly one of two through who press at the same moment, time after time', async () => {
    const line = await dealer.socket();
    const otherLine = await secondDealer.socket();
    for (let round = 0; round < 25; round += 1) {
      const { appeal } = await anAppeal(dealer, company.topic, { body: `раунд ${round}` });
      await aMessage(manager, appeal.id, { body: 'вопрос' });
      const seenSeq = await seen(dealer, appeal.id);
      const say = (body: string) => ({
        appealId: appeal.id,
        clientId: randomUUID(),
        body,
        seenSeq,
      });
      const answers = await Promise.all([
        line.ask('entry:post', say('первый')),
        otherLine.ask('entry:post', say('второй')),
      ]);
      expect(answers.filter(({ ok }) => ok)).toHaveLength(1);
      expect(answers.find(({ ok }) => !ok)).toMatchObject({
        problem: { code: 'stale', facts: { messages: 1 } },
      });
      const rows = await server.database.db.query(
        `SELECT 1 AS one FROM entry WHERE appeal_id = $1 AND body IN ('первый', 'второй')`,
        [appeal.id],
      );
      expect(rows).toHaveLength(1);
    }
  });

  it('lets exactly one of many through, with files and without', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    const asked = await aMessage(manager, appeal.id);
    const seenSeq = await seen(dealer, appeal.id);
    const people = await Promise.all(
      Array.from({ length: 8 }, async () =>
        server.signIn(await aVisitor(server.database.db, company.dealer)),
      ),
    );
    const ends = await Promise.allSettled(
      people.map((session, index) =>
        aMessage(session, appeal.id, {
          body: 'ответ',
          seenSeq,
          // Half of them go the longer way.
          ...(index % 2 ? { replyTo: asked.entry.id } : {}),
        }),
      ),
    );
    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const end of ends)
      if (end.status === 'rejected')
        expect(end.reason instanceof Refused && end.reason.problem.code).toBe('stale');
  });

  describe('by setting', () => {
    afterEach(async () => {
      await admin.call(companyApi.changeSettings, { guardStaff: true, guardDealer: true });
    });

    it('is off for one side, on for the other', async () => {
      await admin.call(companyApi.changeSettings, { guardStaff: false });
      const { appeal } = await anAppeal(dealer, company.topic);
      const seenSeq = await seen(manager, appeal.id);
      const seenByDealer = await seen(dealer, appeal.id);
      await aMessage(colleague, appeal.id);
      await aMessage(manager, appeal.id, { seenSeq });
      await aMessage(secondDealer, appeal.id);
      const late = () => aMessage(dealer, appeal.id, { seenSeq: seenByDealer });
      expect((await refusal(late())).problem.code).toBe('stale');
      await admin.call(companyApi.changeSettings, { guardStaff: true, guardDealer: false });
      await late();
      expect((await refusal(aMessage(manager, appeal.id, { seenSeq }))).problem.code).toBe('stale');
    });
  });
});
