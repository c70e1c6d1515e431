import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { AttachmentView } from '@otklik/shared/attachments';
import express from 'express';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Db } from '../../platform/db';
import { fail } from '../../platform/errors';
import { createLocalFiles, type FileStorage } from '../../platform/files';
import { createApi, problems, requestIds } from '../../platform/http';
import { createLog } from '../../platform/log';
import { testDb } from '../../test/test-db';
import type { Actor } from '../people';
import { aDealer, aManager, anActor, aVisitor } from '../people/people.factory';
import { createFileLinks } from './attachment.links';
import { attachmentRepository } from './attachment.repository';
import { attachmentRoutes, filesByLink } from './attachment.routes';
import { createAttachmentService, type AttachmentService } from './attachment.service';
import { createUploadService } from './upload.service';

const FILE_MAX = 300_000;
const HOUR = 3_600_000;
const log = createLog('silent', false);

let db: Db;
let closeDb: () => Promise<void>;
let folder: string;
let storage: FileStorage;
let service: AttachmentService;
let server: Server;
let base: string;
let now: Date;
/** `<person> <entry>` */
const readable = new Set<string>();
const actors = new Map<string, Actor>();
let anna: Actor;
let boris: Actor;
let manager: Actor;
let dealerId: string;

beforeAll(async () => {
  const database = await testDb();
  db = database.db;
  closeDb = database.close;
  folder = await mkdtemp(path.join(tmpdir(), 'otklik-files-'));
  storage = createLocalFiles(folder);
  const dealer = await aDealer(db);
  dealerId = dealer.id;
  const known = async (person: Promise<{ id: string }>) => {
    const actor = await anActor(db, await person);
    actors.set(actor.personId, actor);
    return actor;
  };
  anna = await known(aVisitor(db, dealer));
  boris = await known(aVisitor(db, dealer));
  manager = await known(aManager(db));

  const config = {
    ...{ fileMaxBytes: FILE_MAX, uploadTtlMs: 24 * HOUR },
    ...{ uploadsPerHour: 1_000, basePath: '/' },
  };
  service = createAttachmentService({
    db,
    config,
    storage,
    now: () => now,
    mayReadEntry: (actor, entryId) => Promise.resolve(readable.has(`${actor.personId} ${entryId}`)),
  });
  const api = createApi<Actor>({
    log,
    authenticate: (req) => {
      const actor = actors.get(req.get('x-person') ?? '');
      return actor ? Promise.resolve(actor) : Promise.reject(fail('not_signed_in', {}));
    },
    authenticateIntegration: () => Promise.reject(fail('not_signed_in', {})),
    admit: () => undefined,
  });
  const uploads = createUploadService({
    db,
    config,
    storage,
    now: () => now,
    attachments: service,
  });
  const links = createFileLinks({ db, now: () => now });
  attachmentRoutes(api, service, { uploads, links, config });
  const resume = (sessionId: string) => {
    const actor = [...actors.values()].find((one) => one.sessionId === sessionId);
    return actor ? Promise.resolve(actor) : Promise.reject(fail('not_signed_in', {}));
  };
  const app = express()
    .use(requestIds)
    .use('/api', express.json(), api.router)
    .get('/files/:link', filesByLink(service, { links, storage, resume, moves: () => undefined }))
    .use(problems(log));
  server = createServer(app);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  base = typeof address === 'object' ? `http://127.0.0.1:${address?.port}/api/attachments` : '';
});

afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await closeDb();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  now = new Date('2026-03-02T07:00:00Z');
  readable.clear();
  await db.query('DELETE FROM attachment');
  await rm(folder, { recursive: true, force: true });
});

/* ── What people send ───────────────────────────────────── */

interface Sent {
  actor?: Actor | undefined;
  clientId?: string;
  name?: string;
  bytes?: Uint8Array | string;
  fields?: [string, string][];
}

async function upload(sent: Sent = {}): Promise<Response> {
  const {
    actor = anna,
    clientId = randomUUID(),
    name = 'письмо.txt',
    bytes = 'Здравствуйте',
  } = sent;
  const form = new FormData();
  for (const [field, value] of sent.fields ?? [['clientId', clientId]]) form.append(field, value);
  form.append('file', new Blob([new Uint8Array(Buffer.from(bytes))]), name);
  return fetch(base, { method: 'POST', body: form, headers: { 'x-person': actor.personId } });
}

