import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { aCompany, aMessage, anAppeal } from '../../modules/appeals/appeal.factory';
import { aManager } from '../../modules/people/people.factory';
import { openStage, signedIn, type Stage } from './stage';

/** An admin sees the portal as a visitor and as a colleague, in all tabs of his browser, and leaves no trace in it. */
let stage: Stage;
let company: Awaited<ReturnType<typeof aCompany>>;
let admin: { id: string };

beforeAll(async () => {
  stage = await openStage();
  company = await aCompany(stage.app.database.db);
  admin = await aManager(stage.app.database.db, { role: 'admin', name: 'Анна Админ' });
}, 120_000);
afterAll(() => stage.close());

const banner = (page: Page) => page.locator('[data-part=viewing]');
const stop = (page: Page) => banner(page).getByRole('button', { name: 'Закончить' }).click();

/** Everything this browser keeps for the product but its files, as one text. */
const kept = (page: Page) =>
  page.evaluate(async () => {
    const stores: unknown[] = [{ ...localStorage }, { ...sessionStorage }];
    for (const { name = '' } of await indexedDB.databases()) {
      const db = await new Promise<IDBDatabase>((resolve, reject) => {
        const opening = indexedDB.open(name);
        opening.onsuccess = () => resolve(opening.result);
        opening.onerror = () => reject(opening.error ?? new Error(name));
      });
      for (const store of db.objectStoreNames)
        stores.push(
          await new Promise((resolve) => {
            const asking = db.transaction(store).objectStore(store).getAll();
            asking.onsuccess = () => resolve(asking.result);
          }),
        );
      db.close();
    }
    return JSON.stringify(stores);
  });

/** What the service worker keeps. */
const cached = (page: Page) =>
  page.evaluate(async () => {
    const names = await caches.keys();
    const stores = await Promise.all(names.map((name) => caches.open(name)));
    const requests = await Promise.all(stores.map((store) => store.keys()));
    return requests.flat().map(({ url }) => new URL(url).pathname);
  });

it('he reads what the visitor reads, everywhere in his browser, which keeps nothing of it, and comes back', async () => {
  const visitor = await stage.app.signIn(company.visitor);
  const { appeal } = await anAppeal(visitor, company.topic, { body: 'Слова посетителя' });
  const manager = await stage.app.signIn(company.manager);
  await aMessage(manager, appeal.id, { body: 'Слова поставщика' });
  await aMessage(manager, appeal.id, { kind: 'note', body: 'Между нами' });
  const { page, context, complaints } = await signedIn(stage, admin);
  const other = await context.newPage();
  await other.goto(`${stage.app.url}/admin/staff`);
  await other.locator('tr[data-person]').first().waitFor();
  await page.goto(`${stage.app.url}/admin/dealers/${company.dealer.id}/visitors`);
  await stage.app.database.db.query(`UPDATE session SET proven_at = now()`);
  const row = page.locator(`[data-visitor="${company.visitor.id}"]`);
  await row.getByRole('button').last().click();
  await page.getByRole('menuitem', { name: 'Посмотреть как этот человек' }).click();

  // Both tabs, at once; and from then on without a line to the server.
  await page.waitForURL(/\/appeals$/);
  const lines: string[] = [];
  for (const tab of [page, other]) {
    await banner(tab).getByText(company.visitor.name).waitFor();
    tab.on('websocket', (line) => lines.push(line.url()));
  }
  // The admin's own, which nothing comes to and nothing is shown of.
  const before = await kept(page);
  await page.goto(`${stage.app.url}/appeals/${appeal.no}`);
  await page.getByText('Слова поставщика').first().waitFor();
  expect(await page.getByText('Между нами').count()).toBe(0);
  await page.getByText('Только просмотр: изменить ничего нельзя').last().waitFor();
  expect(await page.locator('.composer textarea:enabled').count()).toBe(0);
  await page.goto(`${stage.app.url}/appeals/new`);
  await page.locator('main').getByText('Только просмотр').waitFor();
  await page.goto(`${stage.app.url}/account/sessions`);
  await page.getByText('Это видит только сам человек').waitFor();

  expect(await kept(page)).toBe(before);
  expect(before).not.toContain('"audience":"dealer"');
  expect((await cached(page)).filter((path) => /^\/(api|files)\//.test(path))).toEqual([]);
  expect(lines).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.dataset.connection)).toBeUndefined();
  // The visitor has still not read the answer.
  const marks = await stage.app.database.db.query(
    `SELECT FROM receipt r JOIN session s ON s.id = r.session_id WHERE s.person_id IN ($1, $2)`,
    [company.visitor.id, admin.id],
  );
  expect(marks).toEqual([]);

  await stop(page);
  await page.waitForURL(new RegExp(`/admin/dealers/${company.dealer.id}`));
  await row.waitFor();
  for (const tab of [page, other]) await banner(tab).waitFor({ state: 'detached' });
  await other.locator('tr[data-person]').first().waitFor();
  expect(complaints).toEqual([]);
});

it('a colleague is seen from the staff’s page, another admin is not, and a view that is over ends by itself', async () => {
  const { page, complaints } = await signedIn(stage, admin);
  await page.goto(`${stage.app.url}/admin/staff`);
  await page.locator(`[data-person="${admin.id}"]`).getByRole('button').last().click();
  await page.getByRole('menuitem').first().waitFor();
  expect(await page.getByRole('menuitem', { name: 'Посмотреть как' }).count()).toBe(0);
  await page.keyboard.press('Escape');
  await page.locator(`[data-person="${company.manager.id}"]`).getByRole('button').last().click();
  await page.getByRole('menuitem', { name: 'Посмотреть как этот человек' }).click();
  await page.waitForURL(/\/inbox/);
  await banner(page).getByText(company.manager.name).waitFor();
  // His own ready texts are shown to nobody else; that is no failure, and nothing to try again.
  await page.goto(`${stage.app.url}/macros`);
  await page.getByText('Это видит только сам человек').waitFor();
  expect(await page.locator('main').getByRole('button', { name: 'Повторить' }).count()).toBe(0);
  await page.goto(`${stage.app.url}/inbox`);
  await banner(page).getByText(company.manager.name).waitFor();
  await stage.app.database.db.query(
    `UPDATE viewing SET begun_at = now() - interval '1 hour', ends_at = now() - interval '1 second'`,
  );
  // Coming back to the page asks anew.
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await banner(page).waitFor({ state: 'detached' });
  await page.goto(`${stage.app.url}/admin/staff`);
  await page.locator(`[data-person="${admin.id}"]`).waitFor();
  expect(complaints).toEqual([]);
});
