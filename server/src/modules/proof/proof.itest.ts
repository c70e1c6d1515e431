import { createHash, randomUUID } from 'node:crypto';
import type { Entry } from '@otklik/shared/appeals';
import { appealsApi } from '@otklik/shared/appeals.api';
import { DIGEST_MAX } from '@otklik/shared/limits';
import { proofApi } from '@otklik/shared/proof.api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refusal, testApp, type TestApp, type TestSession } from '../../test/test-app';
import { aCompany, aMessage, anAppeal } from '../appeals/appeal.factory';
import { anActor, aSession, aVisitor } from '../people/people.factory';

let server: TestApp;
let company: Awaited<ReturnType<typeof aCompany>>;
let dealer: TestSession;
let manager: TestSession;

beforeAll(async () => {
  server = await testApp();
  company = await aCompany(server.database.db);
  dealer = await server.signIn(company.visitor);
  manager = await server.signIn(company.manager);
});
afterAll(() => server.close());

const numberOf = (entry: Entry) => (entry.audience === 'staff' ? entry.seq : entry.publicSeq);
/** The contract's sentence, read without the product's help. */
const fingerprint = (entries: readonly Entry[]) =>
  createHash('sha256')
    .update(
      entries
        .map(
          (entry) =>
            `${numberOf(entry)} ${entry.id} ${entry.version} ${Buffer.byteLength(entry.body)} ${entry.body}\n`,
        )
        .join(''),
    )
    .digest('hex');
const thread = async (session: TestSession, appealId: string) =>
  (await session.call(appealsApi.entries, { appealId, limit: 100 })).entries;

/** A thread with messages of both sides, a note, and words of every width. */
async function aThread() {
  const { appeal } = await anAppeal(dealer, company.topic, {
    body: 'Фасад № 7 — ёлка 🌲\r\nи ещё',
  });
  await aMessage(manager, appeal.id, { body: 'Проверяем' });
  await aMessage(manager, appeal.id, { kind: 'note', body: 'Только для своих' });
  const { entry } = await aMessage(dealer, appeal.id, { body: 'a b\tc\n\n1 2 3' });
  return { appealId: appeal.id, last: entry };
}

describe('the fingerprint of a thread', () => {
  it('is that of what the viewer holds, in his own numbers, whole and in parts', async () => {
    const { appealId } = await aThread();
    for (const session of [dealer, manager]) {
      const entries = await thread(session, appealId);
      const lastSeq = entries.length;
      expect(entries.map(numberOf)).toEqual(entries.map((_, index) => index + 1));
      expect(
        await session.call(proofApi.digest, { appealId, fromSeq: 1, toSeq: lastSeq }),
      ).toMatchObject({ entries: lastSeq, lastSeq, sha256: fingerprint(entries) });
      expect(await session.call(proofApi.digest, { appealId, fromSeq: 2, toSeq: 3 })).toMatchObject(
        { entries: 2, lastSeq, sha256: fingerprint(entries.slice(1, 3)) },
      );
    }
    expect(await thread(dealer, appealId)).not.toHaveLength(
      (await thread(manager, appealId)).length,
    );
  });

  it('counts what is there: beyond the end nothing, and of nothing it is that of no bytes', async () => {
    const { appealId } = await aThread();
    const entries = await thread(dealer, appealId);
    const beyond = await dealer.call(proofApi.digest, { appealId, fromSeq: 1, toSeq: 9_000 });
    expect(beyond).toMatchObject({ entries: entries.length, sha256: fingerprint(entries) });
    const empty = await dealer.call(proofApi.digest, { appealId, fromSeq: 1, toSeq: 0 });
    expect(empty).toMatchObject({ entries: 0, lastSeq: entries.length, sha256: fingerprint([]) });
  });

  it('does not move for a dealer when staff write a note, and moves for both with a message', async () => {
    const { appealId } = await aThread();
    const ask = async (session: TestSession) =>
      (await session.call(proofApi.digest, { appealId, fromSeq: 1, toSeq: 100 })).sha256;
    const before = { dealer: await ask(dealer), manager: await ask(manager) };
    await aMessage(manager, appealId, { kind: 'note', body: 'Ещё заметка' });
    expect(await ask(dealer)).toBe(before.dealer);
    expect(await ask(manager)).not.toBe(before.manager);
    await aMessage(manager, appealId, { body: 'Слово' });
    expect(await ask(dealer)).not.toBe(before.dealer);
  });

  it('of a fixed thread is a fixed one, the same that browsers compute', async () => {
    const { db } = server.database;
    const { appeal } = await anAppeal(dealer, company.topic);
    await db.query(`UPDATE entry SET public_seq = NULL WHERE appeal_id = $1 AND kind = 'event'`, [
      appeal.id,
    ]);
    await db.query(`DELETE FROM attachment WHERE appeal_id = $1`, [appeal.id]);
    const fixed = [
      { id: '00000000-0000-4000-8000-000000000001', seq: 5, version: 1, body: 'Привет' },
      { id: '00000000-0000-4000-8000-000000000002', seq: 6, version: 3, body: 'a 1 2\nb 🌲' },
      { id: '00000000-0000-4000-8000-000000000003', seq: 7, version: 2, body: '' },
    ];
    for (const { id, seq, version, body } of fixed) {
      await db.query(
        `INSERT INTO entry (id, appeal_id, seq, public_seq, kind, author_id, author_name, author_side, client_id, content_hash, body,
           version, deleted_at, created_at)
         VALUES ($1, $2, $3, $3, 'message', $4, 'x', 'dealer', $1, 'x', $5, $6, CASE WHEN $5 = '' THEN now() END, now())`,
        [id, appeal.id, seq, company.visitor.id, body, version],
      );
    }
    // The same stands in the client's test of the same words.
    expect(
      await dealer.call(proofApi.digest, { appealId: appeal.id, fromSeq: 5, toSeq: 7 }),
    ).toMatchObject({
      entries: 3,
      sha256: 'd5b44f5edae8f13f91d320a45588766ef62eb282414f021e66f64a2bf2fc4842',
    });
  });

  it('is refused to strangers and for stretches without end', async () => {
    const { appealId } = await aThread();
    const ask = (session: TestSession, toSeq: number) =>
      refusal(session.call(proofApi.digest, { appealId, fromSeq: 1, toSeq }));
    const outsider = await server.signIn(company.outsider);
    const ownOnly = await server.signIn(company.ownOnly);
    for (const session of [outsider, ownOnly])
      expect((await ask(session, 3)).problem).toMatchObject({
        code: 'not_found',
        facts: { what: 'appeal' },
      });
    expect((await ask(dealer, DIGEST_MAX + 1)).problem).toMatchObject({ code: 'invalid_input' });
    await dealer.call(proofApi.digest, { appealId, fromSeq: 1, toSeq: DIGEST_MAX });
  });
});

