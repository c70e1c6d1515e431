import type { EntryId } from './appeals';
import type { Done } from './people';
import type { AskDigest, Digest, EntryReceipts, Receipts } from './proof';
import { route } from './route';

export const proofApi = {
  digest: route<AskDigest, Digest>('GET', '/appeals/:appealId/digest', 'appeal.read'),
  receipts: route<Receipts, Done>('POST', '/receipts', 'receipt.give', {
    socket: 'entry:receipts',
  }),
  ofEntry: route<EntryId, EntryReceipts>(
    'GET',
    '/appeals/:appealId/entries/:entryId/receipts',
    'receipt.see',
  ),
};
