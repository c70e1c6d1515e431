import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { aManager, type TestPerson } from '../../modules/people/people.factory';
import { openStage, signedIn, type Stage } from './stage';

let stage: Stage;
let admin: TestPerson;
let colleague: TestPerson;

beforeAll(async () => {
  stage = await openStage();
  const { db } = stage.app.database;
  admin = await aManager(db, { role: 'admin', name: 'Вера Кострова' });
  colleague = await aManager(db, { name: 'Олег Гришин' });
}, 120_000);
afterAll(() => stage.close());

const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name });
const check = (page: Page, name: string) => page.getByRole('checkbox', { name });

it('an admin makes a role, gives it, changes it under its holder, and takes it away when nobody has it', async () => {
  const { page, complaints } = await signedIn(stage, admin);
  const theirs = await signedIn(stage, colleague);
  await theirs.page.goto(`${stage.app.url}/inbox`);
  await page.goto(`${stage.app.url}/admin/rights`);
  const part = page.locator('[data-part="roles"]');
  await part.getByText('Своих ролей пока нет').waitFor();

  await part.getByRole('button', { name: 'Роль' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('Те же права, что у основы.').waitFor();
  // By keyboard: an empty name is not saved, and says so.
  await page.keyboard.press('Enter');
  await dialog.getByText('Напишите название').waitFor();
  await page.getByLabel('Название').fill('Старший смены');
  expect(await check(page, 'Читать журнал').isDisabled()).toBe(true);
  await check(page, 'Видеть отчёты').check();
  await check(page, 'Назначать исполнителя').uncheck();
  // Notes are written where messages are: without the one goes the other.
  await check(page, 'Писать в обращение').uncheck();
  expect(await check(page, 'Писать заметки').isChecked()).toBe(false);
  await check(page, 'Писать заметки').check();
  expect(await check(page, 'Писать в обращение').isChecked()).toBe(true);
  const difference = dialog.locator('[data-part="difference"]');
  expect(await difference.textContent()).toMatch(
    /Ещё: *Видеть отчёты.*Без: *Назначать исполнителя/,
  );
  await button(page, 'Создать роль').click();
  const row = part.locator('[data-role="Старший смены"]');
  await row.waitFor();

  await button(page, 'Действия: Старший смены').click();
  await page.getByRole('menuitem', { name: 'Показать в таблице' }).click();
  await page.getByRole('columnheader', { name: 'Старший смены' }).first().waitFor();

  await page.goto(`${stage.app.url}/admin/staff`);
  const person = page.locator(`[data-person="${colleague.id}"]`);
  await person.getByRole('button', { name: /Действия/ }).click();
  await page.getByRole('menuitem').first().click();
  await page.getByRole('button', { name: /^Роль/ }).click();
  await page.getByRole('option', { name: /Старший смены/ }).click();
  await button(page, 'Сохранить').click();
  await person.getByText('Старший смены').waitFor();

  // The open page of the colleague follows by itself, as it does to every change of the role.
  const reports = theirs.page.getByRole('link', { name: 'Отчёты' });
  await reports.waitFor();
  await page.goto(`${stage.app.url}/admin/rights`);
  await button(page, 'Действия: Старший смены').click();
  await page.getByRole('menuitem', { name: 'Изменить' }).click();
  await check(page, 'Видеть отчёты').uncheck();
  await button(page, 'Сохранить').click();
  await reports.waitFor({ state: 'detached' });

  const remove = async () => {
    await button(page, 'Действия: Старший смены').click();
    await page.getByRole('menuitem', { name: 'Удалить' }).click();
  };
  await remove();
  await page.getByText('Эта роль у 1 человека').waitFor();
  await stage.app.database.db.query(`UPDATE person SET custom_role_id = NULL WHERE id = $1`, [
    colleague.id,
  ]);
  await remove();
  await row.waitFor({ state: 'detached' });
  await button(page, /Отменить|Вернуть/).click();
  await row.waitFor();
  expect(complaints).toEqual([]);
  await theirs.context.close();
});
