import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { peopleApi } from '@otklik/shared/people.api';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { aCompany, aMessage, anAppeal } from '../../modules/appeals/appeal.factory';
import { aVisitor, PASSWORD } from '../../modules/people/people.factory';
import type { TestSession } from '../test-app';
import { aLine } from './line';
import { openStage, signIn, type Stage } from './stage';

/** Pages that are opened without a network, and pages of an older build. The line is really cut: the worker's requests go over it too. */
let stage: Stage;
let folder: string;
let company: Awaited<ReturnType<typeof aCompany>>;
let dealer: TestSession;
let manager: TestSession;
let line: Awaited<ReturnType<typeof aLine>>;
const BUILT = fileURLToPath(new URL('../../../../client/dist', import.meta.url));
const PICTURES = fileURLToPath(new URL('../../../../test-output/pictures/', import.meta.url));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'otklik-client-'));
  await cp(BUILT, folder, { recursive: true });
  stage = await openStage({ clientFolder: folder, env: { BASE_PATH: '/portal' } });
  company = await aCompany(stage.app.database.db);
  dealer = await stage.app.signIn(company.visitor);
  manager = await stage.app.signIn(company.manager);
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
      banner: 'Нет связи. Отправим, когда появится',
      asOf: /данные на (\d?\d:\d\d)/i,
      needed: 'Без связи это недоступно',
      more: 'Ещё',
      proof: 'Проверить целостность',
      signOut: 'Выйти',
      update: 'Доступно обновление',
      later: 'Позже',
    },
  },
  {
    language: 'en',
    look: { locale: 'en-US', colorScheme: 'dark' },
    words: {
      banner: 'No connection. We will send when it is back',
      asOf: /data as of (\d?\d:\d\d)/i,
      needed: 'Not available without a connection',
      more: 'More',
      proof: 'Check integrity',
      signOut: 'Sign out',
      update: 'Update available',
      later: 'Later',
    },
  },
] as const;

async function at(
  person: { login: string },
  path: string,
  look: BrowserContextOptions = {},
  prepare: (page: Page) => Promise<void> = async () => undefined,
) {
  const visitor = await stage.visitor(look);
  open.push(visitor);
  await prepare(visitor.page);
  await enter(visitor.page, person, path);
  return visitor;
}
async function enter(page: Page, person: { login: string }, path: string): Promise<void> {
  const there = { ...stage, app: { ...stage.app, url: `${line.url}/portal` } };
  await signIn(there, page, person.login, PASSWORD, path);
  await page.locator('[data-message-id]').first().waitFor();
}
/** The worker has the page and its files, and the thread is kept. */
async function isKept(page: Page, no: number, words: string): Promise<void> {
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null, null, {
    timeout: 30_000,
  });
  await expect
    .poll(async () => JSON.stringify(await kept(page)), { timeout: 10_000 })
    .toContain(words);
  await expect
    .poll(async () => (await kept(page)).map(({ key }) => key), { timeout: 10_000 })
    .toEqual(expect.arrayContaining(['rows', 'level', 'directories', `thread/${no}`]));
}
/** Everything this browser keeps of the person. */
const kept = (page: Page) =>
  page.evaluate(
    () =>
      new Promise<{ key: string; value: unknown }[]>((resolve, reject) => {
        const request = indexedDB.open('otklik-kept /portal/');
        request.onerror = () => reject(request.error ?? new Error('no database'));
        request.onsuccess = () => {
          const all = request.result.transaction('things').objectStore('things').getAll();
          all.onsuccess = () => {
            request.result.close();
            resolve(all.result);
          };
        };
      }),
  );
const bubble = (page: Page, words: string) =>
  page.locator('[data-client-id], [data-message-id]', { hasText: words }).first();
const field = (page: Page) => page.locator('.composer textarea');
const stateOf = (page: Page, words: string) =>
  expect.poll(() => bubble(page, words).getAttribute('data-message-state'), { timeout: 20_000 });

