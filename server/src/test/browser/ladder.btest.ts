import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { appealsApi } from '@otklik/shared/appeals.api';
import { companyApi } from '@otklik/shared/company.api';
import type { LadderAction } from '@otklik/shared/ladder';
import { ladderApi } from '@otklik/shared/ladder.api';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aCompany, aMessage, anAppeal } from '../../modules/appeals/appeal.factory';
import { aManager } from '../../modules/people/people.factory';
import type { TestSession } from '../test-app';
import { LANGUAGES, openStage, signedIn, type Stage } from './stage';

const PICTURES = fileURLToPath(new URL('../../../../test-output/pictures/', import.meta.url));
/** Monday, 11:00 in Moscow; the first answer is promised by 13:00. */
const OPENED = new Date('2026-03-02T08:00:00Z');
let now = new Date(OPENED.getTime() - 3_600_000);
const atMinute = (minute: number) => (now = new Date(OPENED.getTime() + minute * 60_000));

const WORDS = {
  ru: {
    add: 'Добавить шаг',
    after: 'После срока',
    time: 'Рабочее время',
    understood: '1 ч 30 мин рабочего времени',
    wrong: 'Время больше нуля',
    what: /Что сделать/,
    next: 'Передать следующему в команде',
    save: 'Сохранить',
    row: 'через 1 ч 30 мин после срока',
    undo: /Отменить/,
    remove: 'Удалить шаг',
    remind: 'Через',
    never: 'Дилеру не напоминаем',
    on: 'Через 8 ч молчания',
    order: 'Напоминание должно быть раньше закрытия',
  },
  en: {
    add: 'Add step',
    after: 'After',
    time: 'Working time',
    understood: '1 h 30 min of working time',
    wrong: 'A time above zero',
    what: /What to do/,
    next: 'Give to the next in the team',
    save: 'Save',
    row: '1 h 30 min after',
    undo: /Undo/,
    remove: 'Delete step',
    remind: 'After',
    never: 'Dealers are not reminded',
    on: 'After 8 h of silence',
    order: 'The reminder has to come before the closing',
  },
} as const;

let stage: Stage;
let company: Awaited<ReturnType<typeof aCompany>>;
let adminId: string;
let admin: TestSession;
let dealer: TestSession;
let manager: TestSession;

beforeAll(async () => {
  mkdirSync(PICTURES, { recursive: true });
  stage = await openStage({ now: () => now });
  const { db } = stage.app.database;
  company = await aCompany(db);
  const person = await aManager(db, { role: 'admin' });
  adminId = person.id;
  admin = await stage.app.signIn(person);
  dealer = await stage.app.signIn(company.visitor);
  manager = await stage.app.signIn(company.manager);
});
afterAll(() => stage.close());

async function setLadder(places: [number, LadderAction][]): Promise<void> {
  const { rev } = await admin.call(ladderApi.ladder, {});
  const steps = places.map(([offsetMinutes, action]) => ({
    ...{ id: randomUUID(), kinds: ['first_response' as const], offsetMinutes, percent: null },
    ...{ action, urgent: false },
  }));
  await admin.call(ladderApi.saveLadder, { rev, steps });
}

const picture = (page: Page, name: string) =>
  page.screenshot({ path: join(PICTURES, `ladder-${name}.png`), fullPage: true });
async function bothThemes(page: Page, name: string): Promise<void> {
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    for (const width of [1280, 360]) {
      await page.setViewportSize({ width, height: 900 });
      expect(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')).toBe(
        true,
      );
      await picture(page, `${name}-${scheme}-${width}`);
    }
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 1280, height: 900 });
}

describe('the chain', () => {
  it('reminds the owner, tells the supervisor, and gives the appeal on: each once, before their eyes', async () => {
    await setLadder([
      [-30, 'remind_owner'],
      [30, 'remind_supervisor'],
      [60, 'reassign_next'],
    ]);
    now = OPENED;
    const { appeal } = await anAppeal(dealer, company.topic);
    await manager.call(appealsApi.assign, { appealId: appeal.id, assigneeId: company.manager.id });
    const owner = await signedIn(stage, company.manager);
    const boss = await signedIn(stage, company.supervisor);
    const mate = await signedIn(stage, company.colleague);
    const visitor = await signedIn(stage, company.visitor);
    const guests = [owner, boss, mate, visitor];
    for (const { page } of guests) {
      await page.goto(`${stage.app.url}/notices`);
      await page.getByText('Напоминаний нет').waitFor();
    }
    const told = ({ page }: { page: Page }, text: string) =>
      page.locator('.notice', { hasText: text });

    atMinute(91);
    await told(owner, 'Первый ответ: срок').waitFor();
    await owner.page.getByText(`Новое напоминание: обращение №`).waitFor();
    await owner.page
      .getByRole('link', { name: /1 новое напоминание/ })
      .first()
      .waitFor();
    atMinute(151);
    await told(boss, 'Первый ответ: срок прошёл').waitFor();
    atMinute(181);
    await told(mate, 'Обращение передано вам').waitFor();
    await told(owner, 'Обращение забрали').waitFor();
    // A poll later everything is as it was.
    atMinute(300);
    const fired = () =>
      stage.app.database.db.query<{ n: number }>(`SELECT count(*)::int AS n FROM ladder_fired`);
    expect(await fired()).toEqual([{ n: 3 }]);
    expect(await owner.page.locator('.notice').count()).toBe(2);
    expect(await boss.page.locator('.notice').count()).toBe(1);
    expect(await mate.page.locator('.notice').count()).toBe(1);
    expect(await visitor.page.locator('.notice').count()).toBe(0);
    await bothThemes(owner.page, 'notices-ru');

    // Read, taken back, opened.
    await owner.page.getByRole('button', { name: 'Прочитать все' }).click();
    await owner.page.getByText('Прочитано 2 напоминания').waitFor();
    expect(await owner.page.locator('.notice.is-unread').count()).toBe(0);
    await owner.page
      .getByRole('button', { name: /Отменить/ })
      .last()
      .click();
    await owner.page.locator('.notice.is-unread').nth(1).waitFor();
    await mate.page.locator('.notice').click();
    await mate.page.waitForURL(new RegExp(`/inbox/all/${appeal.no}$`));
    await mate.page.getByText('Срок прошёл без ответа. Ответственный:').first().waitFor();
    for (const { complaints, context } of guests) {
      expect(complaints).toEqual([]);
      await context.close();
    }
  });
});

