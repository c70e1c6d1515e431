import { dealersApi } from '@otklik/shared/dealers.api';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { aDealer, aManager, aVisitor, type TestPerson } from '../../modules/people/people.factory';
import { openStage, signedIn, type Stage } from './stage';

const PICTURES = fileURLToPath(new URL('../../../../test-output/pictures/', import.meta.url));
let stage: Stage;
let dealerId: string;
let manager: TestPerson;
let visitors: TestPerson[];

beforeAll(async () => {
  mkdirSync(PICTURES, { recursive: true });
  // A Monday morning: who is to be told works.
  const begun = Date.now();
  const morning = Date.parse('2026-03-02T07:00:00Z');
  stage = await openStage({ now: () => new Date(morning + Date.now() - begun) });
  const { db } = stage.app.database;
  manager = await aManager(db, { name: 'Ирина Ланская' });
  const dealer = await aDealer(db, {
    ...{ name: 'ООО «Кедровый Угол»', phone: '+7 495 100-20-30', email: 'office@kedr.example' },
    managerId: manager.id,
  });
  dealerId = dealer.id;
  visitors = [
    await aVisitor(db, dealer, { name: 'Марина Сомова' }),
    await aVisitor(db, dealer, { name: 'Олег Титов' }),
  ];
}, 120_000);
afterAll(() => stage.close());

const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name });
const picture = (page: Page, name: string) =>
  page.screenshot({ path: join(PICTURES, `contacts-${name}.png`), animations: 'disabled' });

it('a dealer edits his contacts; his manager is told, and every open page follows', async () => {
  const one = await signedIn(stage, visitors[0]!);
  const two = await signedIn(stage, visitors[1]!);
  const staff = await signedIn(stage, manager);
  const card = staff.page;
  await card.goto(`${stage.app.url}/dealers/${dealerId}/general`);
  await card.getByLabel('Договор').fill('К-77');
  const phoneOfCard = card.getByLabel('Телефон');
  const { page } = one;
  await page.goto(`${stage.app.url}/appeals`);
  await two.page.goto(`${stage.app.url}/appeals`);
  const head = two.page.getByRole('link', { name: /Контакты организации/ });
  await head.getByText('+7 495 100-20-30 · office@kedr.example').waitFor();
  await picture(page, 'home');

  await page.getByRole('link', { name: /Контакты организации/ }).click();
  const [phone, mail] = ['Телефон', 'E-mail'].map((label) =>
    page.getByLabel(label, { exact: true }),
  ) as [Locator, Locator];
  await mail.fill('office кедр');
  await phone.fill('+7 381 200-30-40');
  await button(page, 'Сохранить').click();
  await page.getByText('Похоже, в адресе ошибка').waitFor();
  await mail.fill('office@kedr.example');
  // The answer does not come: it is said, and what was typed stays, another page between included.
  await page.route('**/api/dealer/contacts', (route) =>
    route.request().method() === 'PUT' ? route.abort() : route.continue(),
  );
  await button(page, 'Сохранить').click();
  await page.getByText('Нет связи').first().waitFor();
  await page.getByRole('link', { name: 'Оформление' }).click();
  await page.getByText('Плотность списков').waitFor();
  await page.getByRole('link', { name: 'Контакты', exact: true }).click();
  expect(await phone.inputValue()).toBe('+7 381 200-30-40');
  await page.unroute('**/api/dealer/contacts');

  // A colleague types in the same field meanwhile.
  await head.click();
  const theirPhone = two.page.getByLabel('Телефон', { exact: true });
  await theirPhone.fill('+7 381 999-99-99');
  await button(page, 'Сохранить').click();
  await page.getByText('Контакты сохранены').waitFor();
  await two.page.getByText('кто-то изменил то же самое').waitFor();
  await two.page.getByText('+7 381 200-30-40').waitFor();
  expect(await theirPhone.inputValue()).toBe('+7 381 999-99-99');
  await picture(two.page, 'meanwhile');
  await button(two.page, 'Отмена').click();
  expect(await theirPhone.inputValue()).toBe('+7 381 200-30-40');

  // The card follows without losing what the manager types; the notice leads to it, and the log has it.
  await expect.poll(() => phoneOfCard.inputValue()).toBe('+7 381 200-30-40');
  expect(await card.getByLabel('Договор').inputValue()).toBe('К-77');
  await card.getByText('Кедровый Угол: изменились контакты').waitFor();
  await card.goto(`${stage.app.url}/notices`);
  const notice = card.getByRole('link', { name: /Дилер изменил контакты: Марина Сомова/ });
  expect(await notice.innerText()).toMatch(/Телефон: \+7 495 100-20-30.*\+7 381 200-30-40/s);
  await picture(card, 'notice');
  await notice.click();
  await card.waitForURL(`**/dealers/${dealerId}/general`);
  await card.getByRole('link', { name: 'Журнал', exact: true }).last().click();
  await card.getByText('Дилер сам изменил контакты').waitFor();
  await card.getByText('Марина Сомова').waitFor();
  await picture(card, 'log');
  expect([...one.complaints, ...two.complaints, ...staff.complaints]).toEqual([]);
}, 240_000);

it('saving a visitor turns back nothing that a colleague has set while the dialog stood open', async () => {
  const visitor = visitors[1]!;
  const { page, complaints } = await signedIn(stage, manager);
  const colleague = await stage.app.signIn(manager);
  await page.goto(`${stage.app.url}/dealers/${dealerId}/visitors`);
  await page.locator(`[data-visitor="${visitor.id}"]`).getByRole('button').last().click();
  await page.getByRole('menuitem', { name: 'Изменить', exact: true }).click();
  const dialog = page.getByRole('dialog');
  const phone = dialog.getByLabel('Телефон', { exact: true });
  await phone.fill('+7 1');
  await dialog.getByLabel('Должность').fill('Снабжение');
  await colleague.call(dealersApi.changeVisitor, {
    ...{ visitorId: visitor.id, chief: true, phone: '+7 2' },
  });
  await dialog.getByText('+7 2').waitFor();
  await picture(page, 'dialog-meanwhile');
  await phone.fill('+7 2');
  await button(page, 'Сохранить').click();
  await dialog.waitFor({ state: 'detached' });
  const [row] = await stage.app.database.db.query(
    `SELECT chief, phone, job_title FROM person WHERE id = $1`,
    [visitor.id],
  );
  expect(row).toEqual({ chief: true, phone: '+7 2', job_title: 'Снабжение' });
  expect(complaints).toEqual([]);
}, 120_000);
