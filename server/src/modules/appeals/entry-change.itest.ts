import { randomUUID } from 'node:crypto';
import type { Appeal, Entry, Posted } from '@otklik/shared/appeals';
import { appealsApi } from '@otklik/shared/appeals.api';
import { ledgerApi } from '@otklik/shared/ledger.api';
import { companyApi } from '@otklik/shared/company.api';
import { peopleApi } from '@otklik/shared/people.api';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { refusal, testApp, type TestApp, type TestSession } from '../../test/test-app';
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

/** The id under which it was sent. */
const idOf = ({ entry }: Posted): string => entry.clientId ?? '';
const edit = (
  session: TestSession,
  { entry }: Posted,
  body: string,
  clientId: string = randomUUID(),
) =>
  session.call(appealsApi.edit, {
    appealId: entry.appealId,
    entryId: entry.id,
    clientId,
    body,
  });
const remove = (session: TestSession, { entry }: Posted, clientId = randomUUID()) =>
  session.call(appealsApi.delete, { appealId: entry.appealId, entryId: entry.id, clientId });
const thread = (session: TestSession, appealId: string) =>
  session.call(appealsApi.entries, { appealId, limit: 100 });
const card = (session: TestSession, appealId: string) =>
  session.call(appealsApi.card, { appealId });

async function aFile(session: TestSession, words: string): Promise<string> {
  const form = new FormData();
  form.set('clientId', randomUUID());
  form.set('file', new Blob([words]), 'накладная.txt');
  const answer = await fetch(`${server.url}/api/attachments`, {
    method: 'POST',
    headers: { cookie: session.cookie },
    body: form,
  });
  return ((await answer.json()) as { id: string }).id;
}

/** The refusals of calls that are under way already. */
const refusals = (calls: Promise<unknown>[]) => Promise.all(calls.map(refusal));

/** What an edit must leave where it is. */
const standing = (appeal: Appeal) => ({
  messages: appeal.messages,
  lastAt: appeal.lastAt,
  answerOwedBy: appeal.answerOwedBy,
  status: appeal.status,
  clocks: 'promise' in appeal ? appeal.promise : appeal.clock,
  seenByOther: appeal.seenByOther,
});

