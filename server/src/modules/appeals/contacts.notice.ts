import { v7 as uuid } from 'uuid';
import type { Tx } from '../../platform/db';
import type { ContactsChanged } from '../dealers';
import type { SlaService } from '../sla';
import { colleagues, opening, overseers } from './escalation';
import { noticeRepository, type NewNotice } from './notice.repository';

/**
 * Tells the manager in charge that a dealer has changed his contacts, when he works. Where nobody is in charge, or who was has no access any
 * more, those who oversee all dealers are told instead.
 */
export async function tellOfContacts(
  tx: Tx,
  sla: Pick<SlaService, 'hoursOfStaff'>,
  { dealerId, managerId, at, change }: ContactsChanged,
): Promise<void> {
  const inCharge = managerId === null ? [] : await colleagues(tx, [managerId]);
  const about = { kind: 'contacts_changed' as const, dealerId, changeId: uuid(), change };
  const notices: NewNotice[] = [];
  for (const to of inCharge.length > 0 ? inCharge : await overseers(tx))
    notices.push({
      ...{ personId: to.id, appealId: null, madeAt: at, about },
      showAt: await opening(sla, to, at),
    });
  await noticeRepository.add(tx, notices);
}
