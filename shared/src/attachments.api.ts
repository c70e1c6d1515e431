import type {
  AttachmentId,
  AttachmentView,
  BeginUpload,
  UploadFields,
  UploadId,
  UploadPart,
  UploadProgress,
} from './attachments';
import type { Done } from './people';
import { route } from './route';

export const attachmentsApi = {
  /** multipart/form-data, one file a request: for programs that send a file whole. Browsers send parts. */
  upload: route<UploadFields, AttachmentView>('POST', '/attachments', 'file.upload'),
  /** Begins an upload in parts, or says from where to go on. Everything there: it becomes an attachment. */
  begin: route<BeginUpload, UploadProgress>('POST', '/uploads', 'file.upload'),
  progress: route<UploadId, UploadProgress>('GET', '/uploads/:clientId', 'upload.own'),
  /** application/octet-stream, at most UPLOAD_PART_MAX bytes. The last part makes the attachment. */
  part: route<UploadPart, UploadProgress>('PATCH', '/uploads/:clientId', 'upload.own'),
  /** Throws away what has arrived, finished or not, as long as no message uses it. */
  cancel: route<UploadId, Done>('DELETE', '/uploads/:clientId', 'upload.own'),
  /** Only an upload of one's own that no message uses yet. */
  discard: route<AttachmentId, Done>('DELETE', '/attachments/:attachmentId', 'file.discard'),
  file: route<AttachmentId, ArrayBuffer>('GET', '/attachments/:attachmentId/file', 'file.read'),
  preview: route<AttachmentId, ArrayBuffer>(
    'GET',
    '/attachments/:attachmentId/preview',
    'file.read',
  ),
};
