import {
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
} from '@otklik/shared/dealers';
import { dealersApi } from '@otklik/shared/dealers.api';
import { Done, Nothing } from '@otklik/shared/people';
import * as z from 'zod';
import type { Api } from '../../platform/http';
import type { Actor } from '../people';
import type { ContactService } from './contacts.service';
import type { DealerService } from './dealers.service';

const itemsOf = <Item extends z.ZodType>(item: Item) => z.object({ items: z.array(item) });
const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() });

export function dealerRoutes(
  api: Api<Actor>,
  { dealers, contacts }: { dealers: DealerService; contacts: ContactService },
): void {
  api.mount(dealersApi.list, { input: ListDealers, output: pageOf(DealerRow) }, dealers.list);
  api.mount(dealersApi.create, { input: CreateDealer, output: DealerCard }, dealers.create);
  api.mount(dealersApi.card, { input: DealerId, output: DealerCard }, (actor, { dealerId }) =>
    dealers.card(actor, dealerId),
  );
  api.mount(dealersApi.change, { input: ChangeDealer, output: DealerCard }, dealers.change);
  api.mount(
    dealersApi.visitors,
    { input: DealerId, output: itemsOf(VisitorView) },
    async (actor, { dealerId }) => ({ items: await dealers.visitors(actor, dealerId) }),
  );
  api.mount(
    dealersApi.inviteVisitor,
    { input: InviteVisitor, output: InvitedVisitor },
    dealers.inviteVisitor,
  );
  api.mount(
    dealersApi.changeVisitor,
    { input: ChangeVisitor, output: VisitorView },
    dealers.changeVisitor,
  );
  api.mount(
    dealersApi.makeLink,
    { input: VisitorId, output: InvitedVisitor },
    (actor, { visitorId }) => dealers.makeLink(actor, visitorId),
  );
  api.mount(
    dealersApi.sessions,
    { input: DealerId, output: itemsOf(DealerSession) },
    async (actor, { dealerId }) => ({ items: await dealers.sessions(actor, dealerId) }),
  );
  api.mount(
    dealersApi.endSession,
    { input: EndDealerSession, output: Done },
    async (actor, { dealerId, sessionId }) => {
      await dealers.endSession(actor, dealerId, sessionId);
      return { done: true as const };
    },
  );
  api.mount(dealersApi.contacts, { input: Nothing, output: DealerContacts }, contacts.contacts);
  api.mount(
    dealersApi.changeContacts,
    { input: ChangeContacts, output: DealerContacts },
    contacts.changeContacts,
  );
  api.mount(dealersApi.log, { input: DealerLog, output: pageOf(AuditLine) }, dealers.log);
}
