import { ContactField, type ChangeContacts, type DealerContacts } from '@otklik/shared/dealers';
import type { ContactsChange } from '@otklik/shared/notices';
import type * as z from 'zod';
import type { Db, Tx } from '../../platform/db';
import { fail } from '../../platform/errors';
import {
  changedFields,
  holds,
  Person,
  personRepository,
  recordChange,
  type Actor,
  type Fields,
} from '../people';
import { Dealer } from './dealer.entity';
import { dealerRepository } from './dealer.repository';
import { notFound, refuseStale } from './dealers.guard';
import { dealerContactsView } from './dealers.view';
import { visitorRepository } from './visitor.repository';

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

/** Where the fields stand: of the company on its card, of the person on his own line. */
const OF_COMPANY: Places = { phone: 'phone', email: 'email', address: 'address' };
const OF_PERSON: Places = { ownPhone: 'phone', ownEmail: 'email' };
type Places = Partial<Record<ContactField, string>>;

/** How a dealer's company and each of its people are reached, as they see and change it themselves. */
export function createContactService({ db, now, tellOfContacts }: Deps) {
  async function own(q: Pick<Tx, 'query'>, actor: Actor) {
    const { dealerId, personId } = actor;
    const card = dealerId === null ? null : await dealerRepository.findCard(q, dealerId, now());
    const person = await visitorRepository.find(q, personId, now());
    if (card === null || person === null) throw notFound();
    return { card, person, contacts: dealerContactsView(card, person, actor) };
  }

  /** @throws not_found – for staff: they have the card */
  async function contacts(actor: Actor): Promise<DealerContacts> {
    if (!holds(actor, 'contacts.see')) throw notFound();
    return (await own(db, actor)).contacts;
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
      await personRepository.lock(tx, [actor.personId]);
      const { card, person, contacts: before } = await own(tx, actor);
      const wanted = changedFields({ ...expected }, typed)?.after ?? {};
      const changed = changedFields({ ...before }, wanted);
      if (changed === null) return before;
      refuseStale('dealer', before, expected, Object.keys(changed.after));
      const [at, dealerId] = [now(), card.id];
      const line = { by: actor, at, dealerId };

      const ofCompany = partOf(changed, OF_COMPANY);
      if (ofCompany !== null) {
        await tx.repository(Dealer).update(dealerId, ofCompany.after);
        const subject = { subjectId: dealerId, subject: card.name };
        await recordChange(tx, {
          ...{ ...line, ...subject, action: 'dealer.contacts_changed', ...ofCompany },
        });
      }
      const ofPerson = partOf(changed, OF_PERSON);
      if (ofPerson !== null) {
        await tx.repository(Person).update(person.id, ofPerson.after);
        const subject = { subjectId: person.id, subject: person.name };
        await recordChange(tx, {
          ...{ ...line, ...subject, action: 'visitor.contacts_changed', ...ofPerson },
        });
      }
      const fields = ContactField.options
        .filter((field) => field in changed.after)
        .map((field) => ({ field, before: before[field], after: typed[field] }));
      const change = { by: actor.name, fields };
      await tellOfContacts(tx, { dealerId, managerId: card.managerId, at, change });
      await dealerRepository.announce(tx, dealerId);
      return { ...before, ...changed.after };
    });
  }

  return { contacts, changeContacts };
}

/** Of a change, what stands in one of the places, by the names it has there; null: nothing. */
function partOf(changed: { before: Fields; after: Fields }, places: Places) {
  const names = Object.entries(places).filter(([name]) => name in changed.after);
  if (names.length === 0) return null;
  const only = (from: Fields) => Object.fromEntries(names.map(([name, to]) => [to, from[name]]));
  return { before: only(changed.before), after: only(changed.after) };
}