it.each(LANGUAGES.slice(0, 1))(
  'STA-5 ($language): after a reload without a network the page opens, what was read is readable with its time, writing queues, the rest says why not',
  async ({ look, words, language }) => {
    const { appeal } = await anAppeal(dealer, company.topic);
    await aMessage(manager, appeal.id, { body: 'Отгрузка во вторник' });
    // The clock of the device is three hours ahead: times and deadlines go by the server's all the same.
    const person = await aVisitor(stage.app.database.db, company.dealer);
    const { page, complaints } = await at(person, `/appeals/${appeal.no}`, look, (one) =>
      one.clock.install({ time: Date.now() + 3 * 60 * 60_000 }),
    );
    await isKept(page, appeal.no, 'Отгрузка во вторник');
    line.cut();
    await aMessage(manager, appeal.id, { body: 'Уже в пути' });
    await page.reload();
    await bubble(page, 'Отгрузка во вторник').waitFor();
    await page.getByText(words.banner).waitFor();
    const shown = words.asOf.exec((await page.locator('main').textContent()) ?? '')?.[1] ?? '';
    const moscow = (ms: number) =>
      new Date(ms).toLocaleTimeString('ru-RU', {
        ...{ timeZone: 'Europe/Moscow', hour: '2-digit', minute: '2-digit' },
      });
    expect([moscow(Date.now()), moscow(Date.now() - 60_000)]).toContain(shown.padStart(5, '0'));

    await page
      .getByRole('banner')
      .or(page.locator('.ahead'))
      .getByRole('button', { name: words.more })
      .click();
    const proof = page.getByRole('menuitem', { name: words.proof });
    expect(await proof.getAttribute('aria-disabled')).toBe('true');
    expect(await proof.textContent()).toContain(words.needed);
    await page.keyboard.press('Escape');
    await field(page).fill('Пишу без связи');
    await field(page).press('Enter');
    await stateOf(page, 'Пишу без связи').toBe('queued');
    await page.screenshot({ path: join(PICTURES, `offline-thread-${language}.png`) });

    // Lists too, and what is queued survives one more reload without a network.
    await page.goto(`${line.url}/portal/appeals`);
    await page.locator(`a[href$="/appeals/${appeal.no}"]`).first().waitFor();
    await page.getByText(words.banner).waitFor();
    await expect.poll(() => page.locator('.banner').textContent()).toMatch(words.asOf);
    await page.screenshot({ path: join(PICTURES, `offline-list-${language}.png`) });
    await page.locator(`a[href$="/appeals/${appeal.no}"]`).first().click();
    await stateOf(page, 'Пишу без связи').toBe('queued');

    line.mend();
    await page.clock.fastForward(11_000);
    await bubble(page, 'Уже в пути').waitFor({ timeout: 20_000 });
    await page.getByText(words.banner).waitFor({ state: 'detached', timeout: 2_000 });
    await stateOf(page, 'Пишу без связи').toMatch(/stale|failed|sent|seen|queued/);
    // The browser's own words about a line that was cut.
    expect(complaints.filter((text) => !/ERR_|WebSocket/.test(text))).toEqual([]);
  },
  90_000,
);

it('STA-5: staff read what they opened, and what only the server can do is disabled with the reason', async () => {
  const { appeal } = await anAppeal(dealer, company.topic);
  await aMessage(dealer, appeal.id, { body: 'Где паллета?' });
  const { page } = await at(company.manager, `/inbox/all/${appeal.no}`, { locale: 'ru-RU' });
  await isKept(page, appeal.no, 'Где паллета?');
  line.cut();
  await page.reload();
  await bubble(page, 'Где паллета?').waitFor();
  await page
    .getByText(/данные на/)
    .first()
    .waitFor();
  const assignee = page.locator('[data-part=assignee], [data-part=take]').first();
  expect(await assignee.getAttribute('aria-disabled')).toBe('true');
  await assignee.hover();
  await page.getByRole('tooltip').getByText('Без связи это недоступно').waitFor();
  await page.screenshot({ path: join(PICTURES, 'offline-staff-ru.png') });
});

it('STA-5: nothing of one person shows to another; ended sessions leave nothing, an expired one only to the same person', async () => {
  const person = await aVisitor(stage.app.database.db, company.dealer);
  const { appeal } = await anAppeal(dealer, company.topic);
  const path = `/appeals/${appeal.no}`;
  await aMessage(manager, appeal.id, { body: 'Только для дилера' });
  const { page } = await at(person, path);
  await isKept(page, appeal.no, 'Только для дилера');

  // Expired: it is not shown without a network, and is there again after signing in.
  await stage.app.database.db.query(
    `UPDATE session SET expires_at = now() - interval '1 minute' WHERE person_id = '${person.id}'`,
  );
  await page.reload();
  await page.waitForURL(/\/login/);
  line.cut();
  await page.goto(`${line.url}/portal${path}`);
  await page.locator('#app > *').first().waitFor();
  await page.getByText('Нет связи').first().waitFor();
  expect(await page.getByText('Только для дилера').count()).toBe(0);
  expect(JSON.stringify(await kept(page))).toContain('Только для дилера');
  line.mend();
  await enter(page, person, path);
  await isKept(page, appeal.no, 'Только для дилера');

  // Ended by an administrator while the page is open.
  const mine = await stage.app.database.db.query<{ id: string }>(
    `SELECT id FROM session WHERE person_id = '${person.id}' AND ended_at IS NULL AND expires_at > now()`,
  );
  const other = await stage.app.signIn(person);
  for (const { id } of mine) await other.call(peopleApi.endMySession, { sessionId: id });
  await page.locator('[data-state=session-ended]').waitFor();
  await expect.poll(() => kept(page), { timeout: 5_000 }).toEqual([]);
  line.cut();
  await page.reload();
  await page.getByText('Нет связи').first().waitFor();
  expect(await page.getByText('Только для дилера').count()).toBe(0);
  line.mend();

  // The next person takes the place.
  await enter(page, person, path);
  await isKept(page, appeal.no, 'Только для дилера');
  await page.context().clearCookies();
  const { appeal: theirs } = await anAppeal(
    await stage.app.signIn(company.outsider),
    company.topic,
  );
  await page.goto(`${line.url}/portal/login`);
  await enter(page, company.outsider, `/appeals/${theirs.no}`);
  await expect
    .poll(async () => JSON.stringify(await kept(page)))
    .not.toContain('Только для дилера');

  // Signing out wipes it at once.
  await isKept(page, theirs.no, 'thread');
  await page.goto(`${line.url}/portal/account/profile`);
  await page.getByRole('button', { name: 'Выйти' }).click();
  await page.waitForURL(/\/login/);
  await expect.poll(() => kept(page), { timeout: 5_000 }).toEqual([]);
}, 90_000);