describe('receipts', () => {
  const stretches = (session: TestSession, appealId: string) =>
    server.database.db.query<{ kind: string; from_seq: number; to_seq: number; at: Date }>(
      `SELECT kind, from_seq, to_seq, at FROM receipt WHERE session_id = $1 AND appeal_id = $2 ORDER BY kind, from_seq`,
      [session.sessionId, appealId],
    );
  const report = (
    session: TestSession,
    appealId: string,
    got: number,
    shown: number,
    from?: number,
  ) =>
    session.call(proofApi.receipts, {
      items: [{ appealId, got, shown, ...(from === undefined ? {} : { from }) }],
    });

  it('are added forward only, and capped at what there is', async () => {
    const { appealId } = await aThread();
    const last = (await thread(dealer, appealId)).length;
    await report(dealer, appealId, 2, 1);
    const first = await stretches(dealer, appealId);
    expect(first).toMatchObject([
      { kind: 'got', from_seq: 1, to_seq: 2 },
      { kind: 'shown', from_seq: 1, to_seq: 1 },
    ]);
    await report(dealer, appealId, 1, 0);
    await report(dealer, appealId, 2, 1);
    expect(await stretches(dealer, appealId)).toEqual(first);
    await report(dealer, appealId, 2_000_000_000, 2_000_000_000);
    expect(await stretches(dealer, appealId)).toEqual([
      first[0],
      expect.objectContaining({ kind: 'got', from_seq: 3, to_seq: last }),
      first[1],
      expect.objectContaining({ kind: 'shown', from_seq: 2, to_seq: last }),
    ]);
  });

  it('say nothing of pages that were not fetched, until they are', async () => {
    const { appealId } = await aThread();
    await report(dealer, appealId, 4, 3, 3);
    await report(dealer, appealId, 4, 3, 1);
    expect(await stretches(dealer, appealId)).toMatchObject([
      { kind: 'got', from_seq: 1, to_seq: 2 },
      { kind: 'got', from_seq: 3, to_seq: 4 },
      { kind: 'shown', from_seq: 1, to_seq: 2 },
      { kind: 'shown', from_seq: 3, to_seq: 3 },
    ]);
  });

  it('of many tabs of one session at once never overlap', async () => {
    const { appealId } = await aThread();
    for (let index = 0; index < 30; index += 1) await aMessage(dealer, appealId);
    const session = await server.signIn(company.visitor);
    await Promise.all(
      Array.from({ length: 60 }, (_, index) => {
        const from = 1 + ((index * 7) % 20);
        return report(session, appealId, from + ((index * 5) % 15), from + ((index * 3) % 9), from);
      }),
    );
    const rows = await stretches(session, appealId);
    for (const kind of ['got', 'shown']) {
      const numbers = rows
        .filter((row) => row.kind === kind)
        .flatMap((row) =>
          Array.from({ length: row.to_seq - row.from_seq + 1 }, (_, at) => row.from_seq + at),
        );
      expect(numbers.length).toBeGreaterThan(20);
      expect(new Set(numbers).size).toBe(numbers.length);
    }
  });

  it('of many appeals come in one report, also over the socket; those not to be seen are passed over', async () => {
    const first = await aThread();
    const second = await aThread();
    const outsider = await server.signIn(company.outsider);
    const theirs = await anAppeal(outsider, company.topic);
    const socket = await dealer.socket();
    const item = (appealId: string) => ({ appealId, got: 1, shown: 0 });
    const items = [first.appealId, theirs.appeal.id, second.appealId, randomUUID()].map(item);
    expect(await socket.ask('entry:receipts', { items: [...items, ...items] })).toEqual({
      ok: true,
      value: { done: true },
    });
    expect(await stretches(dealer, first.appealId)).toHaveLength(1);
    expect(await stretches(dealer, second.appealId)).toHaveLength(1);
    expect(await stretches(dealer, theirs.appeal.id)).toEqual([]);
  });

  it('of an entry name the sessions of both sides, by the numbers of each', async () => {
    const { db } = server.database;
    const { appealId, last } = await aThread();
    const shared = await aVisitor(db, company.dealer, { shared: true });
    const named = await aSession(db, shared, {
      personName: 'Ольга со склада',
      device: 'Safari, iPad',
    });
    const actor = await anActor(db, shared, { personName: 'Вторая смена' });
    const { proof } = server.app.services;
    const phone = await server.signIn(company.visitor);
    const reader = await server.signIn(company.manager);
    const entries = await thread(manager, appealId);
    const note = entries.find(({ kind }) => kind === 'note')!;
    const publicLast = last.audience === 'dealer' ? last.publicSeq : 0;
    const staffLast = numberOf(entries.find(({ id }) => id === last.id)!);
    expect(staffLast).toBeGreaterThan(publicLast);

    await report(phone, appealId, publicLast, publicLast);
    // The dealer's last number is one of the staff's too, of an entry above.
    await report(reader, appealId, staffLast - 1, 1);
    await proof.receive(actor, { items: [{ appealId, from: 1, got: publicLast, shown: 0 }] });
    await proof.receive(
      { ...actor, sessionId: named.id },
      { items: [{ appealId, from: publicLast, got: publicLast, shown: publicLast }] },
    );

    const of = async (entryId: string) =>
      (await manager.call(proofApi.ofEntry, { appealId, entryId })).items;
    const got = await of(last.id);
    expect(got.map(({ sessionId, side }) => [sessionId, side])).toEqual([
      [phone.sessionId, 'dealer'],
      [actor.sessionId, 'dealer'],
      [named.id, 'dealer'],
    ]);
    expect(got[0]).toMatchObject({
      person: { id: company.visitor.id, name: company.visitor.name },
      device: 'Chrome, Windows',
    });
    expect(got[0]?.shownAt).not.toBeNull();
    expect(got[1]).toMatchObject({ person: { name: 'Вторая смена' }, shownAt: null });
    expect(got[2]).toMatchObject({ person: { name: 'Ольга со склада' }, device: 'Safari, iPad' });
    // A note has no number for dealers, whatever they report.
    expect((await of(note.id)).map(({ sessionId }) => sessionId)).toEqual([reader.sessionId]);
    await report(phone, appealId, 2_000_000_000, 2_000_000_000);
    expect((await of(note.id)).map(({ side }) => side)).toEqual(['staff']);
    await report(reader, appealId, staffLast, staffLast);
    expect((await of(last.id)).at(-1)).toMatchObject({
      sessionId: reader.sessionId,
      side: 'staff',
    });
  });

  it('are for staff who may see the appeal, and of entries that are in it', async () => {
    const { appealId, last } = await aThread();
    const other = await aThread();
    const stranger = await server.signIn(company.stranger);
    const ask = (session: TestSession, entryId: string) =>
      refusal(session.call(proofApi.ofEntry, { appealId, entryId }));
    for (const no of [
      await ask(dealer, last.id),
      await ask(stranger, last.id),
      await ask(manager, other.last.id),
      await ask(manager, randomUUID()),
    ])
      expect(no.problem).toMatchObject({ code: 'not_found', facts: { what: 'entry' } });
    expect(await manager.call(proofApi.ofEntry, { appealId, entryId: last.id })).toEqual({
      items: [],
    });
  });
});
