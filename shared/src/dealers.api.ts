import type {
  AuditLine,
  ChangeDealer,
  ChangeVisitor,
  CreateDealer,
  DealerCard,
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
  list: route<ListDealers, Page<DealerRow>>('GET', '/dealers'),
  create: route<CreateDealer, DealerCard>('POST', '/dealers'),
  card: route<DealerId, DealerCard>('GET', '/dealers/:dealerId'),
  change: route<ChangeDealer, DealerCard>('PATCH', '/dealers/:dealerId'),
  visitors: route<DealerId, { items: VisitorView[] }>('GET', '/dealers/:dealerId/visitors'),
  inviteVisitor: route<InviteVisitor, InvitedVisitor>('POST', '/dealers/:dealerId/visitors'),
  changeVisitor: route<ChangeVisitor, VisitorView>('PATCH', '/visitors/:visitorId'),
  makeLink: route<VisitorId, InvitedVisitor>('POST', '/visitors/:visitorId/password-link'),
  sessions: route<DealerId, { items: DealerSession[] }>('GET', '/dealers/:dealerId/sessions'),
  endSession: route<EndDealerSession, Done>('DELETE', '/dealers/:dealerId/sessions/:sessionId'),
  log: route<DealerLog, Page<AuditLine>>('GET', '/dealers/:dealerId/log'),
};
