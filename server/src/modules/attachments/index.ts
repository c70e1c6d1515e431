/**
 * Attachments: files of messages. A file is uploaded first and is its sender's alone; the message that takes it gives it its rights.
 *
 * The API says where a file is: at an address below `files/` that needs no cookie and is good for this session, for an hour or two.
 *
 * A browser sends it in parts and, after a cut, goes on behind the last part that was acknowledged; a program may send it whole.
 *
 * Tables: attachment (reads entry), unfinished_upload; and the bytes in the uploads folder. Appeals take uploads through `attachmentRepository.take`.
 * Publishes nothing: files travel with the news of their message.
 * Hears nothing. The job `sweepUploads` calls `sweepUnused`, which removes uploads that no message took, and `sweepUnfinished`.
 */
export { attachmentRepository } from './attachment.repository';
export { createFileLinks } from './attachment.links';
export { attachmentRoutes, filesByLink } from './attachment.routes';
export { createAttachmentService, type AttachmentService } from './attachment.service';
export { createUploadService } from './upload.service';
