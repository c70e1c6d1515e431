import { randomUUID } from 'node:crypto';
import type { ChangeMacro, CreateMacro, MacroView } from '@otklik/shared/macros';
import { macrosApi } from '@otklik/shared/macros.api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refusal, testApp, type TestApp, type TestSession } from '../../test/test-app';
import { aDealer, aManager, aTeam, aVisitor } from '../people/people.factory';

const ROLES = ['owner', 'teammate', 'outsider', 'supervisor', 'admin', 'dealer'] as const;
type Role = (typeof ROLES)[number];

let server: TestApp;
let team: { id: string };
let people: Record<Role, TestSession>;
let dealerId: string;

beforeAll(async () => {
  server = await testApp();
  const { db } = server.database;
  team = await aTeam(db);
  const visitor = await aVisitor(db, await aDealer(db));
  dealerId = visitor.id;
  people = {
    owner: await server.signIn(await aManager(db, { teamIds: [team.id] })),
    teammate: await server.signIn(await aManager(db, { teamIds: [team.id] })),
    outsider: await server.signIn(await aManager(db)),
    supervisor: await server.signIn(await aManager(db, { role: 'supervisor' })),
    admin: await server.signIn(await aManager(db, { role: 'admin' })),
    dealer: await server.signIn(visitor),
  };
});
afterAll(() => server.close());

const fields = (over: Partial<CreateMacro> = {}): CreateMacro => ({
  clientId: randomUUID(),
  name: 'Просим фото',
  body: '{{visitor}}, пришлите фото',
  scope: 'own',
  ...over,
});
const create = (by: Role, over: Partial<CreateMacro> = {}) =>
  people[by].call(macrosApi.create, fields(over));
const asChange = (macro: MacroView, over: Partial<ChangeMacro> = {}): ChangeMacro => {
  const { id: macroId, rev, name, body, thenStatus, scope, teamId } = macro;
  return { macroId, rev, name, body, thenStatus, scope, teamId, ...over };
};
const change = (by: Role, macro: MacroView, over: Partial<ChangeMacro> = {}) =>
  people[by].call(macrosApi.change, asChange(macro, over));
const idsOf = async (by: Role) =>
  (await people[by].call(macrosApi.list, {})).items.map(({ id }) => id);
/** What came of a call: `ok`, or the code of its refusal. */
const outcome = (run: Promise<unknown>) =>
  run.then(
    () => 'ok',
    async () => (await refusal(run)).problem.code,
  );

describe('who may what with a macro', () => {
  const scopes = {
    own: { of: 'owner', readers: ['owner'], changers: ['owner'] },
    team: {
      of: 'supervisor',
      readers: ['owner', 'teammate', 'supervisor', 'admin'],
      changers: ['supervisor', 'admin'],
    },
    everybody: {
      of: 'admin',
      readers: ['owner', 'teammate', 'outsider', 'supervisor', 'admin'],
      changers: ['supervisor', 'admin'],
    },
  } as const;

  it.each(['own', 'team', 'everybody'] as const)('of scope %s', async (scope) => {
    const { of, readers, changers } = scopes[scope];
    const teamId = scope === 'team' ? team.id : null;
    const macro = await create(of, { scope, teamId });
    const had: Record<string, unknown> = {};
    const wanted: Record<string, unknown> = {};
    for (const role of ROLES) {
      const reads = (readers as readonly Role[]).includes(role);
      const changes = (changers as readonly Role[]).includes(role);
      const no = reads ? 'forbidden' : 'not_found';
      const seen = role === 'dealer' ? [] : (await people[role].call(macrosApi.list, {})).items;
      const own = seen.find(({ id }) => id === macro.id);
      had[role] = {
        reads: own !== undefined,
        can: own?.can.change ?? false,
        changes: await outcome(change(role, macro)),
        deletes: changes
          ? 'ok'
          : await outcome(
              people[role].call(macrosApi.remove, { macroId: macro.id, rev: macro.rev }),
            ),
        restores: changes
          ? 'ok'
          : await outcome(
              people[role].call(macrosApi.restore, { macroId: macro.id, rev: macro.rev }),
            ),
      };
      const may = changes ? 'ok' : no;
      wanted[role] = { reads, can: changes, changes: may, deletes: may, restores: may };
    }
    expect(had).toEqual(wanted);
  });

  it('shares only by supervisors and admins, also by a change of what is his own', async () => {
    for (const scope of ['team', 'everybody'] as const) {
      const teamId = scope === 'team' ? team.id : null;
      expect(await outcome(create('owner', { scope, teamId }))).toBe('forbidden');
      expect(await outcome(create('supervisor', { scope, teamId }))).toBe('ok');
      const own = await create('owner');
      expect(await outcome(change('owner', own, { scope, teamId }))).toBe('forbidden');
      const mine = await create('admin');
      expect(await change('admin', mine, { scope, teamId })).toMatchObject({ scope, teamId });
    }
    expect((await people.owner.call(macrosApi.list, {})).can).toEqual({ share: false });
    expect((await people.supervisor.call(macrosApi.list, {})).can).toEqual({ share: true });
  });

  it('is taken back by who made everybody’s macro his own, and gone for the others', async () => {
    const macro = await create('admin', { scope: 'everybody' });
    expect(await idsOf('outsider')).toContain(macro.id);
    await change('supervisor', macro, { scope: 'own' });
    expect(await idsOf('supervisor')).toContain(macro.id);
    for (const role of ['outsider', 'admin'] as const)
      expect(await idsOf(role)).not.toContain(macro.id);
  });
});

