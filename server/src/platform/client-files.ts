import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import compression from 'compression';
import express, { Router } from 'express';
import { fail } from './errors';

/** Names the build in a folder: another build has another page, because the files it asks for have other names. */
export function clientRelease(folder: string): string | null {
  const index = join(folder, 'index.html');
  if (!existsSync(index)) return null;
  return createHash('sha256').update(readFileSync(index)).digest('hex').slice(0, 12);
}

/**
 * Serves the built client: hashed assets for ever, the page itself never from a cache.
 * Every path that is not a file gets the page, whose router decides; `<base>` says where the product lives.
 */
export function clientFiles(folder: string, basePath: string, release: string | null): Router {
  const router = Router();
  const index = join(folder, 'index.html');
  if (release === null) {
    router.get('/*path', () => {
      throw fail('not_found', { what: 'client build' });
    });
    return router;
  }
  const page = readFileSync(index, 'utf8')
    .replace('<base href="/"', `<base href="${basePath}"`)
    .replace('<meta name="release" content=""', `<meta name="release" content="${release}"`);
  router.use(compression());
  router.use(
    express.static(folder, {
      index: false,
      setHeaders: (res, path) => {
        res.setHeader(
          'Cache-Control',
          path.includes(`${join(folder, 'assets')}`)
            ? 'public, max-age=31536000, immutable'
            : 'no-cache',
        );
      },
    }),
  );
  router.get('/{*path}', (req, res) => {
    // A missing asset is an error; a missing page is the router's matter.
    if (/\.\w{2,5}$/.test(req.path)) throw fail('not_found', { what: 'file' });
    res.setHeader('Cache-Control', 'no-cache');
    res.type('html').send(page);
  });
  return router;
}
