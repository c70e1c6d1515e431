import { randomUUID } from 'node:crypto';
import type { Appeal } from '@otklik/shared/appeals';
import type { ErrorCode } from '@otklik/shared/errors';
import { appealsApi } from '@otklik/shared/appeals.api';
import type { ObjectState, RightName } from '@otklik/shared/rights';
import { anExchangeOrder } from '../../modules/orders/order.factory';
import { aSession, aTopic, aVisitor, PASSWORD } from '../../modules/people/people.factory';
import { verdict, type Standing } from '../../modules/people/rights';
import type { TestApp } from '../test-app';
import type { Caller, Place, Thing, World } from './world';

type Input = Record<string, unknown>;

/** One legal input of an operation and what the table has to say of it. */
export interface Sample<Data = unknown> {
  name: string;
  /** In the order in which they are asked; left out: the one the operation is registered with. */
  rights?: readonly RightName[];
  about: readonly Thing<Data>[];
  /** How a caller stands to what lies inside, beside what the thing itself says. */
  standing?: (caller: Caller, thing: Thing<Data>) => Standing;
  state?: ObjectState;
  input: (caller: Caller, thing: Thing<Data>) => Input | Promise<Input>;
  /** An id inside belongs elsewhere: whoever has the rights is told that it is not there. */
  nested?: true;
  /** What is wrong with a legal try, once its rights are clear. */
  fine?: readonly ErrorCode[];
  /** What an answer must say, beside being one; null: nothing is wrong with it. */
  check?: (body: unknown, caller: Caller, thing: Thing<Data>) => string | null;
  /** Takes away sessions or relations that other cells stand on: comes last, and with a session of its own. */
  apart?: true;
  only?: (caller: Caller) => boolean;
}

/** What is not about any object. */
const nothing: readonly Thing<null>[] = [
  { name: '', data: null, standing: () => ({}), missing: [] },
];

const isStaff = ({ person }: Caller) => person !== null && person.role !== 'dealer';
const isDealer = ({ person }: Caller) => person?.role === 'dealer';

/** The places inside which ids of other places are tried. */
const AROUND = [
  'opened by the visitor who sees his own',
  'with all visitors',
  'of another dealer, team A',
  'of a dealer of the other manager',
  'that does not exist',
];