it('to a dealer nothing of it exists, and no word of it reaches him', async () => {
  const macro = await create('admin', { scope: 'everybody', name: 'Тайный макрос' });
  const { dealer } = people;
  const here = [
    () => dealer.call(macrosApi.list, {}),
    () => dealer.call(macrosApi.create, fields()),
    () => dealer.call(macrosApi.change, asChange(macro)),
    () => dealer.call(macrosApi.remove, { macroId: macro.id, rev: 1 }),
    () => dealer.call(macrosApi.restore, { macroId: macro.id, rev: 1 }),
  ];
  const nowhere = await refusal(
    dealer.call({ method: 'GET', path: '/there-is-no-such-thing', right: 'macro.use' }, {}),
  );
  for (const call of here) {
    const { status, problem } = await refusal(call());
    const { requestId: _id, ...same } = problem;
    const { requestId: _other, ...expected } = nowhere.problem;
    expect([status, same]).toEqual([404, expected]);
  }
  const told = await Promise.all(
    ['/me', '/directories', '/drafts', '/appeals'].map(async (path) =>
      (await dealer.raw('GET', path)).text(),
    ),
  );
  expect(told.join()).not.toMatch(/macro|Тайный/i);
  const rows = await server.database.db.query(`SELECT 1 FROM macro WHERE author_id = $1`, [
    dealerId,
  ]);
  expect(rows).toEqual([]);
});

describe('what is saved', () => {
  it('has known variables only, as they were written', async () => {
    const body = 'Заказ {{orderNo}}: {{ promise }}, {{manager}}, {{dealer}} {{appealNo}} { x }';
    expect(await create('owner', { body })).toMatchObject({ body, rev: 1, thenStatus: null });
    const macro = await create('owner');
    for (const wrong of ['{{order}}', '{{}}', 'а {{Dealer}} б', '{{dealer.name}}']) {
      for (const call of [
        () => create('owner', { body: wrong }),
        () => change('owner', macro, { body: wrong }),
      ]) {
        const { problem } = await refusal(call());
        expect(problem).toMatchObject({
          code: 'invalid_input',
          facts: { fields: [{ path: 'body', rule: 'unknown_variable' }] },
        });
      }
    }
  });

  it.each([
    ['name', { name: '  ' }],
    ['name', { name: 'x'.repeat(81) }],
    ['body', { body: ' \n ' }],
    ['body', { body: 'x'.repeat(4_001) }],
    ['body', { body: 'a\0b' }],
    ['thenStatus', { thenStatus: 'closed' as never }],
    ['scope', { scope: 'dealer' as never }],
    ['teamId', { scope: 'team' as const }],
    ['teamId', { scope: 'team' as const, teamId: randomUUID() }],
    ['teamId', { scope: 'everybody' as const, teamId: randomUUID() }],
    ['clientId', { clientId: '1' }],
  ])('refuses a wrong %s: %j', async (field, over) => {
    const before = await idsOf('supervisor');
    const { problem } = await refusal(create('supervisor', over));
    expect(problem).toMatchObject({
      code: 'invalid_input',
      facts: { fields: [{ path: field }] },
    });
    expect(await idsOf('supervisor')).toEqual(before);
  });

  it('is made once however often it is sent, and an id serves one macro only', async () => {
    const input = fields({ thenStatus: 'waiting' });
    const made = await Promise.all(
      Array.from({ length: 8 }, () => people.owner.call(macrosApi.create, input)),
    );
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    const other = await refusal(people.owner.call(macrosApi.create, { ...input, body: 'другое' }));
    expect(other.problem.code).toBe('same_id_other_content');
    // Another person's ids are his own.
    expect((await people.teammate.call(macrosApi.create, input)).id).not.toBe(made[0]!.id);
    const changed = await change('owner', made[0]!, { body: 'новое' });
    expect(await people.owner.call(macrosApi.create, input)).toEqual(changed);
  });

  it('ends at a hundred of one person', async () => {
    const person = await aManager(server.database.db);
    const session = await server.signIn(person);
    await server.database.db.query(
      `INSERT INTO macro (author_id, client_id, content_hash, name, body, scope, owner_id, changed_by, changed_at)
       SELECT $1, gen_random_uuid(), '', 'x', 'x', 'own', $1, $1, now() FROM generate_series(1, 100)`,
      [person.id],
    );
    const { problem } = await refusal(session.call(macrosApi.create, fields()));
    expect([problem.code, problem.facts]).toEqual(['conflict', { what: 'macros' }]);
  });
});

