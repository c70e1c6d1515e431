import type { EntryPage } from '@otklik/shared/appeals';
import { appealsApi } from '@otklik/shared/appeals.api';
import { proofApi } from '@otklik/shared/proof.api';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aCompany, aMessage, anAppeal } from '../../modules/appeals/appeal.factory';
import { aVisitor, PASSWORD } from '../../modules/people/people.factory';
import type { TestSession } from '../test-app';
import { openStage, signIn, type Stage } from './stage';

let stage: Stage;
let company: Awaited<ReturnType<typeof aCompany>>;
let dealer: TestSession;
let manager: TestSession;

beforeAll(async () => {
  stage = await openStage();
  company = await aCompany(stage.app.database.db);
  dealer = await stage.app.signIn(company.visitor);
  manager = await stage.app.signIn(company.manager);
}, 120_000);
afterAll(() => stage.close());

/** Public: opening message, its event, an answer, what it set off, another question. Private: one note. */
async function aThread() {
  const { appeal } = await anAppeal(dealer, company.topic, { body: 'Не хватает двух фасадов' });
  await aMessage(manager, appeal.id, { body: 'Проверяем на складе' });
  await aMessage(manager, appeal.id, { kind: 'note', body: 'Склад молчит' });
  const { entry, appeal: last } = await aMessage(dealer, appeal.id, { body: 'Ждём ответа' });
  return { ...appeal, entryId: entry.id, lastPublicSeq: last.lastPublicSeq };
}

/** Chooses "check integrity" in the menu of the thread's head. */
async function checkIntegrity(page: Page): Promise<void> {
  await page.locator('.ahead').getByRole('button', { name: 'Ещё' }).click();
  await page.getByRole('menuitem', { name: 'Проверить целостность' }).click();
}
const verdict = (page: Page, tone: 'good' | 'bad') =>
  page.locator(`[data-integrity=${tone}]`).textContent();

