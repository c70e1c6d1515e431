import type { AttachmentId, AttachmentView, UploadFields } from './attachments';
import type { Done } from './people';
import { route } from './route';

export const attachmentsApi = {
  /** multipart/form-data, one file a request, so that one bad file does not stop the others. */
  upload: route<UploadFields, AttachmentView>('POST', '/attachments'),
  /** Only an upload of one's own that no message uses yet. */
  discard: route<AttachmentId, Done>('DELETE', '/attachments/:attachmentId'),
  file: route<AttachmentId, ArrayBuffer>('GET', '/attachments/:attachmentId/file'),
  preview: route<AttachmentId, ArrayBuffer>('GET', '/attachments/:attachmentId/preview'),
};
