import { randomUUID } from 'node:crypto';
import type { AppealCard, StaffAppeal } from '@otklik/shared/appeals';
import { appealsApi } from '@otklik/shared/appeals.api';
import { ledgerApi } from '@otklik/shared/ledger.api';
import type { SplitAppeal } from '@otklik/shared/merges';
import { mergesApi } from '@otklik/shared/merges.api';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { refusal, testApp, type TestApp, type TestSession } from '../../test/test-app';
import { anOrder } from '../orders/order.factory';
import { aCompany, aMessage, anAppeal } from './appeal.factory';

/** Monday, 2 March 2026, 11:00 in Moscow: the first answer is promised within two working hours. */
const OPENED = Date.parse('2026-03-02T08:00:00Z');
const MINUTE = 60_000;
const HOUR = 60;

let minutes = 0;
const later = (by: number) => (minutes += by);
const iso = (minute: number) => new Date(OPENED + minute * MINUTE).toISOString();

let server: TestApp;
let company: Awaited<ReturnType<typeof aCompany>>;
let dealer: TestSession;
let ownOnly: TestSession;
let outsider: TestSession;
let manager: TestSession;
let colleague: TestSession;

beforeAll(async () => {
  server = await testApp({ now: () => new Date(OPENED + minutes * MINUTE) });
  company = await aCompany(server.database.db);
  dealer = await server.signIn(company.visitor);
  ownOnly = await server.signIn(company.ownOnly);
  outsider = await server.signIn(company.outsider);
  manager = await server.signIn(company.manager);
  colleague = await server.signIn(company.colleague);
});
afterAll(() => server.close());
beforeEach(() => {
  minutes = 0;
});

const merge = (appealId: string, intoId: string, clientId = randomUUID(), as = manager) =>
  as.call(mergesApi.merge, { appealId, intoId, clientId });
const part = (appealId: string, clientId = randomUUID(), as = manager) =>
  as.call(mergesApi.undo, { appealId, clientId });
const split = (appealId: string, entryIds: string[], given: Partial<SplitAppeal> = {}) =>
  manager.call(mergesApi.split, {
    ...{ appealId, entryIds, clientId: randomUUID() },
    ...{ typeCode: 'question', topicId: company.topic.id },
    ...given,
  });
const clocks = (appealId: string) => manager.call(appealsApi.clocks, { appealId });
const open = async (appealId: string) =>
  (await clocks(appealId)).clocks
    .filter(({ endedAt }) => endedAt === null)
    .map(({ kind, state, startedAt, dueAt }) => ({ kind, state, startedAt, dueAt }));
const card = (session: TestSession, appealId: string) =>
  session.call(appealsApi.card, { appealId });
const thread = async (session: TestSession, appealId: string) =>
  (await session.call(appealsApi.entries, { appealId, limit: 100 })).entries;
const events = async (session: TestSession, appealId: string) =>
  (await thread(session, appealId)).flatMap(({ event }) =>
    event?.facts.no === undefined ? [] : [[event.type, event.facts.no]],
  );
/** Two appeals of the dealer, half an hour apart. */
async function two() {
  const first = (await anAppeal(dealer, company.topic)).appeal;
  later(30);
  const second = (await anAppeal(ownOnly, company.topic, { body: 'И ещё две коробки' })).appeal;
  return { first, second };
}
/** What of an appeal must be as before, once a merge is undone. Revisions and the lines that say so apart. */
const standing = ({ appeal, participants, orders, attachments }: AppealCard) => {
  const {
    rev: _rev,
    lastSeq: _seq,
    lastPublicSeq: _public,
    clock,
    resolution,
    ...rest
  } = appeal as StaffAppeal;
  const promise = (one: typeof clock) => one && { ...one, cycle: 0 };
  const people = participants.map(({ id }) => id);
  return {
    ...{ ...rest, clock: promise(clock), resolution: promise(resolution) },
    ...{ people, orders, attachments },
  };
};
/** Appeals that were answered late, of all that are judged. */
async function lateIn(...appealIds: string[]) {
  await server.app.services.facts.follow();
  const rows = await server.database.db.query<{ judged: boolean; late: boolean }>(
    `SELECT judged, late FROM appeal_fact WHERE appeal_id = ANY($1::uuid[])`,
    [appealIds],
  );
  return [rows.filter(({ judged }) => judged).length, rows.filter(({ late }) => late).length];
}