describe('an edited message', () => {
  it('shows its new words to both sides, keeps its place and its trace', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    await aMessage(manager, appeal.id, { body: 'раньше' });
    const said = await aMessage(manager, appeal.id, { body: 'Отгрузка 12-го' });
    const before = standing((await card(dealer, appeal.id)).appeal);
    const edited = await edit(manager, said, 'Отгрузка 13-го');
    expect(edited.entry).toMatchObject({
      id: said.entry.id,
      body: 'Отгрузка 13-го',
      version: 2,
      deletedAt: null,
      at: said.entry.at,
      clientId: said.entry.clientId,
    });
    expect(edited.entry.editedAt).not.toBeNull();
    const seen = await card(dealer, appeal.id);
    expect(standing(seen.appeal)).toEqual(before);
    expect(seen.appeal.last).toMatchObject({ text: 'Отгрузка 13-го' });
    expect(seen.appeal.lastPublicSeq).toBe(said.appeal.lastPublicSeq + 1);
    const { entries } = await thread(dealer, appeal.id);
    expect(entries.filter((entry) => entry.id === said.entry.id)).toMatchObject([
      { body: 'Отгрузка 13-го', version: 2 },
    ]);
    expect(entries.at(-1)).toMatchObject({
      kind: 'event',
      event: { type: 'edited', facts: { entryId: said.entry.id, version: 2 } },
    });
    expect(JSON.stringify(entries)).not.toContain('12-го');
    const { items } = await colleague.call(appealsApi.versions, {
      appealId: appeal.id,
      entryId: said.entry.id,
    });
    expect(items).toEqual([
      { version: 1, body: 'Отгрузка 12-го', at: said.entry.at, until: edited.entry.editedAt },
    ]);
    await edit(manager, said, 'Отгрузка 14-го');
    const later = await colleague.call(appealsApi.versions, {
      appealId: appeal.id,
      entryId: said.entry.id,
    });
    expect(later.items.map(({ version, body }) => [version, body])).toEqual([
      [1, 'Отгрузка 12-го'],
      [2, 'Отгрузка 13-го'],
    ]);
    expect(later.items[1]?.at).toBe(later.items[0]?.until);
    const no = await refusal(
      dealer.call(appealsApi.versions, { appealId: appeal.id, entryId: said.entry.id }),
    );
    expect(no.problem).toMatchObject({ code: 'not_found', facts: { what: 'entry' } });
  });

  it('that is not the last leaves the last word alone', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    const first = await aMessage(manager, appeal.id, { body: 'первое' });
    await aMessage(manager, appeal.id, { body: 'второе' });
    const { appeal: now } = await edit(manager, first, 'первое иначе');
    expect(now.last).toMatchObject({ text: 'второе' });
    const { appeal: after } = await remove(manager, first);
    expect(after.last).toMatchObject({ text: 'второе' });
    expect(after.last).not.toHaveProperty('deleted');
  });

  it('under a later note is still the dealer’s last word', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    const said = await aMessage(manager, appeal.id, { body: 'сказано' });
    await aMessage(manager, appeal.id, { kind: 'note', body: 'про себя' });
    const { appeal: staff } = await edit(manager, said, 'сказано иначе');
    expect(staff.last).toMatchObject({ text: 'про себя' });
    expect((await card(dealer, appeal.id)).appeal.last).toMatchObject({ text: 'сказано иначе' });
  });

  it('edited twice with the same id is changed once; the id means nothing else', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    const said = await aMessage(dealer, appeal.id);
    const clientId = randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => edit(dealer, said, 'один раз', clientId)),
    );
    expect(new Set(answers.map(({ entry }) => entry.version))).toEqual(new Set([2]));
    await edit(dealer, said, 'потом');
    // Much later the first command comes once more: nothing goes back.
    expect((await edit(dealer, said, 'один раз', clientId)).entry).toMatchObject({
      body: 'потом',
      version: 3,
    });
    for (const no of await refusals([
      edit(dealer, said, 'другое', clientId),
      remove(dealer, said, clientId),
      aMessage(dealer, appeal.id, { clientId }),
      dealer.call(appealsApi.changeStatus, { appealId: appeal.id, status: 'resolved', clientId }),
      edit(dealer, said, 'другое', idOf(said)),
    ]))
      expect(no.problem.code).toBe('same_id_other_content');
    // A late retry of the first send still gets its message, as it is now.
    const { entry } = await aMessage(dealer, appeal.id, { clientId: idOf(said) });
    expect(entry).toMatchObject({ id: said.entry.id, body: 'потом', version: 3 });
  });

  it('with the id of another edit at the same moment in another appeal is refused', async () => {
    const sayings = await Promise.all(
      [1, 2].map(async () => {
        const { appeal } = await anAppeal(dealer, company.topic);
        return aMessage(dealer, appeal.id);
      }),
    );
    const clientId = randomUUID();
    const ends = await Promise.allSettled(sayings.map((said) => edit(dealer, said, 'я', clientId)));
    expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(String(ends.find((end) => end.status === 'rejected')?.reason)).toContain(
      'same_id_other_content',
    );
  });

  it('edited from two sessions at once, and deleted and written under, keeps dense numbers and one history', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    const said = await aMessage(dealer, appeal.id);
    const otherDevice = await server.signIn(company.visitor);
    await Promise.all([
      ...Array.from({ length: 10 }, (_, index) =>
        edit(index % 2 ? dealer : otherDevice, said, `правка ${index}`),
      ),
      ...Array.from({ length: 10 }, (_, index) =>
        aMessage(index % 2 ? manager : dealer, appeal.id, { body: `рядом ${index}` }),
      ),
    ]);
    const ends = await Promise.allSettled([
      edit(dealer, said, 'ещё'),
      remove(otherDevice, said),
      edit(dealer, said, 'и ещё'),
    ]);
    expect(ends[1]?.status).toBe('fulfilled');
    for (const end of ends)
      if (end.status === 'rejected') expect(String(end.reason)).toContain('deleted message');
    const rows = await server.database.db.query<{ seq: number; public_seq: number | null }>(
      `SELECT seq, public_seq FROM entry WHERE appeal_id = $1 ORDER BY seq`,
      [appeal.id],
    );
    expect(rows.map((row) => row.seq)).toEqual(rows.map((_, index) => index + 1));
    const numbers = rows.flatMap((row) => (row.public_seq === null ? [] : [row.public_seq]));
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
    const { entries } = await thread(manager, appeal.id);
    const { version } = entries.find((entry) => entry.id === said.entry.id) ?? { version: 0 };
    const { items } = await manager.call(appealsApi.versions, {
      appealId: appeal.id,
      entryId: said.entry.id,
    });
    expect(items.map((item) => item.version)).toEqual(
      Array.from({ length: version - 1 }, (_, index) => index + 1),
    );
    const named = entries.flatMap(({ event }) =>
      event?.type === 'edited' || event?.type === 'deleted' ? [event.facts.version] : [],
    );
    expect(named).toEqual(Array.from({ length: version - 1 }, (_, index) => index + 2));
  });
});