async function uploaded(sent: Sent = {}): Promise<AttachmentView> {
  const answer = await upload(sent);
  expect(answer.status).toBe(200);
  return AttachmentView.parse(await answer.json());
}

async function problemOf(answer: Response) {
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  const body: unknown = await answer.json();
  return body;
}

const get = (url: string, actor: Actor | undefined, headers: Record<string, string> = {}) =>
  fetch(`${base}/${url}`, {
    headers: { ...(actor && { 'x-person': actor.personId }), ...headers },
  });

/** A multipart body by hand, for what a browser would not send. */
function send(body: Buffer | string, headers: Record<string, string> = {}) {
  return fetch(base, {
    method: 'POST',
    body: new Uint8Array(Buffer.from(body)),
    headers: {
      'x-person': anna.personId,
      'content-type': 'multipart/form-data; boundary=edge',
      ...headers,
    },
  });
}
const field = (name: string, value: string) =>
  `--edge\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
const filePart = (disposition: string, content = 'text') =>
  `--edge\r\nContent-Disposition: form-data; name="file"; ${disposition}\r\n\r\n${content}\r\n`;
const END = '--edge--\r\n';

const photo = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#336699' } });

function pngChunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** A picture of a few hundred bytes that claims a side of `side` pixels. */
function hugePng(side: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([8, 0, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    pngChunk('IHDR', header),
    pngChunk('IDAT', deflateSync(Buffer.alloc(100_000))),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

/** An archive with one part that is not compressed. */
function zipOf(name: string, content: string): Buffer {
  const data = Buffer.from(content);
  const local = Buffer.alloc(30);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(20, 4);
  local.writeUInt32LE(crc32(data), 14);
  local.writeUInt32LE(data.length, 18);
  local.writeUInt32LE(data.length, 22);
  local.writeUInt16LE(name.length, 26);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  return Buffer.concat([local, Buffer.from(name), data, end]);
}
const docx = zipOf(
  '[Content_Types].xml',
  '<Types><Override ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>',
);
const exe = Buffer.concat([Buffer.from('MZ'), Buffer.alloc(500), Buffer.from('PE\0\0')]);
const svg = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>';

/** Every file in the uploads folder, whole or not. */
async function filesOnDisk(): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

async function rows(): Promise<number> {
  const [row] = await db.query<{ n: number }>('SELECT count(*) AS n FROM attachment');
  return row!.n;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await holds()); tries += 1) {
    expect(tries).toBeLessThan(200);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** An appeal with one message and one private note. */
async function anAppeal() {
  const [appeal] = await db.query<{ id: string }>(
    `INSERT INTO appeal (client_id, content_hash, dealer_id, opened_by, opened_by_name, type_code, topic_id, subject,
       last_seq, last_public_seq, last_at, public_last_at, changed_xid, public_changed_xid, created_at)
     SELECT gen_random_uuid(), '', $1, $2, 'Анна', 'question', t.id, 'Вопрос', 2, 1, $3, $3, pg_current_xact_id(), pg_current_xact_id(), $3
     FROM topic t WHERE t.code = 'other' RETURNING id`,
    [dealerId, anna.personId, now],
  );
  const appealId = appeal!.id;
  const entry = async (seq: number, publicSeq: number | null, author: Actor) => {
    const id = randomUUID();
    await db.query(
      `INSERT INTO entry (id, appeal_id, seq, public_seq, kind, author_id, author_side, client_id, content_hash, files, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', 1, $9)`,
      [
        id,
        appealId,
        seq,
        publicSeq,
        publicSeq === null ? 'note' : 'message',
        author.personId,
        author.side,
        randomUUID(),
        now,
      ],
    );
    return id;
  };
  return { appealId, messageId: await entry(1, 1, anna), noteId: await entry(2, null, manager) };
}

/* ── Tests ──────────────────────────────────────────────── */