describe('merging', () => {
  it('closes the one with the way to the other, which owes by the earlier deadline; parted, both stand as they stood', async () => {
    const { first, second } = await two();
    const order = await anOrder(server.database.db, company.dealer);
    await dealer.call(appealsApi.linkOrder, { appealId: first.id, number: order.number });
    await aMessage(manager, second.id);
    await aMessage(ownOnly, second.id, { body: 'Когда ответите по первым?' });
    const before = [await card(manager, first.id), await card(manager, second.id)].map(standing);
    const [answer, whole] = await open(first.id);
    const seen = await manager.call(mergesApi.preview, { appealId: first.id, intoId: second.id });
    expect(seen).toMatchObject({ orders: 1, people: 1, reopens: false, endsWait: false });
    expect(seen.clocks).toContainEqual(
      expect.objectContaining({ duty: 'answer', comesAlong: true, dueAt: answer?.dueAt }),
    );
    expect(await events(manager, second.id)).toEqual([]);

    const done = await merge(first.id, second.id);
    expect(done.appeal).toMatchObject({ status: 'closed', mergedInto: second.no, clock: null });
    expect(done.appeal.answerOwedBy).toBeNull();
    expect(await open(first.id)).toEqual([]);
    expect(await open(second.id)).toEqual([{ ...answer, kind: 'next_response' }, whole]);
    const { orders, participants } = await card(manager, second.id);
    expect(orders.map(({ number }) => number)).toEqual([order.number]);
    expect(participants.map(({ id }) => id)).toContain(company.visitor.id);
    // Both sides read it in either thread, at numbers that have not moved.
    for (const session of [manager, dealer]) {
      expect(await events(session, first.id)).toEqual([['merged_into', second.no]]);
      expect(await events(session, second.id)).toEqual([['merged', first.no]]);
    }
    const numbers = (await thread(dealer, first.id)).map(({ publicSeq }) => publicSeq);
    expect(numbers).toEqual(numbers.map((_, i) => i + 1));

    later(20);
    const parted = await part(first.id);
    expect(parted.appeal).toMatchObject({ status: first.status, mergedInto: null });
    const after = [await card(manager, first.id), await card(manager, second.id)].map(standing);
    expect(after).toEqual(before);
    expect(await open(first.id)).toEqual([answer, whole]);
    for (const { id } of [first, second]) {
      const { clocks: all, steps } = await clocks(id);
      for (const clock of all) {
        const own = steps.filter((one) => one.kind === clock.kind && one.cycle === clock.cycle);
        const sum = own.reduce((ms, step) => ms + step.countedMs, 0);
        expect(sum + (own.at(-1)?.remainingMs ?? NaN)).toBe(clock.targetMs);
      }
    }
    const ledger = await dealer.call(ledgerApi.ledger, { appealId: first.id });
    expect(ledger.clocks.map(({ carried, came }) => [carried, came?.by])).toEqual([
      [true, undefined],
      [false, 'unmerged'],
      [true, undefined],
      [false, 'unmerged'],
    ]);
  });

  it('keeps what was missed in the reports, once, and hides nothing by parting', async () => {
    const { first, second } = await two();
    await aMessage(manager, second.id);
    later(10 * HOUR);
    await server.app.services.appeals.tick(first.id, [
      { kind: 'first_response', cycle: 1, moment: 'due' },
    ]);
    const before = await lateIn(first.id, second.id);
    expect(before).toEqual([2, 1]);
    await merge(first.id, second.id);
    expect(await open(second.id)).toContainEqual(
      expect.objectContaining({ kind: 'next_response', state: 'breached', dueAt: iso(2 * HOUR) }),
    );
    expect(await lateIn(first.id, second.id)).toEqual(before);
    await aMessage(manager, second.id);
    expect(await lateIn(first.id, second.id)).toEqual(before);
    await part(first.id);
    expect(await lateIn(first.id, second.id)).toEqual(before);
    expect(await open(first.id)).toContainEqual(
      expect.objectContaining({ kind: 'first_response', state: 'breached', dueAt: iso(2 * HOUR) }),
    );
  });

  it('opens a done appeal again for what comes, and ends its wait for the dealer', async () => {
    const { first, second } = await two();
    await manager.call(appealsApi.changeStatus, { appealId: second.id, status: 'resolved' });
    const done = await merge(first.id, second.id);
    expect(done.into).toMatchObject({ status: 'new', answerOwedBy: 'staff' });
    const parted = await part(first.id);
    expect(parted.into).toMatchObject({ status: 'resolved', answerOwedBy: null });
    await manager.call(appealsApi.changeStatus, { appealId: second.id, status: 'waiting' });
    expect((await merge(first.id, second.id)).into.status).toBe('in_work');
    expect((await part(first.id)).into).toMatchObject({
      status: 'waiting',
      answerOwedBy: 'dealer',
    });
  });

  it('lets nobody write into the merged one, and says where it goes on; what was sent before is answered', async () => {
    const { first, second } = await two();
    const clientId = randomUUID();
    const sent = await aMessage(dealer, first.id, { clientId });
    await merge(first.id, second.id);
    const write = () => aMessage(dealer, first.id, { body: 'Ау' });
    for (const call of [write, write, () => aMessage(manager, first.id, { kind: 'note' })]) {
      const { status, problem } = await refusal(call());
      expect([status, problem.code, problem.facts]).toEqual([
        409,
        'appeal_merged',
        { no: second.no },
      ]);
    }
    const again = await refusal(
      manager.call(appealsApi.changeStatus, { appealId: first.id, status: 'in_work' }),
    );
    expect(again.problem.code).toBe('appeal_merged');
    expect((await aMessage(dealer, first.id, { clientId })).entry.id).toBe(sent.entry.id);
    expect((await card(dealer, first.id)).can.reply).toBe(false);
  });

  it('ends the questions to colleagues that nobody could answer there any more', async () => {
    const { first, second } = await two();
    await manager.call(appealsApi.pullIn, {
      ...{ appealId: first.id, clientId: randomUUID() },
      ...{ personIds: [company.colleague.id], question: 'Сколько коробок ушло?' },
    });
    await merge(first.id, second.id);
    const { appeal } = await card(manager, first.id);
    expect(appeal).toMatchObject({ audience: 'staff', questions: [] });
    const told = (await thread(manager, first.id)).map(({ event }) => event?.type);
    expect(told).toContain('question_ended');
  });

  it('is done once, however often and from wherever it comes', async () => {
    const { first, second } = await two();
    const clientId = randomUUID();
    const answers = await Promise.all([1, 2, 3].map(() => merge(first.id, second.id, clientId)));
    for (const { appeal } of answers) expect(appeal.mergedInto).toBe(second.no);
    expect(await events(manager, second.id)).toEqual([['merged', first.no]]);
    const reused = await refusal(part(first.id, clientId));
    expect(reused.problem.code).toBe('same_id_other_content');
    const again = randomUUID();
    await Promise.all([part(first.id, again), part(first.id, again)]);
    expect(await events(manager, first.id)).toEqual([
      ['merged_into', second.no],
      ['unmerged', second.no],
    ]);
    expect((await refusal(part(first.id))).problem).toMatchObject({ code: 'conflict' });

    // Each into the other at the same moment: one of them wins.
    const both = await Promise.allSettled([
      merge(first.id, second.id),
      merge(second.id, first.id, randomUUID(), colleague),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const lost = both.find((one) => one.status === 'rejected');
    expect(lost?.reason).toMatchObject({ problem: { code: 'appeal_merged' } });
  });

  it('is for staff, and for two appeals of one dealer that both may be seen', async () => {
    const { first, second } = await two();
    const foreign = (await anAppeal(outsider, company.topic)).appeal;
    const codes = await Promise.all(
      [
        merge(first.id, second.id, randomUUID(), dealer),
        merge(first.id, second.id, randomUUID(), outsider),
        merge(first.id, foreign.id),
        merge(first.id, randomUUID()),
        merge(first.id, first.id),
        part(first.id, randomUUID(), dealer),
      ].map(async (call) => (await refusal(call)).problem.code),
    );
    expect(codes).toEqual([
      ...['forbidden', 'not_found', 'not_found', 'not_found'],
      ...['invalid_input', 'forbidden'],
    ]);
    expect(await events(manager, first.id)).toEqual([]);
  });

  it('brings people along, and takes off again who has not made it his own', async () => {
    const { first, second } = await two();
    // He sees his own only, so the other one by the merge alone.
    expect((await refusal(card(ownOnly, first.id))).problem.code).toBe('not_found');
    await merge(second.id, first.id);
    expect((await card(ownOnly, first.id)).appeal.no).toBe(first.no);
    await part(second.id);
    expect((await refusal(card(ownOnly, first.id))).problem.code).toBe('not_found');
    await merge(second.id, first.id);
    await aMessage(ownOnly, first.id, { body: 'Пишу уже сюда' });
    await part(second.id);
    expect((await card(ownOnly, first.id)).appeal.no).toBe(first.no);
  });
});

describe('splitting off', () => {
  it('copies messages with their origin into an appeal that owes from the first of them on', async () => {
    const { appeal, entry } = await anAppeal(dealer, company.topic);
    await aMessage(manager, appeal.id);
    later(30);
    const other = await aMessage(dealer, appeal.id, { body: 'И вопрос о прайсе' });
    later(10);
    const more = await aMessage(dealer, appeal.id, { body: 'И по первому вопросу: фото' });
    later(5 * HOUR);
    const one = await split(appeal.id, [other.entry.id]);
    expect(one.appeal).toMatchObject({ subject: 'И вопрос о прайсе', answerOwedBy: 'staff' });
    expect(one.appeal.openedBy.id).toBe(company.visitor.id);
    expect(await open(one.appeal.id)).toContainEqual({
      ...{ kind: 'first_response', state: 'breached' },
      ...{ startedAt: iso(30), dueAt: iso(30 + 4 * HOUR) },
    });
    expect(await lateIn(one.appeal.id)).toEqual([1, 1]);
    const [copy] = await thread(dealer, one.appeal.id);
    expect(copy).toMatchObject({
      ...{ body: 'И вопрос о прайсе', at: other.entry.at },
      ...{ author: other.entry.author, origin: { no: appeal.no, entryId: other.entry.id } },
    });
    // The first one goes on: another message waits there.
    expect(one.from.answerOwedBy).toBe('staff');
    expect((await thread(dealer, appeal.id)).map(({ body }) => body).filter(Boolean)).toHaveLength(
      4,
    );
    expect(await events(dealer, appeal.id)).toEqual([['split_off', one.appeal.no]]);
    expect(await events(dealer, one.appeal.id)).toEqual([['split_from', appeal.no]]);

    // With the last that waits the debt goes too, and a miss that was recorded is not recorded twice.
    const rest = await split(appeal.id, [entry.id, other.entry.id, more.entry.id]);
    expect(rest.from.answerOwedBy).toBeNull();
    expect((await open(appeal.id)).map(({ kind }) => kind)).toEqual(['resolution']);
    expect(await lateIn(appeal.id, rest.appeal.id)).toEqual([1, 1]);
    // Undone by merging back: the question is owed again, since when it was asked.
    await merge(rest.appeal.id, appeal.id);
    expect(await open(appeal.id)).toContainEqual(
      expect.objectContaining({ kind: 'next_response', startedAt: iso(30) }),
    );
  });

  it('takes files along for who may read the copy, and refuses notes', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    const form = new FormData();
    form.set('clientId', randomUUID());
    form.set('file', new Blob(['печать']), 'накладная.txt');
    const answer = await fetch(`${server.url}/api/attachments`, {
      ...{ method: 'POST', body: form, headers: { cookie: dealer.cookie } },
    });
    const file = ((await answer.json()) as { id: string }).id;
    const sent = await aMessage(dealer, appeal.id, { attachmentIds: [file] });
    const note = await aMessage(manager, appeal.id, { kind: 'note', body: 'Секрет' });
    const { problem } = await refusal(split(appeal.id, [sent.entry.id, note.entry.id]));
    expect(problem).toMatchObject({
      code: 'invalid_input',
      facts: { fields: [{ path: 'entryIds', rule: 'messages_only' }] },
    });
    const alone = await refusal(split(appeal.id, [note.entry.id]));
    expect(alone.problem.code).toBe('invalid_input');

    const read = () => ownOnly.raw('GET', `/attachments/${file}/file`);
    expect((await read()).status).toBe(404);
    const made = (await split(appeal.id, [sent.entry.id])).appeal;
    expect((await read()).status).toBe(404);
    const [copy] = await thread(dealer, made.id);
    expect(copy?.attachments.map(({ id }) => id)).toEqual([file]);
    await server.database.db.query(
      `INSERT INTO participant (appeal_id, person_id, side, joined_at) VALUES ($1, $2, 'dealer', now())`,
      [made.id, company.ownOnly.id],
    );
    expect((await read()).status).toBe(200);
    expect(JSON.stringify(await thread(dealer, made.id))).not.toContain('Секрет');
  });

  it('is done once for a press, and by staff alone', async () => {
    const { appeal, entry } = await anAppeal(dealer, company.topic);
    const answered = await aMessage(manager, appeal.id);
    const clientId = randomUUID();
    const made = await Promise.all([1, 2].map(() => split(appeal.id, [entry.id], { clientId })));
    expect(made[0]?.appeal.no).toBe(made[1]?.appeal.no);
    expect(made[0]?.appeal.answerOwedBy).toBeNull();
    expect(await events(manager, appeal.id)).toHaveLength(1);
    const reused = await refusal(split(appeal.id, [entry.id], { clientId, subject: 'Другое' }));
    expect(reused.problem.code).toBe('same_id_other_content');
    const wrong = await refusal(split(appeal.id, [answered.entry.id]));
    expect(wrong.problem.facts).toMatchObject({ fields: [{ rule: 'dealer_message' }] });
    const input = { appealId: appeal.id, entryIds: [entry.id], clientId: randomUUID() };
    const asked = { ...input, typeCode: 'question', topicId: company.topic.id };
    expect((await refusal(dealer.call(mergesApi.split, asked))).problem.code).toBe('forbidden');
    expect((await refusal(outsider.call(mergesApi.split, asked))).problem.code).toBe('not_found');
    expect((await refusal(split(appeal.id, [randomUUID()]))).problem.code).toBe('not_found');
  });
});