describe('a deleted message', () => {
  it('leaves a stub without words and files to both sides; its words stay for the staff to look up', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    const file = await aFile(dealer, 'Секретная накладная');
    const said = await aMessage(dealer, appeal.id, {
      body: 'Секретные слова',
      attachmentIds: [file],
    });
    expect((await dealer.raw('GET', `/attachments/${file}/file`)).status).toBe(200);
    const before = standing((await card(dealer, appeal.id)).appeal);
    const gone = await remove(dealer, said);
    expect(gone.entry).toMatchObject({ body: '', attachments: [], version: 2, orders: [] });
    expect(gone.entry.deletedAt).not.toBeNull();
    expect(gone.appeal.last).toMatchObject({ text: '', files: 0, deleted: true });
    expect(standing((await card(dealer, appeal.id)).appeal)).toEqual(before);
    for (const session of [dealer, secondDealer, manager]) {
      const all = JSON.stringify([
        await thread(session, appeal.id),
        await card(session, appeal.id),
        await session.call(appealsApi.list, { view: 'open' }),
        await session.call(appealsApi.sync, {}),
        await session.call(appealsApi.entry, { appealId: appeal.id, entryId: said.entry.id }),
        await session.call(appealsApi.entries, { appealId: appeal.id, afterSeq: 3 }),
      ]);
      expect(all).not.toContain('Секретн');
      expect(all).not.toContain(file);
      expect((await session.raw('GET', `/attachments/${file}/file`)).status).toBe(404);
    }
    const late = await aMessage(dealer, appeal.id, {
      clientId: idOf(said),
      body: 'Секретные слова',
      attachmentIds: [file],
    });
    expect(late.entry).toEqual(gone.entry);
    const { items } = await manager.call(appealsApi.versions, {
      appealId: appeal.id,
      entryId: said.entry.id,
    });
    expect(items.map(({ body }) => body)).toEqual(['Секретные слова']);
  });

  it('is deleted once: again, by a retry or from another device, answers the stub; editing it is refused', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    const said = await aMessage(dealer, appeal.id);
    const clientId = randomUUID();
    const first = await remove(dealer, said, clientId);
    expect(await remove(dealer, said, clientId)).toEqual(first);
    expect(await remove(await server.signIn(company.visitor), said)).toEqual(first);
    expect((await refusal(edit(dealer, said, 'вернуть'))).problem).toMatchObject({
      code: 'conflict',
    });
    expect((await refusal(remove(manager, said))).problem.code).toBe('forbidden');
  });
});

