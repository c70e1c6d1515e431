import type { AppealId } from './appeals';
import type { Ledger, OpenDisputes, RaiseDispute, SettleDispute } from './ledger';
import type { Nothing } from './people';
import { route } from './route';

export const ledgerApi = {
  ledger: route<AppealId, Ledger>('GET', '/appeals/:appealId/ledger', 'appeal.read'),
  dispute: route<RaiseDispute, Ledger>('POST', '/appeals/:appealId/disputes', 'dispute.raise'),
  settle: route<SettleDispute, Ledger>(
    'POST',
    '/appeals/:appealId/disputes/:disputeId/outcome',
    'dispute.settle',
  ),
  openDisputes: route<Nothing, OpenDisputes>('GET', '/disputes', 'dispute.list'),
};
