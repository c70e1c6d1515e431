import type { Request, RequestHandler } from 'express';
import multer, { MulterError } from 'multer';
import { AppError, fail } from '../../platform/errors';
import { StorageError, type ReceivedFile } from '../../platform/files';
import type { AttachmentService } from './attachment.service';

/** The file of a multipart request, on disk. */
export interface SentFile {
  /** As the sender named it. */
  name: string;
  received: ReceivedFile;
}

/** Reads `multipart/form-data` with one file straight to disk, and lets the handler take the file over. */
export function createMultipart(
  service: Pick<AttachmentService, 'receive' | 'discardReceived'>,
  fileMaxBytes: number,
) {
  const sent = new WeakMap<Request, SentFile>();

  const read = multer({
    limits: {
      fileSize: fileMaxBytes,
      files: 1,
      fields: 5,
      parts: 6,
      fieldSize: 200,
      fieldNameSize: 50,
      fieldNestingDepth: 0,
      headerPairs: 20,
    },
    // Browsers write file names in UTF-8; the parser's own default would turn Cyrillic into noise.
    defParamCharset: 'utf8',
    storage: {
      _handleFile(req, file, done) {
        service.receive(file.stream).then(
          (received) => {
            sent.set(req, { name: file.originalname, received });
            done(null, { size: received.sizeBytes });
          },
          (error: unknown) => done(error),
        );
      },
      _removeFile(req, _file, done) {
        discard(req).then(() => done(null), done);
      },
    },
  }).single('file');

  async function discard(req: Request): Promise<void> {
    const file = take(req);
    if (file) await service.discardReceived(file.received);
  }

  /** Hands the file over: from now on the caller owns it. Undefined: the request brought none. */
  function take(req: Request): SentFile | undefined {
    const file = sent.get(req);
    sent.delete(req);
    return file;
  }

  const handler: RequestHandler = (req, res, next) => {
    // A refusal between reading and taking (a wrong field, a sender who has gone) must not leave the bytes behind.
    // What cannot be removed now is removed by the sweep.
    res.once('close', () => void discard(req).catch(() => undefined));
    read(req, res, (error?: unknown) => next(error && refusalOf(error, fileMaxBytes)));
  };

  return { handler, take };
}

/** What the parser has to say, in our words. */
function refusalOf(error: unknown, fileMaxBytes: number): unknown {
  if (error instanceof AppError || error instanceof StorageError) return error;
  if (!(error instanceof MulterError)) return fail('upload_broken', {}, { cause: error });
  switch (error.code) {
    case 'LIMIT_FILE_SIZE':
      return fail('too_large', { limitBytes: fileMaxBytes }, { cause: error });
    case 'LIMIT_FILE_COUNT':
      return fail('too_many_files', { limit: 1 }, { cause: error });
    default:
      return fail(
        'invalid_input',
        {
          fields: [
            { path: error.field ?? '', rule: error.code.toLowerCase(), message: error.message },
          ],
        },
        { cause: error },
      );
  }
}