describe('who may change what was said', () => {
  it('only its author, by login and, where several people share it, by name', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    const ofDealer = await aMessage(dealer, appeal.id);
    const ofManager = await aMessage(manager, appeal.id);
    for (const no of await refusals([
      edit(secondDealer, ofDealer, 'я'),
      remove(secondDealer, ofDealer),
      edit(manager, ofDealer, 'я'),
      remove(admin, ofDealer),
      edit(dealer, ofManager, 'я'),
      edit(colleague, ofManager, 'я'),
    ])) {
      expect([no.status, no.problem.code, no.problem.facts]).toEqual([
        403,
        'forbidden',
        { right: 'changeEntry' },
      ]);
    }
    const shared = await aVisitor(server.database.db, company.dealer, { shared: true });
    const [maria, ivan, nobody] = await Promise.all(
      [1, 2, 3].map(() => server.signIn(shared)),
    ).then((all) => all as [TestSession, TestSession, TestSession]);
    await maria.call(peopleApi.nameSession, { name: 'Мария' });
    await ivan.call(peopleApi.nameSession, { name: 'Иван' });
    const ofMaria = await aMessage(maria, appeal.id, { body: 'от Марии' });
    expect((await refusal(edit(ivan, ofMaria, 'я'))).problem.code).toBe('forbidden');
    expect((await refusal(edit(nobody, ofMaria, 'я'))).problem.code).toBe('name_needed');
    expect((await edit(maria, ofMaria, 'от Марии же')).entry.version).toBe(2);
  });

  it('a stranger finds nothing, and an event is nobody’s', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    const said = await aMessage(dealer, appeal.id);
    const outsider = await server.signIn(company.outsider);
    const ids = { appealId: appeal.id, entryId: said.entry.id };
    for (const no of await refusals([
      edit(outsider, said, 'я'),
      remove(outsider, said),
      outsider.call(appealsApi.entry, ids),
    ]))
      expect(no.status).toBe(404);
    const elsewhere = await anAppeal(dealer, company.topic);
    expect(
      (
        await refusal(
          dealer.call(appealsApi.edit, {
            appealId: elsewhere.appeal.id,
            entryId: said.entry.id,
            clientId: randomUUID(),
            body: 'я',
          }),
        )
      ).problem,
    ).toMatchObject({ code: 'not_found', facts: { what: 'entry' } });
    const opened = (await thread(dealer, appeal.id)).entries.find(
      (entry) => entry.kind === 'event',
    ) as Entry;
    expect((await refusal(edit(dealer, { ...said, entry: opened }, 'я'))).problem.code).toBe(
      'forbidden',
    );
  });

  it('words cannot be edited away; a message of files may lose them', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    const said = await aMessage(dealer, appeal.id);
    expect((await refusal(edit(dealer, said, '  '))).problem).toMatchObject({
      code: 'invalid_input',
      facts: { fields: [{ path: 'body' }] },
    });
    const withFile = await aMessage(dealer, appeal.id, {
      attachmentIds: [await aFile(dealer, 'x')],
    });
    const { entry } = await edit(dealer, withFile, '');
    expect(entry).toMatchObject({ body: '', attachments: [{ name: 'накладная.txt' }] });
  });
});

describe('the window for changes', () => {
  afterEach(async () => {
    await admin.call(companyApi.changeSettings, { editMinutes: 15 });
  });

  it('closes by the database’s clock, and not at all or at once by setting', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    const said = await aMessage(dealer, appeal.id);
    const old = (minutes: number) =>
      server.database.db.query(
        `UPDATE entry SET created_at = clock_timestamp() - make_interval(mins => $2) WHERE id = $1`,
        [said.entry.id, minutes],
      );
    await old(14);
    await edit(dealer, said, 'успел');
    await old(16);
    for (const no of await refusals([edit(dealer, said, 'поздно'), remove(dealer, said)]))
      expect(no.problem).toMatchObject({
        code: 'edit_window_over',
        status: 409,
        facts: { minutes: 15 },
      });
    await admin.call(companyApi.changeSettings, { editMinutes: 60 });
    expect((await dealer.call(peopleApi.me, {})).limits.editMinutes).toBe(60);
    await edit(dealer, said, 'снова можно');
    await admin.call(companyApi.changeSettings, { editMinutes: 0 });
    expect((await refusal(edit(dealer, said, 'никогда'))).problem).toMatchObject({
      code: 'edit_window_over',
      facts: { minutes: 0 },
    });
  });
});