describe('the proof that a thread is complete', () => {
  it('is given to dealer and staff alike, each by his own numbers', async () => {
    const appeal = await aThread();
    const visitor = await stage.visitor({ viewport: { width: 1440, height: 900 } });
    const staff = await stage.visitor({ viewport: { width: 1440, height: 900 } });
    await signIn(stage, visitor.page, company.visitor.login, PASSWORD, `/appeals/${appeal.no}`);
    await signIn(stage, staff.page, company.manager.login, PASSWORD, `/inbox/all/${appeal.no}`);
    await visitor.page.getByText('Ждём ответа').first().waitFor();
    await checkIntegrity(visitor.page);
    expect(await verdict(visitor.page, 'good')).toMatch(
      new RegExp(`Полна до №\\s?${appeal.lastPublicSeq}, проверено в \\d{1,2}:\\d\\d`),
    );
    await staff.page.getByText('Склад молчит').first().waitFor();
    await checkIntegrity(staff.page);
    const { lastSeq } = await manager.call(proofApi.digest, {
      appealId: appeal.id,
      fromSeq: 1,
      toSeq: 0,
    });
    expect(lastSeq).toBeGreaterThan(appeal.lastPublicSeq);
    expect(await verdict(staff.page, 'good')).toMatch(new RegExp(`Полна до №\\s?${lastSeq}, `));
    for (const { complaints } of [visitor, staff]) expect(complaints).toEqual([]);
  });

  it('is refused to a thread that holds other words than the server, which is then mended', async () => {
    const appeal = await aThread();
    const { page, complaints } = await stage.visitor();
    // Between server and browser somebody changes a word, once.
    await page.route(
      /\/entries\?/,
      async (route) => {
        const response = await route.fetch();
        const body = (await response.json()) as EntryPage;
        const entries = body.entries.map((entry) =>
          entry.body === 'Проверяем на складе' ? { ...entry, body: 'Отказано' } : entry,
        );
        await route.fulfill({ response, json: { ...body, entries } });
      },
      { times: 1 },
    );
    await signIn(stage, page, company.visitor.login, PASSWORD, `/appeals/${appeal.no}`);
    await page.locator('.bub', { hasText: 'Отказано' }).waitFor();
    await checkIntegrity(page);
    const words = await verdict(page, 'good');
    expect(words).toMatch(/Отличалась запись №\s?\d/);
    expect(words).toContain('Загружено с сервера заново');
    await page.locator('.bub', { hasText: 'Проверяем на складе' }).waitFor();
    expect(await page.locator('.bub', { hasText: 'Отказано' }).count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it('is refused to a thread that lacks an entry, for as long as it cannot be fetched', async () => {
    const appeal = await aThread();
    const { page } = await stage.visitor();
    // The entry is swapped for a copy of its neighbour, so that no number is missing.
    await page.route(/\/entries\?/, async (route) => {
      const response = await route.fetch();
      const body = (await response.json()) as EntryPage;
      const other = body.entries.find((entry) => entry.body === 'Не хватает двух фасадов');
      const entries = body.entries.map((entry) =>
        entry.body === 'Проверяем на складе' && other && entry.audience === 'dealer'
          ? { ...other, id: crypto.randomUUID(), publicSeq: entry.publicSeq }
          : entry,
      );
      await route.fulfill({ response, json: { ...body, entries } });
    });
    await signIn(stage, page, company.visitor.login, PASSWORD, `/appeals/${appeal.no}`);
    await page.getByText('Ждём ответа').first().waitFor();
    await checkIntegrity(page);
    expect(await verdict(page, 'bad')).toContain('Не совпадает с сервером');
    await page.unrouteAll();
    await page.getByRole('button', { name: 'Проверить ещё раз' }).click();
    expect(await verdict(page, 'good')).toMatch(/Отличалась запись №\s?\d/);
    await page.locator('.bub', { hasText: 'Проверяем на складе' }).waitFor();
  });

  it('says from where it speaks when older pages are not loaded', async () => {
    const appeal = await aThread();
    for (let index = 0; index < 90; index += 1)
      await aMessage(manager, appeal.id, { body: `Строка ${index}` });
    // Who has read everything begins with the newest page.
    const reader = await stage.app.signIn(company.secondVisitor);
    const { appeal: row } = await reader.call(appealsApi.card, { appealId: appeal.id });
    await reader.call(appealsApi.markRead, { appealId: appeal.id, seq: row.lastPublicSeq });
    const { page } = await stage.visitor();
    await signIn(stage, page, company.secondVisitor.login, PASSWORD, `/appeals/${appeal.no}`);
    await page.getByText('Строка 89').first().waitFor();
    await checkIntegrity(page);
    expect(await verdict(page, 'good')).toMatch(
      /Полна с №\s?\d+ до №\s?\d+, проверено в .*Более ранние записи не загружены/,
    );
  });
});

describe('receipts', () => {
  it('tell staff which sessions got a message and displayed it', async () => {
    const appeal = await aThread();
    const reader = await stage.visitor();
    const staff = await stage.visitor({ viewport: { width: 1440, height: 900 } });
    await signIn(
      stage,
      reader.page,
      company.secondVisitor.login,
      PASSWORD,
      `/appeals/${appeal.no}`,
    );
    await reader.page.locator('.bub', { hasText: 'Ждём ответа' }).waitFor();
    const ofReader = async () => {
      const { items } = await manager.call(proofApi.ofEntry, {
        appealId: appeal.id,
        entryId: appeal.entryId,
      });
      return items.find(({ person }) => person.id === company.secondVisitor.id);
    };
    await expect.poll(async () => (await ofReader())?.shownAt, { timeout: 15_000 }).toBeTruthy();

    await signIn(stage, staff.page, company.manager.login, PASSWORD, `/inbox/all/${appeal.no}`);
    const message = staff.page.locator(`[data-message-id="${appeal.entryId}"]`);
    await message.hover();
    await message.getByRole('button', { name: 'Действия с сообщением' }).click();
    await staff.page.getByRole('menuitem', { name: 'Кому доставлено' }).click();
    const row = staff.page.locator(`[data-session="${(await ofReader())?.sessionId}"]`);
    await row.waitFor();
    const words = await row.textContent();
    expect(words).toContain(company.secondVisitor.name);
    expect(words).toContain('Chrome');
    expect(words).not.toContain('ещё нет');
    await staff.page.keyboard.press('Escape');
    await row.waitFor({ state: 'detached' });
    // A dealer is offered nothing of the kind.
    const bubble = reader.page.locator(`[data-message-id="${appeal.entryId}"]`);
    await bubble.hover();
    await bubble.getByRole('button', { name: 'Действия с сообщением' }).click();
    await reader.page.getByRole('menuitem', { name: 'Копировать ссылку' }).waitFor();
    expect(await reader.page.getByRole('menuitem', { name: 'Кому доставлено' }).count()).toBe(0);
    for (const { complaints } of [reader, staff]) expect(complaints).toEqual([]);
  });
});

describe('a chief visitor', () => {
  it('brings a colleague in, in whose list the thread appears, and takes him off again', async () => {
    const { db } = stage.app.database;
    const words = 'Скол на столешнице';
    const chiefPerson = await aVisitor(db, company.dealer, { chief: true, name: 'Анна Главная' });
    const ownPerson = await aVisitor(db, company.dealer, { scope: 'own', name: 'Борис Монтаж' });
    const chief = await stage.visitor({ viewport: { width: 1440, height: 900 } });
    const own = await stage.visitor({ viewport: { width: 1440, height: 900 } });
    const { appeal } = await anAppeal(dealer, company.topic, { body: words });
    await signIn(stage, own.page, ownPerson.login, PASSWORD, '/appeals');
    await own.page.locator('main h1').first().waitFor();
    expect(await own.page.getByText(words).count()).toBe(0);

    await signIn(stage, chief.page, chiefPerson.login, PASSWORD, `/appeals/${appeal.no}`);
    await chief.page.getByRole('button', { name: 'Подключить коллегу' }).click();
    await chief.page.getByRole('checkbox', { name: /Борис Монтаж/ }).click();
    await chief.page.getByRole('button', { name: 'Подключить', exact: true }).click();

    await own.page.getByRole('link', { name: new RegExp(words) }).click();
    await own.page.locator('.bub', { hasText: words }).waitFor();
    await own.page.locator('.sys', { hasText: 'Анна Главная подключает: Борис Монтаж' }).waitFor();
    expect(await own.page.getByRole('button', { name: 'Подключить коллегу' }).count()).toBe(0);

    const person = chief.page.locator(`[data-part=people] [data-person="${ownPerson.id}"]`);
    await person.hover();
    await person.getByRole('button', { name: 'Отключить: Борис Монтаж' }).click();
    await person.waitFor({ state: 'detached' });
    await own.page.getByText('Не нашли такое обращение').waitFor();
    await own.page.goto(`${stage.app.url}/appeals`);
    await own.page.locator('main').waitFor();
    expect(await own.page.getByText(words).count()).toBe(0);
    for (const { complaints } of [chief, own]) expect(complaints).toEqual([]);
  });
});
