import type { Ack, Problem } from '@otklik/shared/errors';
import type { RightName } from '@otklik/shared/rights';
import { Appeal, Entry } from '@otklik/shared/appeals';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type * as z from 'zod';
import { aMessage } from '../../modules/appeals/appeal.factory';
import { aSession } from '../../modules/people/people.factory';
import { jobRights, newsRights, rights, verdict } from '../../modules/people/rights';
import type { Operation } from '../../platform/http';
import { testApp, type TestApp } from '../test-app';
import { samplesOf, type Sample } from './samples';
import {
  aWorld,
  DEALER_CANARY,
  NOTE_CANARY,
  type Caller,
  type Place,
  type Thing,
  type World,
} from './world';

type Input = Record<string, unknown>;
type Expected = 'yes' | 'forbidden' | 'absent' | 'not_signed_in';

let server: TestApp;
let world: World;
let samples: Record<string, Sample[]>;

beforeAll(async () => {
  server = await testApp();
  world = await aWorld(server);
  samples = samplesOf(server, world);
});
afterAll(() => server.close());

const keyOf = ({ route }: Pick<Operation, 'route'>) => `${route.method} ${route.path}`;
const nameOf = ({ operation, sample, thing, caller }: Cell) =>
  [keyOf(operation), sample.name, thing.name, `as ${caller.name}`].filter(Boolean).join(', ');

/** One question: may this caller do this with that? */
interface Cell {
  operation: Operation;
  sample: Sample;
  thing: Thing<unknown>;
  caller: Caller;
}
interface Answer {
  status: number;
  /** Null: bytes. */
  body: unknown;
  text: string;
}

/** Every right in the order in which it is asked, those that others need first. */
const chainOf = (names: readonly RightName[]): RightName[] =>
  names.flatMap((name) => {
    const { needs } = rights[name];
    return [...(needs ? chainOf([needs]) : []), name];
  });

/** What the table says to a cell, and the right at which a refusal happens. */
function expectedOf({ operation, sample, thing, caller }: Cell): {
  expected: Expected;
  by: RightName | null;
} {
  const isPerson = caller.person !== null;
  const admitted =
    operation.access === 'public' ||
    (operation.access === 'integration' ? caller.name === 'integration' : isPerson);
  if (!admitted) return { expected: 'not_signed_in', by: null };
  const standing = { ...thing.standing(caller), ...sample.standing?.(caller, thing) };
  for (const name of chainOf(sample.rights ?? [operation.route.right])) {
    const { object } = rights[name];
    if (object !== null && thing.missing.includes(object)) return { expected: 'absent', by: name };
    const said = verdict(caller.roles, name, standing, sample.state ?? null, caller.customRights);
    if (said !== 'yes') return { expected: said, by: name };
  }
  const isGone = sample.nested === true || thing.missing.length > 0;
  return { expected: isGone ? 'absent' : 'yes', by: null };
}

/** The request of a cell: fields in path, query and body as the contract has them. */
async function send(
  operation: Operation,
  input: Input,
  headers: Record<string, string>,
): Promise<Answer> {
  const { method } = operation.route;
  const rest = { ...input };
  let path = operation.route.path.replace(/:(\w+)/g, (_all, name: string) => {
    const value = rest[name];
    delete rest[name];
    return encodeURIComponent(String(value));
  });
  const init: RequestInit = { method, headers };
  if (method === 'GET' || method === 'DELETE' || operation.bytes) {
    const query = new URLSearchParams(
      Object.entries(rest).map(([name, value]): [string, string] => [name, String(value)]),
    );
    if (query.size > 0) path += `?${query}`;
    if (operation.bytes) {
      init.headers = { ...headers, 'content-type': 'application/octet-stream' };
      init.body = 'x';
    }
  } else if (operation.multipart) {
    const form = new FormData();
    for (const [name, value] of Object.entries(rest)) form.append(name, String(value));
    form.append('file', new Blob(['x']), 'x.txt');
    init.body = form;
  } else {
    init.headers = { ...headers, 'content-type': 'application/json' };
    init.body = JSON.stringify(rest);
  }
  const answer = await fetch(`${server.url}/api${path}`, init);
  const text = await answer.text();
  const isJson = answer.headers.get('content-type')?.includes('json') ?? false;
  return { status: answer.status, body: isJson ? (JSON.parse(text) as unknown) : null, text };
}

