import { appealsApi } from '@otklik/shared/appeals.api';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aCompany, anAppeal } from '../../modules/appeals/appeal.factory';
import { LANGUAGES, openStage, signedIn, type Stage } from './stage';

const PICTURES = fileURLToPath(new URL('../../../../test-output/pictures/', import.meta.url));
let stage: Stage;
let company: Awaited<ReturnType<typeof aCompany>>;
let manager: Awaited<ReturnType<Stage['app']['signIn']>>;
let appeals: { id: string; no: number }[] = [];

beforeAll(async () => {
  mkdirSync(PICTURES, { recursive: true });
  stage = await openStage();
  company = await aCompany(stage.app.database.db);
  manager = await stage.app.signIn(company.manager);
  const dealer = await stage.app.signIn(company.visitor);
  for (let index = 0; index < 4; index += 1) {
    const { appeal } = await anAppeal(dealer, company.topic);
    appeals = [...appeals, appeal];
  }
}, 120_000);
afterAll(() => stage.close());

const row = (page: Page, { no }: { no: number }) => page.locator(`[data-appeal-no="${no}"]`);
const assigneeOf = async ({ id }: { id: string }) =>
  (
    await stage.app.database.db.query<{ assignee_id: string | null }>(
      `SELECT assignee_id FROM appeal WHERE id = $1`,
      [id],
    )
  )[0]?.assignee_id;

describe.each(LANGUAGES)('the board in %s', (language, options) => {
  const words = (ru: string, en: string) => (language === 'ru' ? ru : en);

  it('reassigns many at once, says which a colleague was faster with, and takes it back', async () => {
    for (const { id } of appeals)
      await manager.call(appealsApi.assign, { appealId: id, assigneeId: null });
    const [first, second, third, fourth] = appeals as [
      ...[{ id: string; no: number }, { id: string; no: number }],
      ...[{ id: string; no: number }, { id: string; no: number }],
    ];
    const { page, complaints } = await signedIn(stage, company.supervisor, options);
    await page.goto(`${stage.app.url}/board`);
    // The first by mouse, the next by keyboard, the rest as a range.
    await row(page, first).hover();
    await row(page, first).locator('[data-part=choose]').click();
    await row(page, second).locator('a').first().focus();
    await page.keyboard.press('x');
    await page.getByText(words('Выбрано 2', '2 selected')).waitFor();
    await row(page, third).locator('a').first().focus();
    await page.keyboard.press('Shift+X');
    await page.getByText(words('Выбрано 3', '3 selected')).waitFor();
    await page.screenshot({ path: join(PICTURES, `board-chosen-${language}.png`) });
    // A colleague is faster with one of them; nothing moves under the choice.
    const before = await row(page, second).boundingBox();
    await manager.call(appealsApi.assign, { appealId: second.id, assigneeId: company.manager.id });
    await row(page, second)
      .getByText(company.manager.name.split(' ')[0] ?? '')
      .waitFor();
    expect(await row(page, second).boundingBox()).toEqual(before);

    await page.locator('[data-part=reassign-many]').click();
    await page.locator(`[role=dialog] [data-person="${company.colleague.id}"]`).click();
    await page
      .getByText(words('1 обращение не переназначено', '1 appeal was not reassigned'))
      .waitFor();
    expect(await page.locator('[data-left-no]').getAttribute('data-left-no')).toBe(
      String(second.no),
    );
    await page.getByRole('button', { name: words('Понятно', 'Got it') }).click();
    expect(await Promise.all([first, second, third, fourth].map(assigneeOf))).toEqual([
      company.colleague.id,
      company.manager.id,
      company.colleague.id,
      null,
    ]);
    await page.getByRole('button', { name: words('Отменить', 'Undo') }).click();
    await expect
      .poll(() => Promise.all([first, second, third].map(assigneeOf)))
      .toEqual([null, company.manager.id, null]);
    expect(complaints).toEqual([]);
  });

  it('keeps filters in the address, and views of them on all devices', async () => {
    await stage.app.database.db.query(`UPDATE person SET settings = '{}' WHERE id = $1`, [
      company.supervisor.id,
    ]);
    for (const { id } of appeals.slice(0, 2))
      await manager.call(appealsApi.assign, { appealId: id, assigneeId: company.manager.id });
    const { page, complaints } = await signedIn(stage, company.supervisor, options);
    await page.goto(`${stage.app.url}/board?by=dealer`);
    await page.locator(`[data-line="${company.dealer.id}"] a`).click();
    await page.waitForURL((url) => url.searchParams.get('dealer') === company.dealer.id);
    await page.goto(`${stage.app.url}/board?manager=${company.manager.id}&by=topic`);
    await expect.poll(() => page.locator('[data-appeal-no]').count()).toBe(2);
    await page.locator(`[data-line="${company.topic.id}"]`).waitFor();

    await page.locator('[data-part=views]').click();
    await page
      .getByRole('menuitem', { name: words('Сохранить этот вид', 'Save this view') })
      .click();
    const name = `${words('Мои люди', 'My people')} ${language}`;
    await page.getByLabel(words('Название', 'Name')).fill(name);
    await page.keyboard.press('Enter');
    const saved = page.locator('[data-part=views]').filter({ hasText: name });
    await saved.waitFor();

    const phone = await signedIn(stage, company.supervisor, {
      ...options,
      viewport: { width: 360, height: 740 },
    });
    await phone.page.goto(`${stage.app.url}/board`);
    await phone.page.locator('[data-part=filters]').click();
    await phone.page.locator('[role=dialog] [data-part=filter-dealer]').waitFor();
    await phone.page.screenshot({ path: join(PICTURES, `board-filters-360-${language}.png`) });
    await phone.page.locator('[role=dialog] [data-part=views]').click();
    await phone.page.getByRole('menuitemradio', { name }).click();
    await phone.page.waitForURL(
      (url) =>
        url.searchParams.get('manager') === company.manager.id &&
        url.searchParams.get('by') === 'topic',
    );
    expect(
      await phone.page.evaluate(() => document.documentElement.scrollWidth),
    ).toBeLessThanOrEqual(360);

    await saved.click();
    await page.getByRole('menuitem', { name: words('Удалить', 'Delete') }).click();
    await expect.poll(() => saved.count()).toBe(0);
    await page.getByRole('button', { name: words('Отменить', 'Undo') }).click();
    await saved.waitFor();
    expect([...complaints, ...phone.complaints]).toEqual([]);
  });
});

it('what is said first while the line is away is said once it is back, also where nothing could be kept', async () => {
  const { page, context } = await signedIn(stage, company.supervisor, {
    serviceWorkers: 'block',
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  await page.goto(`${stage.app.url}/board`);
  const [first] = appeals as [{ id: string; no: number }];
  await row(page, first).hover();
  await row(page, first).locator('.acts button').last().click();
  const copy = page.getByRole('menuitem', { name: 'Скопировать ссылку' });
  await copy.waitFor();
  const failed = page.waitForEvent('requestfailed', (request) =>
    request.url().includes('ToastHost'),
  );
  await context.setOffline(true);
  await copy.click();
  await failed;
  await context.setOffline(false);
  await page.locator('.toast', { hasText: 'Скопировано' }).waitFor();
});
