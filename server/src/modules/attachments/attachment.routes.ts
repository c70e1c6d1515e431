import {
  AttachmentId,
  AttachmentView,
  BeginUpload,
  UploadFields,
  UploadId,
  UploadPart,
  UploadProgress,
} from '@otklik/shared/attachments';
import { attachmentsApi } from '@otklik/shared/attachments.api';
import { UPLOAD_PART_MAX } from '@otklik/shared/limits';
import { Done } from '@otklik/shared/people';
import type { Request, RequestHandler, Response } from 'express';
import type { Config } from '../../config';
import { fail } from '../../platform/errors';
import type { FileKind, FileStorage } from '../../platform/files';
import type { Api } from '../../platform/http';
import type { Actor } from '../people';
import { answerFile } from './attachment.answer';
import type { FileLinks } from './attachment.links';
import { createMultipart } from './attachment.multipart';
import type { AttachmentService } from './attachment.service';
import type { UploadService } from './upload.service';

export function attachmentRoutes(
  api: Api<Actor>,
  service: AttachmentService,
  {
    uploads,
    links,
    config,
  }: {
    uploads: UploadService;
    links: FileLinks;
    config: Pick<Config, 'fileMaxBytes' | 'basePath'>;
  },
): void {
  const multipart = createMultipart(service, config.fileMaxBytes);
  const addressOf = async (actor: Actor, attachmentId: string, kind: FileKind) =>
    `${config.basePath}files/${await links.seal({ attachmentId, kind, sessionId: actor.sessionId })}`;

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

  api.mount(attachmentsApi.begin, { input: BeginUpload, output: UploadProgress }, uploads.begin);
  api.mount(
    attachmentsApi.progress,
    { input: UploadId, output: UploadProgress },
    (actor, { clientId }) => uploads.get(actor, clientId),
  );
  api.mountStream(
    attachmentsApi.part,
    { input: UploadPart, output: UploadProgress },
    { bytes: true },
    (actor, place, { req, stillSignedIn }) =>
      uploads.addPart(actor, {
        ...place,
        sizeBytes: partBytes(req),
        source: req,
        stillSignedIn,
      }),
  );
  api.mount(
    attachmentsApi.cancel,
    { input: UploadId, output: Done },
    async (actor, { clientId }) => {
      await uploads.cancel(actor, clientId);
      return { done: true };
    },
  );

  api.mountStream(
    attachmentsApi.file,
    { input: AttachmentId, output: 'binary' },
    {},
    async (actor, { attachmentId }, { res }) => {
      await service.download(actor, attachmentId);
      res.redirect(await addressOf(actor, attachmentId, 'file'));
      return undefined;
    },
  );

  api.mountStream(
    attachmentsApi.preview,
    { input: AttachmentId, output: 'binary' },
    {},
    async (actor, { attachmentId }, { res }) => {
      await service.getPreview(actor, attachmentId);
      res.redirect(await addressOf(actor, attachmentId, 'preview'));
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

/**
 * The bytes themselves, outside the API and without cookies: a file that a browser should ever take for a page finds nothing to act with.
 * Whether the session lives and may still read the file is asked each time.
 */
export function filesByLink(
  service: AttachmentService,
  {
    links,
    storage,
    resume,
    moves,
  }: {
    links: FileLinks;
    storage: FileStorage;
    resume: (sessionId: string) => Promise<Actor>;
    /** Hears of every file that begins to leave. */
    moves: (actor: Actor, res: Response) => void;
  },
): RequestHandler<{ link: string }> {
  return async (req, res) => {
    const link = await links.open(req.params.link);
    if (link === null) throw fail('not_found', { what: 'attachment' });
    const actor = await resume(link.sessionId);
    moves(actor, res);
    const { attachmentId, kind } = link;
    const row =
      kind === 'preview'
        ? await service.getPreview(actor, attachmentId)
        : await service.get(actor, attachmentId);
    await answerFile({ req, res }, storage, row, kind);
  };
}

/** How long the part is that the request brings. @throws invalid_input, too_large */
function partBytes(req: Request): number {
  const wrong = (path: string, rule: string, message: string) =>
    fail('invalid_input', { fields: [{ path, rule, message }] });
  // Anything else may have been read by a parser already.
  if (!req.is('application/octet-stream')) {
    throw wrong('content-type', 'type', 'a part is sent as application/octet-stream');
  }
  const bytes = Number(req.get('content-length'));
  if (!Number.isSafeInteger(bytes) || bytes < 1) {
    throw wrong('content-length', 'missing', 'a part has a length');
  }
  if (bytes > UPLOAD_PART_MAX) throw fail('too_large', { limitBytes: UPLOAD_PART_MAX });
  return bytes;
}
