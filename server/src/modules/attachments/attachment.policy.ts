import type { Actor } from '../people';
import type { AttachmentRow } from './attachment.view';

export const attachmentPolicy = {
  /** Until a message takes it, an upload is its sender's alone; afterwards the message decides. */
  readUnused: (actor: Pick<Actor, 'personId'>, upload: Pick<AttachmentRow, 'uploaded_by'>) =>
    actor.personId === upload.uploaded_by,
  /** A shared login says who is writing before it writes. */
  upload: (actor: Pick<Actor, 'nameNeeded'>) => !actor.nameNeeded,
};