describe('an upload', () => {
  it('is stored whole, under a name of our own', async () => {
    const view = await uploaded({ name: 'Акт приёмки №5.txt', bytes: 'Принято 4 коробки' });
    expect(view).toEqual({
      id: view.id,
      name: 'Акт приёмки №5.txt',
      mime: 'text/plain',
      sizeBytes: Buffer.byteLength('Принято 4 коробки'),
      image: null,
      fileUrl: `api/attachments/${view.id}/file`,
      previewUrl: null,
    });
    expect(await filesOnDisk()).toEqual([view.id]);
    const answer = await get(`${view.id}/file`, anna);
    expect(await answer.text()).toBe('Принято 4 коробки');
  });

  it('needs a signed-in person', async () => {
    const answer = await fetch(base, { method: 'POST', body: new FormData() });
    expect(answer.status).toBe(401);
  });

  it('waits until a shared login has said who is writing', async () => {
    const shared = { ...anna, personId: randomUUID(), nameNeeded: true };
    actors.set(shared.personId, shared);
    const answer = await upload({ actor: shared });
    expect(await problemOf(answer)).toMatchObject({ status: 409, code: 'name_needed' });
    expect(await filesOnDisk()).toEqual([]);
  });

  it.each([
    ['no id', [], 'clientId'],
    ['an id that is none', [['clientId', 'x']], 'clientId'],
    [
      'two ids',
      [
        ['clientId', randomUUID()],
        ['clientId', randomUUID()],
      ],
      'clientId',
    ],
    [
      'an unknown field',
      [
        ['clientId', randomUUID()],
        ['path', '/etc'],
      ],
      'path',
    ],
    ['a nested field', [['clientId[a]', 'x']], 'clientId[a]'],
    ['a field as long as a book', [['clientId', 'x'.repeat(1000)]], 'clientId'],
    ['a NUL', [['clientId', 'a\0']], 'clientId'],
  ] satisfies [string, [string, string][], string][])(
    'with %s is refused and leaves nothing',
    async (_case, fields, wrong) => {
      const answer = await upload({ fields });
      expect(answer.status).toBe(400);
      expect(await problemOf(answer)).toMatchObject({
        code: 'invalid_input',
        facts: { fields: [{ path: wrong }] },
      });
      await until(async () => (await filesOnDisk()).length === 0);
      expect(await rows()).toBe(0);
    },
  );

  it.each([
    ['without a file', field('clientId', randomUUID()) + END],
    ['with a file without a name', field('clientId', randomUUID()) + filePart('filename=""') + END],
    [
      'with a file in another field',
      field('clientId', randomUUID()) +
        filePart('filename="a.txt"').replace('"file"', '"other"') +
        END,
    ],
  ])('%s is refused', async (_case, body) => {
    const answer = await send(body);
    expect(await problemOf(answer)).toMatchObject({ status: 400, code: 'invalid_input' });
    expect(await filesOnDisk()).toEqual([]);
  });

  it('with two files is refused', async () => {
    const answer = await send(
      field('clientId', randomUUID()) +
        filePart('filename="a.txt"') +
        filePart('filename="b.txt"') +
        END,
    );
    expect(await problemOf(answer)).toMatchObject({ status: 400, code: 'too_many_files' });
    await until(async () => (await filesOnDisk()).length === 0);
  });

  it('as JSON is refused', async () => {
    const answer = await send(JSON.stringify({ clientId: randomUUID() }), {
      'content-type': 'application/json',
    });
    expect(await problemOf(answer)).toMatchObject({
      code: 'invalid_input',
      facts: { fields: [{ path: 'file' }] },
    });
  });

  it.each([
    [
      'without its end',
      field('clientId', randomUUID()) + filePart('filename="a.txt"').slice(0, -2),
    ],
    ['that is no multipart at all', 'hello'],
    ['of nothing', ''],
  ])('%s is broken', async (_case, body) => {
    const answer = await send(body);
    expect(await problemOf(answer)).toMatchObject({ status: 400, code: 'upload_broken' });
    expect(await filesOnDisk()).toEqual([]);
  });

  it('whose content type names no boundary is broken', async () => {
    const answer = await send('x', { 'content-type': 'multipart/form-data' });
    expect(await problemOf(answer)).toMatchObject({ status: 400, code: 'upload_broken' });
  });

  it('may be as large as allowed and not a byte larger', async () => {
    await uploaded({ bytes: 'x'.repeat(FILE_MAX) });
    await db.query('DELETE FROM attachment');
    await rm(folder, { recursive: true });
    const answer = await upload({ bytes: 'x'.repeat(FILE_MAX + 1) });
    expect(await problemOf(answer)).toMatchObject({
      status: 413,
      code: 'too_large',
      facts: { limitBytes: FILE_MAX },
    });
    expect(await filesOnDisk()).toEqual([]);
    expect(await rows()).toBe(0);
  });

  it('must not be empty', async () => {
    const answer = await upload({ bytes: '' });
    expect(await problemOf(answer)).toMatchObject({
      status: 400,
      facts: { fields: [{ path: 'file', rule: 'empty' }] },
    });
    expect(await filesOnDisk()).toEqual([]);
  });

  it('that breaks off in the middle leaves no file and no row', async () => {
    const req = request(base, {
      method: 'POST',
      headers: {
        'x-person': anna.personId,
        'content-type': 'multipart/form-data; boundary=edge',
        'content-length': 200_000,
      },
    });
    req.on('error', () => undefined);
    req.write(
      field('clientId', randomUUID()) +
        filePart('filename="a.txt"', 'x'.repeat(100_000)).slice(0, -2),
    );
    await until(async () => (await filesOnDisk()).length === 1);
    req.destroy();
    await until(async () => (await filesOnDisk()).length === 0);
    expect(await rows()).toBe(0);
  });
});

