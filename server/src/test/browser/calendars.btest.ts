import { calendarsApi } from '@otklik/shared/calendars.api';
import { mkdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aCompany, anAppeal } from '../../modules/appeals/appeal.factory';
import { aManager, PASSWORD } from '../../modules/people/people.factory';
import type { TestSession } from '../test-app';
import { openStage, signedIn, signIn, type Stage } from './stage';

const PICTURES = fileURLToPath(new URL('../../../../test-output/pictures/', import.meta.url));

let stage: Stage;
let person: Awaited<ReturnType<typeof aManager>>;
let login: string;
let admin: TestSession;
/** A Wednesday morning, so that the days of the year to come are known. */
let now = new Date('2026-11-25T07:00:00Z');

beforeAll(async () => {
  mkdirSync(PICTURES, { recursive: true });
  stage = await openStage({ now: () => now });
  person = await aManager(stage.app.database.db, { role: 'admin' });
  login = person.login;
  admin = await stage.app.signIn(person);
}, 120_000);
afterAll(() => stage.close());

const calendars = async () => (await admin.call(calendarsApi.list, {})).items;

it('a day is changed by keyboard, taken back and made again, saved, and the saving taken back', async () => {
  const { page, complaints } = await stage.visitor({ viewport: { width: 1280, height: 900 } });
  await signIn(stage, page, login, PASSWORD, '/admin/calendars');
  await page.getByRole('link', { name: 'Пн–Пт 9–18' }).waitFor();
  await page.getByRole('link', { name: 'Пн–Пт 9–18' }).click();
  await page.getByText('247 рабочих дней').waitFor();

  // Today has the Tab key; thirty days on is the day before a Christmas of others.
  await page.locator('[data-date="2026-11-25"]').focus();
  for (let week = 0; week < 4; week += 1) await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowRight');
  const day = page.locator('[data-date="2026-12-24"]');
  await expect.poll(() => day.evaluate((one) => one === document.activeElement)).toBe(true);
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('radio', { name: 'свои часы' }).click();
  await dialog.getByLabel('Часы работы').fill('9-18, 10-11');
  await dialog.getByRole('button', { name: 'Готово' }).click();
  await dialog.getByText('Часы накладываются друг на друга').waitFor();
  await dialog.getByLabel('Часы работы').fill('10–13, 14–16');
  await dialog.getByLabel('Заметка').fill('Инвентаризация');
  await dialog.getByRole('button', { name: 'Готово' }).click();
  const name = /24 декабря 2026.*свои часы · 10:00–13:00, 14:00–16:00 · Инвентаризация/;
  await page.getByRole('button', { name }).waitFor();
  await page.keyboard.press('Control+z');
  await page.getByRole('button', { name: /24 декабря 2026[^·]*· 9:00–18:00$/ }).waitFor();
  await page.keyboard.press('Control+Shift+z');
  await page.getByRole('button', { name }).waitFor();
  expect((await calendars())[0]?.days).toEqual([]);

  await page.getByRole('button', { name: 'Сохранить' }).click();
  await page.getByText('Календарь сохранён').waitFor();
  expect((await calendars())[0]?.days).toMatchObject([
    { date: '2026-12-24', kind: 'own', note: 'Инвентаризация' },
  ]);
  await page
    .getByRole('listitem')
    .filter({ hasText: 'Календарь сохранён' })
    .getByRole('button', { name: /Отменить/ })
    .click();
  await expect.poll(async () => (await calendars())[0]?.days).toEqual([]);
  expect(complaints).toEqual([]);
});

it('hours that cannot be are told at their field, and a colleague’s change is not overwritten', async () => {
  const { page, complaints } = await stage.visitor({ viewport: { width: 1280, height: 900 } });
  await signIn(stage, page, login, PASSWORD, '/admin/calendars');
  await page.getByRole('link', { name: 'Пн–Пт 9–18' }).click();
  const monday = page.getByRole('textbox', { name: 'Понедельник' });
  await monday.fill('с утра');
  await monday.press('Tab');
  await page.getByText('Напишите часы так: 9:00–13:00, 14:00–18:00').waitFor();
  expect(await page.getByRole('button', { name: 'Сохранить' }).isDisabled()).toBe(true);
  await monday.fill('9-13, 14-18');
  await monday.press('Tab');

  const [company] = await calendars();
  const { id, used: _used, today: _today, ...rest } = company!;
  await admin.call(calendarsApi.change, { calendarId: id, ...rest, name: 'Офис' });
  await page.getByRole('button', { name: 'Сохранить' }).click();
  await page.getByText('календарь изменил другой администратор').waitFor();
  expect((await calendars())[0]).toMatchObject({ name: 'Офис', versions: rest.versions });
  await page.getByRole('button', { name: 'Показать его вариант' }).click();
  await page.getByRole('heading', { name: 'Офис' }).waitFor();
  expect(complaints).toEqual([]);
});

