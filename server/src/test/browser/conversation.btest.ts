import type { BrowserContext, Page } from 'playwright-core';
import { appealsApi } from '@otklik/shared/appeals.api';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { aCompany, aMessage, anAppeal } from '../../modules/appeals/appeal.factory';
import { PASSWORD } from '../../modules/people/people.factory';
import type { TestSession } from '../test-app';
import { openStage, signIn, type Stage } from './stage';

/** What a conversation survives: lost connections, changed words, two colleagues with one answer. */
let stage: Stage;
let company: Awaited<ReturnType<typeof aCompany>>;
let dealer: TestSession;
let manager: TestSession;
const opened: BrowserContext[] = [];

beforeAll(async () => {
  stage = await openStage();
  company = await aCompany(stage.app.database.db);
  dealer = await stage.app.signIn(company.visitor);
  manager = await stage.app.signIn(company.manager);
}, 120_000);
afterAll(() => stage.close());

/** A person in front of a thread. */
async function at(person: { login: string }, path: string) {
  const visitor = await stage.visitor();
  opened.push(visitor.context);
  await signIn(stage, visitor.page, person.login, PASSWORD, path);
  await visitor.page.locator('[data-message-id]').first().waitFor();
  return visitor;
}
const dealerPath = (no: number) => `/appeals/${no}`;
const staffPath = (no: number) => `/inbox/all/${no}`;
const field = (page: Page) => page.locator('.composer textarea');
const bubble = (page: Page, words: string) =>
  page.locator('[data-client-id], [data-message-id]', { hasText: words }).first();
async function write(page: Page, words: string): Promise<void> {
  await field(page).fill(words);
  await field(page).press('Enter');
}
async function choose(page: Page, words: string, item: string): Promise<void> {
  await bubble(page, words).hover();
  await bubble(page, words).locator('.m-menu').click();
  await page.getByRole('menuitem', { name: item }).click();
}
const said = async (appealId: string, words: string) => {
  const { entries } = await manager.call(appealsApi.entries, { appealId, limit: 100 });
  return entries.filter(({ body }) => body === words);
};
/** The network goes; what the socket still holds goes with it. */
async function cut(context: BrowserContext): Promise<void> {
  // What the menus open is fetched a moment after the page is there.
  const [page] = context.pages();
  await page?.waitForFunction(() =>
    performance.getEntriesByType('resource').some(({ name }) => name.includes('DeleteDialog')),
  );
  await context.setOffline(true);
}

it('words written without a connection survive the page and arrive once; the thread says how it stands', async () => {
  const { appeal } = await anAppeal(dealer, company.topic);
  const { context, page } = await at(company.visitor, dealerPath(appeal.no));
  await cut(context);
  await page.getByText('Соединяемся').waitFor();
  await write(page, 'Пишу в поезде');
  await bubble(page, 'Пишу в поезде').and(page.locator('[data-message-state=queued]')).waitFor();
  await write(page, 'И ещё вот что');
  // What is not sent yet is changed itself: the other side never learns of the first words.
  await choose(page, 'И ещё вот что', 'Изменить');
  await page.locator('[data-editing]').waitFor();
  await write(page, 'И ещё: завтра едем');
  await field(page).fill('недописано');
  await page.getByText('Нет связи').first().waitFor({ timeout: 12_000 });
  await context.setOffline(false);
  await bubble(page, 'И ещё: завтра едем').and(page.locator('[data-message-state=sent]')).waitFor();
  await page.getByText('Нет связи').waitFor({ state: 'detached', timeout: 2_000 });
  expect(await field(page).inputValue()).toBe('недописано');
  await field(page).fill('');
  expect(await said(appeal.id, 'Пишу в поезде')).toHaveLength(1);
  expect(await said(appeal.id, 'И ещё вот что')).toHaveLength(0);
  expect(await said(appeal.id, 'И ещё: завтра едем')).toMatchObject([{ version: 1 }]);

  await cut(context);
  const create = { width: 80, height: 60, channels: 3, background: '#8a6d3b' } as const;
  const buffer = await sharp({ create }).jpeg().toBuffer();
  await page
    .locator('input[type=file]')
    .setInputFiles({ name: 'накладная.jpg', mimeType: 'image/jpeg', buffer });
  await page.locator('.composer-ups li').waitFor();
  await write(page, 'Закрываю ноутбук');
  await bubble(page, 'Закрываю ноутбук').and(page.locator('[data-message-state=queued]')).waitFor();
  await page.close();
  await context.setOffline(false);
  const again = await context.newPage();
  await again.goto(`${stage.app.url}${dealerPath(appeal.no)}`);
  await bubble(again, 'Закрываю ноутбук').and(again.locator('[data-message-state=sent]')).waitFor();
  expect(await bubble(again, 'Закрываю ноутбук').count()).toBe(1);
  expect(await said(appeal.id, 'Закрываю ноутбук')).toMatchObject([
    { attachments: [{ name: 'накладная.jpg' }] },
  ]);
}, 60_000);

