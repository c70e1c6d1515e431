import type { DraftContent, DraftView, SaveDraft } from '@otklik/shared/drafts';
import type * as z from 'zod';
import type { Db } from '../../platform/db';
import { fail } from '../../platform/errors';
import { holds, type Actor } from '../people';
import { draftRepository, type DraftRow } from './draft.repository';

export interface DraftDeps {
  db: Db;
  now: () => Date;
  /** Called with the live sessions of the draft's writer, the acting one too: its other tabs follow. */
  tell: (sessionIds: string[], draft: DraftView) => void;
}

/** How long a session may be away and still learn that a draft was taken away. */
const REMEMBERED_MS = 30 * 24 * 60 * 60_000;

export type DraftService = ReturnType<typeof createDraftService>;

/** Words not sent yet, shared by all sessions of one person; with a shared login, by those of one name. */
export function createDraftService({ db, now, tell }: DraftDeps) {
  return {
    /**
     * Keeps a draft as it is typed; the last writer wins. Without any content it is taken away.
     * A pending one whose message has arrived is not kept: the answer then has no content and revision 0.
     * @throws not_found – no such appeal, or none this actor may see
     * @throws forbidden – a dealer writes a note
     * @throws name_needed – the session of a shared login has not said who writes
     * @throws conflict – more drafts than anybody can have in mind
     */
    async save(actor: Actor, input: z.output<typeof SaveDraft>): Promise<DraftView> {
      if (actor.nameNeeded) throw fail('name_needed', {});
      if (input.mode === 'note' && !holds(actor, 'note.write'))
        throw fail('forbidden', { right: 'writeNotes' });
      const { content: typed, ...place } = input;
      const content =
        typed !== null && (input.pendingId !== null || !isEmpty(typed)) ? typed : null;
      const saved = await draftRepository.save(db, actor, place, content);
      if (!saved.live) throw fail('session_ended', { reason: 'expired' });
      if (!saved.visible) throw fail('not_found', { what: 'appeal' });
      if (content !== null && !saved.room) throw fail('conflict', { what: 'drafts' });
      const draft: DraftView = {
        ...place,
        content: saved.rev === null ? null : content,
        rev: saved.rev ?? 0,
        sessionId: actor.sessionId,
        at: saved.changed_at.toISOString(),
      };
      if (saved.rev !== null) tell(saved.sessions, draft);
      return draft;
    },

    /** The actor's drafts on what he may see now; those of appeals he has lost are kept and come back with the right. */
    async list(actor: Actor): Promise<DraftView[]> {
      return (await draftRepository.list(db, actor)).map(draftView);
    },

    /** Forgets what nobody has to learn any more. */
    async sweep(): Promise<void> {
      await draftRepository.sweep(db, new Date(now().getTime() - REMEMBERED_MS));
    },
  };
}

function isEmpty({
  body,
  orderNumbers,
  mentions,
  thenStatus: _along,
  ...chosen
}: DraftContent): boolean {
  return (
    body.trim() === '' &&
    !orderNumbers?.length &&
    !mentions?.length &&
    Object.values(chosen).every((value) => !value)
  );
}

const draftView = (row: DraftRow): DraftView => ({
  appealId: row.appeal_id,
  mode: row.mode,
  pendingId: row.pending_id,
  content: row.content,
  rev: row.rev,
  sessionId: row.session_id,
  at: row.changed_at.toISOString(),
});
