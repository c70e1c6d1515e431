import { randomUUID } from 'node:crypto';
import type { Posted } from '@otklik/shared/appeals';
import { appealsApi } from '@otklik/shared/appeals.api';
import { ledgerApi } from '@otklik/shared/ledger.api';
import type { MacroView } from '@otklik/shared/macros';
import { macrosApi } from '@otklik/shared/macros.api';
import { policiesApi } from '@otklik/shared/policies.api';
import type { ObjectKind, Relation, RoleName } from '@otklik/shared/rights';
import { fitsBase } from '@otklik/shared/role-words';
import { ChosenRight } from '@otklik/shared/roles';
import { aMessage, anAppeal } from '../../modules/appeals/appeal.factory';
import { anOrder } from '../../modules/orders/order.factory';
import { createIntegrationService } from '../../modules/people';
import {
  aCustomRole,
  aDealer,
  aManager,
  aSession,
  aTeam,
  aTopic,
  aVisitor,
  type TestPerson,
} from '../../modules/people/people.factory';
import type { Standing } from '../../modules/people/rights';
import type { TestApp, TestSession, TestSocket } from '../test-app';

/** Stands in every note: no dealer may ever receive it. */
export const NOTE_CANARY = 'канарейка-заметки';
/** Stands in everything the other dealer wrote: nobody of the first may ever receive it. */
export const DEALER_CANARY = 'канарейка-соседа';

/** Somebody who tries everything. */
export interface Caller {
  name: string;
  roles: readonly RoleName[];
  /** Named by a role of his own; null: the role as it is built in. */
  customRights: readonly ChosenRight[] | null;
  person: TestPerson | null;
  /** Fresh ones, and the same of a session that is a month old. */
  headers: Record<string, string>;
  agedHeaders: Record<string, string>;
  socket: TestSocket | null;
  teamId: string | null;
}

/** Something an operation can be about, and how each caller stands to it. */
export interface Thing<Data> {
  name: string;
  data: Data;
  standing: (caller: Caller) => Standing;
  /** Kinds of object that do not exist at all here. */
  missing: readonly ObjectKind[];
}

export interface Place {
  appealId: string;
  no: number;
  dealerId: string;
  /** The message it began with, one of the supervisor, and a note of his. */
  firstId: string;
  answerId: string;
  noteId: string;
  questionId: string;
  disputeId: string;
  orderNumber: string;
  fileId: string;
  noteFileId: string;
  assigneeId: string | null;
  openerId: string;
}

export type World = Awaited<ReturnType<typeof aWorld>>;