it('STA-5: the worker keeps the page and its files only, and follows a new build without touching the open page', async () => {
  const { appeal } = await anAppeal(dealer, company.topic);
  const person = await aVisitor(stage.app.database.db, company.dealer);
  const { page } = await at(person, `/appeals/${appeal.no}`);
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null, null, {
    timeout: 30_000,
  });
  const shell = () =>
    page.evaluate(async () => {
      const names = await caches.keys();
      const keys = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
      return { names, addresses: keys.flat().map(({ url }) => new URL(url).pathname) };
    });
  const before = await shell();
  expect(before.names).toHaveLength(1);
  expect(before.addresses.length).toBeGreaterThan(50);
  for (const address of before.addresses) {
    expect(address).toMatch(
      /^\/portal\/(|assets\/[\w.-]+|theme\.js|favicon(-dot)?\.svg|manifest\.webmanifest|icon-192\.png)$/,
    );
  }
  await page.evaluate(() => void (document.title = 'the same page'));
  const worker = await readFile(join(folder, 'sw.js'), 'utf8');
  await writeFile(join(folder, 'sw.js'), worker.replace(/"release":"\w+"/, '"release":"another"'));
  await page.evaluate(async () => (await navigator.serviceWorker.ready).update());
  await expect
    .poll(async () => (await shell()).names.some((name) => name.endsWith('another')), {
      timeout: 20_000,
    })
    .toBe(true);
  // The release before stays for the pages that came with it.
  expect((await shell()).names).toHaveLength(2);
  await writeFile(join(folder, 'sw.js'), worker);
  const manifest = await page.evaluate(async () => (await fetch('manifest.webmanifest')).json());
  for (const { src } of manifest.icons) {
    const answer = await page.request.get(new URL(src, `${line.url}/portal/`).href);
    expect([answer.status(), answer.headers()['content-type']]).toEqual([
      200,
      expect.stringMatching(/^image\//),
    ]);
  }
});

it.each(LANGUAGES.slice(1))(
  'STA-10 ($language): a new build is told by a pill; the page reloads by a click alone, and the words in the field stay',
  async ({ look, words, language }) => {
    const { appeal } = await anAppeal(dealer, company.topic);
    const person = await aVisitor(stage.app.database.db, company.dealer);
    const { page } = await at(person, `/appeals/${appeal.no}`, look);
    await field(page).fill('недописано');
    await page.evaluate(() => void (document.documentElement.dataset.mark = 'same'));
    const pill = page.getByRole('button', { name: words.update });
    expect(await pill.count()).toBe(0);
    const serve = { release: 'newer' };
    await page.route('**/api/**', async (route) => {
      const response = await route.fetch();
      const headers = { ...response.headers(), 'x-release': serve.release };
      await route.fulfill({ response, headers });
    });
    await page.evaluate(() => dispatchEvent(new Event('online')));
    await pill.waitFor();
    await page.screenshot({ path: join(PICTURES, `update-${language}.png`) });
    expect(await page.evaluate(() => document.documentElement.dataset.mark)).toBe('same');
    await page.getByRole('button', { name: words.later }).click();
    await pill.waitFor({ state: 'detached' });
    serve.release = 'newest';
    await page.evaluate(() => dispatchEvent(new Event('online')));
    await pill.click();
    await page.waitForFunction(() => document.documentElement.dataset.mark === undefined);
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await expect.poll(() => field(page).inputValue(), { timeout: 15_000 }).toBe('недописано');
  },
);