const codeOf = (body: unknown) =>
  typeof body === 'object' && body !== null && 'code' in body ? String(body.code) : '';

/** What is wrong with an answer, in words; null: nothing. */
function fault(cell: Cell, expected: Expected, { status, body, text }: Answer): string | null {
  const { caller, sample, operation } = cell;
  const code = status >= 400 ? codeOf(body) : '';
  const said = `${status} ${code} instead of ${expected}`;
  const leak = leakIn(text, caller);
  if (leak !== null) return leak;
  if (expected !== 'yes') {
    const codes = { forbidden: 'forbidden', absent: 'not_found', not_signed_in: 'not_signed_in' };
    return code === codes[expected] ? null : said;
  }
  // Past all rights, somebody else may have been quicker.
  if (status >= 400)
    return code === 'conflict' || sample.fine?.some((one) => one === code) ? null : said;
  if (operation.output !== 'binary') {
    const odd = strayFields(operation.output, body);
    if (odd !== null) return odd;
  }
  return sample.check?.(body, caller, cell.thing) ?? null;
}

/** Nothing of a note reaches a dealer, nothing of another dealer reaches this one: in no byte of any answer. */
function leakIn(text: string, { person }: Caller): string | null {
  if (person?.role !== 'dealer') return null;
  if (text.includes(NOTE_CANARY)) return 'tells a note to a dealer';
  if (person.dealerId === world.dealers.ours.id && text.includes(DEALER_CANARY))
    return 'tells what is another dealer’s';
  return null;
}

/** An answer holds the fields of the contract and no other: its schema, which drops what it does not name, gives the same again. */
function strayFields(schema: z.ZodType, body: unknown): string | null {
  const parsed = schema.safeParse(body);
  if (!parsed.success) return `is not as documented: ${parsed.error.message.slice(0, 200)}`;
  const sorted = (value: unknown) =>
    JSON.stringify(value, (_key, inner: unknown) =>
      typeof inner === 'object' && inner !== null && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
        : inner,
    );
  const [told, known] = [sorted(body), sorted(parsed.data)];
  if (told === known) return null;
  const at = [...told].findIndex((sign, index) => sign !== known[index]);
  return `tells more than the contract: …${told.slice(Math.max(0, at - 60), at + 60)}…`;
}

/** Runs at most a few at once. */
async function all<Item>(
  items: readonly Item[],
  width: number,
  run: (item: Item) => Promise<void>,
) {
  const queue = [...items];
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (let item = queue.shift(); item !== undefined; item = queue.shift()) await run(item);
    }),
  );
}

function groupBy<Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

/** Ten lines that differ in what they are about say no more than one. */
function brief(wrong: readonly string[]): string[] {
  const kinds = groupBy(
    wrong,
    (line) => line.split(',').slice(0, 2).join() + line.slice(line.lastIndexOf(': ')),
  );
  return [...kinds.values()].flatMap((lines) => lines.slice(0, 3)).slice(0, 60);
}

/** How often the same question is asked about another thing to which the caller stands alike. */
const ALIKE = 2;

function cellsOf(fits: (sample: Sample) => boolean): Cell[] {
  const asked = new Map<string, number>();
  const isNews = ({ operation, sample, thing, caller }: Cell) => {
    const standing = { ...thing.standing(caller), ...sample.standing?.(caller, thing) };
    const question = [keyOf(operation), sample.name, caller.name, thing.missing, standing];
    const key = JSON.stringify(question);
    const times = (asked.get(key) ?? 0) + 1;
    asked.set(key, times);
    // Whoever is no person stands to all things alike.
    return times <= (caller.person === null ? 1 : ALIKE);
  };
  return server.app.api.operations.flatMap((operation) =>
    (samples[keyOf(operation)] ?? []).filter(fits).flatMap((sample) =>
      sample.about.flatMap((thing) =>
        world.callers
          .filter((caller) => sample.only?.(caller) ?? true)
          .map((caller) => ({ operation, sample, thing, caller }))
          .filter(isNews),
      ),
    ),
  );
}

