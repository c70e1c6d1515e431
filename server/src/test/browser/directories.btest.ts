import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { aCompany, anAppeal } from '../../modules/appeals/appeal.factory';
import { aManager } from '../../modules/people/people.factory';
import { openStage, signedIn, type Stage } from './stage';

let stage: Stage;
let company: Awaited<ReturnType<typeof aCompany>>;

beforeAll(async () => {
  stage = await openStage();
  const { db } = stage.app.database;
  company = await aCompany(db);
  await db.query(`UPDATE topic SET name_ru = 'Доставка', name_en = 'Delivery' WHERE id = $1`, [
    company.topic.id,
  ]);
  await db.query(`UPDATE team SET name_ru = 'Логистика', name_en = 'Logistics' WHERE id = $1`, [
    company.team.id,
  ]);
  await db.query(`UPDATE team SET name_ru = 'Качество', name_en = 'Quality' WHERE id = $1`, [
    company.otherTeam.id,
  ]);
}, 120_000);
afterAll(() => stage.close());

const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name });
const names = (page: Page) =>
  page
    .locator('section[aria-label="Темы"] [data-row]')
    .evaluateAll((rows) => rows.map((row) => row.getAttribute('data-row')));

it('an admin keeps topics and teams, and open pages of others follow at once', async () => {
  const { db } = stage.app.database;
  const person = await aManager(db, { role: 'admin', name: 'Вера Кострова' });
  const { appeal } = await anAppeal(await stage.app.signIn(company.visitor), company.topic);
  const admin = await signedIn(stage, person);
  const manager = await signedIn(stage, company.manager);
  const dealer = await signedIn(stage, company.visitor);
  await manager.page.goto(`${stage.app.url}/a/${appeal.no}`);
  await manager.page.getByText('Приехало 4 коробки').first().waitFor();
  await dealer.page.goto(`${stage.app.url}/appeals/new`);
  await dealer.page.getByRole('button', { name: /^Тема/ }).click();
  const offered = dealer.page.getByRole('option', { name: 'Возврат', exact: true });

  const { page } = admin;
  await page.goto(`${stage.app.url}/admin/topics`);
  await button(page, /^Отдел$/).click();
  await page.getByLabel('Название по-русски').fill('Возвраты и обмен');
  await page.getByLabel('Название по-английски').fill('Returns');
  await button(page, 'Сохранить').click();
  await page.locator('[data-row="Возвраты и обмен"]').waitFor();
  await button(page, /^Тема$/).click();
  await button(page, 'Сохранить').click();
  await page.getByText('Заполните поле').first().waitFor();
  await page.getByLabel('Название по-русски').fill('Возврат');
  await page.getByLabel('Название по-английски').fill('Return');
  await button(page, 'Сохранить').click();
  await page.locator('[data-row="Возврат"]').waitFor();
  // The list that is open already offers it.
  await offered.waitFor();

  // By the keyboard alone: upwards until it is the first.
  const up = button(page, 'Возврат: выше');
  await up.focus();
  while ((await names(page))[0] !== 'Возврат') {
    const before = (await names(page)).indexOf('Возврат');
    await page.keyboard.press('Enter');
    await expect.poll(async () => (await names(page)).indexOf('Возврат')).toBe(before - 1);
  }
  await button(page, 'Возврат: в архив').click();
  await page.getByText('Возврат: в архиве').waitFor();
  await expect.poll(() => offered.count()).toBe(0);
  await button(page, /^Отменить/).click();
  await offered.waitFor();
  await expect.poll(async () => (await names(page))[0]).toBe('Возврат');

  // A team that answers for a topic stays.
  await button(page, 'Логистика: в архив').click();
  await page.getByText('У отдела есть темы').waitFor();
  // Somebody else was faster: it is said, and shown as it is.
  await button(page, 'Доставка: изменить').click();
  await db.query(`UPDATE topic SET rev = rev + 1 WHERE id = $1`, [company.topic.id]);
  await page.getByLabel('Название по-русски').fill('Перевозка');
  await button(page, 'Сохранить').click();
  await page.getByText('Другой администратор только что это изменил').waitFor();
  await page.keyboard.press('Escape');

  await button(page, 'Доставка: изменить').click();
  await page.getByRole('dialog').getByText('Логистика').click();
  await page.getByRole('option', { name: 'Качество' }).click();
  await page.getByText('перейдёт 1 открытое обращение').waitFor();
  await button(page, 'Сохранить').click();
  await page.locator('[data-row="Доставка"]', { hasText: 'Качество' }).waitFor();
  await expect.poll(() => manager.page.getByText('Приехало 4 коробки').count()).toBe(0);
  expect([...admin.complaints, ...manager.complaints, ...dealer.complaints]).toEqual([]);
});
