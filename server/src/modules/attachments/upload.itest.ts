import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdir, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import path from 'node:path';
import { UploadProgress, type AttachmentView } from '@otklik/shared/attachments';
import { attachmentsApi } from '@otklik/shared/attachments.api';
import { UPLOAD_PART_MAX } from '@otklik/shared/limits';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { testApp, type TestApp, type TestSession } from '../../test/test-app';

import { aDealer, aManager, aVisitor } from '../people/people.factory';
import { MOST_UNFINISHED } from './upload.service';

const DAY = 86_400_000;

let server: TestApp;
let now: Date;
let person: { id: string };
let anna: TestSession;
/** Of the same dealer, of another one, and of staff. */
let strangers: TestSession[];

beforeAll(async () => {
  server = await testApp({ now: () => now });
});
afterAll(() => server.close());
beforeEach(async () => {
  now = new Date();
  await server.database.db.query('TRUNCATE unfinished_upload');
  await rm(server.config.uploadsDir, { recursive: true, force: true });
  const { db } = server.database;
  const dealer = await aDealer(db);
  person = await aVisitor(db, dealer);
  anna = await server.signIn(person);
  const others = [aVisitor(db, dealer), aVisitor(db, await aDealer(db)), aManager(db)];
  strangers = [];
  for (const other of others) strangers.push(await server.signIn(await other));
});

/* ── What a browser does ────────────────────────────────── */

const aFile = (sizeBytes: number) => {
  // Text, so that it is accepted as what its name says.
  const bytes = Buffer.from(randomBytes(sizeBytes).toString('hex').slice(0, sizeBytes));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { clientId: randomUUID(), bytes, about: { name: 'письмо.txt', sizeBytes, sha256 } };
};
type File = ReturnType<typeof aFile>;

const begin = (session: TestSession, file: File) =>
  session.call(attachmentsApi.begin, { clientId: file.clientId, ...file.about });

async function sendPart(
  session: TestSession,
  { clientId, bytes }: File,
  from: number,
  to: number,
  { url } = server,
): Promise<{ status: number; body: unknown }> {
  const answer = await fetch(`${url}/api/uploads/${clientId}?offset=${from}`, {
    method: 'PATCH',
    headers: { cookie: session.cookie, 'content-type': 'application/octet-stream' },
    body: new Uint8Array(bytes.subarray(from, to)),
  });
  return { status: answer.status, body: await answer.json() };
}
async function accepted(session: TestSession, file: File, from: number, to: number) {
  const { status, body } = await sendPart(session, file, from, to);
  expect([status, body]).toEqual([200, body]);
  return UploadProgress.parse(body);
}

/** In place of a status: the connection has gone. */
const CUT = 0;

/** Sends half of a body; `rest` sends the other half and gives the status of the answer. */
async function half(
  session: TestSession,
  { method, to, type }: { method: string; to: string; type: string },
  body: Buffer,
) {
  const before = (await onDisk()).length;
  const upload = request(`${server.url}/api/${to}`, {
    method,
    headers: { cookie: session.cookie, 'content-type': type, 'content-length': body.length },
  });
  const status = new Promise<number>((resolve) => {
    upload.on('error', () => resolve(CUT));
    upload.on('response', (answer) => resolve(answer.resume().statusCode ?? 0));
  });
  upload.write(body.subarray(0, body.length / 2));
  await expect.poll(async () => (await onDisk()).length).toBe(before + 1);
  return {
    cut: () => upload.destroy(),
    rest(): Promise<number> {
      upload.end(body.subarray(body.length / 2));
      return status;
    },
  };
}
const halfAPart = (session: TestSession, { clientId, bytes }: File, from: number, to: number) =>
  half(
    session,
    {
      method: 'PATCH',
      to: `uploads/${clientId}?offset=${from}`,
      type: 'application/octet-stream',
    },
    bytes.subarray(from, to),
  );

const filesIn = async (folder: string) =>
  (await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []))
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
const onDisk = () => filesIn(server.config.uploadsDir);
const parts = () => filesIn(path.join(server.config.uploadsDir, 'parts'));

