import { DIGEST_MAX } from '@otklik/shared/limits';
import type { AskDigest, Digest, EntryReceipts, Receipts } from '@otklik/shared/proof';
import type * as z from 'zod';
import type { Db } from '../../platform/db';
import { fail } from '../../platform/errors';
import { holds, type Actor } from '../people';
import { proofRepository } from './proof.repository';

export type ProofService = ReturnType<typeof createProofService>;

/** Shows that nothing was lost: what a thread holds, and where its entries have arrived. */
export function createProofService({ db, now }: { db: Db; now?: () => Date }) {
  return {
    /**
     * The fingerprint of a stretch of a thread in the viewer's numbering; see {@link Digest}.
     * @throws not_found – no such appeal, or none this actor may see
     * @throws invalid_input – more numbers than one answer may cover
     */
    async digest(actor: Actor, input: z.output<typeof AskDigest>): Promise<Digest> {
      if (input.toSeq - input.fromSeq >= DIGEST_MAX)
        throw fail('invalid_input', {
          fields: [
            { path: 'toSeq', rule: 'too_big', message: `at most ${DIGEST_MAX} numbers at once` },
          ],
        });
      const row = await proofRepository.digest(db, actor, input);
      if (row === null) throw fail('not_found', { what: 'appeal' });
      return {
        entries: row.entries,
        lastSeq: row.last_seq,
        sha256: row.sha256,
        at: (now?.() ?? row.at).toISOString(),
      };
    },

    /**
     * Notes what this session holds and has had on its screen. Only ever adds; the same report again changes nothing.
     * Appeals the actor may not see are passed over in silence, so that the answer tells nothing of them.
     */
    async receive(actor: Actor, { items }: z.output<typeof Receipts>): Promise<void> {
      await db.transaction(async (tx) => {
        await proofRepository.lockSession(tx, actor.sessionId);
        await proofRepository.add(tx, actor, items, now?.());
      });
    },

    /**
     * Which sessions of both sides got an entry and displayed it.
     * @throws not_found – no such entry, or none this actor may see; for dealers always
     */
    async ofEntry(
      actor: Actor,
      { appealId, entryId }: { appealId: string; entryId: string },
    ): Promise<EntryReceipts> {
      const visible =
        holds(actor, 'receipt.see') &&
        (await proofRepository.seesEntry(db, actor, appealId, entryId));
      if (!visible) throw fail('not_found', { what: 'entry' });
      const rows = await proofRepository.ofEntry(db, appealId, entryId);
      return {
        items: rows.map((row) => ({
          person: { id: row.person_id, name: row.person_name },
          side: row.side,
          sessionId: row.session_id,
          device: row.device,
          gotAt: row.got_at.toISOString(),
          shownAt: row.shown_at?.toISOString() ?? null,
        })),
      };
    },
  };
}
