import { holds, type Actor, type Who } from '../people';
import type { AttachmentRow } from './attachment.view';

export const attachmentPolicy = {
  /** Until a message takes it, an upload is its sender's alone; afterwards the message decides. */
  readUnused: (actor: Who & Pick<Actor, 'personId'>, upload: Pick<AttachmentRow, 'uploaded_by'>) =>
    holds(actor, 'file.read', [actor.personId === upload.uploaded_by ? 'own' : 'stranger']),
  /** A shared login says who is writing before it writes. */
  upload: (actor: Pick<Actor, 'nameNeeded'>) => !actor.nameNeeded,
};