it('words are changed, deleted and quoted for both sides', async () => {
  const { appeal } = await anAppeal(dealer, company.topic);
  const theirs = await at(company.visitor, dealerPath(appeal.no));
  const ours = await at(company.manager, staffPath(appeal.no));
  await write(theirs.page, 'Нужно 10 коробок');
  await bubble(ours.page, 'Нужно 10 коробок').waitFor();

  // The field gives its draft back after the change.
  await field(theirs.page).fill('черновик');
  await choose(theirs.page, 'Нужно 10 коробок', 'Изменить');
  expect(await field(theirs.page).inputValue()).toBe('Нужно 10 коробок');
  await write(theirs.page, 'Нужно 12 коробок');
  await bubble(ours.page, 'Нужно 12 коробок').getByText('изменено').waitFor();
  expect(await field(theirs.page).inputValue()).toBe('черновик');
  await field(theirs.page).fill('');
  // Esc leaves everything as it was.
  await choose(theirs.page, 'Нужно 12 коробок', 'Изменить');
  await field(theirs.page).fill('Нужно всё');
  await field(theirs.page).press('Escape');
  await theirs.page.locator('[data-editing]').waitFor({ state: 'detached' });
  expect(await said(appeal.id, 'Нужно 12 коробок')).toHaveLength(1);

  await choose(ours.page, 'Нужно 12 коробок', 'Показать правки');
  await ours.page.getByRole('dialog').getByText('Нужно 10 коробок').waitFor();
  await ours.page.keyboard.press('Escape');
  await ours.page.getByRole('dialog').waitFor({ state: 'detached' });

  await choose(ours.page, 'Нужно 12 коробок', 'Ответить с цитатой');
  await ours.page.locator('[data-quoting]', { hasText: 'Нужно 12 коробок' }).waitFor();
  await write(ours.page, 'Отгрузим завтра');
  await bubble(theirs.page, 'Отгрузим завтра').locator('.quote', { hasText: 'Нужно 12' }).waitFor();

  await choose(theirs.page, 'Нужно 12 коробок', 'Удалить');
  await theirs.page.getByRole('alertdialog').getByRole('button', { name: 'Удалить' }).click();
  for (const { page } of [theirs, ours]) {
    await page.locator('[data-deleted]', { hasText: 'Сообщение удалено' }).waitFor();
    await bubble(page, 'Отгрузим завтра')
      .locator('.quote', { hasText: 'Сообщение удалено' })
      .waitFor();
    expect(await page.getByText('12 коробок').count()).toBe(0);
  }
  for (const { complaints } of [theirs, ours]) expect(complaints).toEqual([]);
}, 60_000);