describe.each([
  {
    ...{
      language: 'ru',
      width: 1280,
      theme: 'light' as const,
      from: 'Новые часы с даты',
      add: 'Добавить',
    },
    ...{ dry: 'Проверить на прошлом', manager: 'Менеджер', hour: 'Час', dealer: 'Дилер' },
  },
  {
    ...{ language: 'en', width: 360, theme: 'dark' as const, from: 'New hours from', add: 'Add' },
    ...{ dry: 'Try it on the past', manager: 'Manager', hour: 'Hour', dealer: 'Dealer' },
  },
])('the dry run of other hours in $language, $theme, $width px', (view) => {
  it('says by manager, hour and dealer what would have been missed, and saves nothing', async () => {
    const company = await aCompany(stage.app.database.db);
    const wednesday = now;
    // Monday, 12:30 in Moscow; nobody has answered since.
    now = new Date('2026-11-23T09:30:00Z');
    const dealer = await stage.app.signIn(company.visitor);
    await anAppeal(dealer, company.topic, { typeCode: 'error' });
    now = wednesday;
    const { page, context, complaints } = await signedIn(stage, person, {
      locale: view.language === 'ru' ? 'ru-RU' : 'en-GB',
      colorScheme: view.theme,
      viewport: { width: view.width, height: view.width === 360 ? 780 : 900 },
    });
    const before = await calendars();
    const known = before.find(({ isCompany }) => isCompany)!;
    await page.goto(`${stage.app.url}/admin/calendars/${known.id}`);
    // Deadlines ran by these hours: others hold from a day on, and nobody works from Monday to Wednesday.
    await page.getByLabel(view.from).fill('2026-12-01');
    await page.getByRole('button', { name: view.add, exact: true }).click();
    for (const weekday of [/Понедельник|Monday/, /Вторник|Tuesday/, /Среда|Wednesday/]) {
      await page.getByRole('textbox', { name: weekday }).fill('');
      await page.getByRole('textbox', { name: weekday }).press('Tab');
    }
    const dryRun = page.locator('[data-dry-run]');
    await dryRun.getByRole('button', { name: view.dry }).click();
    await expect.poll(() => dryRun.locator('[data-breaches=supposed]').textContent()).toBe('0');
    expect(Number(await dryRun.locator('[data-breaches=recorded]').textContent())).toBeGreaterThan(
      0,
    );
    const first = dryRun.locator('tbody tr').first();
    await dryRun.scrollIntoViewIfNeeded();
    await page.screenshot({
      path: join(PICTURES, `calendar-dry-run-${view.width}-${view.theme}-${view.language}.png`),
      animations: 'disabled',
    });
    await dryRun.getByRole('radio', { name: view.hour }).click();
    await first.getByText('12:00').waitFor();
    await dryRun.getByRole('radio', { name: view.dealer }).click();
    await dryRun.locator('tbody').getByText('Dealer').first().waitFor();
    expect(await calendars()).toEqual(before);
    expect(
      await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth),
    ).toBe(true);
    expect(complaints).toEqual([]);
    await context.close();
  }, 60_000);
});

it('in English, dark and on a phone: a new calendar from a file, then out again as one', async () => {
  const { page, complaints } = await stage.visitor({
    ...{ viewport: { width: 360, height: 780 }, locale: 'en-GB', colorScheme: 'dark' },
  });
  await signIn(stage, page, login, PASSWORD, '/admin/calendars');
  await page.getByRole('link', { name: 'New calendar' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill('Warehouse');
  const file = (name: string, text: string) =>
    page.locator('input[type=file]').setInputFiles({
      ...{ name, mimeType: 'text/calendar', buffer: Buffer.from(text) },
    });
  const event = (lines: string) =>
    `BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Stocktaking\n${lines}\nEND:VEVENT\nEND:VCALENDAR`;
  await file('bad.ics', event('DTSTART;VALUE=DATE:20261230\nRRULE:FREQ=YEARLY'));
  const dialog = page.getByRole('dialog');
  await dialog.getByText('Line 2: the event “Stocktaking” repeats').waitFor();
  expect(await dialog.getByRole('button', { name: 'Put into' }).isDisabled()).toBe(true);
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await file('good.ics', event('DTSTART;VALUE=DATE:20261230\nDTEND;VALUE=DATE:20270101'));
  await dialog.getByText('2 days change').waitFor();
  await dialog.getByRole('button', { name: 'Put into' }).click();
  await page.getByRole('button', { name: /30 December 2026.*day off.*Stocktaking/ }).waitFor();
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(
    true,
  );
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('The calendar is saved').waitFor();
  const made = (await calendars()).find(({ name }) => name === 'Warehouse');
  expect(made?.days.map(({ date }) => date)).toEqual(['2026-12-30', '2026-12-31']);

  for (const [kind, begins] of [
    ['XLSX', 'PK'],
    ['iCalendar', 'BEGIN:VCALENDAR'],
  ] as const) {
    await page.locator('#main').getByRole('button', { name: 'More', exact: true }).click();
    const waiting = page.waitForEvent('download');
    await page.getByRole('menuitem', { name: `Download days: ${kind}` }).click();
    const bytes = await readFile(await (await waiting).path());
    expect(bytes.toString('latin1').startsWith(begins)).toBe(true);
  }
  expect(complaints).toEqual([]);
});

it('a missing year is told of on the first page of an admin, from 1 November on', async () => {
  const { page } = await stage.visitor({ viewport: { width: 360, height: 740 } });
  now = new Date('2027-10-31T07:00:00Z');
  await signIn(stage, page, login, PASSWORD);
  await page.getByRole('heading', { level: 1 }).waitFor();
  expect(await page.locator('[data-part=missing-year]').count()).toBe(0);
  now = new Date('2027-11-01T07:00:00Z');
  await page.reload();
  await page.getByText('Производственного календаря на 2028 год ещё нет').waitFor();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  await page.locator('[data-part=missing-year] a').click();
  await page.waitForURL('**/admin/calendars');
  await page.getByText('Производственного календаря на 2028 год ещё нет').waitFor();
});
