import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aCompany, aMessage, anAppeal } from '../../modules/appeals/appeal.factory';
import { PASSWORD } from '../../modules/people/people.factory';
import type { TestSession } from '../test-app';
import { openStage, signIn, type Stage } from './stage';

/** Who is there and who writes, as people see it; and how many appeals wait for them, in every tab. */
let stage: Stage;
let company: Awaited<ReturnType<typeof aCompany>>;
let visitor: TestSession;
let manager: TestSession;
let pages: Record<'manager' | 'colleague' | 'visitor' | 'secondVisitor', Page>;
let complaints: string[][];
let no: number;

beforeAll(async () => {
  stage = await openStage();
  const { db } = stage.app.database;
  company = await aCompany(db);
  for (const [who, name] of [
    ['manager', 'Иван Прохоров'],
    ['colleague', 'Ольга Тарханова'],
    ['visitor', 'Мария Зимина'],
    ['secondVisitor', 'Пётр Лосев'],
  ] as const)
    await db.query(`UPDATE person SET name = $2 WHERE id = $1`, [company[who].id, name]);
  visitor = await stage.app.signIn(company.visitor);
  manager = await stage.app.signIn(company.manager);

  const opened = await Promise.all(
    (['manager', 'colleague', 'visitor', 'secondVisitor'] as const).map(async (who) => {
      const guest = await stage.visitor({ viewport: { width: 1440, height: 900 } });
      await signIn(stage, guest.page, company[who].login, PASSWORD);
      return [who, guest] as const;
    }),
  );
  pages = Object.fromEntries(opened.map(([who, { page }]) => [who, page])) as typeof pages;
  for (const { page } of opened.map(([, guest]) => guest)) page.setDefaultTimeout(20_000);
  complaints = opened.map(([, guest]) => guest.complaints);
}, 120_000);
afterAll(() => stage.close());

beforeEach(async () => {
  ({
    appeal: { no },
  } = await anAppeal(visitor, company.topic));
});

const open = (page: Page) =>
  page.goto(`${stage.app.url}/a/${no}`).then(() => field(page).waitFor());
const field = (page: Page) => page.locator('[data-mode] textarea');
const line = (page: Page) => page.locator('[data-part=typing]');
const type = (page: Page) => field(page).pressSequentially('Сейчас посмотрю', { delay: 20 });
const clear = (page: Page) => field(page).fill('');
const warns = async (page: Page) =>
  (await line(page).getAttribute('class'))?.split(' ').includes('warn');

describe('typing', () => {
  it('of a visitor is seen by staff, of staff by the dealer: by name once he has spoken to him', async () => {
    await Promise.all([open(pages.visitor), open(pages.manager)]);
    await type(pages.visitor);
    await line(pages.manager).getByText('Мария Зимина пишет…').waitFor();
    expect(await warns(pages.manager)).toBe(false);
    await clear(pages.visitor);
    await line(pages.manager).waitFor({ state: 'detached' });

    await type(pages.manager);
    await line(pages.visitor).getByText('Компания пишет ответ…').waitFor();
    await field(pages.manager).press('Enter');
    await line(pages.visitor).waitFor({ state: 'detached' });
    await type(pages.manager);
    await line(pages.visitor).getByText('Иван Прохоров пишет…').waitFor();
    await clear(pages.manager);
  });

  it('of a note is seen by colleagues only, in amber', async () => {
    await Promise.all([open(pages.visitor), open(pages.manager), open(pages.colleague)]);
    await pages.colleague
      .getByRole('radio', { name: /Заметка/ })
      .or(pages.colleague.getByRole('button', { name: /Заметка/ }))
      .first()
      .click();
    await type(pages.colleague);
    await line(pages.manager).getByText('Ольга Тарханова пишет заметку').waitFor();
    expect(await warns(pages.manager)).toBe(true);
    expect(await line(pages.visitor).count()).toBe(0);
    await clear(pages.colleague);
  });

  it('of a colleague on the same answer turns amber, for managers and between visitors of one dealer (CMP-8)', async () => {
    await Promise.all(Object.values(pages).map(open));
    await type(pages.colleague);
    await line(pages.manager).getByText('Ольга Тарханова пишет ответ').waitFor();
    expect(await warns(pages.manager)).toBe(true);
    await clear(pages.colleague);
    await type(pages.secondVisitor);
    await line(pages.visitor).getByText('Пётр Лосев пишет ответ').waitFor();
    expect(await warns(pages.visitor)).toBe(true);
    await clear(pages.secondVisitor);
    await line(pages.visitor).waitFor({ state: 'detached' });
  });

  it('ends by itself when its browser is gone', async () => {
    const guest = await stage.visitor();
    await signIn(stage, guest.page, company.secondVisitor.login, PASSWORD);
    await Promise.all([open(guest.page), open(pages.manager)]);
    await type(guest.page);
    await line(pages.manager).getByText('Пётр Лосев пишет…').waitFor();
    await guest.context.close();
    await line(pages.manager).waitFor({ state: 'detached' });
  });
});

