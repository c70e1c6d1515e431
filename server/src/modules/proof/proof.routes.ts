import { EntryId } from '@otklik/shared/appeals';
import { Done } from '@otklik/shared/people';
import { AskDigest, Digest, EntryReceipts, Receipts } from '@otklik/shared/proof';
import { proofApi } from '@otklik/shared/proof.api';
import type { Api } from '../../platform/http';
import type { Actor } from '../people';
import type { ProofService } from './proof.service';

/** Asking for fingerprints, reporting what arrived, and seeing where it did. */
export function proofRoutes({ mount }: Pick<Api<Actor>, 'mount'>, proof: ProofService): void {
  mount(proofApi.digest, { input: AskDigest, output: Digest }, proof.digest);
  mount(proofApi.receipts, { input: Receipts, output: Done }, async (actor, input) => {
    await proof.receive(actor, input);
    return { done: true };
  });
  mount(proofApi.ofEntry, { input: EntryId, output: EntryReceipts }, proof.ofEntry);
}
