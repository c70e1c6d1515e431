import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { appealsApi } from '@otklik/shared/appeals.api';
import { dealersApi } from '@otklik/shared/dealers.api';
import { peopleApi } from '@otklik/shared/people.api';
import type { BrowserContextOptions, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { aCompany, aMessage, anAppeal } from '../../modules/appeals/appeal.factory';
import { aManager, aVisitor, PASSWORD } from '../../modules/people/people.factory';
import type { TestSession } from '../test-app';
import { aLine } from './line';
import { openStage, signIn, type Stage } from './stage';

/**
 * The states of a page, rule by rule. What `conversation.btest.ts` (words and files written in a train, over a closed page)
 * and `tabs.btest.ts` (a queue of twenty whose tab crashes) show already is not shown again.
 */
let stage: Stage;
let company: Awaited<ReturnType<typeof aCompany>>;
let manager: TestSession;
let admin: TestSession;
let colleague: TestSession;
let line: Awaited<ReturnType<typeof aLine>>;
let folder: string;

beforeAll(async () => {
  stage = await openStage();
  folder = await mkdtemp(join(tmpdir(), 'otklik-files-'));
  const { db } = stage.app.database;
  company = await aCompany(db);
  manager = await stage.app.signIn(company.manager);
  colleague = await stage.app.signIn(company.secondVisitor);
  admin = await stage.app.signIn(await aManager(db, { role: 'admin' }));
  line = await aLine(Number(new URL(stage.app.url).port));
}, 120_000);
afterAll(async () => {
  line.close();
  await stage.close();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => line.mend());
const open: Awaited<ReturnType<Stage['visitor']>>[] = [];
afterEach(async () => {
  for (const { context } of open.splice(0)) await context.close();
});

const LANGUAGES = [
  {
    language: 'ru',
    look: { locale: 'ru-RU', colorScheme: 'light' },
    words: {
      pill: 'Соединяемся…',
      banner: 'Нет связи. Отправим, когда появится',
      retry: 'Повторить',
      unsent: ['Повторить', 'Изменить', 'Копировать', 'Удалить'],
      cancel: /Отменить загрузку/,
      refused: 'Такие файлы не принимаем',
      tooLarge: /Больше 25/,
      tooMany: /не больше 10 файлов/,
      missing: 'Не нашли такое обращение или к нему нет доступа',
      why: {
        ended_by_self: 'Вы завершили этот сеанс с другого устройства.',
        ended_by_staff: 'Сеанс завершил администратор.',
        replaced: 'Вы вошли на другом устройстве',
        access_closed: 'Доступ закрыт.',
        expired: 'срок сеанса вышел',
      },
      again: 'Войти снова',
    },
  },
  {
    language: 'en',
    look: { locale: 'en-US', colorScheme: 'dark' },
    words: {
      pill: 'Connecting…',
      banner: 'No connection. We will send when it is back',
      retry: 'Retry',
      unsent: ['Retry', 'Edit', 'Copy', 'Delete'],
      cancel: /Cancel the upload/,
      refused: /not accepted/,
      tooLarge: /Over 25/,
      tooMany: /10 files/,
      missing: /No such appeal/,
      why: {
        ended_by_self: 'You ended this session from another device.',
        ended_by_staff: 'An administrator ended this session.',
        replaced: 'You signed in on another device',
        access_closed: 'Access is closed.',
        expired: 'the session ran out',
      },
      again: 'Sign in again',
    },
  },
] as const;

/** A visitor of his own for each test, in front of an appeal of a colleague's. */
async function atAppeal(
  look: BrowserContextOptions,
  prepare: (page: Page) => Promise<void> = async () => undefined,
) {
  const visitor = await aVisitor(stage.app.database.db, company.dealer);
  const { appeal } = await anAppeal(colleague, company.topic);
  const seat = await stage.visitor(look);
  open.push(seat);
  await prepare(seat.page);
  await enter(seat.page, visitor, `/appeals/${appeal.no}`);
  return { ...seat, visitor, appeal };
}
async function enter(page: Page, person: { login: string }, path: string): Promise<void> {
  await signIn(
    { ...stage, app: { ...stage.app, url: line.url } },
    page,
    person.login,
    PASSWORD,
    path,
  );
  await page.locator('[data-message-id]').first().waitFor();
  await page.locator('html[data-connection=online]').waitFor();
}
const field = (page: Page) => page.locator('.composer textarea');
const bubble = (page: Page, words: string) =>
  page.locator('[data-client-id], [data-message-id]', { hasText: words }).first();
const stateOf = (page: Page, words: string) =>
  expect.poll(() => bubble(page, words).getAttribute('data-message-state'), { timeout: 20_000 });
const said = async (appealId: string, words: string) => {
  const { entries } = await manager.call(appealsApi.entries, { appealId, limit: 100 });
  return entries.filter(({ body }) => body === words).length;
};
const twoFrames = (page: Page) =>
  page.evaluate(
    () =>
      new Promise<void>((done) => requestAnimationFrame(() => requestAnimationFrame(() => done()))),
  );
const mark = (page: Page) =>
  page.evaluate(() => void (document.documentElement.dataset.mark = 'same'));
const isSamePage = (page: Page) =>
  page.evaluate(() => document.documentElement.dataset.mark === 'same');

it.each(LANGUAGES.slice(0, 1))(
  'STA-4 ($language): a short loss is nobody’s business, then the pill, then the banner; back online nothing is missing and nothing has moved',
  async ({ look, words }) => {
    const { page, appeal } = await atAppeal(look, (one) => one.clock.install());
    for (let count = 1; count <= 30; count += 1) {
      await aMessage(manager, appeal.id, { body: `Строка ${count}\n\nи ещё одна` });
    }
    await bubble(page, 'Строка 30').waitFor({ state: 'attached' });
    await field(page).fill('недописано');
    const middle = bubble(page, 'Строка 12');
    await middle.evaluate((element) => element.scrollIntoView({ block: 'start' }));
    await mark(page);
    const top = async () => (await middle.boundingBox())?.y ?? NaN;
    // What came before the cut may still be finding its place on a busy machine.
    let before = NaN;
    await expect
      .poll(async () => {
        await twoFrames(page);
        return before === (before = await top());
      })
      .toBe(true);
    const pill = page.getByText(words.pill);
    const banner = page.getByText(words.banner);

    await page.clock.pauseAt(Date.now() + 5_000);
    await page.clock.runFor(500);
    line.cut();
    await expect.poll(() => stage.app.app.io.sockets.sockets.size).toBe(0);
    await page.clock.runFor(2_900);
    expect([await pill.count(), await banner.count()]).toEqual([0, 0]);
    await page.clock.runFor(300);
    await pill.waitFor();
    expect(await banner.count()).toBe(0);
    await page.clock.runFor(7_000);
    await banner.waitFor();
    expect(await pill.count()).toBe(0);

    await aMessage(manager, appeal.id, { body: 'Пока вас не было' });
    line.mend();
    await page.clock.resume();
    await page.evaluate(() => dispatchEvent(new Event('online')));
    await page.locator('html[data-connection=online]').waitFor();
    await banner.waitFor({ state: 'detached', timeout: 2_000 });
    await bubble(page, 'Пока вас не было').waitFor({ state: 'attached' });
    expect(await isSamePage(page)).toBe(true);
    expect(await field(page).inputValue()).toBe('недописано');
    // The banner had a line of its own; without it the thread is where it was.
    await expect.poll(async () => Math.abs((await top()) - before)).toBeLessThanOrEqual(48);
  },
  60_000,
);

it.each(LANGUAGES.slice(1))(
  'STA-6 ($language): a message is there in the next frame, survives a reload without a network, and arrives once',
  async ({ look }) => {
    const { page, appeal } = await atAppeal(look);
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null, null, {
      timeout: 30_000,
    });
    line.cut();
    await field(page).fill('Из тоннеля');
    // Nothing is waited for, neither network nor storage: it stands in the very next frame.
    await page.evaluate(() => {
      const look = () => {
        const queued = [...document.querySelectorAll('[data-message-state=queued]')];
        const isThere = queued.some((one) => one.textContent?.includes('Из тоннеля'));
        document.documentElement.dataset.nextFrame = String(isThere);
      };
      const options = { capture: true, once: true };
      addEventListener('keydown', () => requestAnimationFrame(look), options);
    });
    await field(page).press('Enter');
    await stateOf(page, 'Из тоннеля').toBe('queued');
    expect(await page.evaluate(() => document.documentElement.dataset.nextFrame)).toBe('true');
    await page.reload();
    await stateOf(page, 'Из тоннеля').toBe('queued');
    line.mend();
    await page.evaluate(() => dispatchEvent(new Event('online')));
    await stateOf(page, 'Из тоннеля').toMatch(/sent|seen/);
    expect(await page.getByText('Из тоннеля').count()).toBe(1);
    expect(await said(appeal.id, 'Из тоннеля')).toBe(1);
  },
  90_000,
);

/** An appeal whose server fails at each try to write, over either way; the line is there, so each try counts. */
async function atFailingAppeal(
  look: BrowserContextOptions,
  prepare?: (page: Page) => Promise<void>,
) {
  const server = { tries: 0, isFailing: true };
  const problem = { code: 'internal', status: 500, facts: {}, requestId: 'none' };
  const seat = await atAppeal(look, async (one) => {
    await prepare?.(one);
    await one.routeWebSocket(/socket\.io/, (socket) => {
      const real = socket.connectToServer();
      socket.onMessage((frame) => {
        const [, number] = /^42(\d+)\["entry:post"/.exec(String(frame)) ?? [];
        if (number === undefined || !server.isFailing) {
          real.send(frame);
          return;
        }
        server.tries += 1;
        socket.send(`43${number}${JSON.stringify([{ ok: false, problem }])}`);
      });
      real.onMessage((frame) => socket.send(frame));
    });
    await one.route('**/api/appeals/*/entries', async (route) => {
      if (route.request().method() !== 'POST' || !server.isFailing) return route.fallback();
      server.tries += 1;
      await route.fulfill({ status: 500, json: problem });
    });
  });
  return { ...seat, server };
}

/** It has failed, says so with what can be done, and Retry sends it once. */
async function retryFailed(
  { page, appeal, server }: Awaited<ReturnType<typeof atFailingAppeal>>,
  words: (typeof LANGUAGES)[number]['words'],
): Promise<void> {
  await stateOf(page, 'Не доходит').toBe('failed');
  const failed = bubble(page, 'Не доходит').and(page.locator('[data-message-state=failed]'));
  for (const name of words.unsent) {
    await failed.getByRole('button', { name, exact: true }).waitFor();
  }
  expect(await said(appeal.id, 'Не доходит')).toBe(0);
  server.isFailing = false;
  await failed.getByRole('button', { name: words.retry }).click();
  await stateOf(page, 'Не доходит').toMatch(/sent|seen/);
  expect(await said(appeal.id, 'Не доходит')).toBe(1);
}

it.each(LANGUAGES.slice(0, 1))(
  'STA-6 ($language): after five tries with a server that fails, the message has failed, with Retry, Edit, Copy and Delete',
  async ({ look, words }) => {
    const seat = await atFailingAppeal(look, (one) => one.clock.install());
    const { page, server } = seat;
    // From here on time moves by jumps alone: a slow machine must not begin the next try by itself.
    await page.clock.pauseAt(Date.now() + 5_000);
    await field(page).fill('Не доходит');
    await field(page).press('Enter');
    // One jump after each try that failed; the last try of five fails for good.
    for (const [before, jump] of [1_100, 2_100, 5_100, 10_100].entries()) {
      await expect.poll(() => server.tries).toBe(before + 1);
      // Its failure is noted before the time jumps.
      await stateOf(page, 'Не доходит').toBe('queued');
      await page.clock.fastForward(jump);
    }
    await stateOf(page, 'Не доходит').toBe('failed');
    expect(server.tries).toBe(5);
    await page.clock.resume();
    await retryFailed(seat, words);
  },
  150_000,
);

it.each(LANGUAGES.slice(0, 1))(
  'STA-6 ($language): a message that has been failing for a day is given up, with Retry, Edit, Copy and Delete',
  async ({ look, words }) => {
    const seat = await atFailingAppeal(look);
    const { page, server } = seat;
    const at = page.url();
    await field(page).fill('Не доходит');
    await field(page).press('Enter');
    await expect.poll(() => server.tries).toBeGreaterThan(0);
    await stateOf(page, 'Не доходит').toBe('queued');
    // Nobody sends while the page is away: what it left behind has been failing for a day when it comes back.
    await page.goto(`${new URL(at).origin}/favicon.svg`);
    await page.evaluate(failForADay);
    const tries = server.tries;
    await page.goto(at);
    await stateOf(page, 'Не доходит').toBe('failed');
    expect(server.tries).toBe(tries);
    await retryFailed(seat, words);
  },
  90_000,
);

/** Runs in the page: what is stored unsent began to fail a day earlier. */
async function failForADay(): Promise<void> {
  const done = <Value>(request: IDBRequest<Value>) =>
    new Promise<Value>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(new Error('the storage does not answer'));
    });
  for (const { name } of await indexedDB.databases()) {
    const database = await done(indexedDB.open(name ?? ''));
    if (database.objectStoreNames.contains('unsent')) {
      const store = database.transaction('unsent', 'readwrite').objectStore('unsent');
      for (const unsent of (await done(store.getAll())) as { failingSince: number }[])
        await done(store.put({ ...unsent, failingSince: unsent.failingSince - 25 * 60 * 60_000 }));
    }
    database.close();
  }
}