/** Refusals that must look alike, by operation, caller and right: whatever is not there for somebody is not there in one way. */
const absences = new Map<string, Map<string, string>>();
function remember(cell: Cell, by: RightName | null, { body }: Answer): void {
  if (by === null) return;
  const { requestId: _own, ...rest } = body as Problem;
  const key = `${keyOf(cell.operation)} as ${cell.caller.name}: ${by}`;
  const known = absences.get(key) ?? new Map<string, string>();
  absences.set(key, known.set(JSON.stringify(rest), nameOf(cell)));
}

/** Thousands of requests on a machine that has other things to do. */
const PATIENCE_MS = 600_000;

let cells = 0;
/** Of the whole file: what may be done, what may not. */
const counted: Record<Expected, number> = { yes: 0, forbidden: 0, absent: 0, not_signed_in: 0 };

async function tryOut(cell: Cell, headers: Record<string, string>, wrong: string[]): Promise<void> {
  const { expected, by } = expectedOf(cell);
  const input = await cell.sample.input(cell.caller, cell.thing);
  const answer = await send(cell.operation, input, headers);
  cells += 1;
  counted[expected] += 1;
  const found = fault(cell, expected, answer);
  if (found !== null) wrong.push(`${nameOf(cell)}: ${found}`);
  else if (expected === 'absent') remember(cell, by, answer);
}

describe('the table of rights', () => {
  it('names the right of every operation, socket event, news, job and path', () => {
    const { api, doors } = server.app;
    for (const { route } of api.operations)
      expect(rights[route.right], keyOf({ route })).toBeDefined();
    const events = api.operations.flatMap(({ route }) =>
      route.socket ? [[route.socket, route.right]] : [],
    );
    expect([...api.commands].map(([event, { right }]) => [event, right])).toEqual(events);
    for (const right of [...Object.values(newsRights), ...Object.values(jobRights)])
      expect(rights[right]).toBeDefined();
    expect(doors.list.map(({ path }) => path).sort()).toEqual([
      ...['/*', '/docs', '/files/:link', '/healthz', '/metrics', '/openapi.json', '/readyz'],
    ]);
    // Whatever is mounted for everybody, for tokens or for people is a right of nobody, of tokens, of people.
    for (const { route, access } of api.operations) {
      const has = (role: 'nobody' | 'integration' | 'admin' | 'dealer_all') =>
        rights[route.right].may[role] !== undefined;
      expect(has('nobody'), keyOf({ route })).toBe(access === 'public');
      if (access === 'integration') expect(has('integration')).toBe(true);
      if (access === 'signed_in') expect(has('admin') || has('dealer_all')).toBe(true);
    }
  });

  it('is tried at every operation that is mounted', () => {
    const mounted = server.app.api.operations.map(keyOf);
    expect(Object.keys(samples).sort()).toEqual(mounted.sort());
    for (const [key, some] of Object.entries(samples)) expect(some.length, key).toBeGreaterThan(0);
  });
});

describe('news over the socket', () => {
  it('is heard by exactly those who may read it', async () => {
    const wrong: string[] = [];
    let tried = 0;
    const listeners = world.callers.flatMap((caller) =>
      caller.socket ? [{ caller, socket: caller.socket }] : [],
    );
    const told: { place: Thing<Place>; entryId: string; isNote: boolean }[] = [];
    for (const place of world.places)
      for (const isNote of [false, true]) {
        const { entry } = await aMessage(world.as(world.helper), place.data.appealId, {
          ...(isNote ? { kind: 'note' as const } : {}),
          body: isNote ? NOTE_CANARY : 'Новость',
        });
        told.push({ place, entryId: entry.id, isNote });
      }
    for (const { caller, socket } of listeners) {
      // Whatever was told before has arrived with the answer to this.
      await socket.ask('presence:look', { appealId: null });
      const heard = socket.heard.flatMap(({ event, news }) =>
        event === 'appeal:news' ? [news as { appeal: Appeal; entries: Entry[] }] : [],
      );
      const ids = new Set(heard.flatMap(({ entries }) => entries.map(({ id }) => id)));
      for (const { place, entryId, isNote } of told) {
        const may =
          verdict(
            caller.roles,
            isNote ? 'note.read' : 'appeal.read',
            place.standing(caller),
            null,
            caller.customRights,
          ) === 'yes';
        tried += 1;
        if (ids.has(entryId) !== may)
          wrong.push(
            `${isNote ? 'note' : 'message'} in the appeal ${place.name}: ${may ? 'not ' : ''}told to ${caller.name}`,
          );
      }
      for (const { appeal, entries } of heard)
        for (const odd of [
          strayFields(Appeal, appeal),
          ...entries.map((entry) => strayFields(Entry, entry)),
        ])
          if (odd !== null) wrong.push(`${caller.name} is told: ${odd}`);
      const leak = leakIn(JSON.stringify(socket.heard), caller);
      if (leak !== null) wrong.push(`${caller.name}: ${leak}`);
      expect(socket.socket.connected).toBe(true);
    }
    cells += tried;
    expect(brief(wrong)).toEqual([]);
    expect(tried).toBe(world.places.length * 2 * listeners.length);
  });
});

