import contentDisposition from 'content-disposition';
import type { Request, Response } from 'express';
import { fail } from '../../platform/errors';
import type { FileKind, FileStorage } from '../../platform/files';
import { INLINE_TYPES } from './attachment.kind';
import type { AttachmentRow } from './attachment.view';

/** Downloaded under its own type; everything else that is not shown inline is only bytes. */
const PDF = 'application/pdf';

/**
 * Answers the bytes of a file, or of its preview: whole, in parts, or "not changed".
 * Whatever the file holds, a browser does not run it: shown inline are only pictures we could read ourselves, and
 * those within a sandbox.
 * @throws not_found – the bytes are gone from the disk
 */
export async function answerFile(
  { req, res }: { req: Pick<Request, 'destroyed'>; res: Response },
  storage: Pick<FileStorage, 'folder' | 'place'>,
  row: AttachmentRow,
  kind: FileKind,
): Promise<void> {
  const mime = kind === 'preview' ? 'image/webp' : row.mime;
  const inline = row.width !== null && INLINE_TYPES.has(mime);
  res.set({
    'Content-Type': inline || mime === PDF ? mime : 'application/octet-stream',
    'Content-Disposition': contentDisposition(kind === 'preview' ? `${row.name}.webp` : row.name, {
      type: inline ? 'inline' : 'attachment',
    }),
    'Content-Security-Policy':
      "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:",
    'X-Content-Type-Options': 'nosniff',
    'Cross-Origin-Resource-Policy': 'same-origin',
    // Asked again each time, because rights may have changed; unchanged bytes are not sent again.
    'Cache-Control': 'private, no-cache',
    ETag: `"${row.sha256}${kind === 'preview' ? '-preview' : ''}"`,
  });
  await new Promise<void>((resolve, reject) => {
    res.sendFile(
      storage.place(row.id, kind),
      { root: storage.folder, cacheControl: false, lastModified: false, dotfiles: 'allow' },
      (error?: Error) => {
        // Answered, or the reader has gone in the middle.
        if (error === undefined || res.headersSent || req.destroyed) return resolve();
        const status = 'status' in error ? error.status : undefined;
        if (status === 412 || status === 416) {
          if (status === 416) res.set('Content-Range', `bytes */${row.size_bytes}`);
          res.removeHeader('Content-Disposition');
          res.status(status).end();
          return resolve();
        }
        for (const name of res.getHeaderNames()) {
          if (/^(content-|etag|accept-ranges|cache-control)/.test(name)) res.removeHeader(name);
        }
        reject(
          status === 404 ? fail('not_found', { what: 'attachment' }, { cause: error }) : error,
        );
      },
    );
  });
}
