import { randomUUID } from 'node:crypto';
import type { Appeal } from '@otklik/shared/appeals';
import { ListAppeals } from '@otklik/shared/appeals';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testApp, type TestApp } from '../../test/test-app';
import type { Actor } from '../people';
import { aDealer, aManager, anActor, aTeam, aTopic, aVisitor } from '../people/people.factory';
import { appealPolicy, appealScope } from './appeal.policy';
import { appealRepository, subjectOf, type AppealFacts } from './appeal.repository';

const SEED = 20_260_302;
const APPEALS = 160;

/** The same numbers at every run. */
function dice(seed: number) {
  let state = seed >>> 0;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return {
    chance: (share: number) => next() < share,
    oneOf: <Item>(items: readonly Item[]): Item => items[Math.floor(next() * items.length)]!,
    someOf: <Item>(items: readonly Item[], share: number) => items.filter(() => next() < share),
  };
}

let server: TestApp;
let actors: Actor[];
let appeals: Map<string, AppealFacts>;

beforeAll(async () => {
  server = await testApp();
  const { db } = server.database;
  const { chance, oneOf, someOf } = dice(SEED);
  const teams = [await aTeam(db), await aTeam(db), await aTeam(db)];
  const topic = await aTopic(db);

  const staff: { id: string; role: string }[] = [];
  for (let index = 0; index < 16; index += 1) {
    const role = index < 2 ? 'supervisor' : index < 3 ? 'admin' : 'manager';
    const teamIds = someOf(teams, 0.35).map(({ id }) => id);
    staff.push(await aManager(db, { role, teamIds }));
  }
  const dealers: { id: string; visitors: { id: string }[] }[] = [];
  for (let index = 0; index < 5; index += 1) {
    const managerId = chance(0.7) ? oneOf(staff).id : null;
    const dealer = await aDealer(db, { managerId });
    const visitors = [];
    for (let one = 0; one < 5; one += 1)
      visitors.push(
        await aVisitor(db, dealer, { scope: chance(0.5) ? 'own' : 'all', chief: chance(0.4) }),
      );
    dealers.push({ ...dealer, visitors });
  }
  actors = [];
  for (const person of [...staff, ...dealers.flatMap(({ visitors }) => visitors)])
    actors.push(await anActor(db, person));

  const ids: string[] = [];
  for (let index = 0; index < APPEALS; index += 1) {
    const dealer = oneOf(dealers);
    // Opened by staff on behalf of the dealer now and then.
    const opener = chance(0.2) ? oneOf(staff) : oneOf(dealer.visitors);
    const id = randomUUID();
    ids.push(id);
    await db.query(
      `INSERT INTO appeal (id, client_id, content_hash, dealer_id, opened_by, opened_by_name, type_code, topic_id, subject, status,
         assignee_id, team_id, last_at, public_last_at, changed_xid, public_changed_xid, created_at)
       VALUES ($1, gen_random_uuid(), '', $2, $3, 'x', 'question', $4, 'x', $5, $6, $7, now(), now(), pg_current_xact_id(), pg_current_xact_id(), now())`,
      [
        id,
        dealer.id,
        opener.id,
        topic.id,
        oneOf(['new', 'in_work', 'waiting', 'resolved', 'closed']),
        chance(0.6) ? oneOf(staff).id : null,
        chance(0.8) ? oneOf(teams).id : null,
      ],
    );
    // People of both sides, some of whom have left; also of a dealer whose appeal it is not.
    const people = [
      ...someOf(staff, 0.12).map((person) => ({ id: person.id, side: 'staff' })),
      ...someOf(dealer.visitors, 0.3).map((person) => ({ id: person.id, side: 'dealer' })),
      ...someOf(oneOf(dealers).visitors, 0.1).map((person) => ({ id: person.id, side: 'dealer' })),
    ];
    for (const { id: personId, side } of people) {
      await db.query(
        `INSERT INTO participant (appeal_id, person_id, side, joined_at, left_at) VALUES ($1, $2, $3, now(), $4) ON CONFLICT DO NOTHING`,
        [id, personId, side, chance(0.3) ? new Date() : null],
      );
    }
  }
  appeals = new Map((await appealRepository.facts(db, ids)).map((facts) => [facts.row.id, facts]));
});
afterAll(() => server.close());

/** Ids of the appeals that the policy lets this actor read, in order. */
const readable = (actor: Actor) =>
  [...appeals.values()]
    .filter((facts) => appealPolicy.read(actor, subjectOf(facts)))
    .map(({ row }) => row.id)
    .sort();