describe('sessions', () => {
  it('that have ended or run out open nothing, to nobody', async () => {
    const wrong: string[] = [];
    const people = world.callers.filter(({ person }) => person !== null);
    const kinds = {
      'that was ended': `ended_at = now(), ended_reason = 'ended_by_self'`,
      'that ran out': `expires_at = now() - interval '1 second'`,
    };
    for (const [kind, change] of Object.entries(kinds)) {
      for (const caller of people) {
        const session = await aSession(server.database.db, caller.person!);
        await server.database.db.query(`UPDATE session SET ${change} WHERE id = $1`, [session.id]);
        const tries = server.app.api.operations.filter(({ access }) => access !== 'public');
        await all(tries, 8, async (operation) => {
          const sample = samples[keyOf(operation)]![0]!;
          const thing = sample.about[0]!;
          // Of what is asked only the shape counts: nobody looks at it.
          const input = await sample.input({ ...caller, person: null }, thing);
          const answer = await send(operation, input, { cookie: session.cookie });
          cells += 1;
          counted.not_signed_in += 1;
          if (answer.status !== 401)
            wrong.push(
              `${keyOf(operation)} as ${caller.name} with a session ${kind}: ${answer.status}`,
            );
        });
      }
    }
    expect(brief(wrong)).toEqual([]);
  });

  it('that are ended close their sockets at once, which serve nothing more and are not opened again', async () => {
    const people = world.callers.filter(({ person }) => person !== null);
    for (const caller of people) {
      const session = await server.signIn(caller.person!);
      const line = await session.socket();
      const gone = new Promise((resolve) => line.socket.once('disconnect', resolve));
      const ended = await fetch(`${server.url}/api/me/sessions/${session.sessionId}`, {
        method: 'DELETE',
        headers: caller.headers,
      });
      expect(ended.status).toBe(200);
      const began = Date.now();
      await gone;
      expect(Date.now() - began).toBeLessThan(5_000);
      const place = world.places[0]!.data;
      const late = line
        .ask('entry:post', { appealId: place.appealId, clientId: place.firstId, body: 'x' }, 200)
        .then(
          () => 'answered',
          () => 'silent',
        );
      expect(await late).toBe('silent');
      await expect(session.socket()).rejects.toThrow();
      cells += 3;
    }
  });
});