it.each(LANGUAGES.slice(1))(
  'STA-7 ($language): each file has its progress, Cancel and Retry; a bad one holds up no other; leaving asks; limits are named before a byte goes',
  async ({ look, words }) => {
    const { page } = await atAppeal(look);
    const create = { width: 60, height: 60, channels: 3, background: 'teal' } as const;
    const buffer = await sharp({ create }).png().toBuffer();
    const picture = async (name: string, bytes?: number) => {
      await writeFile(join(folder, name), buffer);
      if (bytes !== undefined) await truncate(join(folder, name), bytes);
      return join(folder, name);
    };
    const file = (name: string) => page.locator('.composer-ups li', { hasText: name });
    const choose = async (...files: Promise<string>[]) =>
      page
        .locator('input[type=file]')
        .first()
        .setInputFiles(await Promise.all(files));
    let posted = 0;
    let holding = true;
    const held: (() => void)[] = [];
    await page.route('**/api/uploads', async (route) => {
      posted += 1;
      if (holding) await new Promise<void>((go) => held.push(go));
      const isBroken = (route.request().postData() ?? '').includes('broken');
      if (isBroken && holding)
        await route.fulfill({ status: 503, contentType: 'text/plain', body: 'away' });
      else await route.continue();
    });
    await choose(picture('virus.exe'), picture('large.png', 26 * 1024 * 1024));
    await file('virus.exe').getByText(words.refused).waitFor();
    await file('large.png').getByText(words.tooLarge).waitFor();
    expect(posted).toBe(0);

    await choose(picture('broken.png'), picture('good.png'), picture('third.png'));
    await file('good.png').getByRole('progressbar').waitFor();
    await expect.poll(() => held.length).toBe(2);
    // The browser asks before the page goes.
    const asked = page.waitForEvent('dialog');
    await page.close({ runBeforeUnload: true });
    const dialog = await asked;
    expect(dialog.type()).toBe('beforeunload');
    await dialog.dismiss();
    await file('third.png').getByRole('button', { name: words.cancel }).click();
    await file('third.png').waitFor({ state: 'detached' });
    held.splice(0).forEach((go) => go());
    await file('good.png').and(page.locator('[data-upload-state=done]')).waitFor();
    const broken = file('broken.png');
    await broken.and(page.locator('[data-upload-state=failed]')).waitFor();
    holding = false;
    await broken.getByRole('button', { name: words.retry }).click();
    await broken.and(page.locator('[data-upload-state=done]')).waitFor();

    await choose(...Array.from({ length: 9 }, (_, index) => picture(`more-${index}.png`)));
    await file('more-8.png').getByText(words.tooMany).waitFor();
  },
  60_000,
);