describe('the name of an upload', () => {
  it.each([
    ['Cyrillic', 'Фото этикетки.txt', 'Фото этикетки.txt'],
    ['a path', '../../../etc/пароли.txt', 'пароли.txt'],
    ['a Windows path', 'C:\\temp\\a.txt', 'a.txt'],
    ['a turned direction', 'a\u202etxt.csv', 'atxt.csv'],
    ['quotes and line breaks', 'a"b\r\nc.txt', 'a"bc.txt'],
    ['only an extension', '.txt', 'file.txt'],
    ['300 characters', `${'ы'.repeat(300)}.txt`, `${'ы'.repeat(196)}.txt`],
  ])('with %s is cleaned', async (_case, name, clean) => {
    expect((await uploaded({ name })).name).toBe(clean);
  });

  it('comes back whole when the file is downloaded', async () => {
    const view = await uploaded({ name: 'Счёт "№5"; акт.txt' });
    const answer = await get(`${view.id}/file`, anna);
    const header = answer.headers.get('content-disposition') ?? '';
    expect(decodeURIComponent(/filename\*=UTF-8''(\S+)/.exec(header)?.[1] ?? '')).toBe(view.name);
  });
});

describe('the type of an upload', () => {
  it.each([
    ['a program as a photo', 'photo.jpg', exe],
    ['a program as a document', 'act.pdf', exe],
    ['a program as text', 'read.txt', exe],
    ['a program by its own name', 'setup.exe', exe],
    ['a page as a picture', 'a.png', '<!doctype html><script>alert(1)</script>'],
    ['a drawing as a picture', 'a.png', svg],
    ['a document as a picture', 'a.png', docx],
    ['half a zip head', 'a.zip', 'PK'],
    ['a name without an extension', 'photo', 'text'],
    ['a script', 'a.js', 'alert(1)'],
  ])('%s is refused', async (_case, name, bytes) => {
    const answer = await upload({ name, bytes });
    expect(await problemOf(answer)).toMatchObject({
      status: 415,
      code: 'file_type_refused',
      facts: { name },
    });
    expect(await filesOnDisk()).toEqual([]);
    expect(await rows()).toBe(0);
  });

  it('a document is recognised inside its archive', async () => {
    expect((await uploaded({ name: 'Договор.docx', bytes: docx })).mime).toBe(
      'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    );
  });

  it.each([
    ['a drawing', 'a.svg', svg, 'image/svg+xml'],
    ['a drawing with a head', 'a.svg', `<?xml version="1.0"?>${svg}`, 'image/svg+xml'],
    ['a page', 'a.html', '<script>alert(1)</script>', 'text/html'],
    ['a page that says it is XML', 'a.html', '<?xml version="1.0"?><html/>', 'text/html'],
  ])('%s is kept, and only ever downloaded as bytes', async (_case, name, bytes, mime) => {
    const view = await uploaded({ name, bytes });
    expect(view).toMatchObject({ mime, image: null, previewUrl: null });
    const answer = await get(`${view.id}/file`, anna);
    expect(answer.headers.get('content-type')).toBe('application/octet-stream');
    expect(answer.headers.get('content-disposition')).toBe(`attachment; filename="${name}"`);
    expect(answer.headers.get('content-security-policy')).toContain('sandbox');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect((await get(`${view.id}/preview`, anna)).status).toBe(404);
  });
});

describe('a picture', () => {
  it('gets its size and a small preview without data about the place', async () => {
    const bytes = await photo(1200, 800)
      .withExif({ IFD0: { Copyright: 'secret place' } })
      .jpeg()
      .toBuffer();
    expect(bytes.includes('secret place')).toBe(true);
    const view = await uploaded({ name: 'фото.jpg', bytes });
    expect(view).toMatchObject({
      mime: 'image/jpeg',
      image: { width: 1200, height: 800 },
      previewUrl: `api/attachments/${view.id}/preview`,
    });
    const answer = await get(`${view.id}/preview`, anna);
    expect(answer.headers.get('content-type')).toBe('image/webp');
    expect(answer.headers.get('content-disposition')).toMatch(/^inline/);
    const preview = Buffer.from(await answer.arrayBuffer());
    expect(await sharp(preview).metadata()).toMatchObject({
      format: 'webp',
      width: 640,
      height: 427,
    });
    expect(preview.includes('secret place')).toBe(false);
  });

  it('is turned upright', async () => {
    const bytes = await photo(300, 100).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const view = await uploaded({ name: 'a.jpg', bytes });
    expect(view.image).toEqual({ width: 100, height: 300 });
    const preview = await (await get(`${view.id}/preview`, anna)).arrayBuffer();
    expect(await sharp(Buffer.from(preview)).metadata()).toMatchObject({ width: 100, height: 300 });
  });

  it.each([
    ['png', () => photo(20, 10).png()],
    ['webp', () => photo(20, 10).webp()],
    ['gif', () => photo(20, 10).gif()],
    ['avif', () => photo(20, 10).avif()],
  ] as const)('may be %s', async (format, make) => {
    const view = await uploaded({ name: `a.${format}`, bytes: await make().toBuffer() });
    expect(view).toMatchObject({ mime: `image/${format}`, image: { width: 20, height: 10 } });
    const answer = await get(`${view.id}/file`, anna);
    expect(answer.headers.get('content-type')).toBe(`image/${format}`);
    expect(answer.headers.get('content-disposition')).toBe(`inline; filename="a.${format}"`);
  });

  it.each([
    [
      'broken off',
      'a.jpg',
      async () => (await photo(900, 900).jpeg().toBuffer()).subarray(0, 2_000),
    ],
    ['that claims 2.5 thousand million pixels', 'a.png', () => Promise.resolve(hugePng(50_000))],
    ['of nothing but a head', 'a.gif', () => Promise.resolve(Buffer.from('GIF89a'))],
  ])('%s is kept as an ordinary file', async (_case, name, make) => {
    const bytes = await make();
    const view = await uploaded({ name, bytes });
    expect(view).toMatchObject({ image: null, previewUrl: null, sizeBytes: bytes.length });
    const answer = await get(`${view.id}/file`, anna);
    expect(answer.headers.get('content-disposition')).toMatch(/^attachment/);
    expect(answer.headers.get('content-type')).toBe('application/octet-stream');
  });
});

describe('the same upload again', () => {
  it('answers the first one and stores nothing twice', async () => {
    const clientId = randomUUID();
    const first = await uploaded({ clientId });
    expect(await uploaded({ clientId })).toEqual(first);
    expect(await filesOnDisk()).toEqual([first.id]);
  });

  it('at the same moment is stored once', async () => {
    const clientId = randomUUID();
    const all = await Promise.all(Array.from({ length: 5 }, () => uploaded({ clientId })));
    expect(new Set(all.map(({ id }) => id)).size).toBe(1);
    expect(await filesOnDisk()).toEqual([all[0]!.id]);
  });

  it.each([
    ['content', { bytes: 'Другое' }],
    ['name', { name: 'другое.txt' }],
  ])('with another %s is refused', async (_case, other) => {
    const clientId = randomUUID();
    const first = await uploaded({ clientId });
    const answer = await upload({ clientId, ...other });
    expect(await problemOf(answer)).toMatchObject({
      status: 409,
      code: 'same_id_other_content',
      facts: { clientId },
    });
    expect(await filesOnDisk()).toEqual([first.id]);
  });

  it('by another person is another upload', async () => {
    const clientId = randomUUID();
    const first = await uploaded({ clientId });
    expect((await uploaded({ clientId, actor: boris })).id).not.toBe(first.id);
  });
});

describe('a download', () => {
  it('before any message has it is for its sender only', async () => {
    const bytes = await photo(20, 10).png().toBuffer();
    const view = await uploaded({ name: 'a.png', bytes });
    for (const kind of ['file', 'preview']) {
      expect((await get(`${view.id}/${kind}`, undefined)).status).toBe(401);
      expect((await get(`${view.id}/${kind}`, anna)).status).toBe(200);
      for (const other of [boris, manager]) {
        const stranger = await get(`${view.id}/${kind}`, other);
        const nobody = await get(`${randomUUID()}/${kind}`, other);
        expect(stranger.status).toBe(404);
        const { requestId: _one, ...like } = Object(await problemOf(stranger));
        const { requestId: _other, ...missing } = Object(await problemOf(nobody));
        expect(like).toEqual(missing);
        expect(stranger.headers.get('etag')).not.toMatch(/[0-9a-f]{64}/);
      }
      expect((await get(`not-an-id/${kind}`, anna)).status).toBe(400);
    }
  });

  it('of a message is for those who may read the message', async () => {
    const view = await uploaded();
    const { appealId, messageId } = await anAppeal();
    await db.transaction((tx) =>
      attachmentRepository.take(tx, {
        ids: [view.id],
        uploadedBy: anna.personId,
        appealId,
        entryId: messageId,
      }),
    );
    expect((await get(`${view.id}/file`, anna)).status).toBe(404);
    readable.add(`${manager.personId} ${messageId}`);
    expect((await get(`${view.id}/file`, manager)).status).toBe(200);
    readable.clear();
    expect((await get(`${view.id}/file`, manager)).status).toBe(404);
  });

  it('carries headers that keep a browser from running it, and asks again each time', async () => {
    const view = await uploaded();
    const answer = await get(`${view.id}/file`, anna);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'application/octet-stream',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'private, no-cache',
      'content-security-policy':
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:",
    });
    const known = {
      'if-none-match': answer.headers.get('etag') ?? '',
      // Otherwise fetch itself asks for a fresh answer, which a browser showing a picture does not.
      'cache-control': 'max-age=0',
    };
    expect((await get(`${view.id}/file`, anna, known)).status).toBe(304);
    expect((await get(`${view.id}/file`, boris, known)).status).toBe(404);
  });

  it('may be asked for in parts', async () => {
    const view = await uploaded({ bytes: '0123456789' });
    const part = await get(`${view.id}/file`, anna, { range: 'bytes=2-4' });
    expect(part.status).toBe(206);
    expect(part.headers.get('content-range')).toBe('bytes 2-4/10');
    expect(await part.text()).toBe('234');
    const beyond = await get(`${view.id}/file`, anna, { range: 'bytes=50-60' });
    expect(beyond.status).toBe(416);
    expect(beyond.headers.get('content-range')).toBe('bytes */10');
  });

  it('of bytes that are gone is a plain refusal', async () => {
    const view = await uploaded();
    await storage.remove(view.id);
    const answer = await get(`${view.id}/file`, anna);
    expect(await problemOf(answer)).toMatchObject({ status: 404, code: 'not_found' });
    expect(answer.headers.get('etag')).not.toMatch(/[0-9a-f]{64}/);
  });
});