describe('an edited or deleted note', () => {
  it('moves nothing that the dealer can read, count or compare', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    await aMessage(manager, appeal.id);
    const note = await aMessage(manager, appeal.id, { kind: 'note', body: 'Секрет: цена' });
    const other = await aMessage(manager, appeal.id, { kind: 'note', body: 'Секрет: второй' });
    const look = async () => ({
      card: await card(dealer, appeal.id),
      thread: await thread(dealer, appeal.id),
      list: await dealer.call(appealsApi.list, { view: 'open' }),
      ledger: await dealer.call(ledgerApi.ledger, { appealId: appeal.id }),
    });
    const line = await dealer.socket();
    const { cursor } = await dealer.call(appealsApi.sync, {});
    const before = await look();
    const edited = await edit(manager, note, 'Секрет: скидка');
    await remove(manager, other);
    expect(edited.entry).toMatchObject({ body: 'Секрет: скидка', version: 2, publicSeq: null });
    expect(await look()).toEqual(before);
    const synced = await dealer.call(appealsApi.sync, { cursor });
    expect(synced.items).toEqual(
      synced.items.map((item) => before.list.items.find((known) => known.id === item.id)),
    );
    for (const { entry } of [note, other]) {
      const ids = { appealId: appeal.id, entryId: entry.id };
      for (const no of await refusals([
        dealer.call(appealsApi.entry, ids),
        dealer.call(appealsApi.edit, { ...ids, clientId: randomUUID(), body: 'я' }),
        dealer.call(appealsApi.delete, { ...ids, clientId: randomUUID() }),
      ])) {
        const absent = await refusal(
          dealer.call(appealsApi.entry, { appealId: appeal.id, entryId: randomUUID() }),
        );
        expect({ ...no.problem, requestId: '' }).toEqual({ ...absent.problem, requestId: '' });
      }
    }
    await aMessage(manager, appeal.id, { body: 'Публично' });
    await line.next('appeal:news', (news) => news.entries.some((one) => one.body === 'Публично'));
    const heard = JSON.stringify(line.heard);
    expect(heard).not.toContain('екрет');
    expect(heard).not.toContain(note.entry.id);
    expect(heard).not.toContain('edited"');
  });
});

describe('catching up', () => {
  it('brings entries that were changed outside the page, each in the viewer’s own view', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    const said = await aMessage(manager, appeal.id, { body: 'старое' });
    const note = await aMessage(manager, appeal.id, { kind: 'note', body: 'тайна' });
    for (let index = 0; index < 3; index += 1) await aMessage(dealer, appeal.id);
    const { appeal: seen } = await card(dealer, appeal.id);
    const { appeal: seenByStaff } = await card(manager, appeal.id);
    const { entry } = await edit(manager, said, 'новое');
    const gone = await remove(manager, note);
    const forDealer = await dealer.call(appealsApi.entries, {
      appealId: appeal.id,
      afterSeq: seen.lastPublicSeq,
    });
    expect(forDealer.entries.map(({ event }) => event?.type)).toEqual(['edited']);
    expect(forDealer.changed).toEqual([
      await dealer.call(appealsApi.entry, { appealId: appeal.id, entryId: said.entry.id }),
    ]);
    const forStaff = await manager.call(appealsApi.entries, {
      appealId: appeal.id,
      afterSeq: 'lastSeq' in seenByStaff ? seenByStaff.lastSeq : 0,
    });
    expect(forStaff.changed).toHaveLength(2);
    expect(forStaff.changed).toEqual(expect.arrayContaining([entry, gone.entry]));
    // On one page with what they changed, events name nothing more.
    expect((await thread(dealer, appeal.id)).changed).toEqual([]);
  });

  it('news carry the changed entry and the event', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    const said = await aMessage(manager, appeal.id);
    const line = await dealer.socket();
    await edit(manager, said, 'новое');
    const news = await line.next('appeal:news', ({ entries }) =>
      entries.some((entry) => entry.event?.type === 'edited'),
    );
    expect(news.entries).toEqual([
      await dealer.call(appealsApi.entry, { appealId: appeal.id, entryId: said.entry.id }),
      (await thread(dealer, appeal.id)).entries.at(-1),
    ]);
  });
});

