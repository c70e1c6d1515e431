import { spawn, type ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import * as z from 'zod';

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
/** A worker that does not even end its work by itself is ended. */
const HARD_MS = 15_000;
/** An idle worker is memory for nothing. */
const IDLE_MS = 60_000;

/**
 * The worker: reads pictures that strangers made with libraries written in C, so it is a process of its own. What kills it kills no
 * message, and it knows neither the database nor any secret. A text, because a bundle has only one file.
 */
const WORKER = `
  const sharp = require(${JSON.stringify(createRequire(import.meta.url).resolve('sharp'))});
  sharp.concurrency(1);
  // A file is read once; keeping it open or in memory is of no use.
  sharp.cache(false);
  process.once('disconnect', () => process.exit());
  process.on('message', async (path) => {
    try {
      const options = { limitInputPixels: ${MAX_PIXELS}, failOn: 'error' };
      const { autoOrient } = await sharp(path, options).metadata();
      const bytes = await sharp(path, options)
        .timeout({ seconds: ${PATIENCE_SECONDS} })
        .autoOrient()
        .resize({ width: ${LONGER_SIDE}, height: ${LONGER_SIDE}, fit: 'inside', withoutEnlargement: true })
        .webp({ quality: 78 })
        .toBuffer();
      process.send({ width: autoOrient.width, height: autoOrient.height, bytes });
    } catch {
      // Whatever is wrong with the picture, it is kept as an ordinary file.
      process.send(null);
    }
  });
`;

const Made = z
  .object({ width: z.number().int(), height: z.number().int(), bytes: z.instanceof(Uint8Array) })
  .nullable();

/** Makes previews one after the other: the rest of the processor belongs to messages. */
export function createPreviewer() {
  let worker: ChildProcess | null = null;
  let idle: NodeJS.Timeout | undefined;
  let last: Promise<unknown> = Promise.resolve();

  function start(): ChildProcess {
    const { PATH, SystemRoot } = process.env;
    const child = spawn(process.execPath, ['-e', WORKER], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      serialization: 'advanced',
      env: { PATH, SystemRoot },
    });
    // A server that ends does not wait for it; it ends with its line to the server.
    child.unref();
    child.channel?.unref();
    child.once('exit', () => {
      if (worker === child) worker = null;
    });
    child.on('error', () => undefined);
    return child;
  }

  function make(path: string): Promise<Preview | null> {
    clearTimeout(idle);
    const child = (worker ??= start());
    child.channel?.ref();
    return new Promise((resolve) => {
      const late = setTimeout(() => child.kill('SIGKILL'), HARD_MS);
      const done = (answer: unknown) => {
        clearTimeout(late);
        child.off('message', done);
        child.off('exit', gone);
        child.off('error', gone);
        child.channel?.unref();
        idle = setTimeout(stop, IDLE_MS).unref();
        const { data } = Made.safeParse(answer);
        resolve(data ? { ...data, bytes: Buffer.from(data.bytes) } : null);
      };
      const gone = () => done(null);
      child.on('message', done);
      child.once('exit', gone);
      child.once('error', gone);
      child.send(path, (error) => {
        if (error) gone();
      });
    });
  }

  function stop(): void {
    worker?.kill('SIGKILL');
    worker = null;
  }

  return {
    /** The preview of a picture on disk, or null when it cannot be read, is too big, or takes too long. */
    previewOf(path: string): Promise<Preview | null> {
      const made = last.then(() => make(path));
      last = made;
      return made;
    },
    /** The process that does the work; undefined: none is needed now. */
    pid: () => worker?.pid,
    stop,
  };
}

/** One for the whole process; it starts with the first picture. */
export const previewer = createPreviewer();