describe('throwing an upload away', () => {
  const discard = (id: string, actor: Actor | undefined) =>
    fetch(`${base}/${id}`, {
      method: 'DELETE',
      headers: actor ? { 'x-person': actor.personId } : {},
    });

  it('is for its sender, once', async () => {
    const view = await uploaded();
    expect((await discard(view.id, undefined)).status).toBe(401);
    expect((await discard('x', anna)).status).toBe(400);
    expect((await discard(view.id, boris)).status).toBe(404);
    expect(await filesOnDisk()).toEqual([view.id]);
    expect((await discard(view.id, anna)).status).toBe(200);
    expect(await filesOnDisk()).toEqual([]);
    expect((await discard(view.id, anna)).status).toBe(404);
  });

  it('is not possible once a message has it', async () => {
    const view = await uploaded();
    const { appealId, messageId } = await anAppeal();
    await db.transaction((tx) =>
      attachmentRepository.take(tx, {
        ids: [view.id],
        uploadedBy: anna.personId,
        appealId,
        entryId: messageId,
      }),
    );
    expect((await discard(view.id, anna)).status).toBe(404);
    expect(await filesOnDisk()).toEqual([view.id]);
  });
});

describe('the sweep', () => {
  it('removes what no message took in time, and half uploads of yesterday', async () => {
    const forgotten = await uploaded({
      name: 'a.png',
      bytes: await photo(20, 10).png().toBuffer(),
    });
    const used = await uploaded();
    const { appealId, messageId } = await anAppeal();
    await db.transaction((tx) =>
      attachmentRepository.take(tx, {
        ids: [used.id],
        uploadedBy: anna.personId,
        appealId,
        entryId: messageId,
      }),
    );
    now = new Date(now.getTime() + 20 * HOUR);
    const fresh = await uploaded();
    now = new Date(now.getTime() + 5 * HOUR);
    for (const [name, age] of [
      ['old', 25 * HOUR],
      ['new', HOUR],
    ] as const) {
      const file = path.join(folder, 'incoming', `${name}.part`);
      await writeFile(file, 'half');
      const at = new Date(now.getTime() - age);
      await utimes(file, at, at);
    }
    expect(await service.sweepUnused()).toBe(1);
    expect((await filesOnDisk()).sort()).toEqual(['new.part', used.id, fresh.id].sort());
    expect(await attachmentRepository.find(db, forgotten.id)).toBeNull();
    expect(await service.sweepUnused()).toBe(0);
  });

  it('has nothing to do before the first upload', async () => {
    expect(await service.sweepUnused()).toBe(0);
  });
});

