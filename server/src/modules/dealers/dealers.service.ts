import { randomUUID } from 'node:crypto';
import type {
  AuditLine,
  ChangeDealer,
  CreateDealer,
  DealerCard,
  DealerLog,
  DealerRow,
  ListDealers,
} from '@otklik/shared/dealers';
import type { Page } from '@otklik/shared/route';
import * as z from 'zod';
import type { Db, Tx } from '../../platform/db';
import { fail } from '../../platform/errors';
import { pageOf, placeMoment, readCursor } from '../../platform/paging';
import {
  changedFields,
  listChanges,
  personRepository,
  recordChange,
  type Actor,
  type IsOnline,
} from '../people';
import { Dealer } from './dealer.entity';
import { dealerRepository } from './dealer.repository';
import { dealersPolicy } from './dealers.policy';
import { auditLineView, dealerCardView, dealerRowView } from './dealers.view';
import { getWithVisitors, notFound, refused, refuseStale } from './dealers.guard';
import { createVisitorService } from './visitor.service';
import { holdToRules } from './visitor.sessions';
import { visitorRepository } from './visitor.repository';
import { isZone } from '../../platform/zone';

export interface DealerDeps {
  db: Db;
  now: () => Date;
  isOnline: IsOnline;
}

export type DealerService = ReturnType<typeof createDealerService>;

const ListPlace = z.strictObject({ name: z.string().max(400), id: z.uuid() });
const LogPlace = z.strictObject({ at: placeMoment, id: z.uuid() });

/** Dealers' cards, their visitors and sessions. */
export function createDealerService(deps: DealerDeps) {
  const { db, now } = deps;

  /** @throws not_found – for dealers; @throws invalid_input – a broken cursor */
  async function list(actor: Actor, input: z.output<typeof ListDealers>): Promise<Page<DealerRow>> {
    if (!dealersPolicy.read(actor)) throw notFound();
    const { q = '', cursor, limit } = input;
    const after = readCursor(ListPlace, cursor);
    const rows = await dealerRepository.list(db, { q, after, limit: limit + 1 }, now());
    const page = pageOf(rows, limit, ({ sortName, id }) => ({ name: sortName, id }));
    return { items: page.rows.map(dealerRowView), nextCursor: page.nextCursor };
  }

  /** @throws not_found – no such dealer, or the caller is a dealer */
  async function card(actor: Actor, dealerId: string): Promise<DealerCard> {
    const row = dealersPolicy.read(actor)
      ? await dealerRepository.findCard(db, dealerId, now())
      : null;
    if (row === null) throw notFound();
    return dealerCardView(row, actor);
  }

  /**
   * @throws forbidden – only admins add dealers
   * @throws invalid_input – the code is taken, the zone or the manager is unknown
   */
  async function create(actor: Actor, input: z.output<typeof CreateDealer>): Promise<DealerCard> {
    if (!dealersPolicy.read(actor)) throw notFound();
    if (!dealersPolicy.create(actor)) throw fail('forbidden', { right: 'manageDealers' });
    refuseUnknownZone(input.zone);
    const id = randomUUID();
    await db.transaction(async (tx) => {
      const manager = await getManagerName(tx, input.managerId);
      const isNew = await dealerRepository.insert(tx, { ...input, id, createdAt: now() });
      if (!isNew) throw refused('code', 'taken', 'is taken');
      const { managerId: _id, ...fields } = input;
      await recordChange(tx, {
        ...{ by: actor, at: now(), dealerId: id, subjectId: id, subject: input.name },
        ...{ action: 'dealer.created', before: null, after: { ...fields, manager } },
      });
    });
    return card(actor, id);
  }

  /**
   * Changes fields of the card. Where the session rule gets tighter, every visitor keeps his last seen sessions and the
   * others end with it.
   * @throws not_found – as {@link card}
   * @throws forbidden – neither an admin nor the manager in charge
   * @throws conflict – a field that `expected` names has been changed since to something else
   * @throws invalid_input – the zone or the manager is unknown
   */
  async function change(actor: Actor, input: z.output<typeof ChangeDealer>): Promise<DealerCard> {
    const { dealerId, managerId, expected = {}, ...fields } = input;
    await db.transaction(async (tx) => {
      await dealerRepository.lock(tx, dealerId);
      const before = dealersPolicy.read(actor)
        ? await dealerRepository.findCard(tx, dealerId, now())
        : null;
      if (before === null) throw notFound();
      if (!dealersPolicy.edit(actor, before)) throw fail('forbidden', { right: 'editDealer' });
      if (fields.zone !== undefined) refuseUnknownZone(fields.zone);
      const manager = managerId === undefined ? undefined : await getManagerName(tx, managerId);
      const changed = changedFields(
        { ...before, manager: before.managerName },
        { ...fields, manager },
      );
      if (changed === null) return;
      const { managerId: seenManager, ...seen } = expected;
      refuseStale('dealer', { ...before }, seen, Object.keys(changed.after));
      if (seenManager !== undefined && 'manager' in changed.after)
        refuseStale('dealer', { ...before }, { managerId: seenManager }, ['managerId']);
      const save = () => tx.repository(Dealer).update(dealerId, { ...fields, managerId });
      if (fields.severalSessions === undefined && fields.maxSessions === undefined) await save();
      else await underNewRules(tx, actor, dealerId, save);
      // What waits for him counts in his zone.
      if ('zone' in changed.after) await tx.addJob('lookAtWaits', {}, { key: 'lookAtWaits' });
      await recordChange(tx, {
        ...{ by: actor, at: now(), dealerId, subjectId: dealerId, subject: before.name },
        ...{ action: 'dealer.changed', ...changed },
      });
      await dealerRepository.announce(tx, dealerId);
    });
    return card(actor, dealerId);
  }

  /** Nobody of the dealer signs in between the new rule and the end of the sessions that break it. */
  async function underNewRules(
    tx: Tx,
    actor: Actor,
    dealerId: string,
    save: () => Promise<unknown>,
  ): Promise<void> {
    const visitors = await visitorRepository.list(tx, dealerId, now());
    await personRepository.lock(
      tx,
      visitors.map(({ id }) => id),
    );
    await save();
    await holdToRules(tx, visitors, {
      ...{ by: actor.personId, bySession: actor.sessionId, at: now() },
    });
  }

  /**
   * Who changed what on the card and at its visitors, newest first.
   * @throws not_found – as {@link card}
   * @throws forbidden – a manager who is not in charge
   */
  async function log(actor: Actor, input: z.output<typeof DealerLog>): Promise<Page<AuditLine>> {
    const { dealerId, cursor, limit } = input;
    await getWithVisitors(db, actor, dealerId, now());
    const after = readCursor(LogPlace, cursor);
    const rows = await listChanges(db, dealerId, after, limit + 1);
    const page = pageOf(rows, limit, ({ exactAt, id }) => ({ at: exactAt, id }));
    return { items: page.rows.map(auditLineView), nextCursor: page.nextCursor };
  }

  return { list, card, create, change, log, ...createVisitorService(deps) };
}

/** The name for the log; null when nobody is in charge. */
async function getManagerName(tx: Tx, managerId: string | null): Promise<string | null> {
  if (managerId === null) return null;
  const name = await dealerRepository.findManagerName(tx, managerId);
  if (name === null) throw refused('managerId', 'unknown', 'is nobody of the staff');
  return name;
}

function refuseUnknownZone(zone: string): void {
  if (!isZone(zone)) throw refused('zone', 'unknown', 'is not a time zone of the IANA list');
}