describe('a silent dealer', () => {
  it('is reminded, and reads why his appeal was closed', async () => {
    now = new Date('2026-03-10T07:00:00Z');
    await admin.call(companyApi.changeSettings, {
      remindDealerMinutes: 60,
      closeSilentMinutes: 120,
    });
    const { appeal } = await anAppeal(dealer, company.topic);
    await aMessage(manager, appeal.id, { thenStatus: 'waiting' });
    const guest = await signedIn(stage, company.visitor);
    await guest.page.goto(`${stage.app.url}/notices`);
    now = new Date('2026-03-10T08:00:30Z');
    const notice = guest.page.locator('.notice', { hasText: 'Ждём вашего ответа' });
    await notice.waitFor();
    expect(await notice.textContent()).toContain('Без ответа закроем');
    await picture(guest.page, 'dealer-ru');
    await notice.click();
    now = new Date('2026-03-10T09:00:30Z');
    await guest.page.getByText('ответа не было 2 ч рабочего времени').first().waitFor();
    expect(guest.complaints).toEqual([]);
    await guest.context.close();
    const off = { remindDealerMinutes: null, closeSilentMinutes: null };
    await admin.call(companyApi.changeSettings, off);
  });
});

describe.each(LANGUAGES)('the admin page (%s)', (language, options) => {
  it('adds, refuses, changes and removes steps, with a way back, and sets the silence', async () => {
    const words = WORDS[language];
    await setLadder([
      [-30, 'remind_owner'],
      [0, 'remind_team'],
    ]);
    const { page, complaints, context } = await signedIn(stage, { id: adminId }, options);
    await page.goto(`${stage.app.url}/admin/ladder`);
    await page.locator('.step').nth(1).waitFor();

    await page.getByRole('button', { name: words.add }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText(words.after, { exact: true }).click();
    await dialog.getByLabel(words.time).fill('потом');
    await dialog.getByRole('button', { name: words.save }).click();
    await dialog.getByText(words.wrong).first().waitFor();
    await dialog.getByLabel(words.time).fill(language === 'ru' ? '90 мин' : '90 min');
    await dialog.getByText(words.understood).waitFor();
    await dialog.getByRole('button', { name: words.what }).click();
    await page.getByRole('option', { name: words.next }).click();
    await picture(page, `dialog-${language}`);
    // By the keyboard.
    await dialog.getByLabel(words.time).press('Enter');
    await page.locator('.step', { hasText: words.row }).waitFor();
    await page.getByRole('button', { name: words.undo }).last().click();
    await page.locator('.step', { hasText: words.row }).waitFor({ state: 'detached' });

    await page.locator('.step').first().focus();
    await page.keyboard.press('Enter');
    await dialog.getByRole('button', { name: words.remove }).click();
    await page.locator('.step').nth(1).waitFor({ state: 'detached' });
    expect((await admin.call(ladderApi.ladder, {})).steps).toHaveLength(1);
    await page.getByRole('button', { name: words.undo }).last().click();
    await page.locator('.step').nth(1).waitFor();

    await page.getByText(words.never).waitFor();
    const [remind, close] = [0, 1].map((nth) =>
      page.getByLabel(words.remind, { exact: true }).nth(nth),
    );
    await remind!.fill(language === 'ru' ? '8 ч' : '8 h');
    await remind!.press('Enter');
    await page.getByText(words.on).first().waitFor();
    await close!.fill('2');
    await close!.press('Enter');
    await page.getByText(words.order).waitFor();
    await page.getByRole('button', { name: words.undo }).last().click();
    await page.getByText(words.never).waitFor();
    await bothThemes(page, `page-${language}`);
    expect(complaints).toEqual([]);
    await context.close();
  });
});