describe('every operation, to everybody, about everything', () => {
  it('over sockets answers as the table says', async () => {
    const wrong: string[] = [];
    const some = cellsOf((sample) => !sample.apart).filter(
      ({ operation, caller }) => operation.route.socket !== undefined && caller.socket !== null,
    );
    const before = cells;
    await all(some, 8, async (cell) => {
      const { expected } = expectedOf(cell);
      const event = cell.operation.route.socket!;
      const input = await cell.sample.input(cell.caller, cell.thing);
      const ack: Ack<unknown> = await cell.caller.socket!.ask(event, input);
      cells += 1;
      counted[expected] += 1;
      const body = ack.ok ? ack.value : ack.problem;
      const status = ack.ok ? 200 : ack.problem.status;
      const found = fault(cell, expected, { status, body, text: JSON.stringify(ack) });
      if (found !== null) wrong.push(`${event}: ${nameOf(cell)}: ${found}`);
    });
    expect(brief(wrong)).toEqual([]);
    expect(cells - before).toBeGreaterThan(400);
  });

  it(
    'over HTTP answers as the table says, by fresh sessions and by old ones',
    async () => {
      const wrong: string[] = [];
      let turn = 0;
      await all(
        cellsOf((sample) => !sample.apart),
        8,
        async (cell) => {
          turn += 1;
          const { headers, agedHeaders } = cell.caller;
          await tryOut(cell, turn % 2 ? headers : agedHeaders, wrong);
        },
      );
      expect(brief(wrong)).toEqual([]);
    },
    PATIENCE_MS,
  );

  it(
    'also where it ends sessions, solves and takes people off',
    async () => {
      const wrong: string[] = [];
      const some = cellsOf((sample) => sample.apart === true);
      const isLeaving = ({ operation }: Cell) => keyOf(operation).includes('/participants/');
      const attempt = async (cell: Cell) => {
        const { person, headers } = cell.caller;
        const own = person && (await aSession(server.database.db, person));
        await tryOut(cell, own ? { cookie: own.cookie } : headers, wrong);
      };
      /** What is done to one thing is done in order. */
      const byThing = (cells: Cell[]) =>
        all([...groupBy(cells, ({ thing }) => thing).values()], 8, async (group) => {
          for (const cell of group) await attempt(cell);
        });
      const ofPlaces = some.filter(({ thing }) => thing.data !== null);
      await byThing(ofPlaces.filter((cell) => !isLeaving(cell)));
      // Who has left stands otherwise to everything after.
      await byThing(ofPlaces.filter(isLeaving));
      for (const cell of some) if (cell.thing.data === null) await attempt(cell);
      expect(brief(wrong)).toEqual([]);
    },
    PATIENCE_MS,
  );

  it('says of what may not be seen exactly what it says of what does not exist', () => {
    const different = [...absences].filter(([, answers]) => answers.size > 1);
    expect(
      different.slice(0, 20).map(([key, answers]) => `${key}: ${[...answers.keys()].join(' or ')}`),
    ).toEqual([]);
    expect(absences.size).toBeGreaterThan(200);
  });

  it('takes as long to say so', async () => {
    const caller = world.callers[0]!;
    const session = await server.signIn(caller.person!);
    const hidden = world.places.find((one) => one.name.includes('nobody of ours'))!.data;
    const medians: Record<string, [number, number]> = {};
    for (const [what, path] of Object.entries({
      card: '',
      entries: '/entries',
      ledger: '/ledger',
    })) {
      const took: [number[], number[]] = [[], []];
      for (let index = 0; index < 120; index += 1) {
        const which = index % 2;
        const { appealId } = which ? world.nowhere.data : hidden;
        const began = performance.now();
        const answer = await session.raw('GET', `/appeals/${appealId}${path}`);
        await answer.text();
        expect(answer.status).toBe(404);
        took[which as 0 | 1].push(performance.now() - began);
      }
      const median = (times: number[]) => times.sort((a, b) => a - b)[times.length >> 1]!;
      medians[what] = [median(took[0]), median(took[1])];
    }
    for (const [what, [theirs, none]] of Object.entries(medians))
      expect(Math.abs(theirs - none), what).toBeLessThan(5 + Math.min(theirs, none));
  });

  it('was asked often enough, and the answers were of every kind', () => {
    process.stdout.write(
      `rights: ${cells} cells at ${server.app.api.operations.length} operations as ${world.callers.length} callers: ${JSON.stringify(counted)}\n`,
    );
    expect(cells).toBeGreaterThan(3_000);
    for (const count of Object.values(counted)) expect(count).toBeGreaterThan(100);
  });
});

describe('paths beside the operations', () => {
  it('answer as the table says', async () => {
    const paths = { '/healthz': 200, '/readyz': 200, '/api/openapi.json': 200, '/api/docs': 200 };
    for (const { headers } of world.callers) {
      for (const [path, status] of Object.entries(paths))
        expect((await fetch(`${server.url}${path}`, { headers })).status, path).toBe(status);
      const far = { ...headers, 'x-forwarded-for': '192.0.2.1' };
      expect((await fetch(`${server.url}/metrics`, { headers: far })).status).toBe(404);
    }
  });
});
