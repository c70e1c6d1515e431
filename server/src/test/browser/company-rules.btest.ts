import { companyApi } from '@otklik/shared/company.api';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { aManager, PASSWORD } from '../../modules/people/people.factory';
import type { TestSession } from '../test-app';
import { openStage, signIn, type Stage } from './stage';

let stage: Stage;
let login: string;
let admin: TestSession;

beforeAll(async () => {
  stage = await openStage();
  const person = await aManager(stage.app.database.db, { role: 'admin' });
  login = person.login;
  admin = await stage.app.signIn(person);
}, 120_000);
afterAll(() => stage.close());

const rules = () => admin.call(companyApi.settings, {});

it('the company’s rules act at once, say what they do, and can be taken back', async () => {
  const { page, complaints } = await stage.visitor({ viewport: { width: 1280, height: 800 } });
  await signIn(stage, page, login, PASSWORD, '/admin/settings');
  // The notice before may still be there.
  const undo = (hasText: string) =>
    page
      .getByRole('listitem')
      .filter({ hasText })
      .getByRole('button', { name: /Отменить/ });
  const guard = page.getByRole('switch', { name: 'Защита от двух ответов: сотрудники' });
  await guard.click();
  await page.getByText('Защита от двух ответов выключена для сотрудников').waitFor();
  expect(await rules()).toMatchObject({ guardStaff: false, guardDealer: true });
  await page.getByText('Ответы уходят, даже если коллега успел раньше').waitFor();
  await undo('Защита от двух ответов').click();
  await page.getByRole('switch', { name: /сотрудники/, checked: true }).waitFor();
  await expect.poll(rules).toMatchObject({ guardStaff: true });

  const minutes = page.getByLabel('Минут');
  await minutes.fill('2000');
  await minutes.press('Enter');
  await page.getByText('Целое число от 0 до').waitFor();
  expect(await rules()).toMatchObject({ editMinutes: 15 });
  await minutes.fill('0');
  await minutes.press('Enter');
  await page.getByText('Исправлять сообщения больше нельзя').waitFor();
  expect(await rules()).toMatchObject({ editMinutes: 0 });
  await undo('Исправлять сообщения').click();
  await expect.poll(rules).toMatchObject({ editMinutes: 15 });
  await expect.poll(() => minutes.inputValue()).toBe('15');
  expect(complaints).toEqual([]);
});