it.each([
  ['two visitors of one dealer', 'visitor', 'secondVisitor', dealerPath],
  ['two managers', 'manager', 'colleague', staffPath],
] as const)(
  '%s do not answer twice without knowing',
  async (_who, first, second, path) => {
    const { appeal } = await anAppeal(dealer, company.topic);
    const slow = await at(company[first], path(appeal.no));
    const quick = await at(company[second], path(appeal.no));
    await cut(slow.context);
    await write(quick.page, 'Подтверждаю 10 штук');
    await bubble(quick.page, 'Подтверждаю 10 штук')
      .and(quick.page.locator('[data-message-state=sent], [data-message-state=seen]'))
      .waitFor();
    await write(slow.page, 'Подтверждаю 20 штук');
    await write(slow.page, 'И доставку в среду');
    await bubble(slow.page, 'И доставку в среду').waitFor();
    await slow.context.setOffline(false);
    const held = slow.page.locator('[data-stale]', { hasText: 'Подтверждаю 20 штук' });
    await held.waitFor();
    // What is new is there to be looked at, and nothing was said: neither this nor what was written behind it.
    await bubble(slow.page, 'Подтверждаю 10 штук').waitFor();
    expect(await said(appeal.id, 'Подтверждаю 20 штук')).toHaveLength(0);
    expect(await said(appeal.id, 'И доставку в среду')).toHaveLength(0);
    await held.getByRole('button', { name: 'Показать' }).click();
    if (first === 'visitor') {
      await held.getByRole('button', { name: 'Отправить всё равно' }).click();
      await bubble(quick.page, 'Подтверждаю 20 штук').waitFor();
      expect(await said(appeal.id, 'Подтверждаю 20 штук')).toHaveLength(1);
    } else {
      await held.getByRole('button', { name: 'Изменить' }).click();
      expect(await field(slow.page).inputValue()).toContain('Подтверждаю 20 штук');
      await write(slow.page, 'Согласен с коллегой');
      // What was written behind it was out of place as well, and is decided on its own.
      const behind = slow.page.locator('[data-stale]', { hasText: 'И доставку в среду' });
      await behind.getByRole('button', { name: 'Удалить' }).click();
      await bubble(quick.page, 'Согласен с коллегой').waitFor();
      expect(await said(appeal.id, 'И доставку в среду')).toHaveLength(0);
      expect(await said(appeal.id, 'Подтверждаю 20 штук')).toHaveLength(0);
    }
  },
  60_000,
);

it('what is read does not move when older words change (LIV-3, CMP-8)', async () => {
  const { appeal } = await anAppeal(dealer, company.topic);
  const ids: string[] = [];
  for (let count = 1; count <= 40; count += 1) {
    const body = `Строка ${count}\n\nи ещё одна`;
    const { entry } = await aMessage(manager, appeal.id, { body });
    ids.push(entry.id);
  }
  const { page } = await at(company.visitor, dealerPath(appeal.no));
  const message = page.locator(`[data-message-id="${ids[25]}"]`);
  await message.evaluate((element) => element.scrollIntoView({ block: 'start' }));
  // The place is taken down with the frame that follows the scroll.
  await page.evaluate(
    () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
  );
  const top = async () => (await message.boundingBox())?.y ?? NaN;
  const before = await top();
  const body = Array.from({ length: 12 }, (_, line) => `длинная строка ${line}`).join('\n\n');
  const change = { appealId: appeal.id, clientId: crypto.randomUUID() };
  await manager.call(appealsApi.edit, { ...change, entryId: ids[18] ?? '', body });
  await bubble(page, 'длинная строка 11').waitFor({ state: 'attached' });
  expect(Math.abs((await top()) - before)).toBeLessThanOrEqual(1);
  const erase = { appealId: appeal.id, clientId: crypto.randomUUID() };
  await manager.call(appealsApi.delete, { ...erase, entryId: ids[18] ?? '' });
  await page.locator('[data-deleted]').waitFor({ state: 'attached' });
  expect(Math.abs((await top()) - before)).toBeLessThanOrEqual(1);

  // What comes in while something is being written is told above the field (CMP-8).
  await field(page).fill('пишу ответ');
  await aMessage(manager, appeal.id, { body: 'Ещё одно' });
  await page.locator('[data-arrival]').getByRole('button', { name: 'Показать' }).click();
  await bubble(page, 'Ещё одно').waitFor();
  await page.locator('[data-arrival]').waitFor({ state: 'detached' });
}, 60_000);
