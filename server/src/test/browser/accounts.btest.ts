import { accountsApi } from '@otklik/shared/accounts.api';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { aManager, PASSWORD, type TestPerson } from '../../modules/people/people.factory';
import { codeOf, periodOf } from '../../modules/people/totp';
import { openStage, signedIn, signIn, type Stage } from './stage';

let stage: Stage;
let admin: TestPerson;

beforeAll(async () => {
  stage = await openStage();
  admin = await aManager(stage.app.database.db, { role: 'admin', name: 'Вера Кострова' });
}, 120_000);
afterAll(() => stage.close());

const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name });
/** What the authenticator app shows for the key on the screen. */
async function codeFor(page: Page): Promise<string> {
  const text = (await page.locator('[data-part="secret"]').textContent()) ?? '';
  const bits = [...text.replaceAll(' ', '')]
    .map((sign) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(sign).toString(2).padStart(5, '0'))
    .join('');
  const bytes = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)));
  return codeOf(bytes, periodOf(new Date()));
}

it('an added colleague comes in by his link, is led to a second step, and comes in with it again', async () => {
  const { page, complaints } = await signedIn(stage, admin);
  await page.goto(`${stage.app.url}/admin/staff`);
  await button(page, 'Сотрудник').click();
  await page.getByLabel('Имя и фамилия').fill('Олег Гришин');
  await page.getByLabel('Логин или e-mail').fill('oleg@firm.example');
  // Long ago the admin typed his password: it is asked for, and the colleague is added without a second press.
  await stage.app.database.db.query(`UPDATE session SET proven_at = to_timestamp(0)`);
  await button(page, 'Добавить и получить ссылку').click();
  await page.getByLabel('Ваш пароль').fill('wrong');
  await button(page, 'Продолжить').click();
  await page.getByText('Пароль не подошёл').waitFor();
  await page.getByLabel('Ваш пароль').fill(PASSWORD);
  await button(page, 'Продолжить').click();
  const link = await page.locator('[data-value="address"]').textContent();
  await button(page, 'Закрыть').click();
  await page.locator('tr', { hasText: 'Олег Гришин' }).waitFor();

  const guest = await stage.visitor();
  await guest.page.goto(link ?? '');
  await guest.page.getByLabel(/^Пароль/).fill('qwertyuiop');
  await button(guest.page, 'Сохранить пароль').click();
  await guest.page.getByText('часто встречается в утечках').waitFor();
  await guest.page.getByLabel(/^Пароль/).fill('рыжий кот на крыше');
  await button(guest.page, 'Сохранить пароль').click();
  await guest.page.getByText('Пароль сохранён').waitFor();
  expect(await guest.page.getByLabel('E-mail или логин').inputValue()).toBe('oleg@firm.example');
  await stage.app.database.db.query(`UPDATE company SET second_step_roles = '{manager}'`);
  await guest.page.getByLabel(/^Пароль/).fill('рыжий кот на крыше');
  await button(guest.page, /^Войти$/).click();
  await guest.page.getByRole('heading', { name: 'Второй шаг входа' }).waitFor();
  await guest.page.getByLabel('Код из приложения').fill(await codeFor(guest.page));
  await button(guest.page, 'Подтвердить').click();
  const codes = guest.page.locator('[data-part="recovery"] li');
  await codes.first().waitFor();
  expect(await codes.count()).toBe(10);
  const recovery = (await codes.first().textContent()) ?? '';
  await button(guest.page, 'Я их сохранил').click();
  await guest.page.waitForURL(/\/inbox/);

  // The link opens nothing any more.
  const late = await stage.visitor();
  await late.page.goto(link ?? '');
  await late.page.getByText('Эта ссылка не подходит').waitFor();

  // Another browser: the code is asked for, and the first browser asks whether that was he.
  await late.page.goto(`${stage.app.url}/login`);
  await late.page.getByLabel('E-mail или логин').fill('oleg@firm.example');
  await late.page.getByLabel(/^Пароль/).fill('рыжий кот на крыше');
  await button(late.page, /^Войти$/).click();
  await late.page.getByRole('textbox', { name: 'Код' }).fill('000000');
  await button(late.page, /^Войти$/).click();
  await late.page.getByText('Код не подошёл').waitFor();
  await late.page.getByRole('textbox', { name: 'Код' }).fill(recovery);
  await button(late.page, /^Войти$/).click();
  await late.page.waitForURL(/\/inbox/);
  await guest.page.getByText('с нового устройства').waitFor();
  await button(guest.page, 'Это не я').click();
  await late.page.getByRole('heading', { name: 'Сеанс завершён' }).waitFor();
  await guest.page.getByRole('heading', { name: 'Второй шаг входа' }).waitFor();
  await stage.app.database.db.query(`UPDATE company SET second_step_roles = '{}'`);
  expect([complaints, guest.complaints, late.complaints]).toEqual([[], [], []]);
});

it('a key for a program is shown once and closed', async () => {
  const { page, complaints } = await stage.visitor();
  await signIn(stage, page, admin.login, PASSWORD, '/admin/tokens');
  await button(page, 'Ключ').click();
  await page.getByLabel('Для какой программы').fill('1С склада');
  await button(page, 'Сделать ключ').click();
  const token = (await page.locator('[data-part="token"]').textContent()) ?? '';
  expect(token).toMatch(/^[\w-]{43}$/);
  await button(page, 'Закрыть').click();
  const row = page.locator('tr', { hasText: '1С склада' });
  await row.getByText(`${token.slice(0, 6)}…`).waitFor();
  expect(await page.content()).not.toContain(token);
  await row.getByRole('button', { name: 'Закрыть ключ: 1С склада' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Закрыть', exact: true }).click();
  await row.getByText('закрыт').waitFor();
  const session = await stage.app.signIn(admin);
  const { items } = await session.call(accountsApi.tokens, {});
  expect(items).toMatchObject([{ name: '1С склада', revokedAt: expect.any(String) }]);
  expect(complaints).toEqual([]);
});