describe('a message takes uploads', () => {
  it('in its own order, and shows them again', async () => {
    const [one, two, three] = [await uploaded(), await uploaded(), await uploaded()];
    const { appealId, messageId, noteId } = await anAppeal();
    const hidden = await uploaded({ actor: manager, name: 'смета.txt' });
    const taken = await db.transaction((tx) =>
      attachmentRepository.take(tx, {
        ids: [three.id, one.id, two.id, one.id],
        uploadedBy: anna.personId,
        appealId,
        entryId: messageId,
      }),
    );
    await db.transaction((tx) =>
      attachmentRepository.take(tx, {
        ids: [hidden.id],
        uploadedBy: manager.personId,
        appealId,
        entryId: noteId,
      }),
    );
    expect(taken).toEqual([three, one, two]);
    const ofEntries = await attachmentRepository.ofEntries(db, [messageId, noteId, randomUUID()]);
    expect(ofEntries).toEqual(
      new Map([
        [messageId, [three, one, two]],
        [noteId, [hidden]],
      ]),
    );
    const open = [three, one, two].map((view) => ({ ...view, entryId: messageId }));
    expect(await attachmentRepository.ofAppeal(db, appealId, { publicOnly: true })).toEqual(open);
    expect(await attachmentRepository.ofAppeal(db, appealId, { publicOnly: false })).toEqual([
      { ...hidden, entryId: noteId },
      ...open,
    ]);
    expect(await attachmentRepository.ofEntries(db, [])).toEqual(new Map());
  });

  it('only of its writer, only unused, all or none', async () => {
    const [mine, his] = [await uploaded(), await uploaded({ actor: boris })];
    const { appealId, messageId, noteId } = await anAppeal();
    const take = (ids: string[], entryId: string) =>
      db.transaction((tx) =>
        attachmentRepository.take(tx, { ids, uploadedBy: anna.personId, appealId, entryId }),
      );
    await expect(take([mine.id, his.id], messageId)).rejects.toMatchObject({ code: 'not_found' });
    await expect(take([mine.id, randomUUID()], messageId)).rejects.toMatchObject({
      code: 'not_found',
    });
    expect(await take([mine.id], messageId)).toEqual([mine]);
    await expect(take([mine.id], noteId)).rejects.toMatchObject({ code: 'not_found' });
    expect(await take([], noteId)).toEqual([]);
  });

  it('and two at once never share one', async () => {
    const files = [await uploaded(), await uploaded(), await uploaded()];
    const ids = files.map(({ id }) => id);
    const { appealId, messageId, noteId } = await anAppeal();
    const results = await Promise.allSettled(
      [ids, ids.toReversed()].map((wanted, index) =>
        db.transaction((tx) =>
          attachmentRepository.take(tx, {
            ids: wanted,
            uploadedBy: anna.personId,
            appealId,
            entryId: index === 0 ? messageId : noteId,
          }),
        ),
      ),
    );
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });
});
