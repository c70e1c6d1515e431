import { AttachmentId, AttachmentView, UploadFields } from '@otklik/shared/attachments';
import { attachmentsApi } from '@otklik/shared/attachments.api';
import { Done } from '@otklik/shared/people';
import type { Config } from '../../config';
import { fail } from '../../platform/errors';
import type { FileStorage } from '../../platform/files';
import type { Api } from '../../platform/http';
import type { Actor } from '../people';
import { answerFile } from './attachment.answer';
import { createMultipart } from './attachment.multipart';
import type { AttachmentService } from './attachment.service';

export function attachmentRoutes(
  api: Api<Actor>,
  service: AttachmentService,
  { storage, config }: { storage: FileStorage; config: Pick<Config, 'fileMaxBytes'> },
): void {
  const multipart = createMultipart(service, config.fileMaxBytes);

  api.mountStream(
    attachmentsApi.upload,
    { input: UploadFields, output: AttachmentView },
    { multipart: multipart.handler },
    async (actor, { clientId }, { req }) => {
      const file = multipart.take(req);
      if (file === undefined) {
        throw fail('invalid_input', {
          fields: [{ path: 'file', rule: 'missing', message: 'a file with a name is needed' }],
        });
      }
      return service.add(actor, { clientId, ...file });
    },
  );

  api.mountStream(
    attachmentsApi.file,
    { input: AttachmentId, output: 'binary' },
    {},
    async (actor, { attachmentId }, exchange) => {
      await answerFile(exchange, storage, await service.get(actor, attachmentId), 'file');
      return undefined;
    },
  );

  api.mountStream(
    attachmentsApi.preview,
    { input: AttachmentId, output: 'binary' },
    {},
    async (actor, { attachmentId }, exchange) => {
      await answerFile(exchange, storage, await service.getPreview(actor, attachmentId), 'preview');
      return undefined;
    },
  );

  api.mount(
    attachmentsApi.discard,
    { input: AttachmentId, output: Done },
    async (actor, { attachmentId }) => {
      await service.discard(actor, attachmentId);
      return { done: true };
    },
  );
}
