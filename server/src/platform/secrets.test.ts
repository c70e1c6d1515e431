import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSecrets } from './secrets';

let dataDir: string;
beforeAll(async () => {
  dataDir = join(await mkdtemp(join(tmpdir(), 'otklik-secrets-')), 'data');
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

const plain = Buffer.from('twenty bytes of it!!');

describe('sealed secrets', () => {
  it('open with the same key for what they belong to, and for nothing else', async () => {
    const secrets = createSecrets({ given: 'k'.repeat(43), dataDir });
    const sealed = await secrets.seal(plain, 'person 1');
    expect(sealed.includes(plain)).toBe(false);
    expect(await secrets.open(sealed, 'person 1')).toEqual(plain);
    await expect(secrets.open(sealed, 'person 2')).rejects.toThrow();
    const changed = Buffer.from(sealed);
    changed[changed.length - 1]! ^= 1;
    await expect(secrets.open(changed, 'person 1')).rejects.toThrow();
    const other = createSecrets({ given: 'j'.repeat(43), dataDir });
    await expect(other.open(sealed, 'person 1')).rejects.toThrow();
    await expect(stat(dataDir)).rejects.toThrow();
  });

  it('without a given key, processes that begin at once share the one in the data folder', async () => {
    const both = [1, 2, 3].map(() => createSecrets({ given: undefined, dataDir }));
    const sealed = await Promise.all(both.map((one) => one.seal(plain, 'x')));
    for (const one of both)
      for (const text of sealed) expect(await one.open(text, 'x')).toEqual(plain);
    const path = join(dataDir, 'secrets.key');
    expect((await readFile(path, 'utf8')).trim()).toMatch(/^[\w-]{43}$/);
    expect((await stat(path)).mode & 0o077).toBe(0);
  });
});
