import sharp from 'sharp';

/** A small copy of a picture, and the size of the original as people see it. */
export interface Preview {
  width: number;
  height: number;
  /** WebP, without place, camera or any other data about the picture. */
  bytes: Buffer;
}

const LONGER_SIDE = 640;
/** What phones make at most. A file of a few kilobytes may claim more, and would fill the memory. */
const MAX_PIXELS = 50_000_000;
const PATIENCE_SECONDS = 10;
/** Pictures worked on at once: the rest of the processor belongs to messages. */
const AT_ONCE = 2;

/** Makes previews in sharp's own threads, few at a time. */
export function createPreviewer() {
  sharp.concurrency(1);
  // A file is read once; keeping it open or in memory is of no use.
  sharp.cache(false);
  const withTurn = createTurns(AT_ONCE);

  /** The preview of a picture on disk, or null when it cannot be read, is too big, or takes too long. */
  return function previewOf(path: string): Promise<Preview | null> {
    return withTurn(async () => {
      try {
        const options = { limitInputPixels: MAX_PIXELS, failOn: 'error' } as const;
        const { autoOrient } = await sharp(path, options).metadata();
        const bytes = await sharp(path, options)
          .timeout({ seconds: PATIENCE_SECONDS })
          .autoOrient()
          .resize({
            width: LONGER_SIDE,
            height: LONGER_SIDE,
            fit: 'inside',
            withoutEnlargement: true,
          })
          .webp({ quality: 78 })
          .toBuffer();
        return { width: autoOrient.width, height: autoOrient.height, bytes };
      } catch {
        // Whatever is wrong with the picture, it is kept as an ordinary file.
        return null;
      }
    });
  };
}

/** Lets at most `limit` runs go on at once; the others wait in the order they came. */
function createTurns(limit: number) {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async function withTurn<Result>(run: () => Promise<Result>): Promise<Result> {
    if (running < limit) running += 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await run();
    } finally {
      // The turn passes on directly, so that nobody slips in between.
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