describe('a quote', () => {
  it('is of an entry of the same appeal that its readers may read', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    const elsewhere = await anAppeal(dealer, company.topic);
    const said = await aMessage(dealer, appeal.id);
    const note = await aMessage(manager, appeal.id, { kind: 'note' });
    const staffOnly = (await thread(manager, appeal.id)).entries.find(
      (entry) => entry.audience === 'staff' && entry.publicSeq === null && entry.kind === 'event',
    );
    const clientId = randomUUID();
    const reply = await aMessage(manager, appeal.id, { clientId, replyTo: said.entry.id });
    expect(reply.entry.replyTo).toBe(said.entry.id);
    const again = await aMessage(manager, appeal.id, { clientId, replyTo: said.entry.id });
    expect(again.entry).toEqual(reply.entry);
    expect((await refusal(aMessage(manager, appeal.id, { clientId }))).problem.code).toBe(
      'same_id_other_content',
    );
    const { entries } = await thread(dealer, appeal.id);
    expect(entries.find(({ id }) => id === reply.entry.id)?.replyTo).toBe(said.entry.id);
    await aMessage(manager, appeal.id, { kind: 'note', replyTo: note.entry.id });
    await aMessage(dealer, appeal.id, { replyTo: reply.entry.id });
    const refused: [TestSession, string | undefined, string][] = [
      [manager, note.entry.id, 'invalid_input'],
      [manager, staffOnly?.id, 'invalid_input'],
      [dealer, note.entry.id, 'not_found'],
      [dealer, staffOnly?.id, 'not_found'],
      [dealer, elsewhere.entry.id, 'not_found'],
      [manager, elsewhere.entry.id, 'not_found'],
      [dealer, randomUUID(), 'not_found'],
    ];
    for (const [session, replyTo, code] of refused) {
      if (replyTo === undefined) continue;
      expect((await refusal(aMessage(session, appeal.id, { replyTo }))).problem.code).toBe(code);
    }
  });
});

describe('a status change with an id', () => {
  const status = (
    session: TestSession,
    appealId: string,
    to: 'waiting' | 'in_work' | 'resolved',
    clientId: string,
  ) => session.call(appealsApi.changeStatus, { appealId, status: to, clientId });

  it('is made once, however late it comes again', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    const clientId = randomUUID();
    await Promise.all(
      Array.from({ length: 5 }, () => status(manager, appeal.id, 'waiting', clientId)),
    );
    await status(manager, appeal.id, 'in_work', randomUUID());
    const before = (await card(manager, appeal.id)).appeal;
    const late = await status(manager, appeal.id, 'waiting', clientId);
    expect(late).toEqual(before);
    expect(late.status).toBe('in_work');
    const { entries } = await thread(manager, appeal.id);
    expect(entries.filter(({ event }) => event?.type === 'status')).toHaveLength(2);
    const other = await refusal(status(manager, appeal.id, 'resolved', clientId));
    expect(other.problem).toMatchObject({
      code: 'same_id_other_content',
      facts: { clientId },
    });
    // Its id does not show on the other side.
    expect(JSON.stringify(await thread(dealer, appeal.id))).not.toContain(clientId);
  });

  it('that found nothing to change changes nothing later either', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    await status(manager, appeal.id, 'waiting', randomUUID());
    const clientId = randomUUID();
    await status(colleague, appeal.id, 'waiting', clientId);
    await status(manager, appeal.id, 'in_work', randomUUID());
    expect((await status(colleague, appeal.id, 'waiting', clientId)).status).toBe('in_work');
  });
});
