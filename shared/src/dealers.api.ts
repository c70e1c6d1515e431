import type {
  AuditLine,
  ChangeContacts,
  ChangeDealer,
  ChangeVisitor,
  CreateDealer,
  DealerCard,
  DealerContacts,
  DealerId,
  DealerLog,
  DealerRow,
  DealerSession,
  EndDealerSession,
  InvitedVisitor,
  InviteVisitor,
  ListDealers,
  VisitorId,
  VisitorView,
} from './dealers';
import type { Done } from './people';
import { type Page, route } from './route';

export const dealersApi = {
  list: route<ListDealers, Page<DealerRow>>('GET', '/dealers', 'dealer.read'),
  create: route<CreateDealer, DealerCard>('POST', '/dealers', 'dealer.create'),
  card: route<DealerId, DealerCard>('GET', '/dealers/:dealerId', 'dealer.read'),
  change: route<ChangeDealer, DealerCard>('PATCH', '/dealers/:dealerId', 'dealer.edit'),
  visitors: route<DealerId, { items: VisitorView[] }>(
    'GET',
    '/dealers/:dealerId/visitors',
    'visitor.read',
  ),
  inviteVisitor: route<InviteVisitor, InvitedVisitor>(
    'POST',
    '/dealers/:dealerId/visitors',
    'visitor.manage',
  ),
  changeVisitor: route<ChangeVisitor, VisitorView>(
    'PATCH',
    '/visitors/:visitorId',
    'visitor.change',
  ),
  makeLink: route<VisitorId, InvitedVisitor>(
    'POST',
    '/visitors/:visitorId/password-link',
    'visitor.change',
  ),
  sessions: route<DealerId, { items: DealerSession[] }>(
    'GET',
    '/dealers/:dealerId/sessions',
    'visitor.read',
  ),
  endSession: route<EndDealerSession, Done>(
    'DELETE',
    '/dealers/:dealerId/sessions/:sessionId',
    'visitor.manage',
  ),
  /** A dealer's own. */
  contacts: route<object, DealerContacts>('GET', '/dealer/contacts', 'contacts.see'),
  changeContacts: route<ChangeContacts, DealerContacts>(
    'PUT',
    '/dealer/contacts',
    'contacts.change',
  ),
  log: route<DealerLog, Page<AuditLine>>('GET', '/dealers/:dealerId/log', 'visitor.read'),
};
