/**
 * Attachments: files of messages. A file is uploaded first and is its sender's alone; the message that takes it gives it its rights.
 *
 * Tables: attachment (reads entry); and the bytes in the uploads folder. Appeals take uploads through `attachmentRepository.take`.
 * Publishes nothing: files travel with the news of their message.
 * Hears nothing. The job `sweepUploads` calls `sweepUnused`, which removes uploads that no message took.
 */
export { attachmentRepository } from './attachment.repository';
export { attachmentRoutes } from './attachment.routes';
export { createAttachmentService, type AttachmentService } from './attachment.service';
