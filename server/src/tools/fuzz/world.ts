import { randomUUID } from 'node:crypto';
import { COMPANY_CHANGED } from '../../modules/company';
import { anExchangeOrder } from '../../modules/orders/order.factory';
import { createIntegrationService } from '../../modules/people';
import {
  aDealer,
  aManager,
  aSession,
  aTeam,
  aTopic,
  aVisitor,
} from '../../modules/people/people.factory';
import type { Db } from '../../platform/db';
import { canary, canaryPrice, type Owner } from './canary';
import type { Known } from './shape';
import type { Answer, Line } from './wire';

/** Who sends. */
export interface Caller {
  name: string;
  /** Canaries that may reach him. */
  may: readonly Owner[];
  headers: Record<string, string>;
  /** Undefined: nobody signs in as him. */
  personId?: string;
  /** Signed in with a session that lives. */
  isLive: boolean;
}

export interface World {
  callers: Caller[];
  known: Known;
  /** Undoes what the run did to the people it needs: sessions that ended, access that was closed. */
  restore: () => Promise<void>;
}

type Json = Record<string, unknown>;

/** Two dealers who must not know of each other, the staff between them, and words that tell whose they are in everything. */
export async function aWorld(db: Db, line: Line): Promise<World> {
  const team = await aTeam(db);
  const otherTeam = await aTeam(db);
  const topic = await aTopic(db, { teamId: team.id });
  const otherTopic = await aTopic(db);
  const admin = await aManager(db, { role: 'admin' });
  const manager = await aManager(db, { teamIds: [team.id] });
  const stranger = await aManager(db, { teamIds: [otherTeam.id] });
  const supervisor = await aManager(db, { role: 'supervisor' });
  const dealers = {
    a: await aDealer(db, { name: canary('a', 'dealer'), maxSessions: 50 }),
    b: await aDealer(db, { name: canary('b', 'dealer'), maxSessions: 50 }),
  };
  const people = {
    dealer: await aVisitor(db, dealers.a, { name: canary('a', 'visitor'), chief: true }),
    'own only': await aVisitor(db, dealers.a, { name: canary('a', 'own'), scope: 'own' }),
    'shared login': await aVisitor(db, dealers.a, { name: canary('a', 'shared'), shared: true }),
    outsider: await aVisitor(db, dealers.b, { name: canary('b', 'visitor'), chief: true }),
    ...{ manager, stranger, supervisor, admin },
  };
  const mayOf = (name: string): readonly Owner[] => {
    if (name === 'outsider') return ['b'];
    return ['dealer', 'own only', 'shared login'].includes(name) ? ['a'] : ['a', 'b', 'n'];
  };

  const callers: Caller[] = [];
  for (const [name, person] of Object.entries(people)) {
    const { cookie } = await aSession(db, person);
    const headers = { cookie };
    callers.push({ name, may: mayOf(name), headers, personId: person.id, isLive: true });
  }
  const by = (name: string): Caller => {
    const caller = callers.find((one) => one.name === name);
    if (!caller) throw new Error(name);
    return caller;
  };
  const integrations = createIntegrationService({ db, now: () => new Date() });
  const token = await integrations.createIntegrationToken('1C');

  const send = async (caller: Caller, method: string, path: string, body: Json): Promise<Json> =>
    read(
      await line.ask({
        ...{ method, path: `/api${path}`, body: JSON.stringify(body) },
        headers: { ...caller.headers, 'content-type': 'application/json' },
      }),
      `${method} ${path}`,
    );
  const upload = async (caller: Caller, owner: Owner): Promise<string> => {
    const form = new Request('http://form', { method: 'POST', body: fileForm(owner) });
    const answer = await line.ask({
      ...{ method: 'POST', path: '/api/attachments' },
      headers: { ...caller.headers, 'content-type': form.headers.get('content-type') ?? '' },
      body: Buffer.from(await form.arrayBuffer()),
    });
    return String(read(answer, 'upload').id);
  };
  const ids: Record<string, unknown[]> = {};
  const keep = (field: string, value: unknown) => void (ids[field] ??= []).push(value);

  for (const owner of ['a', 'b'] as const) {
    const visitor = by(owner === 'a' ? 'dealer' : 'outsider');
    const dealer = dealers[owner];
    const number = `${owner === 'a' ? 'A' : 'B'}-${randomUUID().slice(0, 8)}`;
    const order = anExchangeOrder(dealer, {
      ...{ number, carrier: canary(owner, 'carrier'), contract: canary(owner, 'contract') },
      lines: [
        {
          ...{ productCode: canary(owner, 'code'), productName: canary(owner, 'product') },
          ...{ unit: 'шт', quantity: 1, priceKopecks: canaryPrice(owner) },
        },
      ],
    });
    const exchange = { authorization: `Bearer ${token}` };
    await send({ ...visitor, headers: exchange }, 'POST', '/exchange/orders', { orders: [order] });
    keep('number', number);
    await send(by('admin'), 'PATCH', `/dealers/${dealer.id}`, {
      ...{ contract: canary(owner, 'agreement'), phone: canary(owner, 'phone') },
      ...{ address: canary(owner, 'address') },
    });
    for (let count = 0; count < 4; count += 1) {
      const opener = owner === 'a' && count === 3 ? by('own only') : visitor;
      const opened = await send(opener, 'POST', '/appeals', {
        ...{ clientId: randomUUID(), typeCode: 'complaint', topicId: topic.id },
        ...{ subject: canary(owner, `subject${count}`), body: canary(owner, `body${count}`) },
        ...{ attachmentIds: [await upload(opener, owner)], orderNumbers: [number] },
      });
      const appeal = opened.appeal as Json;
      const path = `/appeals/${String(appeal.id)}`;
      keep('appealId', appeal.id);
      keep('no', appeal.no);
      keep('entryId', (opened.entry as Json).id);
      const said = (kind: string, of: Owner, more: Json = {}) =>
        send(by('manager'), 'POST', `${path}/entries`, {
          ...{ clientId: randomUUID(), kind, body: canary(of, `${kind}${count}`), ...more },
        });
      const note = await said('note', 'n', { attachmentIds: [await upload(by('manager'), 'n')] });
      const reply = await said('message', owner, {
        attachmentIds: [await upload(by('manager'), owner)],
      });
      for (const posted of [note, reply]) {
        const entry = posted.entry as { id: string; attachments: { id: string }[] };
        keep('entryId', entry.id);
        for (const { id } of entry.attachments) keep('attachmentId', id);
      }
      const asked = await send(by('manager'), 'POST', `${path}/participants`, {
        ...{ clientId: randomUUID(), personIds: [stranger.id, supervisor.id] },
        question: canary('n', `question${count}`),
      });
      keep('rev', asked.rev);
      await send(by('manager'), 'PUT', '/drafts', {
        ...{ appealId: appeal.id, mode: 'note', content: { body: canary('n', 'draft') } },
      });
      await send(visitor, 'POST', `${path}/disputes`, {
        ...{ clientId: randomUUID(), kind: 'first_response', cycle: 1, claim: 'had_answered' },
        comment: canary(owner, 'dispute'),
      }).catch(() => undefined);
    }
    keep('attachmentId', await upload(visitor, owner));
  }
  const macro = { body: canary('n', 'macro'), thenStatus: null, scope: 'own', teamId: null };
  const made = await send(by('manager'), 'POST', '/macros', {
    ...{ clientId: randomUUID(), name: canary('n', 'macro name'), ...macro },
  });
  keep('macroId', made.id);
  const groupId = randomUUID();
  await send(by('admin'), 'PUT', `/sla/groups/${groupId}`, { name: canary('n', 'group') });
  const rowsOf = async (sql: string) => (await db.query<{ id: string }>(sql)).map(({ id }) => id);

  const revoked = await aSession(db, people.dealer);
  await line.ask({ method: 'DELETE', path: '/api/session', headers: { cookie: revoked.cookie } });
  callers.push(
    { name: 'nobody', may: [], headers: {}, isLive: false },
    { name: 'revoked', may: [], headers: { cookie: revoked.cookie }, isLive: false },
    { name: 'integration', may: [], headers: { authorization: `Bearer ${token}` }, isLive: false },
  );

  const persons = Object.values(people).map(({ id }) => id);
  const staff = [manager, stranger, supervisor, admin].map(({ id }) => id);
  const visitors = persons.filter((id) => !staff.includes(id));
  const dealerIds = [dealers.a.id, dealers.b.id];
  const teamIds = [team.id, otherTeam.id];
  const topics = [topic.id, otherTopic.id];
  const entries = ids.entryId ?? [];
  const byField: Record<string, readonly unknown[]> = {
    ...ids,
    intoId: ids.appealId ?? [],
    ...{ replyTo: entries, entryIds: entries, attachmentIds: ids.attachmentId ?? [] },
    ...{ orderNumber: ids.number ?? [], orderNumbers: ids.number ?? [] },
    ...{ dealerId: dealerIds, dealerIds, dealerCode: [dealers.a.code], code: ['D-1', 'D-77'] },
    ...{ teamId: teamIds, teamIds, topicId: topics, typeCode: ['complaint', 'error', 'question'] },
    ...{ personId: persons, personIds: persons, mentions: staff, visitorId: visitors },
    ...{ assigneeId: staff, managerId: staff, colleagueId: staff, to: staff, from: staff },
    calendarId: await rowsOf(`SELECT id FROM calendar`),
    policyId: await rowsOf(`SELECT id FROM sla_policy`),
    disputeId: await rowsOf(`SELECT id FROM clock_dispute ORDER BY raised_at`),
    noticeIds: await rowsOf(`SELECT id FROM notice ORDER BY made_at LIMIT 20`),
    sessionId: await rowsOf(`SELECT id FROM session ORDER BY created_at`),
    groupId: [groupId],
    ...{ zone: ['Europe/Moscow', 'UTC'], zones: ['UTC'], seq: [1, 2, 3], fromSeq: [1], toSeq: [2] },
    ...{ afterSeq: [0, 1], beforeSeq: [3, 9], rev: [1, 2, ...(ids.rev ?? [])], cycle: [1] },
    ...{ name: ['слова.txt', 'x.png', 'Имя'] },
    ...{ q: ['слова', '5'], prefix: ['A', '5'], percent: [50], offset: [0], sizeBytes: [3] },
  };
  const everyId = Object.values(byField)
    .flat()
    .filter((value) => typeof value === 'string' && /^[\da-f-]{36}$/.test(value));

  const roles = await db.query<{ id: string; role: string }>(
    `SELECT id, role FROM person WHERE id = ANY($1)`,
    [persons],
  );

  return {
    callers,
    known: { byField, ids: [...new Set(everyId as string[])] },
    async restore() {
      // Else the admin would only look, for an hour.
      await db.query(`DELETE FROM viewing`);
      // Else dealers would be told so and nothing else, or everybody to set up a second step.
      await db.query(
        `WITH opened AS (UPDATE company SET closed_to_dealers = false, second_step_roles = '{}')
         SELECT pg_notify('${COMPANY_CHANGED}', '')`,
      );
      await db.query(
        `UPDATE person p SET role = w.role, custom_role_id = NULL FROM unnest($1::uuid[], $2::text[]) w (id, role)
         WHERE p.id = w.id AND (p.role <> w.role OR p.custom_role_id IS NOT NULL)`,
        [roles.map(({ id }) => id), roles.map(({ role }) => role)],
      );
      await db.query(
        `UPDATE person SET access_allowed = true, session_rule = 'several', max_sessions = 50 WHERE id = ANY($1)`,
        [persons],
      );
      await db.query(
        `UPDATE dealer SET several_sessions = true, max_sessions = 50 WHERE id = ANY($1)`,
        [dealerIds],
      );
      for (const caller of callers) {
        if (!caller.isLive || caller.personId === undefined) continue;
        const me = await line.ask({ method: 'GET', path: '/api/me', headers: caller.headers });
        if (me.status === 200) continue;
        caller.headers = { cookie: (await aSession(db, { id: caller.personId })).cookie };
      }
    },
  };
}

function read({ status, body }: Answer, what: string): Json {
  if (status !== 200) throw new Error(`${what}: ${status} ${body.toString().slice(0, 300)}`);
  return JSON.parse(body.toString()) as Json;
}

function fileForm(owner: Owner): FormData {
  const form = new FormData();
  form.set('clientId', randomUUID());
  form.set('file', new Blob([canary(owner, 'content')]), `${canary(owner, 'file')}.txt`);
  return form;
}