describe('who is there', () => {
  it('a manager sees the colleague who has the appeal open, and no more once he has left', async () => {
    await Promise.all([open(pages.manager), open(pages.colleague)]);
    const viewers = pages.manager.locator('[data-part=viewers]');
    await viewers.getByText('Ольга смотрит').waitFor();
    await pages.colleague.goto(`${stage.app.url}/inbox/queue`);
    await viewers.waitFor({ state: 'detached' });
  });

  it('folds to an icon where the head is narrow, and still says it', async () => {
    await pages.manager.setViewportSize({ width: 1280, height: 800 });
    await Promise.all([open(pages.manager), open(pages.colleague)]);
    const viewers = pages.manager.locator('[data-part=viewers]');
    await viewers.waitFor();
    expect(await viewers.getByText('смотрит').isVisible()).toBe(false);
    expect(await viewers.getAttribute('aria-label')).toBe('Ольга Тарханова смотрит');
    await pages.manager.setViewportSize({ width: 1440, height: 900 });
  });

  it('the dot beside a person of my own side says that he is there; the other side has none', async () => {
    await Promise.all([open(pages.visitor), open(pages.secondVisitor)]);
    await field(pages.secondVisitor).fill('Мы вдвоём');
    await field(pages.secondVisitor).press('Enter');
    const people = pages.visitor.locator('[data-part=people]');
    await people
      .locator(`[data-person="${company.secondVisitor.id}"] [data-online=true]`)
      .waitFor();
    await aMessage(manager, (await visitorAppeal()).id);
    const staff = people.locator(`[data-person="${company.manager.id}"]`);
    await staff.waitFor();
    expect(await staff.locator('[data-online]').count()).toBe(0);
  });
});

async function visitorAppeal(): Promise<{ id: string }> {
  const answer = await visitor.raw('GET', `/appeals/by-number/${no}`);
  return ((await answer.json()) as { appeal: { id: string } }).appeal;
}

it('ticks say who has read: staff the person, dealers the company (UNR-5)', async () => {
  await Promise.all([open(pages.visitor), open(pages.manager)]);
  await field(pages.manager).fill('Сверяем отгрузку');
  await field(pages.manager).press('Enter');
  const own = pages.manager.locator('[data-message-state=seen]');
  await own.waitFor();
  await own.locator('.tick').hover();
  await own.getByText('Прочитали: Мария Зимина').waitFor({ state: 'attached' });
  const first = pages.visitor.locator('[data-message-state=seen]').first();
  await first.getByText('Просмотрено компанией').waitFor({ state: 'attached' });
});

it('the number of appeals that need my reply is right within a second in every tab (NTF-1)', async () => {
  const page = pages.visitor;
  const second = await page.context().newPage();
  await Promise.all([
    page.goto(`${stage.app.url}/appeals`),
    second.goto(`${stage.app.url}/account/sessions`),
  ]);
  await Promise.all([page, second].map((tab) => tab.locator('main h1').first().waitFor()));
  const { id } = await visitorAppeal();
  const count = async (tab: Page) => Number(/^\((\d+)\) /.exec(await tab.title())?.[1] ?? 0);
  await expect
    .poll(async () => [await count(page), await count(second)])
    .toEqual(await owed().then((n) => [n, n]));
  const before = await owed();
  for (const [act, expected] of [
    [() => aMessage(manager, id), before + 1],
    [() => aMessage(visitor, id), before],
  ] as const) {
    await act();
    const began = Date.now();
    await expect
      .poll(async () => [await count(page), await count(second)], { timeout: 1_000, interval: 30 })
      .toEqual([expected, expected]);
    expect(Date.now() - began).toBeLessThan(1_000);
    const dot = expected > 0 ? /favicon-dot\.svg$/ : /favicon\.svg$/;
    for (const tab of [page, second])
      expect(await tab.locator('link[rel=icon]').getAttribute('href')).toMatch(dot);
  }
  await second.close();
});

async function owed(): Promise<number> {
  const answer = await visitor.raw('GET', '/appeals/counts');
  return ((await answer.json()) as { owed: number }).owed;
}

it('no page complained', () => {
  expect(complaints.flat()).toEqual([]);
});
