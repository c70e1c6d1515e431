import type {
  AuditLine,
  DealerCard,
  DealerContacts,
  DealerRow,
  DealerSession,
  VisitorView,
} from '@otklik/shared/dealers';
import {
  holds,
  isSharedLogin,
  sessionLimit,
  sessionView,
  type Actor,
  type ChangeRow,
  type DeviceRow,
  type IsOnline,
} from '../people';
import type { DealerCardData, DealerRowData } from './dealer.repository';
import { dealersPolicy } from './dealers.policy';
import type { VisitorRow } from './visitor.repository';

const managerOf = ({ managerId, managerName }: DealerRowData) =>
  managerId === null || managerName === null ? null : { id: managerId, name: managerName };

export function dealerRowView(row: DealerRowData): DealerRow {
  const { id, code, name, zone, visitors, openAppeals, sessionsNow } = row;
  return { id, code, name, zone, manager: managerOf(row), visitors, openAppeals, sessionsNow };
}

export function dealerCardView(row: DealerCardData, actor: Actor): DealerCard {
  return {
    ...dealerRowView(row),
    taxId: row.taxId,
    contract: row.contract,
    phone: row.phone,
    email: row.email,
    address: row.address,
    debtLimitKopecks: row.debtLimitKopecks,
    severalSessions: row.severalSessions,
    maxSessions: row.maxSessions,
    newVisitorAccess: row.newVisitorAccess,
    calendarName: row.calendarName,
    can: {
      edit: dealersPolicy.edit(actor, row),
      manageVisitors: dealersPolicy.manageVisitors(actor, row),
    },
  };
}

/** The one builder of what a dealer's person gets of his company's card and his own line: every field is named here. */
export function dealerContactsView(
  { name, phone, email, address }: DealerCardData,
  { phone: ownPhone, email: ownEmail }: VisitorRow,
  actor: Actor,
): DealerContacts {
  const can = { edit: holds(actor, 'contacts.change') && actor.viewedBy === undefined };
  return { name, phone, email, address, ownPhone, ownEmail, can };
}

const lawOf = (row: VisitorRow) => ({
  role: 'dealer' as const,
  sessionRule: row.sessionRule,
  maxSessions: row.maxSessions,
  shared: row.shared,
  dealer: { severalSessions: row.dealerSeveral, maxSessions: row.dealerMax },
});

/** How many sessions the rules come to for this visitor. */
export const visitorLimit = (row: VisitorRow) => sessionLimit(lawOf(row));
/** True when his sessions must each say who works there. */
export const visitorIsShared = (row: VisitorRow) => isSharedLogin(lawOf(row));

export function visitorView(row: VisitorRow): VisitorView {
  return {
    id: row.id,
    dealerId: row.dealerId,
    name: row.name,
    jobTitle: row.jobTitle,
    login: row.login,
    email: row.email,
    phone: row.phone,
    accessAllowed: row.accessAllowed,
    sessionRule: row.sessionRule,
    maxSessions: row.maxSessions,
    sessionLimit: visitorLimit(row),
    shared: row.shared,
    scope: row.scope,
    chief: row.chief,
    sessionsNow: row.sessionsNow,
    lastSignInAt: row.lastSignInAt?.toISOString() ?? null,
  };
}

export async function dealerSessionView(
  row: DeviceRow,
  ownSessionId: string,
  isOnline: IsOnline,
): Promise<DealerSession> {
  return {
    ...(await sessionView(row, ownSessionId, isOnline)),
    visitor: { id: row.personId, name: row.ownerName },
  };
}

export function auditLineView(row: ChangeRow): AuditLine {
  const { id, at, actor, action, subject, before, after } = row;
  return { id, at: at.toISOString(), actor, action, subject, before, after };
}
