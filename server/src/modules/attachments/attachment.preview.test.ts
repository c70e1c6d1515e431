import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPreviewer } from './attachment.preview';

let folder: string;
let picture: string;
const previewer = createPreviewer();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'otklik-preview-'));
  picture = join(folder, 'a.png');
  const create = { width: 3_000, height: 2_000, channels: 3, background: 'red' } as const;
  await writeFile(picture, await sharp({ create }).png().toBuffer());
});
afterAll(async () => {
  previewer.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('the worker that reads pictures', () => {
  it('is another process, which makes the preview', async () => {
    const made = await previewer.previewOf(picture);
    expect([made?.width, made?.height]).toEqual([3_000, 2_000]);
    expect((await sharp(made?.bytes).metadata()).width).toBe(640);
    expect(previewer.pid()).not.toBe(process.pid);
    expect(previewer.pid()).toBeGreaterThan(0);
  });

  it('takes nobody along when it dies over a picture; the next picture gets another one', async () => {
    const first = previewer.pid() ?? 0;
    const dying = previewer.previewOf(picture);
    process.kill(first, 'SIGKILL');
    expect(await dying).toBeNull();
    expect((await previewer.previewOf(picture))?.width).toBe(3_000);
    expect(previewer.pid()).not.toBe(first);
  });

  it('makes nothing of what is no picture, and goes on', async () => {
    const text = join(folder, 'b.png');
    await writeFile(text, 'x');
    const before = previewer.pid();
    expect(await previewer.previewOf(text)).toBeNull();
    expect(await previewer.previewOf(join(folder, 'none.png'))).toBeNull();
    expect((await previewer.previewOf(picture))?.width).toBe(3_000);
    expect(previewer.pid()).toBe(before);
  });
});