it('STA-7: a file whose line is cut in the middle goes on from there, over a reload too, and arrives whole', async () => {
  const { page, appeal } = await atAppeal({});
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null, null, {
    timeout: 30_000,
  });
  const buffer = Buffer.from(randomBytes(2_500_000).toString('hex'));
  const sent = { name: 'выгрузка.csv', mimeType: 'text/csv', buffer };
  const file = page.locator('.composer-ups li', { hasText: sent.name });
  const received = async () => {
    const [row] = await stage.app.database.db.query<{ received_bytes: number }>(
      `SELECT received_bytes FROM unfinished_upload WHERE name = 'выгрузка.csv'`,
    );
    return row?.received_bytes ?? 0;
  };
  const online = () => page.evaluate(() => dispatchEvent(new Event('online')));

  line.count(2_000_000);
  await page.locator('input[type=file]').first().setInputFiles(sent);
  await file.and(page.locator('[data-upload-state=failed]')).waitFor();
  const first = await received();
  expect(first).toBeGreaterThan(0);

  // The next try is cut too; what it showed began where the first had ended.
  line.count(1_500_000);
  const shown: number[] = [];
  await page.exposeFunction('noteShare', (value: number) => shown.push(value));
  await file.evaluate((tile) => {
    new MutationObserver(() => {
      const bar = tile.querySelector('[role=progressbar]');
      if (bar)
        void Reflect.apply(Reflect.get(window, 'noteShare'), null, [Number(bar.ariaValueNow)]);
    }).observe(tile, { subtree: true, childList: true, attributes: true });
  });
  line.mend();
  await online();
  await expect.poll(received).toBeGreaterThan(first);
  await expect.poll(() => line.sentBytes(), { timeout: 20_000 }).toBeGreaterThan(1_500_000);
  expect(shown.length).toBeGreaterThan(0);
  expect(Math.min(...shown)).toBeGreaterThan(0);

  // The message is sent without the line, the page is loaded anew, and only the rest goes.
  await field(page).fill('Вся выгрузка');
  await field(page).press('Enter');
  await stateOf(page, 'Вся выгрузка').toBe('queued');
  await page.reload();
  await stateOf(page, 'Вся выгрузка').toBe('queued');
  const second = await received();
  line.count();
  line.mend();
  await online();
  await stateOf(page, 'Вся выгрузка').toMatch(/sent|seen/);
  const rest = buffer.length - second;
  expect(line.sentBytes()).toBeGreaterThan(rest);
  expect(line.sentBytes()).toBeLessThan(rest + 300_000);
  const { entries } = await manager.call(appealsApi.entries, { appealId: appeal.id, limit: 100 });
  const [attachment] = entries.flatMap(({ attachments }) => attachments);
  const arrived = await manager.raw('GET', attachment?.fileUrl.replace(/^api/, '') ?? '');
  const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
  expect(hash(Buffer.from(await arrived.arrayBuffer()))).toBe(hash(buffer));
}, 90_000);