/** Two dealers and three teams, people of every role, and an appeal for every way somebody can stand to one. */
export async function aWorld(server: TestApp) {
  const { db } = server.database;
  const teams = { a: await aTeam(db), b: await aTeam(db), c: await aTeam(db) };
  const topics = {
    a: await aTopic(db, { teamId: teams.a.id }),
    b: await aTopic(db, { teamId: teams.b.id }),
    c: await aTopic(db, { teamId: teams.c.id }),
    none: await aTopic(db),
  };
  const manager = await aManager(db, { teamIds: [teams.a.id] });
  const otherManager = await aManager(db, { teamIds: [teams.b.id] });
  const supervisor = await aManager(db, { role: 'supervisor' });
  const admin = await aManager(db, { role: 'admin' });
  // The one: of the team, without some rights of managers and with some beyond. The other: sees everything, and may do as little as possible.
  const chosen = ChosenRight.exclude([
    ...(['appeal.assign', 'appeal.change_fields', 'visitor.manage', 'entry.history'] as const),
  ]).options.filter((right) => fitsBase(right, 'manager'));
  const custom = await aCustomRole(db, { base: 'manager', rights: chosen });
  const bare = await aCustomRole(db, { base: 'supervisor', rights: [] });
  const customManager = await aManager(db, { teamIds: [teams.a.id], customRoleId: custom.id });
  const bareSupervisor = await aManager(db, { role: 'supervisor', customRoleId: bare.id });
  const helper = await aManager(db, { role: 'admin', name: 'Helper' });
  const dealers = {
    ours: await aDealer(db),
    other: await aDealer(db, { name: `Other ${DEALER_CANARY}` }),
    ofManager: await aDealer(db, { managerId: manager.id }),
    ofOtherManager: await aDealer(db, { managerId: otherManager.id }),
  };
  const own = await aVisitor(db, dealers.ours, { scope: 'own' });
  const whole = await aVisitor(db, dealers.ours, { scope: 'all' });
  const chief = await aVisitor(db, dealers.ours, { scope: 'own', chief: true });
  const boss = await aVisitor(db, dealers.ours, { scope: 'all', chief: true });
  const outsider = await aVisitor(db, dealers.other, { name: `Outsider ${DEALER_CANARY}` });
  const visitors = {
    ours: await aVisitor(db, dealers.ours, { scope: 'own' }),
    other: await aVisitor(db, dealers.other),
    ofManager: await aVisitor(db, dealers.ofManager),
    ofOtherManager: await aVisitor(db, dealers.ofOtherManager),
  };

  const sessionOf = new Map<string, TestSession>();
  for (const person of [
    ...[own, whole, chief, boss, outsider, manager, otherManager, supervisor, admin, helper],
    ...[customManager, bareSupervisor],
    ...Object.values(visitors),
  ])
    sessionOf.set(person.id, await server.signIn(person));
  const as = (person: TestPerson): TestSession => sessionOf.get(person.id)!;

  const orders = {
    ours: await anOrder(db, dealers.ours),
    other: await anOrder(db, dealers.other),
    ofManager: await anOrder(db, dealers.ofManager),
    ofOtherManager: await anOrder(db, dealers.ofOtherManager),
  };
  type DealerKey = keyof typeof dealers;

  async function upload(session: TestSession, text: string): Promise<string> {
    const form = new FormData();
    form.set('clientId', randomUUID());
    form.set('file', new Blob([text]), 'слова.txt');
    const answer = await fetch(`${server.url}/api/attachments`, {
      method: 'POST',
      headers: { cookie: session.cookie },
      body: form,
    });
    return ((await answer.json()) as { id: string }).id;
  }

  interface Setting {
    dealer: DealerKey;
    opener: TestPerson;
    team: keyof typeof topics;
    assignee?: TestPerson;
    members?: readonly TestPerson[];
    formers?: readonly TestPerson[];
  }
  /** In the words of the table, from what the place was made of; not from what the server says of it. */
  function relations(caller: Caller, setting: Setting): Relation[] {
    const { person } = caller;
    if (person === null) return [];
    const has = (people: readonly TestPerson[] = []) => people.includes(person);
    const found: Relation[] = [];
    if (person.dealerId !== null) {
      if (person.dealerId !== dealers[setting.dealer].id) return ['other_dealer'];
      found.push('same_dealer');
      if (setting.opener === person) found.push('own');
    } else {
      if (setting.team === 'none') found.push('no_team');
      else found.push(teams[setting.team].id === caller.teamId ? 'team' : 'other_team');
      if (setting.assignee === person) found.push('assignee');
      const inCharge = {
        ours: null,
        other: null,
        ofManager: manager,
        ofOtherManager: otherManager,
      };
      if (inCharge[setting.dealer] === person) found.push('in_charge');
    }
    if (has(setting.members)) found.push('participant');
    if (has(setting.formers)) found.push('former');
    return found;
  }

  async function aPlace(name: string, setting: Setting): Promise<Thing<Place>> {
    const { dealer, opener, team, assignee, members = [], formers = [] } = setting;
    const canary = dealer === 'ours' ? '' : ` ${DEALER_CANARY}`;
    const { appeal, entry } = await anAppeal(as(opener), topics[team], {
      subject: `${name}${canary}`,
      body: `Первое слово${canary}`,
      attachmentIds: [await upload(as(opener), `Файл${canary}`)],
      orderNumbers: [orders[dealer].number],
    });
    const appealId = appeal.id;
    const post = (fields: object): Promise<Posted> =>
      aMessage(as(supervisor), appealId, { clientId: randomUUID(), ...fields });
    const bring = (by: TestPerson, people: readonly TestPerson[], question = '') =>
      as(by).call(appealsApi.pullIn, {
        appealId,
        clientId: randomUUID(),
        question,
        personIds: people.map(({ id }) => id),
      });
    const dispute = await as(opener).call(ledgerApi.dispute, {
      appealId,
      clientId: randomUUID(),
      kind: 'first_response',
      cycle: 1,
      claim: 'had_answered',
      comment: 'x',
    });
    const answer = await post({ body: 'Ответ' });
    const note = await post({
      kind: 'note',
      body: NOTE_CANARY,
      attachmentIds: [await upload(as(supervisor), NOTE_CANARY)],
    });
    for (const person of [...members, ...formers])
      await bring(person.role === 'dealer' ? boss : helper, [person]);
    for (const person of formers)
      await as(person.role === 'dealer' ? boss : helper).call(appealsApi.leave, {
        appealId,
        personId: person.id,
      });
    await bring(supervisor, [helper], `Вопрос ${NOTE_CANARY}`);
    if (assignee) await as(helper).call(appealsApi.assign, { appealId, assigneeId: assignee.id });
    const [question] = await db.query<{ id: string }>(
      `SELECT id FROM colleague_question WHERE appeal_id = $1`,
      [appealId],
    );
    return {
      name,
      data: {
        appealId,
        no: appeal.no,
        dealerId: dealers[dealer].id,
        firstId: entry.id,
        answerId: answer.entry.id,
        noteId: note.entry.id,
        questionId: question!.id,
        orderNumber: orders[dealer].number,
        disputeId: dispute.disputes[0]!.id,
        fileId: entry.attachments[0]!.id,
        noteFileId: note.entry.attachments[0]!.id,
        assigneeId: assignee?.id ?? null,
        openerId: opener.id,
      },
      standing: (caller) => ({ appeal: relations(caller, setting) }),
      missing: [],
    };
  }

  const c = { team: 'c' } as const;
  const places = [
    await aPlace('opened by the visitor who sees his own', {
      dealer: 'ours',
      opener: own,
      ...c,
    }),
    await aPlace('opened by the visitor who sees all', {
      dealer: 'ours',
      opener: whole,
      ...c,
    }),
    await aPlace('opened by the chief', { dealer: 'ours', opener: chief, ...c }),
    await aPlace('opened by a colleague', { dealer: 'ours', opener: boss, ...c }),
    await aPlace('with all visitors', {
      dealer: 'ours',
      opener: boss,
      ...c,
      members: [own, whole, chief],
    }),
    await aPlace('that all visitors left', {
      dealer: 'ours',
      opener: boss,
      ...c,
      formers: [own, whole, chief],
    }),
    await aPlace('of another dealer, team A', { dealer: 'other', opener: outsider, team: 'a' }),
    await aPlace('of another dealer, team B', { dealer: 'other', opener: outsider, team: 'b' }),
    await aPlace('of another dealer, no team', { dealer: 'other', opener: outsider, team: 'none' }),
    await aPlace('of another dealer, nobody of ours', { dealer: 'other', opener: outsider, ...c }),
    await aPlace('assigned to the manager', {
      dealer: 'other',
      opener: outsider,
      ...c,
      assignee: manager,
    }),
    await aPlace('of a dealer of the manager', {
      dealer: 'ofManager',
      opener: visitors.ofManager,
      ...c,
    }),
    await aPlace('of a dealer of the other manager', {
      dealer: 'ofOtherManager',
      opener: visitors.ofOtherManager,
      ...c,
    }),
    await aPlace('with both managers', {
      dealer: 'other',
      opener: outsider,
      ...c,
      members: [manager, otherManager],
    }),
    await aPlace('that both managers left', {
      dealer: 'other',
      opener: outsider,
      ...c,
      formers: [manager, otherManager],
    }),
  ];
  const nowhere: Thing<Place> = {
    name: 'that does not exist',
    data: {
      appealId: randomUUID(),
      no: 1_999_999_999,
      dealerId: randomUUID(),
      firstId: randomUUID(),
      answerId: randomUUID(),
      noteId: randomUUID(),
      questionId: randomUUID(),
      disputeId: randomUUID(),
      orderNumber: 'none',
      fileId: randomUUID(),
      noteFileId: randomUUID(),
      assigneeId: null,
      openerId: randomUUID(),
    },
    standing: () => ({}),
    missing: ['appeal', 'entry', 'member', 'question', 'file'],
  };

  const inCharge = { ofManager: manager, ofOtherManager: otherManager } as const;
  interface DealerData {
    dealerId: string;
    visitorId: string;
    managerId: string | null;
  }
  const dealerThings: Thing<DealerData>[] = [
    ...(Object.keys(dealers) as DealerKey[]).map((key) => ({
      name: key,
      data: {
        dealerId: dealers[key].id,
        visitorId: visitors[key].id,
        managerId: dealers[key].managerId,
      },
      standing: ({ person }: Caller): Standing => ({
        dealer:
          person !== null && key in inCharge && inCharge[key as keyof typeof inCharge] === person
            ? ['in_charge']
            : ['stranger'],
      }),
      missing: [],
    })),
    {
      name: 'that does not exist',
      data: { dealerId: randomUUID(), visitorId: randomUUID(), managerId: null },
      standing: () => ({}),
      missing: ['dealer'],
    },
  ];

  const dealerOf = (key: DealerKey) => dealers[key].id;
  const orderThings: Thing<{ number: string }>[] = [
    ...(['ours', 'other'] as const).map((key) => ({
      name: key,
      data: { number: orders[key].number },
      standing: ({ person }: Caller): Standing => ({
        order: person?.dealerId === dealerOf(key) ? ['same_dealer'] : ['other_dealer'],
      }),
      missing: [],
    })),
    {
      ...{ name: 'that does not exist', data: { number: 'none' } },
      ...{ standing: () => ({}), missing: ['order'] as const },
    },
  ];

  const macro = (by: TestPerson, scope: 'own' | 'team' | 'everybody', teamId: string | null) =>
    as(by).call(macrosApi.create, {
      clientId: randomUUID(),
      name: 'x',
      body: 'x',
      thenStatus: null,
      scope,
      teamId,
    });
  const macroThing = (
    made: MacroView,
    name: string,
    standing: (caller: Caller) => Relation,
  ): Thing<MacroView> => ({
    name,
    data: made,
    missing: [],
    standing: (caller) => ({ macro: [standing(caller)] }),
  });
  const ownedBy = async (person: TestPerson, name: string) =>
    macroThing(await macro(person, 'own', null), name, (caller) =>
      caller.person === person ? 'own' : 'stranger',
    );
  const everybodys = await macro(admin, 'everybody', null);
  const macroThings: Thing<MacroView>[] = [
    await ownedBy(manager, 'of the manager'),
    await ownedBy(supervisor, 'of the supervisor'),
    await ownedBy(helper, 'of somebody else'),
    macroThing(await macro(admin, 'team', teams.a.id), 'of team A', ({ teamId }) =>
      teamId === teams.a.id ? 'team' : 'other_team',
    ),
    macroThing(everybodys, 'of everybody', () => 'no_team'),
    {
      name: 'that does not exist',
      data: { ...everybodys, id: randomUUID() },
      standing: () => ({}),
      missing: ['macro'],
    },
  ];

  const groupId = randomUUID();
  await as(admin).call(policiesApi.saveGroup, { groupId, name: 'Группа' });
  const [calendar] = await db.query<{ id: string }>(`SELECT id FROM calendar`);
  const [policy] = await db.query<{ id: string }>(`SELECT id FROM sla_policy`);

  const token = await createIntegrationService({
    db,
    now: () => new Date(),
  }).createIntegrationToken('1C');

  const aged = { createdAt: new Date(Date.now() - 10 * 86_400_000) };
  async function caller(
    name: string,
    roles: readonly RoleName[],
    person: TestPerson | null,
    teamId: string | null = null,
    customRights: readonly ChosenRight[] | null = null,
  ): Promise<Caller> {
    if (person === null) {
      const headers: Record<string, string> =
        name === 'integration' ? { authorization: `Bearer ${token}` } : {};
      const line = { headers, agedHeaders: headers, socket: null };
      return { name, roles, customRights, person, teamId, ...line };
    }
    // Rights have moved while the world was made: a new session, and its socket, begin after that.
    const session = await server.signIn(person);
    const old = await aSession(db, person, aged);
    return {
      name,
      roles,
      customRights,
      person,
      teamId,
      socket: await session.socket(),
      headers: { cookie: session.cookie },
      agedHeaders: { cookie: old.cookie },
    };
  }
  const callers: Caller[] = [
    await caller('visitor, own scope', ['dealer_own'], own),
    await caller('visitor, whole scope', ['dealer_all'], whole),
    await caller('chief', ['dealer_own', 'chief'], chief),
    await caller('visitor of another dealer', ['dealer_all'], outsider),
    await caller('manager of the team', ['manager'], manager, teams.a.id),
    await caller('manager of another team', ['manager'], otherManager, teams.b.id),
    await caller('supervisor', ['supervisor'], supervisor),
    await caller('admin', ['admin'], admin),
    await caller('manager, custom role', ['manager'], customManager, teams.a.id, chosen),
    await caller('supervisor, custom role', ['supervisor'], bareSupervisor, null, []),
    await caller('integration', ['integration'], null),
    await caller('nobody', ['nobody'], null),
  ];

  return {
    callers,
    places,
    nowhere,
    dealerThings,
    orderThings,
    macroThings,
    teams,
    topics,
    dealers,
    visitors,
    orders,
    boss,
    helper,
    outsider,
    whole,
    supervisorId: supervisor.id,
    groupId,
    calendarId: calendar!.id,
    policyId: policy!.id,
    upload,
    as,
  };
}