/** At least one sample for every operation; one that has none fails the test. */
export function samplesOf(server: TestApp, world: World): Record<string, Sample[]> {
  const { db } = server.database;
  const { places, nowhere, dealerThings, orderThings, macroThings, topics, dealers } = world;
  const all = [...places, nowhere];

  /** Keeps what a sample reads from its things typed; outside only the common part is looked at. */
  const sample = <Data>(one: Sample<Data>): Sample => one as unknown as Sample;
  const plain = (input: Input | ((caller: Caller) => Input | Promise<Input>), rest = {}): Sample =>
    sample<null>({
      name: 'plain',
      about: nothing,
      ...rest,
      input: typeof input === 'function' ? input : () => input,
    });
  const at = (
    name: string,
    input: (place: Place, caller: Caller) => Input | Promise<Input>,
    rest: Partial<Sample<Place>> = {},
  ): Sample =>
    sample<Place>({ name, about: all, input: (caller, { data }) => input(data, caller), ...rest });
  const place = (input: (place: Place, caller: Caller) => Input = () => ({}), rest = {}): Sample =>
    at('plain', (one, caller) => ({ appealId: one.appealId, ...input(one, caller) }), rest);
  /** An id of another place inside this one. */
  const inside = (name: string, input: (own: Place, other: Place) => Input, rest = {}): Sample =>
    at(name, (one) => ({ appealId: one.appealId, ...input(one, otherThan(one)) }), {
      nested: true,
      // One of each side, and none: how everybody stands to the appeal around it is tried by the plain samples.
      about: all.filter(({ name }) => AROUND.includes(name)),
      ...rest,
    });
  const otherThan = (one: Place): Place =>
    places.find(({ data }) => data.dealerId !== one.dealerId)!.data;
  const ofDealer = (input: (data: { dealerId: string; managerId: string | null }) => Input) =>
    sample<{ dealerId: string; visitorId: string; managerId: string | null }>({
      name: 'plain',
      about: dealerThings,
      input: (_caller, { data }) => input(data),
    });
  const ofVisitor = (input: (visitorId: string) => Input) =>
    sample<{ visitorId: string }>({
      name: 'plain',
      about: dealerThings,
      input: (_caller, { data }) => input(data.visitorId),
    });
  const ofMacro = (input: (macro: { id: string; rev: number }) => Input) =>
    sample<{ id: string; rev: number }>({
      name: 'plain',
      about: macroThings,
      input: (_caller, { data }) => input(data),
    });
  const id = () => ({ clientId: randomUUID() });
  const shown = ['appeal.read', 'note.read'] as const;
  /** Of two appeals both have to be there before anything else is asked. */
  /** Of two appeals both have to be seen; whoever sees both and may not merge learns that. */
  const mayMerge = ({ customRights }: Caller) => customRights?.includes('appeal.merge') ?? true;
  const bothSeen = { rights: ['appeal.read'] as const, only: mayMerge };
  const mayNotMerge = (input: () => Input) =>
    place(input, { name: 'without the right', only: (caller: Caller) => !mayMerge(caller) });
  /** Whoever has the right is told that there is nothing like that. */
  const absent = { fine: ['not_found'] as const };
  /** Of a topic or a team that is new. */
  const aName = () => {
    const name = `Новое ${randomUUID()}`;
    return { rev: 0, nameRu: name, nameEn: name, active: true };
  };
  const own = (isOwn: boolean) => (isOwn ? (['own'] as const) : (['stranger'] as const));

  async function upload(caller: Caller): Promise<string> {
    if (caller.person === null) return randomUUID();
    const form = new FormData();
    form.set('clientId', randomUUID());
    form.set('file', new Blob(['x']), 'x.txt');
    const answer = await fetch(`${server.url}/api/attachments`, {
      method: 'POST',
      headers: caller.headers,
      body: form,
    });
    return ((await answer.json()) as { id: string }).id;
  }
  async function begun(caller: Caller): Promise<string> {
    const clientId = randomUUID();
    if (caller.person === null) return clientId;
    await fetch(`${server.url}/api/uploads`, {
      method: 'POST',
      headers: { ...caller.headers, 'content-type': 'application/json' },
      body: JSON.stringify({ clientId, name: 'x.txt', sizeBytes: 1 }),
    });
    return clientId;
  }
  const stranger = world.callers.find(({ name }) => name === 'visitor of another dealer')!;
  const strangersOwn = (kind: 'file' | 'upload' | 'session', caller: Caller): Standing => ({
    [kind]: own(caller === stranger),
  });
  const mine = (kind: 'file' | 'upload' | 'session') => (): Standing => ({ [kind]: ['own'] });
  const somebodys = (kind: 'file' | 'upload' | 'session') => (caller: Caller) =>
    strangersOwn(kind, caller);
  const mineOrNot = (
    kind: 'file' | 'upload' | 'session',
    make: (caller: Caller) => Promise<string>,
    input: (madeId: string) => Input,
  ): Sample[] => [
    plain(async (caller) => input(await make(caller)), {
      name: 'one’s own',
      standing: mine(kind),
    }),
    plain(async () => input(await make(stranger)), {
      name: 'a stranger’s',
      standing: somebodys(kind),
    }),
    plain(() => input(randomUUID()), { name: 'one that does not exist' }),
  ];
  const newSession = async (caller: Caller): Promise<string> =>
    caller.person === null ? randomUUID() : (await aSession(db, caller.person)).id;

  /** An entry as it stands to a caller: the first is of who opened, the answer of the supervisor. */
  const entryBy =
    (which: 'first' | 'answer') =>
    ({ person }: Caller, { data }: Thing<Place>): Standing => ({
      entry: own(
        which === 'first' ? person?.id === data.openerId : person?.id === world.supervisorId,
      ),
    });
  const rewording = (rest: (which: { entryId: string }) => Input): Sample[] =>
    (['first', 'answer'] as const)
      .map((which) =>
        at(
          which === 'first' ? 'the first message' : 'an answer of the supervisor',
          (one) => ({
            appealId: one.appealId,
            ...id(),
            ...rest({ entryId: which === 'first' ? one.firstId : one.answerId }),
          }),
          { standing: entryBy(which) },
        ),
      )
      .concat(
        inside(
          'a message of another appeal',
          (_own, other) => ({ ...id(), ...rest({ entryId: other.firstId }) }),
          { rights: ['appeal.read'] },
        ),
      );

  const aCalendar = {
    name: 'x',
    zone: 'Europe/Moscow',
    days: [],
    isCompany: false,
    teamIds: [],
    dealerIds: [],
    versions: [
      {
        validFrom: null,
        country: 'RU',
        week: [[{ from: 540, to: 1080 }], [{ from: 540, to: 1080 }], [], [], [], [], []],
      },
    ],
  };
  const aPolicy = (topicId: string) => ({
    name: 'x',
    dealerId: null,
    groupId: null,
    priority: 'low',
    topicId,
    typeCode: 'error',
    firstResponseMinutes: 60,
    nextResponseMinutes: 60,
    resolutionMinutes: 600,
    questionMinutes: 60,
    warnPercent: 75,
  });
  const wrongRev = { rev: 1_000_000 };
  const orderWords = (no: string) => ({ number: no });

  return {
    /* One's own account */
    'POST /session': [
      plain(
        async () => {
          const visitor = await aVisitor(db, dealers.ours);
          return { login: visitor.login, password: PASSWORD };
        },
        { apart: true },
      ),
    ],
    'DELETE /session': [plain({}, { apart: true })],
    'GET /me': [plain({})],
    'PATCH /me/settings': [plain({ theme: 'dark' })],
    'PUT /me/name': [plain({ name: 'x' }, { state: 'single' })],
    'PUT /me/password': [plain({ current: PASSWORD, next: PASSWORD }, { apart: true })],
    'GET /me/sessions': [plain({})],
    'DELETE /me/sessions/:sessionId': mineOrNot('session', newSession, (sessionId) => ({
      sessionId,
    })),
    'POST /me/sessions/end-others': [plain({}, { apart: true })],
    'GET /colleagues': [plain({})],
    'GET /dealer/colleagues': [plain({})],
    'GET /rights': [plain({})],
    'GET /roles': [plain({})],
    'PUT /roles/:roleId': [
      plain(() => ({
        ...{ roleId: randomUUID(), rev: 0, name: randomUUID() },
        base: 'manager',
        rights: [],
      })),
    ],
    'DELETE /roles/:roleId': [plain({ roleId: randomUUID(), rev: 1 })],
    'GET /directories': [plain({})],

    /* Appeals */
    'GET /sync': [
      plain(
        {},
        {
          check: (body: unknown, caller: Caller) =>
            seen((body as { items: Appeal[] }).items, places, caller),
        },
      ),
    ],
    'GET /appeals': [
      plain(
        { view: 'all', limit: 100 },
        {
          check: (body: unknown, caller: Caller) =>
            seen((body as { items: Appeal[] }).items, places, caller),
        },
      ),
      plain(
        { view: 'queue', limit: 100 },
        { name: 'a view of the staff', rights: ['appeal.staff_views'] },
      ),
      sample<Place>({
        name: 'of one dealer',
        about: places,
        input: (_caller, { data }) => ({ view: 'all', limit: 100, dealerId: data.dealerId }),
        check: (body, caller, { data }) =>
          seen(
            (body as { items: Appeal[] }).items,
            places.filter((one) => one.data.dealerId === data.dealerId),
            caller,
          ),
      }),
    ],
    'GET /appeals/counts': [plain({})],
    'POST /appeals': [
      plain(() => ({ ...id(), typeCode: 'complaint', topicId: topics.c.id, body: 'x' }), {
        name: 'a dealer’s own',
        only: (caller: Caller) => !isStaff(caller),
      }),
      plain(
        () => ({
          ...id(),
          typeCode: 'complaint',
          topicId: topics.c.id,
          body: 'x',
          dealerId: dealers.ours.id,
        }),
        { name: 'on behalf', rights: ['appeal.open_for', 'appeal.open'] },
      ),
      plain(
        () => ({
          ...id(),
          typeCode: 'complaint',
          topicId: topics.c.id,
          body: 'x',
          dealerId: dealers.ours.id,
          orderNumbers: [world.orders.other.number],
        }),
        {
          name: 'with an order of another dealer',
          nested: true,
          rights: ['appeal.open_for', 'appeal.open'],
        },
      ),
    ],
    'GET /appeals/by-number/:no': [at('plain', ({ no }) => ({ no }))],
    'GET /appeals/:appealId': [place()],
    'GET /appeals/:appealId/entries': [place(() => ({ limit: 50 }))],
    'POST /appeals/:appealId/entries': [
      place(() => ({ ...id(), body: 'x' })),
      at('a note', ({ appealId }) => ({ appealId, ...id(), kind: 'note', body: 'x' }), {
        rights: ['note.write', 'appeal.write'],
      }),
      inside('quoting another appeal', (_own, other) => ({
        ...id(),
        body: 'x',
        replyTo: other.firstId,
      })),
      inside('with an order of another dealer', (_own, other) => ({
        ...id(),
        body: 'x',
        orderNumbers: [other.orderNumber],
      })),
      inside('with a file of somebody else', (_own, other) => ({
        ...id(),
        body: 'x',
        attachmentIds: [other.fileId],
      })),
    ],
    'GET /appeals/:appealId/entries/:entryId': [
      place(({ firstId }) => ({ entryId: firstId })),
      at('a note', ({ appealId, noteId }) => ({ appealId, entryId: noteId }), { rights: shown }),
      inside('of another appeal', (_own, other) => ({ entryId: other.firstId })),
    ],
    'PUT /appeals/:appealId/entries/:entryId/body': rewording((which) => ({
      ...{ ...which, body: `x ${randomUUID()}` },
    })),
    'GET /appeals/:appealId/entries/:entryId/versions': [
      place(({ firstId }) => ({ entryId: firstId })),
      inside('of another appeal', (_own, other) => ({ entryId: other.firstId })),
    ],
    'POST /appeals/:appealId/read': [place(() => ({ seq: 1 }))],
    'POST /appeals/:appealId/unread': [place(() => ({ seq: 1 }))],
    'PUT /appeals/:appealId/assignee': [
      place(({ assigneeId }) => ({ assigneeId })),
      inside('to somebody of a dealer', () => ({ assigneeId: world.boss.id }), {
        rights: ['appeal.assign'],
      }),
    ],
    'PUT /appeals/:appealId/status': [
      place(() => ({ status: 'in_work' }), {
        name: 'in work',
        rights: ['appeal.change_status'],
      }),
      at('done, as long as it is open', ({ appealId }) => ({ appealId, status: 'resolved' }), {
        state: 'open',
        apart: true,
      }),
      at(
        'done, when it is closed',
        async ({ appealId }) => {
          if (places.some(({ data }) => data.appealId === appealId))
            await world.as(world.helper).call(appealsApi.changeStatus, {
              appealId,
              status: 'closed',
            });
          return { appealId, status: 'resolved' };
        },
        { state: 'done', apart: true },
      ),
    ],
    'PATCH /appeals/:appealId': [place(() => ({ typeCode: 'complaint' }))],
    'POST /appeals/:appealId/participants': [
      place(() => ({ ...id(), personIds: [world.helper.id], question: '' }), {
        name: 'a colleague',
        only: (caller: Caller) => !isDealer(caller),
      }),
      place(() => ({ ...id(), personIds: [world.boss.id], question: '' }), {
        name: 'somebody of the dealer',
        only: isDealer,
        about: [...all.filter(({ data }) => data.dealerId === dealers.ours.id), nowhere],
      }),
      inside(
        'somebody of another dealer',
        () => ({
          ...id(),
          personIds: [world.visitors.other.id],
          question: '',
        }),
        { only: ({ name }: Caller) => name !== stranger.name },
      ),
    ],
    'DELETE /appeals/:appealId/participants/:personId': [
      place((_one, { person }) => ({ personId: person?.id ?? randomUUID() }), {
        name: 'himself',
        apart: true,
        standing: ({ person }: Caller, { data }: Thing<Place>) => ({
          member: isDealerOpener(person?.id, person?.role, data)
            ? ['opener']
            : person?.id === data.assigneeId
              ? ['own', 'assignee']
              : ['own'],
        }),
      }),
      place(
        (_one, { person }) => ({
          personId: person?.role === 'dealer' ? world.visitors.ours.id : randomUUID(),
        }),
        {
          name: 'somebody else',
          standing: ({ person }: Caller, { data }: Thing<Place>) => ({
            member: person?.id === data.assigneeId ? ['stranger', 'assignee'] : ['stranger'],
          }),
        },
      ),
      place(({ openerId }) => ({ personId: openerId }), {
        name: 'who opened it',
        only: isDealer,
        standing: () => ({ member: ['opener'] }),
      }),
    ],
    'POST /appeals/:appealId/orders': [
      place(({ orderNumber }) => orderWords(orderNumber)),
      inside('of another dealer', (_own, other) => orderWords(other.orderNumber)),
    ],
    'DELETE /appeals/:appealId/orders/:number': [
      inside('of another dealer', (_own, other) => orderWords(other.orderNumber)),
      at(
        'its own',
        async ({ appealId, orderNumber: number }) => {
          if (places.some(({ data }) => data.appealId === appealId))
            await world.as(world.helper).call(appealsApi.linkOrder, { appealId, number });
          return { appealId, number };
        },
        { apart: true },
      ),
    ],
    'POST /appeals/:appealId/no-answer-needed': [place()],
    'GET /appeals/:appealId/clocks': [place()],
    'GET /appeals/:appealId/ledger': [place()],
    'POST /appeals/:appealId/disputes': [
      place(() => ({
        ...id(),
        kind: 'first_response',
        cycle: 1,
        claim: 'had_answered',
        comment: 'x',
      })),
    ],
    'POST /appeals/:appealId/disputes/:disputeId/outcome': [
      inside('of another appeal', (_own, other) => ({
        ...id(),
        disputeId: other.disputeId,
        outcome: 'rejected',
        reason: 'x',
      })),
      place(({ disputeId }) => ({ ...id(), disputeId, outcome: 'rejected', reason: 'x' })),
    ],
    'GET /disputes': [plain({})],
    'DELETE /appeals/:appealId/questions/:questionId': [
      inside('of another appeal', (_own, other) => ({ questionId: other.questionId }), {
        rights: ['note.read'],
      }),
      place(({ questionId }) => ({ questionId }), {
        standing: ({ person }: Caller, { data }: Thing<Place>) => ({
          question: [
            ...own(person?.id === world.supervisorId),
            ...(person?.id === data.assigneeId ? (['assignee'] as const) : []),
          ],
        }),
      }),
    ],
    'GET /appeals/:appealId/digest': [place(() => ({ fromSeq: 1, toSeq: 2 }))],
    'POST /receipts': [
      sample<Place>({
        name: 'plain',
        about: places,
        input: (_caller, { data }) => ({ items: [{ appealId: data.appealId, got: 1, shown: 1 }] }),
      }),
    ],
    'GET /appeals/:appealId/entries/:entryId/receipts': [
      place(({ firstId }) => ({ entryId: firstId })),
      inside('of another appeal', (_own, other) => ({ entryId: other.firstId })),
    ],
    'POST /presence': [
      place(() => ({ writes: 'reply', windowId: randomUUID() })),
      at('a note', ({ appealId }) => ({ appealId, writes: 'note', windowId: randomUUID() }), {
        rights: ['appeal.read', 'note.write'],
      }),
    ],
    'GET /drafts': [plain({})],
    'PUT /drafts': [
      at(
        'plain',
        ({ appealId }) => ({ appealId, mode: 'reply', pendingId: null, content: { body: 'x' } }),
        { rights: ['draft.keep', 'appeal.read'] },
      ),
      at(
        'a note',
        ({ appealId }) => ({ appealId, mode: 'note', pendingId: null, content: { body: 'x' } }),
        { rights: ['draft.keep', 'note.write', 'appeal.read'] },
      ),
    ],
    'GET /notices': [plain({ limit: 10 })],
    'PUT /notices/read': [plain({ noticeIds: [randomUUID()], read: true })],
    'GET /board': [plain({ by: 'team' })],
    'POST /board/reassign': [
      sample<Place>({
        name: 'plain',
        about: places,
        check: (body, caller, thing) => {
          const [item] = (body as { items: { result: string }[] }).items;
          const isThere = item?.result !== 'not_found';
          return isThere === mayRead(caller, thing) ? null : `answers ${item?.result}`;
        },
        input: (_caller, { data }) => ({
          items: [{ ...id(), appealId: data.appealId, from: data.assigneeId, to: data.assigneeId }],
        }),
      }),
    ],
    'GET /reports': [plain({ from: '2026-01-01', to: '2026-01-31', by: 'manager' })],
    'GET /reports/appeals': [
      plain({ from: '2026-01-01', to: '2026-01-31', measure: 'opened', limit: 10 }),
    ],

    /* Merging moves what other cells look at */
    'GET /appeals/:appealId/merge': [
      place(({ appealId }) => ({ intoId: appealId }), { fine: ['invalid_input'] }),
      inside('into one of another dealer', (_own, other) => ({ intoId: other.appealId }), bothSeen),
    ],
    'POST /appeals/:appealId/merge': [
      inside(
        'into one of another dealer',
        (_own, other) => ({ ...id(), intoId: other.appealId }),
        bothSeen,
      ),
      inside('into one that does not exist', () => ({ ...id(), intoId: randomUUID() }), bothSeen),
      mayNotMerge(() => ({ ...id(), intoId: places[0]!.data.appealId })),
    ],
    'POST /appeals/:appealId/merge/undo': [place(() => id())],
    'POST /appeals/:appealId/split': [
      inside('a message of another appeal', (_own, other) => ({
        ...id(),
        entryIds: [other.firstId],
        typeCode: 'error',
        topicId: topics.c.id,
        subject: 'x',
      })),
      place(
        ({ firstId }) => ({
          ...id(),
          entryIds: [firstId],
          typeCode: 'error',
          topicId: topics.c.id,
          subject: 'x',
        }),
        { name: 'its own message' },
      ),
    ],

    /* Files and orders */
    'POST /attachments': [plain(() => id())],
    'POST /uploads': [
      plain(({ name }) => ({ clientId: sameFor(name), name: 'x.txt', sizeBytes: 1 })),
    ],
    'GET /uploads/:clientId': mineOrNot('upload', begun, (clientId) => ({ clientId })),
    'PATCH /uploads/:clientId': mineOrNot('upload', begun, (clientId) => ({
      clientId,
      offset: 0,
    })),
    'DELETE /uploads/:clientId': mineOrNot('upload', begun, (clientId) => ({ clientId })),
    'DELETE /attachments/:attachmentId': [
      ...mineOrNot('file', upload, (attachmentId) => ({ attachmentId })),
      at('one that a message has', ({ fileId }) => ({ attachmentId: fileId }), {
        standing: () => ({ file: ['stranger'] }),
      }),
    ],
    'GET /attachments/:attachmentId/file': [
      ...mineOrNot('file', upload, (attachmentId) => ({ attachmentId })),
      at('of a message', ({ fileId }) => ({ attachmentId: fileId }), {
        rights: ['appeal.read'],
      }),
      at('of a note', ({ noteFileId }) => ({ attachmentId: noteFileId }), { rights: shown }),
    ],
    'GET /attachments/:attachmentId/preview': [
      at('of a message that has none', ({ fileId }) => ({ attachmentId: fileId }), {
        rights: ['appeal.read'],
        nested: true,
      }),
    ],
    'GET /orders': [plain({ filter: 'all', limit: 100 })],
    'GET /orders/counts': [plain({})],
    'GET /orders/find': [plain({ prefix: '5' })],
    'GET /orders/:number': [
      sample<{ number: string }>({
        name: 'plain',
        about: orderThings,
        input: (_caller, { data }) => data,
      }),
    ],
    'POST /exchange/orders': [plain(() => ({ orders: [anExchangeOrder(dealers.ours)] }))],

    /* Macros */
    'GET /macros': [plain({})],
    'POST /macros': [
      plain(() => ({
        ...id(),
        name: 'x',
        body: 'x',
        thenStatus: null,
        scope: 'own',
        teamId: null,
      })),
      plain(
        () => ({
          ...id(),
          name: 'x',
          body: 'x',
          thenStatus: null,
          scope: 'everybody',
          teamId: null,
        }),
        { name: 'for everybody', rights: ['macro.share'] },
      ),
      plain(
        () => ({
          ...id(),
          name: 'x',
          body: 'x',
          thenStatus: null,
          scope: 'team',
          teamId: world.teams.a.id,
        }),
        { name: 'for a team', rights: ['macro.share'] },
      ),
    ],
    'PUT /macros/:macroId': [
      ofMacro(({ id: macroId }) => ({
        macroId,
        ...wrongRev,
        name: 'y',
        body: 'y',
        thenStatus: null,
        scope: 'own',
        teamId: null,
      })),
    ],
    'DELETE /macros/:macroId': [ofMacro(({ id: macroId }) => ({ macroId, ...wrongRev }))],
    'POST /macros/:macroId/restore': [ofMacro(({ id: macroId }) => ({ macroId, ...wrongRev }))],

    /* Dealers */
    'GET /dealers': [plain({ limit: 10 })],
    'POST /dealers': [
      plain(() => ({
        ...{ code: `D-${randomUUID().slice(0, 8)}`, name: 'x', taxId: '7700000000' },
        zone: 'Europe/Moscow',
        contract: '',
        phone: '',
        email: '',
        address: '',
        managerId: null,
      })),
    ],
    'GET /dealers/:dealerId': [ofDealer(({ dealerId }) => ({ dealerId }))],
    'PATCH /dealers/:dealerId': [ofDealer(({ dealerId }) => ({ dealerId, maxSessions: 5 }))],
    'GET /dealers/:dealerId/visitors': [ofDealer(({ dealerId }) => ({ dealerId }))],
    'POST /dealers/:dealerId/visitors': [
      ofDealer(({ dealerId }) => ({
        ...{ dealerId, name: 'x', jobTitle: '', login: `${randomUUID()}@example.test` },
        email: '',
        phone: '',
        scope: 'own',
        shared: false,
        chief: false,
      })),
    ],
    'PATCH /visitors/:visitorId': [ofVisitor((visitorId) => ({ visitorId, jobTitle: '' }))],
    'POST /visitors/:visitorId/password-link': [ofVisitor((visitorId) => ({ visitorId }))],
    'GET /dealers/:dealerId/sessions': [ofDealer(({ dealerId }) => ({ dealerId }))],
    'DELETE /dealers/:dealerId/sessions/:sessionId': [
      sample<{ dealerId: string; visitorId: string }>({
        ...{ name: 'of its own', about: dealerThings.filter(({ missing }) => !missing.length) },
        input: async (_caller, { data }) => ({
          dealerId: data.dealerId,
          sessionId: (await aSession(db, { id: data.visitorId })).id,
        }),
      }),
      sample<{ dealerId: string; visitorId: string }>({
        name: 'of another dealer',
        about: dealerThings,
        nested: true,
        input: async (_caller, { data }) => {
          const { visitors } = world;
          const other = data.visitorId === visitors.ours.id ? visitors.other : visitors.ours;
          return { dealerId: data.dealerId, sessionId: (await aSession(db, other)).id };
        },
      }),
    ],
    'GET /dealers/:dealerId/log': [ofDealer(({ dealerId }) => ({ dealerId, limit: 10 }))],

    'GET /dealer/contacts': [
      plain(
        {},
        {
          check: (body: unknown) =>
            Object.keys(body as object)
              .sort()
              .join() === 'address,can,email,name,ownEmail,ownPhone,phone'
              ? null
              : 'a field that dealers do not get',
        },
      ),
    ],
    'PUT /dealer/contacts': [
      plain({
        ...{ phone: '', email: '', address: '', ownPhone: '', ownEmail: '' },
        expected: { phone: '', email: '', address: '', ownPhone: '', ownEmail: '' },
      }),
    ],

    /* The company's rules */
    'POST /password-links/look': [plain({ token: 'no such link' }, { fine: ['not_found'] })],
    'POST /password-links/use': [
      plain({ token: 'no such link', password: PASSWORD }, { fine: ['not_found'] }),
    ],
    'GET /sign-on': [plain({})],
    'POST /sign-on': [plain({}, { fine: ['sign_on_failed'] })],
    'POST /sign-on/finish': [plain({ answer: 'code=none' }, { fine: ['sign_on_failed'] })],
    'GET /staff': [plain({})],
    'POST /staff': [
      plain(() => ({ login: `staff-${randomUUID()}`, name: 'Новый сотрудник', role: 'manager' })),
    ],
    'PATCH /staff/:personId': [plain({ personId: randomUUID(), jobTitle: 'x' }, absent)],
    'POST /staff/:personId/password-link': [plain({ personId: randomUUID() }, absent)],
    'POST /staff/:personId/end-sessions': [plain({ personId: randomUUID() }, absent)],
    'DELETE /people/:personId/second-step': [plain({ personId: randomUUID() }, absent)],
    // With somebody there it would change whom the session answers: `viewing.itest.ts`.
    'POST /view-as': [plain({ personId: randomUUID() }, absent)],
    'DELETE /view-as': [plain({})],
    'PUT /me/devices/:deviceId': [plain({ deviceId: randomUUID(), isMine: true }, absent)],
    'GET /integration-tokens': [plain({})],
    'POST /integration-tokens': [
      plain(() => ({ name: randomUUID(), scopes: ['orders.write'], days: 1 })),
    ],
    'DELETE /integration-tokens/:tokenId': [plain({ tokenId: randomUUID() }, absent)],
    'POST /me/proof': [plain({ password: PASSWORD })],
    'GET /me/second-step': [plain({})],
    'POST /me/second-step': [plain({})],
    'PUT /me/second-step': [plain({ code: '000000' }, { fine: ['wrong_code', 'conflict'] })],
    'POST /me/second-step/recovery-codes': [plain({}, { fine: ['conflict'] })],
    'DELETE /me/second-step': [plain({})],
    'GET /audit': [plain({ limit: 10 })],
    'GET /audit/csv': [plain({ q: 'nothing like it' })],
    'POST /audit/exports': [plain({ what: 'report', format: 'csv', name: 'report.csv' })],
    'GET /admin/seats': [plain({})],
    'GET /company/settings': [plain({})],
    'PATCH /company/settings': [plain({ editMinutes: 15 })],
    'GET /sla/calendars': [plain({})],
    'POST /sla/calendars': [plain(() => ({ calendarId: randomUUID(), ...aCalendar }))],
    'PUT /sla/calendars/:calendarId': [
      plain({ calendarId: world.calendarId, ...wrongRev, ...aCalendar }),
    ],
    'DELETE /sla/calendars/:calendarId': [plain({ calendarId: world.calendarId })],
    'GET /sla/policies': [plain({})],
    'POST /sla/policies': [
      plain(async () => ({ policyId: randomUUID(), ...aPolicy((await aTopic(db)).id) })),
    ],
    'PUT /sla/policies/:policyId': [
      plain({ policyId: world.policyId, ...wrongRev, ...aPolicy(topics.a.id) }),
    ],
    'DELETE /sla/policies/:policyId': [plain({ policyId: world.policyId, ...wrongRev })],
    'POST /sla/policies/:policyId/restore': [plain({ policyId: world.policyId })],
    'POST /sla/preview': [plain({ policyId: world.policyId, draft: null, limit: 10 })],
    'POST /sla/dry-run': [
      plain({
        weeks: 1,
        calendar: null,
        policy: { policyId: world.policyId, draft: aPolicy(topics.a.id) },
      }),
    ],
    'GET /sla/coverage': [plain({})],
    'GET /sla/unmatched': [plain({ limit: 10 })],
    'GET /sla/recompute': [plain({})],
    'GET /directories/lists': [plain({})],
    'PUT /topics/:topicId': [
      plain(() => ({ topicId: randomUUID(), ...aName(), teamId: null })),
      plain(
        { topicId: topics.a.id, ...aName(), rev: 999, teamId: null },
        { name: 'changed', fine: ['conflict'] },
      ),
    ],
    'POST /topics/:topicId/move': [plain({ topicId: topics.a.id, afterId: null })],
    'PUT /teams/:teamId': [plain(() => ({ teamId: randomUUID(), ...aName() }))],
    'GET /sla/ladder': [plain({})],
    'PUT /sla/ladder': [plain({ ...wrongRev, steps: [] })],
    'GET /sla/groups': [plain({})],
    'PUT /sla/groups/:groupId': [plain({ groupId: world.groupId, name: 'Группа' })],
    'DELETE /sla/groups/:groupId': [plain({ groupId: world.groupId }, { apart: true })],
    'POST /sla/groups/:groupId/restore': [plain({ groupId: world.groupId })],
    'PUT /sla/dealers/:dealerId/group': [plain({ dealerId: dealers.ours.id, groupId: null })],

    // Last of the appeals: what is solved or deleted is looked at by none of the others.
    'DELETE /appeals/:appealId/entries/:entryId': rewording((which) => which).map((one) => ({
      ...one,
      apart: true as const,
    })),
  };
}

const mayRead = (caller: Caller, thing: Pick<Thing<unknown>, 'standing'>) =>
  verdict(caller.roles, 'appeal.read', thing.standing(caller)) === 'yes';

/** A list shows exactly those places that may be read; what else there is by now is not looked at. */
function seen(
  items: readonly Appeal[],
  places: readonly Thing<Place>[],
  caller: Caller,
): string | null {
  const shown = new Set(items.map((one) => one.id));
  const wrong = places.filter((one) => shown.has(one.data.appealId) !== mayRead(caller, one));
  return wrong.length === 0 ? null : `wrong in the list: ${wrong.map(({ name }) => name).join()}`;
}

const isDealerOpener = (id: string | undefined, role: string | undefined, place: Place) =>
  role === 'dealer' && id === place.openerId;

const ids = new Map<string, string>();
/** The same id whenever the same caller asks. */
function sameFor(name: string): string {
  const known = ids.get(name) ?? randomUUID();
  ids.set(name, known);
  return known;
}