it.each(LANGUAGES.slice(0, 1))(
  'STA-8 ($language): access that is lost while the page is open ends it within 2 s, and the draft stays in this browser',
  async ({ look, words }) => {
    const { page, visitor } = await atAppeal(look);
    await field(page).fill('Черновик под рукой');
    await page.waitForFunction(() =>
      JSON.stringify({ ...localStorage }).includes('Черновик под рукой'),
    );
    await admin.call(dealersApi.changeVisitor, { visitorId: visitor.id, scope: 'own' });
    await page.getByText(words.missing).waitFor({ timeout: 2_000 });
    expect(await page.locator('[data-message-id]').count()).toBe(0);
    expect(await page.evaluate(() => JSON.stringify({ ...localStorage }))).toContain(
      'Черновик под рукой',
    );
    // It is there again with the right.
    await admin.call(dealersApi.changeVisitor, { visitorId: visitor.id, scope: 'all' });
    await page.reload();
    await expect
      .poll(() => field(page).inputValue(), { timeout: 15_000 })
      .toBe('Черновик под рукой');
  },
  60_000,
);

it.each(
  LANGUAGES.slice(1).flatMap((one) =>
    (['ended_by_self', 'ended_by_staff', 'replaced', 'access_closed', 'expired'] as const).map(
      (reason) => ({ ...one, reason }),
    ),
  ),
)(
  'STA-9 ($language): a session that is over says why: $reason; the draft is for the same person alone',
  async ({ look, words, reason }) => {
    const { page, visitor, appeal } = await atAppeal(look);
    const { db } = stage.app.database;
    await field(page).fill(`Черновик ${reason}`);
    await page.waitForFunction(
      (text) => JSON.stringify({ ...localStorage }).includes(text),
      `Черновик ${reason}`,
    );
    const [row] = await db.query<{ id: string }>(
      `SELECT id FROM session WHERE person_id = '${visitor.id}' AND ended_at IS NULL`,
    );
    const sessionId = row!.id;
    if (reason === 'ended_by_staff') {
      await admin.call(dealersApi.endSession, { dealerId: company.dealer.id, sessionId });
    } else if (reason === 'ended_by_self') {
      const other = await stage.app.signIn(visitor);
      await other.call(peopleApi.endMySession, { sessionId });
    } else if (reason === 'replaced') {
      await db.query(`UPDATE person SET session_rule = 'one' WHERE id = '${visitor.id}'`);
      await fetch(`${stage.app.url}/api${peopleApi.signIn.path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ login: visitor.login, password: PASSWORD, endOthers: true }),
      });
    } else if (reason === 'access_closed') {
      await admin.call(dealersApi.changeVisitor, { visitorId: visitor.id, accessAllowed: false });
    } else {
      await db.query(
        `UPDATE session SET expires_at = now() - interval '1 minute' WHERE id = '${sessionId}'`,
      );
      await page.evaluate(() => dispatchEvent(new Event('online')));
    }
    const screen = page.locator('[data-state=session-ended]');
    await screen.getByText(words.why[reason]).waitFor();
    expect(await page.locator('[data-message-id]').count()).toBe(0);

    await page.getByRole('button', { name: words.again }).click();
    await page.waitForURL(/\/login/);
    await enter(page, await aVisitor(db, company.dealer), `/appeals/${appeal.no}`);
    expect(await field(page).inputValue()).toBe('');
    if (reason === 'access_closed') return;
    // The session that replaced it makes room again.
    await db.query(`UPDATE person SET session_rule = DEFAULT WHERE id = '${visitor.id}'`);
    await page.context().clearCookies();
    await enter(page, visitor, `/login?to=/appeals/${appeal.no}`);
    await expect
      .poll(() => field(page).inputValue(), { timeout: 15_000 })
      .toBe(`Черновик ${reason}`);
  },
  60_000,
);
