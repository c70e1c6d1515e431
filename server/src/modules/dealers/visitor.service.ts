import { randomUUID } from 'node:crypto';
import type {
  ChangeVisitor,
  DealerSession,
  InvitedVisitor,
  InviteVisitor,
  VisitorView,
} from '@otklik/shared/dealers';
import type * as z from 'zod';
import type { Db, Tx } from '../../platform/db';
import { fail } from '../../platform/errors';
import {
  changedFields,
  hashPassword,
  loginTaken,
  makeOneTimePassword,
  makePasswordLink,
  Person,
  personRepository,
  recordChange,
  sessionRepository,
  viewingRepository,
  type Actor,
  type IsOnline,
} from '../people';
import { dealerRepository } from './dealer.repository';
import { cannotManage, getToManage, getWithVisitors, refuseStale } from './dealers.guard';
import { dealersPolicy } from './dealers.policy';
import { dealerSessionView, visitorView } from './dealers.view';
import { visitorRepository, type VisitorRow } from './visitor.repository';
import { endAll, holdToRules } from './visitor.sessions';

interface Deps {
  db: Db;
  now: () => Date;
  isOnline: IsOnline;
}

/** The people of a dealer and their sessions, as staff manage them. */
export function createVisitorService({ db, now, isOnline }: Deps) {
  /** @throws not_found, forbidden – see {@link getWithVisitors} */
  async function visitors(actor: Actor, dealerId: string): Promise<VisitorView[]> {
    await getWithVisitors(db, actor, dealerId, now());
    return (await visitorRepository.list(db, dealerId, now())).map(visitorView);
  }

  /**
   * Adds a visitor. Contact data that is not given is the dealer's, access is the default of the dealer's card.
   * The link by which he sets his password is told here once and never again.
   * @throws not_found, forbidden – see {@link getToManage}
   * @throws invalid_input – the login is taken
   */
  async function inviteVisitor(
    actor: Actor,
    input: z.output<typeof InviteVisitor>,
  ): Promise<InvitedVisitor> {
    const dealer = await getToManage(db, actor, input.dealerId, now());
    const visitor = {
      ...input,
      id: randomUUID(),
      email: input.email || dealer.email,
      phone: input.phone || dealer.phone,
      role: 'dealer' as const,
      customRoleId: null,
      accessAllowed: dealer.newVisitorAccess,
      // Nobody ever knows this one.
      passwordHash: await hashPassword(makeOneTimePassword()),
      createdAt: now(),
    };
    return db.transaction(async (tx) => {
      if (!(await personRepository.insert(tx, visitor))) throw loginTaken();
      const { login, jobTitle, email, phone, accessAllowed, shared, scope, chief } = visitor;
      await recordChange(tx, {
        ...mark(actor, visitor),
        action: 'visitor.invited',
        before: null,
        after: { login, jobTitle, email, phone, accessAllowed, shared, scope, chief },
      });
      const fresh = { personId: visitor.id, lastSignInAt: null };
      const link = await makePasswordLink(tx, fresh, now());
      return { visitor: visitorView(await get(tx, visitor.id)), link };
    });
  }

  /**
   * Changes a visitor. Access off ends his sessions, a tighter session rule those least recently seen, all in one transaction.
   * @throws not_found – no such visitor, or of a dealer the caller is not in charge of
   * @throws forbidden – the caller only reads
   * @throws conflict – a field that `expected` names has been changed since to something else
   */
  async function changeVisitor(
    actor: Actor,
    input: z.output<typeof ChangeVisitor>,
  ): Promise<VisitorView> {
    const { visitorId, expected = {}, ...fields } = input;
    return db.transaction(async (tx) => {
      const before = await lockToManage(tx, actor, visitorId);
      const changed = changedFields({ ...before }, fields);
      if (changed === null) return visitorView(before);
      refuseStale('visitor', { ...before }, expected, Object.keys(changed.after));
      await tx.repository(Person).update(visitorId, fields);
      await carryOut(tx, actor, before, new Set(Object.keys(changed.after)), fields.accessAllowed);
      await recordChange(tx, { ...mark(actor, before), action: 'visitor.changed', ...changed });
      await dealerRepository.announce(tx, before.dealerId);
      return visitorView(await get(tx, visitorId));
    });
  }

  /** What a change means for the visitor's sessions and sockets. */
  async function carryOut(
    tx: Tx,
    actor: Actor,
    before: VisitorRow,
    changed: ReadonlySet<string>,
    accessAllowed: boolean | undefined,
  ): Promise<void> {
    const by = { by: actor.personId, bySession: actor.sessionId, at: now() };
    if (accessAllowed === false) {
      await endAll(tx, [before.id], by, 'access_closed');
      await viewingRepository.endLost(tx, by.at, { personId: before.id });
    }
    if (changed.has('sessionRule') || changed.has('maxSessions'))
      await holdToRules(tx, [before], by);
    if (changed.has('scope') || changed.has('chief') || changed.has('shared'))
      await personRepository.changeRights(tx, before.id);
    // His sockets carry the name and title that messages show.
    else if (changed.has('name') || changed.has('jobTitle'))
      await personRepository.reconnect(tx, before.id);
  }

  /**
   * A link for who forgot his password or lost his invitation. Nothing of his ends before it is used.
   * @throws not_found, forbidden – as {@link changeVisitor}
   */
  async function makeLink(actor: Actor, visitorId: string): Promise<InvitedVisitor> {
    return db.transaction(async (tx) => {
      const visitor = await lockToManage(tx, actor, visitorId);
      const { lastSignInAt } = visitor;
      const link = await makePasswordLink(tx, { personId: visitorId, lastSignInAt }, now());
      await recordChange(tx, {
        ...mark(actor, visitor),
        ...{ action: 'visitor.link_made', before: null, after: null },
      });
      return { visitor: visitorView(visitor), link };
    });
  }

  /** The live sessions of the dealer's people. @throws not_found, forbidden – see {@link getWithVisitors} */
  async function sessions(actor: Actor, dealerId: string): Promise<DealerSession[]> {
    await getWithVisitors(db, actor, dealerId, now());
    const people = await visitorRepository.list(db, dealerId, now());
    const live = await sessionRepository.listLive(
      db,
      people.map(({ id }) => id),
      now(),
    );
    return Promise.all(live.map((row) => dealerSessionView(row, actor.sessionId, isOnline)));
  }

  /**
   * Ends one session of a visitor.
   * @throws not_found – no such dealer, or no such live session at this dealer
   * @throws forbidden – see {@link getToManage}
   */
  async function endSession(actor: Actor, dealerId: string, sessionId: string): Promise<void> {
    await db.transaction(async (tx) => {
      await getToManage(tx, actor, dealerId, now());
      const people = await visitorRepository.list(tx, dealerId, now());
      const ids = people.map(({ id }) => id);
      const live = await sessionRepository.listLive(tx, ids, now());
      const session = live.find(({ id }) => id === sessionId);
      const by = { by: actor.personId, bySession: actor.sessionId, at: now() };
      const end = { reason: 'ended_by_staff', asked: true, ...by } as const;
      if (session === undefined || (await sessionRepository.end(tx, [sessionId], end)) === 0) {
        throw fail('not_found', { what: 'session' });
      }
    });
  }

  /** Holds the visitor; no session of his begins until the transaction ends. */
  async function lockToManage(tx: Tx, actor: Actor, visitorId: string): Promise<VisitorRow> {
    await personRepository.lock(tx, [visitorId]);
    const visitor = await visitorRepository.find(tx, visitorId, now());
    if (visitor === null || !dealersPolicy.readVisitors(actor, visitor)) {
      throw fail('not_found', { what: 'visitor' });
    }
    if (!dealersPolicy.manageVisitors(actor, visitor)) throw cannotManage();
    return visitor;
  }

  async function get(tx: Tx, visitorId: string): Promise<VisitorRow> {
    const visitor = await visitorRepository.find(tx, visitorId, now());
    if (visitor === null)
      throw new Error(`visitor ${visitorId} is gone, though people are never deleted`);
    return visitor;
  }

  const mark = (actor: Actor, visitor: { id: string; name: string; dealerId: string }) => ({
    by: actor,
    at: now(),
    dealerId: visitor.dealerId,
    subjectId: visitor.id,
    subject: visitor.name,
  });

  return { visitors, inviteVisitor, changeVisitor, makeLink, sessions, endSession };
}
