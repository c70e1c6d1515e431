import { AppealId } from '@otklik/shared/appeals';
import * as c from '@otklik/shared/ledger';
import { ledgerApi } from '@otklik/shared/ledger.api';
import { Nothing } from '@otklik/shared/people';
import type { Api } from '../../platform/http';
import type { Actor } from '../people';
import type { LedgerService } from './ledger.service';

export function ledgerRoutes(api: Api<Actor>, ledgers: LedgerService): void {
  api.mount(ledgerApi.ledger, { input: AppealId, output: c.Ledger }, (actor, input) =>
    ledgers.ledger(actor, input),
  );
  api.mount(ledgerApi.dispute, { input: c.RaiseDispute, output: c.Ledger }, (actor, input) =>
    ledgers.dispute(actor, input),
  );
  api.mount(ledgerApi.settle, { input: c.SettleDispute, output: c.Ledger }, (actor, input) =>
    ledgers.settle(actor, input),
  );
  api.mount(ledgerApi.openDisputes, { input: Nothing, output: c.OpenDisputes }, (actor) =>
    ledgers.openDisputes(actor),
  );
}