async function hashOf(session: TestSession, { fileUrl }: AttachmentView) {
  const answer = await session.raw('GET', fileUrl.replace(/^api/, ''));
  return createHash('sha256')
    .update(Buffer.from(await answer.arrayBuffer()))
    .digest('hex');
}
const refusalOf = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: unknown) => error,
  );
const problem = (status: number, code: string, facts: object = {}) =>
  expect.objectContaining({ status, problem: expect.objectContaining({ code, facts }) });

/* ── A file in parts ────────────────────────────────────── */

describe('an upload in parts', () => {
  it('goes on behind the last part that was acknowledged, and becomes the file as it was', async () => {
    const file = aFile(300_000);
    expect(await begin(anna, file)).toEqual({ receivedBytes: 0, attachment: null });
    expect(await accepted(anna, file, 0, 100_000)).toMatchObject({ receivedBytes: 100_000 });
    // A cut in the middle of a part loses that part and nothing else.
    const part = await halfAPart(anna, file, 100_000, 200_000);
    part.cut();
    await expect.poll(() => parts().then(({ length }) => length)).toBe(1);
    expect(await begin(anna, file)).toEqual({ receivedBytes: 100_000, attachment: null });
    const { clientId } = file;
    expect(await anna.call(attachmentsApi.progress, { clientId })).toEqual({
      receivedBytes: 100_000,
      attachment: null,
    });
    const { attachment } = await accepted(anna, file, 100_000, 300_000);
    expect(attachment).toMatchObject({ name: 'письмо.txt', sizeBytes: 300_000 });
    expect(await hashOf(anna, attachment!)).toBe(file.about.sha256);
    expect(await parts()).toEqual([]);
    expect(await onDisk()).toHaveLength(1);
    expect(await server.database.db.query('SELECT id FROM unfinished_upload')).toEqual([]);
    // Everything that may come again gives the same attachment.
    expect(await begin(anna, file)).toEqual({ receivedBytes: 300_000, attachment });
    expect(await accepted(anna, file, 100_000, 300_000)).toMatchObject({ attachment });
    expect(await anna.call(attachmentsApi.progress, { clientId })).toMatchObject({ attachment });
  });

  it('takes no part twice or out of turn, and says where to go on', async () => {
    const file = aFile(3_000);
    await begin(anna, file);
    await accepted(anna, file, 0, 1_000);
    for (const [from, to] of [
      [0, 1_000],
      [2_000, 3_000],
      [500, 1_500],
    ] as const) {
      expect(await sendPart(anna, file, from, to)).toMatchObject({
        status: 409,
        body: { code: 'wrong_offset', facts: { receivedBytes: 1_000 } },
      });
    }
    expect(await parts()).toHaveLength(1);
    const { attachment } = await accepted(anna, file, 1_000, 3_000);
    expect(await hashOf(anna, attachment!)).toBe(file.about.sha256);
  });

  it('may come from two windows at once', async () => {
    const file = aFile(400_000);
    const window = async (): Promise<AttachmentView> => {
      let { receivedBytes, attachment } = await begin(anna, file);
      while (!attachment) {
        const { status, body } = await sendPart(
          anna,
          file,
          receivedBytes,
          Math.min(receivedBytes + 20_000, 400_000),
        );
        if (status === 409) {
          ({ receivedBytes, attachment } = await begin(anna, file));
          continue;
        }
        expect([status, body]).toEqual([200, body]);
        ({ receivedBytes, attachment } = UploadProgress.parse(body));
      }
      return attachment;
    };
    const made = await Promise.all([window(), window(), window()]);
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    expect(await hashOf(anna, made[0])).toBe(file.about.sha256);
    expect(await parts()).toEqual([]);
    expect(await onDisk()).toHaveLength(1);
  });

  it('of which one part arrives twice at once holds it once', async () => {
    for (let round = 0; round < 10; round += 1) {
      const file = aFile(60_000);
      await begin(anna, file);
      const both = await Promise.all(
        [0, 1].map(() => sendPart(anna, file, 0, 30_000).then(({ status }) => status)),
      );
      expect(both.sort()).toEqual([200, 409]);
      const { attachment } = await accepted(anna, file, 30_000, 60_000);
      expect(await hashOf(anna, attachment!)).toBe(file.about.sha256);
    }
    expect(await parts()).toEqual([]);
  });

  it('under an id that was used for another file is refused, whichever way that one came', async () => {
    const file = aFile(2_000);
    const other = { ...aFile(2_000), clientId: file.clientId };
    await begin(anna, file);
    await accepted(anna, file, 0, 1_000);
    const used = problem(409, 'same_id_other_content', { clientId: file.clientId });
    expect(await refusalOf(begin(anna, other))).toEqual(used);
    const renamed = { ...file, about: { ...file.about, name: 'другое.txt' } };
    expect(await refusalOf(begin(anna, renamed))).toEqual(used);
    await accepted(anna, file, 1_000, 2_000);
    expect(await refusalOf(begin(anna, other))).toEqual(used);
    // Whole and in parts are the same upload.
    const whole = aFile(500);
    const form = new FormData();
    form.append('clientId', whole.clientId);
    form.append('file', new Blob([new Uint8Array(whole.bytes)]), whole.about.name);
    const headers = { cookie: anna.cookie };
    await fetch(`${server.url}/api/attachments`, { method: 'POST', body: form, headers });
    expect(await begin(anna, whole)).toMatchObject({ receivedBytes: 500 });
    expect(await refusalOf(begin(anna, { ...aFile(500), clientId: whole.clientId }))).toEqual(
      problem(409, 'same_id_other_content', { clientId: whole.clientId }),
    );
  });

  it('that is not what was promised is thrown away', async () => {
    const file = aFile(2_000);
    await begin(anna, file);
    await accepted(anna, { ...file, bytes: aFile(2_000).bytes }, 0, 1_000);
    expect(await sendPart(anna, file, 1_000, 2_000)).toMatchObject({
      status: 400,
      body: { code: 'upload_broken' },
    });
    expect(await onDisk()).toEqual([]);
    expect(await begin(anna, file)).toEqual({ receivedBytes: 0, attachment: null });
  });

  it('whose content belies its name is refused and thrown away', async () => {
    const file = aFile(2_000);
    const picture = { ...file, about: { ...file.about, name: 'фото.png' } };
    await begin(anna, picture);
    expect(await sendPart(anna, picture, 0, 2_000)).toMatchObject({
      status: 415,
      body: { code: 'file_type_refused' },
    });
    expect(await onDisk()).toEqual([]);
    expect(await server.database.db.query('SELECT id FROM unfinished_upload')).toEqual([]);
  });

  it('is looked into before a byte is sent', async () => {
    const file = aFile(10);
    const limitBytes = server.config.fileMaxBytes;
    for (const [about, refusal] of [
      [{ name: 'virus.exe' }, problem(415, 'file_type_refused', { name: 'virus.exe' })],
      [{ sizeBytes: limitBytes + 1 }, problem(413, 'too_large', { limitBytes })],
    ] as const) {
      expect(await refusalOf(begin(anna, { ...file, about: { ...file.about, ...about } }))).toEqual(
        refusal,
      );
    }
    const empty = await refusalOf(begin(anna, { ...file, about: { ...file.about, sizeBytes: 0 } }));
    expect(empty).toMatchObject({ status: 400, problem: { code: 'invalid_input' } });
    await begin(anna, file);
    expect(await sendPart(anna, aFile(UPLOAD_PART_MAX + 1), 0, UPLOAD_PART_MAX + 1)).toMatchObject({
      status: 413,
      body: { facts: { limitBytes: UPLOAD_PART_MAX } },
    });
    // More than was promised.
    const longer = { ...file, bytes: Buffer.alloc(20, 'a') };
    expect(await sendPart(anna, longer, 0, 20)).toMatchObject({ status: 413 });
    expect(await onDisk()).toEqual([]);
  });

  it('is its sender’s alone: for everybody else it does not exist', async () => {
    const file = aFile(2_000);
    await begin(anna, file);
    await accepted(anna, file, 0, 1_000);
    const { clientId } = file;
    for (const stranger of strangers) {
      const missing = problem(404, 'not_found', { what: 'upload' });
      expect(await refusalOf(stranger.call(attachmentsApi.progress, { clientId }))).toEqual(
        missing,
      );
      expect(await refusalOf(stranger.call(attachmentsApi.cancel, { clientId }))).toEqual(missing);
      expect(await sendPart(stranger, file, 1_000, 2_000)).toMatchObject({
        status: 404,
        body: { facts: { what: 'upload' } },
      });
      // The same id is another upload, and theirs.
      expect(await begin(stranger, file)).toEqual({ receivedBytes: 0, attachment: null });
    }
    expect(await begin(anna, file)).toMatchObject({ receivedBytes: 1_000 });
  });

  it('is one of a limited number', async () => {
    const files = Array.from({ length: MOST_UNFINISHED + 5 }, () => aFile(10));
    // All at once: none slips past the count.
    const tries = await Promise.all(files.map((file) => refusalOf(begin(anna, file))));
    const refused = tries.filter((one) => one !== null);
    expect(refused).toHaveLength(5);
    expect(refused[0]).toEqual(problem(429, 'rate_limited', { retryAfterSeconds: 60 }));
    // What was begun goes on, and makes room.
    const first = files[tries.indexOf(null)]!;
    const late = files[tries.findIndex((one) => one !== null)]!;
    await accepted(anna, first, 0, 10);
    expect(await begin(anna, late)).toMatchObject({ receivedBytes: 0 });
    expect(await begin(strangers[0]!, aFile(10))).toMatchObject({ receivedBytes: 0 });
  });

  it('is thrown away by its sender at any stage, even with a part on its way', async () => {
    const file = aFile(3_000);
    const { clientId } = file;
    await begin(anna, file);
    await accepted(anna, file, 0, 1_000);
    const part = await halfAPart(anna, file, 1_000, 2_000);
    await anna.call(attachmentsApi.cancel, { clientId });
    expect(await part.rest()).toBe(404);
    expect(await onDisk()).toEqual([]);
    expect(await refusalOf(anna.call(attachmentsApi.cancel, { clientId }))).toEqual(
      problem(404, 'not_found', { what: 'upload' }),
    );
    // Finished meanwhile, it goes as well.
    const whole = aFile(1_000);
    await begin(anna, whole);
    await accepted(anna, whole, 0, 1_000);
    await anna.call(attachmentsApi.cancel, { clientId: whole.clientId });
    expect(await onDisk()).toEqual([]);
  });

  it('of a session that has ended takes nothing more, not even the part that is on its way', async () => {
    const { db } = server.database;
    // What is told of is cut off at once; what is not is refused with its last byte.
    const ways: [() => Promise<unknown>, number][] = [
      [() => anna.raw('DELETE', '/session'), CUT],
      [() => db.query('UPDATE person SET access_allowed = false WHERE id = $1', [person.id]), 401],
    ];
    for (const [end, seen] of ways) {
      anna = await server.signIn(person);
      const file = aFile(3_000);
      await begin(anna, file);
      await accepted(anna, file, 0, 1_000);
      const before = await parts();
      const part = await halfAPart(anna, file, 1_000, 3_000);
      await end();
      expect(await part.rest()).toBe(seen);
      expect(await sendPart(anna, file, 1_000, 3_000)).toMatchObject({ status: 401 });
      expect(await parts()).toEqual(before);
      const [row] = await db.query<{ received_bytes: number }>(
        'SELECT received_bytes FROM unfinished_upload WHERE client_id = $1',
        [file.clientId],
      );
      expect(row?.received_bytes).toBe(1_000);
      await db.query('TRUNCATE unfinished_upload');
      await rm(server.config.uploadsDir, { recursive: true });
    }
  });

  it('that comes whole is not taken either when its session has ended meanwhile', async () => {
    const { clientId, bytes } = aFile(300_000);
    const head = (named: string) => `--b\r\nContent-Disposition: form-data; ${named}\r\n\r\n`;
    const body = Buffer.concat([
      Buffer.from(`${head('name="clientId"')}${clientId}\r\n`),
      Buffer.from(head('name="file"; filename="a.txt"')),
      bytes,
      Buffer.from('\r\n--b--\r\n'),
    ]);
    const type = 'multipart/form-data; boundary=b';
    const upload = await half(anna, { method: 'POST', to: 'attachments', type }, body);
    await anna.raw('DELETE', '/session');
    expect(await upload.rest()).toBe(CUT);
    await expect.poll(onDisk).toEqual([]);
  });

  it('that the disk refuses says so, leaves nothing, and goes on when there is room', async () => {
    const file = aFile(2_000);
    await begin(anna, file);
    // A file where the folder should be: the disk refuses like a full one.
    await mkdir(server.config.uploadsDir, { recursive: true });
    const obstacle = path.join(server.config.uploadsDir, 'parts');
    await writeFile(obstacle, '');
    expect(await sendPart(anna, file, 0, 1_000)).toMatchObject({
      status: 507,
      body: { code: 'storage_refused' },
    });
    await rm(obstacle);
    expect(await onDisk()).toEqual([]);
    await accepted(anna, file, 0, 1_000);
    // No room to join the parts: they stay, and the next try makes the file of them.
    const incoming = path.join(server.config.uploadsDir, 'incoming');
    await writeFile(incoming, '');
    expect(await sendPart(anna, file, 1_000, 2_000)).toMatchObject({ status: 507 });
    await rm(incoming);
    const { attachment } = await begin(anna, file);
    expect(await hashOf(anna, attachment!)).toBe(file.about.sha256);
    expect(await parts()).toEqual([]);
  });

  it('whose parts are gone from the disk starts anew', async () => {
    const file = aFile(2_000);
    await begin(anna, file);
    await accepted(anna, file, 0, 1_000);
    await rm(path.join(server.config.uploadsDir, 'parts'), { recursive: true });
    expect(await sendPart(anna, file, 1_000, 2_000)).toMatchObject({
      status: 400,
      body: { code: 'upload_broken' },
    });
    expect(await begin(anna, file)).toEqual({ receivedBytes: 0, attachment: null });
    const { attachment } = await accepted(anna, file, 0, 2_000);
    expect(await hashOf(anna, attachment!)).toBe(file.about.sha256);
  });

  it('waits three days for the next part, then it is swept with what no row names', async () => {
    const { uploads } = server.app.services;
    const file = aFile(2_000);
    await begin(anna, file);
    await accepted(anna, file, 0, 1_000);
    const stray = path.join(server.config.uploadsDir, 'parts', randomUUID());
    await mkdir(stray);
    await writeFile(path.join(stray, 'part'), 'x');
    now = new Date(Date.now() + 3 * DAY - 60_000);
    await uploads.sweepUnfinished();
    expect(await begin(anna, file)).toMatchObject({ receivedBytes: 1_000 });
    const old = new Date(Date.now() - 120_000);
    await utimes(stray, old, old);
    await uploads.sweepUnfinished();
    expect(await parts()).toHaveLength(1);
    now = new Date(Date.now() + 3 * DAY + 60_000);
    await uploads.sweepUnfinished();
    expect(await onDisk()).toEqual([]);
    expect(await begin(anna, file)).toEqual({ receivedBytes: 0, attachment: null });
  });

  it('may go on at another node that shares the folder', async () => {
    const other = await testApp({
      database: server.database,
      env: { UPLOADS_DIR: server.config.uploadsDir },
    });
    try {
      const file = aFile(30_000);
      await begin(anna, file);
      await accepted(anna, file, 0, 10_000);
      expect(await sendPart(anna, file, 10_000, 20_000, other)).toMatchObject({
        body: { receivedBytes: 20_000 },
      });
      const { attachment } = await accepted(anna, file, 20_000, 30_000);
      expect(await hashOf(anna, attachment!)).toBe(file.about.sha256);
    } finally {
      await other.close();
    }
  });
});
