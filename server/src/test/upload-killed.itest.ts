import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UploadProgress } from '@otklik/shared/attachments';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { aDealer, aSession, aVisitor } from '../modules/people/people.factory';
import { ServerNode } from '../tools/chaos/node';
import { bundleServer, removeBundle } from '../tools/chaos/product';
import { testDb, type TestDb } from './test-db';

let database: TestDb;
let folder: string;
let bundle: string;
let node: ServerNode;
let cookie: string;

beforeAll(async () => {
  database = await testDb();
  folder = await mkdtemp(join(tmpdir(), 'otklik-killed-'));
  bundle = await bundleServer();
  node = await ServerNode.start({ name: 'a', bundle, folder, databaseUrl: database.url });
  const { db } = database;
  ({ cookie } = await aSession(db, await aVisitor(db, await aDealer(db))));
}, 300_000);
afterAll(async () => {
  await node?.stop();
  await removeBundle(bundle);
  await database.close();
  await rm(folder, { recursive: true, force: true });
});

const PART = 100_000;
const TIMES = 4;

it('a server that is killed in the middle of parts keeps what it acknowledged, and the file becomes whole', async () => {
  const bytes = Buffer.from(randomBytes((PART * TIMES) / 2).toString('hex'));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const clientId = randomUUID();
  const url = (path: string) => `http://127.0.0.1:${node.port}/api/${path}`;
  const begin = async () => {
    const answer = await fetch(url('uploads'), {
      method: 'POST',
      headers: { cookie, 'content-type': 'application/json' },
      body: JSON.stringify({ clientId, name: 'a.txt', sizeBytes: bytes.length, sha256 }),
    });
    return UploadProgress.parse(await answer.json());
  };
  const part = (from: number) => {
    const sent = request(url(`uploads/${clientId}?offset=${from}`), {
      method: 'PATCH',
      headers: {
        cookie,
        'content-type': 'application/octet-stream',
        'content-length': PART,
      },
    });
    const status = new Promise<number>((resolve) => {
      sent.on('error', () => resolve(0));
      sent.on('response', (answer) => resolve(answer.resume().statusCode ?? 0));
    });
    return { sent, status, bytes: bytes.subarray(from, from + PART) };
  };

  const partsOnDisk = async () => {
    const all = await readdir(join(folder, 'uploads/parts'), { recursive: true });
    return all.filter((name) => name.includes('/')).length;
  };
  let acknowledged = 0;
  for (let round = 0; round < TIMES; round += 1) {
    const { receivedBytes, attachment } = await begin();
    if (attachment) break;
    // What was acknowledged is there; a part whose answer was lost may be there too.
    expect(receivedBytes).toBeGreaterThanOrEqual(acknowledged);
    const whole = part(receivedBytes);
    whole.sent.end(whole.bytes);
    expect(await whole.status).toBe(200);
    acknowledged = receivedBytes + PART;
    if (acknowledged >= bytes.length) break;
    // One more: half of it has gone when the server dies, or all of it and nobody knows how far it came.
    const before = await partsOnDisk();
    const half = part(acknowledged);
    if (round % 2 === 0) {
      half.sent.write(half.bytes.subarray(0, PART / 2));
      await expect.poll(partsOnDisk).toBeGreaterThan(before);
    } else half.sent.end(half.bytes);
    await node.kill();
    await half.status;
    await node.start();
  }
  const { receivedBytes, attachment } = await begin();
  expect(receivedBytes).toBe(bytes.length);
  const file = await fetch(url(attachment?.fileUrl.replace(/^api\//, '') ?? ''), {
    headers: { cookie },
  });
  const arrived = Buffer.from(await file.arrayBuffer());
  expect(createHash('sha256').update(arrived).digest('hex')).toBe(sha256);
}, 300_000);
