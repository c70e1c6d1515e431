import type { AppealId } from './appeals';
import type { Ledger, OpenDisputes, RaiseDispute, SettleDispute } from './ledger';
import type { Nothing } from './people';
import { route } from './route';

export const ledgerApi = {
  ledger: route<AppealId, Ledger>('GET', '/appeals/:appealId/ledger'),
  dispute: route<RaiseDispute, Ledger>('POST', '/appeals/:appealId/disputes'),
  settle: route<SettleDispute, Ledger>('POST', '/appeals/:appealId/disputes/:disputeId/outcome'),
  openDisputes: route<Nothing, OpenDisputes>('GET', '/disputes'),
};