describe('what a person may see', () => {
  it('is the same by the policy and by its SQL', async () => {
    let cells = 0;
    let allowed = 0;
    for (const actor of actors) {
      const parameters: unknown[] = [];
      const condition = appealScope(actor, parameters);
      const rows = await server.database.db.query<{ id: string }>(
        `SELECT a.id FROM appeal a JOIN dealer d ON d.id = a.dealer_id WHERE ${condition}`,
        parameters,
      );
      const expected = readable(actor);
      expect(rows.map(({ id }) => id).sort(), `${actor.role} ${actor.scope}`).toEqual(expected);
      cells += appeals.size;
      allowed += expected.length;
    }
    process.stdout.write(`rights: ${cells} cells, ${allowed} of them allowed (seed ${SEED})\n`);
    expect(cells).toBeGreaterThan(5_000);
    // Neither side of the question may be left untried.
    expect(allowed).toBeGreaterThan(cells / 10);
    expect(allowed).toBeLessThan((cells * 9) / 10);
  });

  it('is what lists give, page by page, nothing twice and nothing left out', async () => {
    const { lists } = server.app.services;
    for (const actor of actors) {
      const found: Appeal[] = [];
      let cursor: string | null = null;
      do {
        const page = await lists.list(
          actor,
          ListAppeals.parse({ view: 'all', limit: 7, ...(cursor ? { cursor } : {}) }),
        );
        found.push(...page.items);
        cursor = page.nextCursor;
      } while (cursor !== null);
      expect(found.map(({ id }) => id).sort()).toEqual(readable(actor));
      expect(new Set(found.map(({ audience }) => audience)).size).toBeLessThanOrEqual(1);
      expect(found[0]?.audience ?? actor.side).toBe(actor.side);
    }
  });

  it('is what cards, threads, ledgers, clocks and read marks give; all else is not there', async () => {
    const { appeals: cards, threads, ledgers } = server.app.services;
    const { oneOf } = dice(SEED + 1);
    const all = [...appeals.keys()];
    let refused = 0;
    for (let cell = 0; cell < 600; cell += 1) {
      const actor = oneOf(actors);
      const appealId = oneOf(all);
      const facts = appeals.get(appealId)!;
      const may = appealPolicy.read(actor, subjectOf(facts));
      const no = facts.row.no;
      const asked = await Promise.allSettled([
        cards.card(actor, { appealId }),
        cards.card(actor, { no }),
        ledgers.ledger(actor, { appealId }),
        ...(actor.side === 'staff' ? [cards.clocks(actor, { appealId })] : []),
        threads.list(actor, { appealId, limit: 10 }),
        threads.markRead(actor, { appealId, seq: 0 }),
      ]);
      for (const answer of asked) {
        expect(answer.status, `${actor.role} ${appealId}`).toBe(may ? 'fulfilled' : 'rejected');
        if (answer.status === 'rejected')
          expect(answer.reason).toMatchObject({ code: 'not_found', facts: { what: 'appeal' } });
      }
      if (!may) refused += 1;
    }
    expect(refused).toBeGreaterThan(100);
  });

  it('is not widened by being a chief, who alone of the dealer may bring people in and take them off', () => {
    const visitors = actors.filter(({ dealerId }) => dealerId !== null);
    expect(visitors.filter(({ chief }) => chief).length).toBeGreaterThan(5);
    expect(visitors.filter(({ chief }) => !chief).length).toBeGreaterThan(5);
    let removals = 0;
    for (const actor of visitors) {
      const plain = { ...actor, chief: false };
      expect(readable(actor)).toEqual(readable(plain));
      expect(appealPolicy.pullIn(actor)).toBe(actor.chief);
      expect(appealPolicy.pullIn(plain)).toBe(false);
      for (const facts of appeals.values()) {
        const subject = subjectOf(facts);
        for (const personId of subject.visitorIds) {
          const may = appealPolicy.removeMember(actor, subject, personId);
          const self = personId === actor.personId;
          expect(may).toBe(personId !== subject.openedBy && (self || actor.chief));
          expect(appealPolicy.removeMember(plain, subject, personId)).toBe(
            personId !== subject.openedBy && self,
          );
          if (may) removals += 1;
        }
      }
    }
    expect(removals).toBeGreaterThan(100);
  });

  it('cannot be written to either by whoever may not see it', async () => {
    const { appeals: cards, threads } = server.app.services;
    const before = await server.database.db.query(`SELECT id, rev FROM appeal ORDER BY id`);
    for (const actor of actors) {
      const hidden = [...appeals.values()].find(
        (facts) => !appealPolicy.read(actor, subjectOf(facts)),
      );
      if (!hidden) continue;
      const appealId = hidden.row.id;
      const clientId = randomUUID();
      const common = { attachmentIds: [], orderNumbers: [], mentions: [] };
      const tries = await Promise.allSettled([
        threads.post(actor, { appealId, clientId, kind: 'message', body: 'x', ...common }),
        cards.changeStatus(actor, { appealId, status: 'resolved' }),
        cards.assign(actor, { appealId, assigneeId: null }),
        cards.changeFields(actor, { appealId, subject: 'x' }),
        cards.pullIn(actor, { appealId, clientId, personIds: [actor.personId], question: '' }),
        cards.leave(actor, { appealId, personId: actor.personId }),
        cards.linkOrder(actor, { appealId, number: '1' }),
        cards.unlinkOrder(actor, { appealId, number: '1' }),
        cards.noAnswerNeeded(actor, { appealId }),
      ]);
      for (const one of tries)
        expect(one).toMatchObject({ status: 'rejected', reason: { code: 'not_found' } });
    }
    expect(await server.database.db.query(`SELECT id, rev FROM appeal ORDER BY id`)).toEqual(
      before,
    );
  });
});
