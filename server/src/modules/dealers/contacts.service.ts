import { ContactField, type ChangeContacts, type DealerContacts } from '@otklik/shared/dealers';
import type { ContactsChange } from '@otklik/shared/notices';
import type * as z from 'zod';
import type { Db, Tx } from '../../platform/db';
import { fail } from '../../platform/errors';
import { changedFields, holds, recordChange, type Actor } from '../people';
import { Dealer } from './dealer.entity';
import { dealerRepository, type DealerCardData } from './dealer.repository';
import { notFound, refuseStale } from './dealers.guard';
import { dealerContactsView } from './dealers.view';

/** What somebody of a dealer has changed, for whoever is to be told of it. */
export interface ContactsChanged {
  dealerId: string;
  /** Null: nobody is in charge. */
  managerId: string | null;
  at: Date;
  change: ContactsChange;
}

interface Deps {
  db: Db;
  now: () => Date;
  /** Within the transaction of the change. */
  tellOfContacts: (tx: Tx, changed: ContactsChanged) => Promise<void>;
}

export type ContactService = ReturnType<typeof createContactService>;

/** How a dealer's company is reached, as its own people see and change it. */
export function createContactService({ db, now, tellOfContacts }: Deps) {
  const own = async (q: Pick<Tx, 'query'>, { dealerId }: Actor): Promise<DealerCardData> => {
    const card = dealerId === null ? null : await dealerRepository.findCard(q, dealerId, now());
    if (card === null) throw notFound();
    return card;
  };

  /** @throws not_found – for staff: they have the card */
  async function contacts(actor: Actor): Promise<DealerContacts> {
    if (!holds(actor, 'contacts.see')) throw notFound();
    return dealerContactsView(await own(db, actor), actor);
  }

  /**
   * Changes the fields in which `input` differs from what the sender has seen. Whoever is in charge of the dealer is told, every open card
   * follows, and the log has it.
   * @throws not_found – for staff
   * @throws name_needed – the session of a shared login has not said who changes them
   * @throws conflict – one of these fields has been changed since to something else; nothing is saved then
   */
  async function changeContacts(
    actor: Actor,
    { expected, ...typed }: z.output<typeof ChangeContacts>,
  ): Promise<DealerContacts> {
    if (!holds(actor, 'contacts.see')) throw notFound();
    if (!holds(actor, 'contacts.change')) throw fail('forbidden', { right: 'changeContacts' });
    if (actor.nameNeeded) throw fail('name_needed', {});
    return db.transaction(async (tx) => {
      if (actor.dealerId !== null) await dealerRepository.lock(tx, actor.dealerId);
      const before = await own(tx, actor);
      const wanted = changedFields({ ...expected }, typed)?.after ?? {};
      const changed = changedFields({ ...before }, wanted);
      if (changed === null) return dealerContactsView(before, actor);
      refuseStale({ ...before }, expected, Object.keys(changed.after));
      const { id: dealerId, managerId, name: subject } = before;
      const at = now();
      await tx.repository(Dealer).update(dealerId, changed.after);
      await recordChange(tx, {
        ...{ by: actor, at, dealerId, subjectId: dealerId, subject },
        ...{ action: 'dealer.contacts_changed', ...changed },
      });
      const fields = ContactField.options
        .filter((field) => field in changed.after)
        .map((field) => ({ field, before: before[field], after: typed[field] }));
      await tellOfContacts(tx, { dealerId, managerId, at, change: { by: actor.name, fields } });
      await dealerRepository.announce(tx, dealerId);
      return dealerContactsView({ ...before, ...changed.after }, actor);
    });
  }

  return { contacts, changeContacts };
}