describe('two at once', () => {
  it('of two who save, one wins and the other is told', async () => {
    const macro = await create('supervisor', { scope: 'everybody' });
    const calls = [
      change('supervisor', macro, { body: 'от первого' }),
      change('admin', macro, { body: 'от второго' }),
    ];
    const outcomes = await Promise.all(calls.map(outcome));
    expect([...outcomes].sort()).toEqual(['conflict', 'ok']);
    const winner = await calls[outcomes.indexOf('ok')]!;
    expect(winner.rev).toBe(2);
    const items = (await people.owner.call(macrosApi.list, {})).items;
    expect(items.find(({ id }) => id === macro.id)?.body).toBe(winner.body);
  });

  it('the same change sent twice is one change', async () => {
    const macro = await create('owner');
    const twice = await Promise.all(
      [1, 2].map(() => change('owner', macro, { name: 'Иначе', thenStatus: 'resolved' })),
    );
    expect(twice[0]).toEqual(twice[1]);
    expect(twice[0]).toMatchObject({ name: 'Иначе', thenStatus: 'resolved', rev: 2 });
    expect((await change('owner', twice[0]!)).rev).toBe(2);
  });

  it('a deletion and its undo, each sent twice, and not over somebody’s change', async () => {
    const macro = await create('supervisor', { scope: 'everybody' });
    const at = { macroId: macro.id, rev: macro.rev };
    const gone = await people.supervisor.call(macrosApi.remove, at);
    expect(await people.supervisor.call(macrosApi.remove, at)).toEqual(gone);
    expect(gone).toMatchObject({ deleted: true, rev: 2 });
    expect(await idsOf('outsider')).not.toContain(macro.id);
    expect(await outcome(change('supervisor', gone))).toBe('not_found');
    expect(await outcome(people.admin.call(macrosApi.remove, { ...at, rev: 2 }))).toBe('not_found');
    const back = await people.supervisor.call(macrosApi.restore, { ...at, rev: 2 });
    expect(await people.supervisor.call(macrosApi.restore, { ...at, rev: 2 })).toEqual(back);
    expect(back).toMatchObject({ deleted: false, rev: 3, body: macro.body });
    expect(await idsOf('outsider')).toContain(macro.id);
    const newer = await change('admin', back, { body: 'новое' });
    for (const call of [macrosApi.remove, macrosApi.restore])
      expect(await outcome(people.supervisor.call(call, { ...at, rev: 3 }))).toBe('conflict');
    expect(newer.rev).toBe(4);
  });
});

it('what is shared is written down, what is one’s own is not', async () => {
  const own = await create('owner');
  await change('owner', own, { body: 'своё' });
  const shared = await create('admin', { scope: 'everybody' });
  await change('supervisor', shared, { body: 'общее' });
  const log = (id: string) =>
    server.database.db.query<{ action: string; after: { body?: string } }>(
      `SELECT action, after FROM audit_entry WHERE subject_id = $1 ORDER BY at, action DESC`,
      [id],
    );
  expect(await log(own.id)).toEqual([]);
  expect((await log(shared.id)).map(({ action, after }) => [action, after.body])).toEqual([
    ['macro.created', shared.body],
    ['macro.changed', 'общее'],
  ]);
});

it('the table itself refuses a macro that belongs nowhere or twice', async () => {
  const macro = await create('owner');
  const put = (sql: string) =>
    server.database.db.query(`UPDATE macro SET ${sql} WHERE id = $1`, [macro.id]);
  for (const sql of [
    `owner_id = NULL`,
    `scope = 'everybody'`,
    `scope = 'team', owner_id = NULL`,
    `team_id = (SELECT id FROM team LIMIT 1)`,
    `name = ' '`,
    `body = ''`,
    `then_status = 'closed'`,
    `rev = 0`,
  ])
    await expect(put(sql), sql).rejects.toThrow(/check constraint/);
});
