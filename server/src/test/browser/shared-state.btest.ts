import { appealsApi } from '@otklik/shared/appeals.api';
import { draftsApi } from '@otklik/shared/drafts.api';
import { peopleApi } from '@otklik/shared/people.api';
import { Client } from 'pg';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { aCompany, aMessage, anAppeal } from '../../modules/appeals/appeal.factory';
import { aVisitor, PASSWORD, type TestPerson } from '../../modules/people/people.factory';
import { openStage, signIn, type Stage } from './stage';

/** What a person does in one session is there in the others within this time, ms. */
const SOON = { timeout: 2_000 };

let stage: Stage;
let company: Awaited<ReturnType<typeof aCompany>>;

beforeAll(async () => {
  stage = await openStage();
  company = await aCompany(stage.app.database.db);
}, 120_000);
afterEach(async () => {
  for (const context of stage.browser.contexts()) await context.close();
});
afterAll(() => stage.close());

const field = (page: Page) => page.locator('[data-mode] textarea');
const aPerson = () => aVisitor(stage.app.database.db, company.dealer);
/** An appeal of the dealer, shown in two browsers of the same person; a visitor of his own, unless it is staff. */
async function twoSessions(staff?: TestPerson) {
  const visitor = await aPerson();
  const dealer = await stage.app.signIn(visitor);
  const { appeal } = await anAppeal(dealer, company.topic);
  const [one, two] = [await stage.visitor(), await stage.visitor()];
  const path = staff ? `/inbox/all/${appeal.no}` : `/appeals/${appeal.no}`;
  for (const { page } of [one, two]) {
    await signIn(stage, page, (staff ?? visitor).login, PASSWORD, path);
    await field(page).waitFor();
  }
  return { appeal, visitor, dealer, one, two };
}
/** Waits until the page says so; never longer than the promise. */
const showsText = (page: Page, text: string) =>
  page.waitForFunction(
    (wanted) =>
      document.querySelector<HTMLTextAreaElement>('[data-mode] textarea')?.value === wanted,
    text,
    SOON,
  );

it('a draft follows its author, and is never put under his hands (CMP-2)', async () => {
  const { one, two } = await twoSessions();
  await field(one.page).fill('Пишу с телефона');
  await showsText(two.page, 'Пишу с телефона');

  // Written in: the words stay, and a line asks.
  await field(two.page).focus();
  await field(one.page).fill('Пишу с телефона дальше');
  const line = two.page.getByText('Черновик изменён в другом сеансе');
  await line.waitFor(SOON);
  expect(await field(two.page).inputValue()).toBe('Пишу с телефона');
  await two.page.getByRole('button', { name: 'Взять' }).click();
  expect(await field(two.page).inputValue()).toBe('Пишу с телефона дальше');
  await line.waitFor({ state: 'hidden' });

  await field(two.page).focus();
  await field(one.page).fill('третий раз');
  await field(one.page).blur();
  await line.waitFor(SOON);
  await two.page.getByRole('button', { name: 'Оставить' }).click();
  expect(await field(two.page).inputValue()).toBe('Пишу с телефона дальше');
  await showsText(one.page, 'Пишу с телефона дальше');

  // Sent in one session, it is used up in both.
  await field(two.page).press('Enter');
  await one.page.locator('.bub', { hasText: 'Пишу с телефона дальше' }).waitFor(SOON);
  await showsText(one.page, '');
  for (const { complaints } of [one, two]) expect(complaints).toEqual([]);
});

it('drafts of two appeals never mix, however fast one goes to and fro (CMP-2)', async () => {
  const visitor = await aPerson();
  const dealer = await stage.app.signIn(visitor);
  const numbers = await Promise.all(
    ['первое', 'второе'].map(
      async (body) => (await anAppeal(dealer, company.topic, { body })).appeal.no,
    ),
  );
  const { page, complaints } = await stage.visitor();
  await signIn(stage, page, visitor.login, PASSWORD, '/appeals');
  const go = async (no: number | undefined) => {
    await page.locator(`a[href$="/appeals/${no}"]`).first().click();
    await page.waitForURL(`**/appeals/${no}`);
    await field(page).waitFor();
  };
  const back = () => page.goBack();
  await go(numbers[0]);
  await field(page).fill('к первому');
  await back();
  await go(numbers[1]);
  await field(page).fill('ко второму');
  await back();
  await go(numbers[0]);
  expect(await field(page).inputValue()).toBe('к первому');
  await back();
  expect(await page.locator('a', { hasText: 'Черновик: к первому' }).count()).toBe(1);
  expect(await page.locator('a', { hasText: 'Черновик: ко второму' }).count()).toBe(1);
  expect(complaints).toEqual([]);
});

it('folded groups and settings follow', async () => {
  const { one, two } = await twoSessions(company.manager);
  const group = (page: Page) => page.locator('.tgroup').first();
  await group(two.page).waitFor();
  await group(one.page).click();
  await two.page.locator('.tgroup[aria-expanded="false"]').first().waitFor(SOON);
  await stage.app
    .signIn(company.manager)
    .then((third) => third.call(peopleApi.changeSettings, { density: 'compact' }));
  for (const { page } of [one, two]) await page.locator('html[data-density=compact]').waitFor(SOON);
  await group(two.page).click();
  await one.page.locator('.tgroup[aria-expanded="true"]').first().waitFor(SOON);
});

it('the order of a list follows, for staff and dealers, and stays after a reload', async () => {
  const visitor = await aPerson();
  const dealer = await stage.app.signIn(visitor);
  const older = (await anAppeal(dealer, company.topic)).appeal;
  const newer = (await anAppeal(dealer, company.topic)).appeal;
  await aMessage(dealer, older.id, { body: 'Что нового?' });
  // Opened a day ago: the row says which moment it stands by.
  await stage.app.database.db.query(
    `UPDATE appeal SET created_at = created_at - interval '1 day' WHERE id = $1`,
    [older.id],
  );
  const first = (page: Page, no: number) =>
    page.waitForFunction(
      ([one, two]) => {
        const rows = [...document.querySelectorAll<HTMLElement>('[data-appeal-no]')];
        const at = (wanted?: number) =>
          rows.findIndex((row) => row.dataset.appealNo === `${wanted}`);
        return at(one) >= 0 && at(one) < at(two);
      },
      no === older.no ? [older.no, newer.no] : [newer.no, older.no],
      SOON,
    );
  const choose = async (page: Page, menu: string, name: string) => {
    await page.getByRole('button', { name: menu }).click();
    await page.getByRole('menuitemradio', { name }).click();
  };
  for (const [person, path, menu] of [
    [visitor, '/appeals', 'По темам'],
    [company.supervisor, '/inbox/all', 'Вид списка'],
  ] as const) {
    const [one, two] = [await stage.visitor(), await stage.visitor()];
    for (const { page } of [one, two]) {
      await signIn(stage, page, person.login, PASSWORD, path);
      await page.locator(`[data-appeal-no="${older.no}"]`).waitFor();
      await first(page, older.no);
    }
    // The pointer in the list holds its order against the news of others, not against what its owner chose.
    await two.page.locator(`[data-appeal-no="${older.no}"]`).hover();
    await choose(one.page, menu, 'Новые обращения');
    await first(one.page, newer.no);
    await first(two.page, newer.no);
    await two.page.mouse.move(0, 0);
    const row = two.page.locator(`[data-appeal-no="${older.no}"] time`);
    const [{ created_at: openedAt } = { created_at: new Date(0) }] =
      await stage.app.database.db.query<{ created_at: Date }>(
        `SELECT created_at FROM appeal WHERE id = $1`,
        [older.id],
      );
    expect(Date.parse((await row.getAttribute('datetime')) ?? '')).toBe(openedAt.getTime());
    for (const { page } of [one, two]) {
      await page.reload();
      await page.locator(`[data-appeal-no="${older.no}"]`).waitFor();
      await first(page, newer.no);
    }
    // By keys: open, go down to the entry, choose.
    await two.page.getByRole('button', { name: menu }).focus();
    await two.page.keyboard.press('Enter');
    const entry = two.page.getByRole('menuitemradio', { name: 'Последнее сообщение' });
    await entry.waitFor();
    for (let step = 0; step < 6; step += 1) {
      if (await entry.evaluate((element) => element === document.activeElement)) break;
      await two.page.keyboard.press('ArrowDown');
    }
    await two.page.keyboard.press('Enter');
    await first(two.page, older.no);
    await first(one.page, older.no);
    for (const { complaints } of [one, two]) expect(complaints).toEqual([]);
  }
});

it('what is read in one session is read in the other, until it is marked unread (UNR-2, UNR-3)', async () => {
  const { appeal, dealer, one, two } = await twoSessions();
  await two.page.goto(`${stage.app.url}/appeals`);
  const row = two.page.locator(`a[href$="/appeals/${appeal.no}"]`).first();
  await row.waitFor();
  const manager = await stage.app.signIn(company.manager);
  await one.page.goto(`${stage.app.url}/appeals`);
  await aMessage(manager, appeal.id, { body: 'Первый ответ' });
  await aMessage(manager, appeal.id, { body: 'Второй ответ' });
  await two.page.locator(`a[data-unread="2"][href$="/appeals/${appeal.no}"]`).first().waitFor(SOON);

  await one.page.locator(`a[href$="/appeals/${appeal.no}"]`).first().click();
  await one.page.locator('.bub', { hasText: 'Второй ответ' }).waitFor();
  // A second of looking, then the two seconds of the promise.
  await two.page
    .locator(`a:not([data-unread])[href$="/appeals/${appeal.no}"]`)
    .first()
    .waitFor({ timeout: 4_000 });

  const message = one.page.locator('.m', { hasText: 'Первый ответ' });
  await message.hover();
  await message.getByRole('button', { name: 'Действия с сообщением' }).click();
  await one.page.getByRole('menuitem', { name: 'Пометить непрочитанным отсюда' }).click();
  const unread = two.page.locator(`a[data-unread="2"][href$="/appeals/${appeal.no}"]`).first();
  await unread.waitFor(SOON);
  // Still looked at, and the server keeps to what the reader said.
  await one.page.mouse.move(300, 300);
  await one.page.waitForTimeout(1_500);
  const card = await dealer.call(appealsApi.card, { appealId: appeal.id });
  expect(card.mark.messages).toBe(card.appeal.messages - 2);

  // The key does the same from the last message of somebody else.
  await one.page.goto(`${stage.app.url}/appeals/${appeal.no}`);
  await two.page
    .locator(`a:not([data-unread])[href$="/appeals/${appeal.no}"]`)
    .first()
    .waitFor({ timeout: 4_000 });
  await one.page.locator('.msgs').focus();
  await one.page.keyboard.press('u');
  await two.page.locator(`a[data-unread="1"][href$="/appeals/${appeal.no}"]`).first().waitFor(SOON);
  for (const { complaints } of [one, two]) expect(complaints).toEqual([]);
});

it('a message that has not arrived yet is pending on the other device, and cannot be sent from there', async () => {
  const { appeal, one, two } = await twoSessions();
  // Somebody holds the appeal for a while: the message waits on the server.
  const holder = new Client({ connectionString: stage.app.database.url });
  await holder.connect();
  await holder.query('BEGIN');
  await holder.query('SELECT 1 FROM appeal WHERE id = $1 FOR NO KEY UPDATE', [appeal.id]);
  await field(one.page).fill('Долго идёт');
  await field(one.page).press('Enter');
  const pending = two.page.locator('[data-message-state=elsewhere]', { hasText: 'Долго идёт' });
  await pending.waitFor({ timeout: 4_000 });
  await pending.getByText('Отправляется с другого устройства').first().waitFor();
  expect(await pending.getByRole('button').allTextContents()).toEqual(['Копировать']);
  await holder.query('COMMIT');
  await holder.end();
  await two.page.locator('[data-message-state=sent]', { hasText: 'Долго идёт' }).waitFor();
  await pending.waitFor({ state: 'detached' });
  expect(await two.page.locator('.bub', { hasText: 'Долго идёт' }).count()).toBe(1);
  const rows = () =>
    stage.app.database.db.query(`SELECT 1 FROM draft WHERE pending_id IS NOT NULL`);
  await expect.poll(rows, { timeout: 5_000 }).toEqual([]);
});

it.each([
  ['ru-RU', 'Отправляется с другого устройства', 'Копировать'],
  ['en-US', 'Being sent from another device', 'Copy'],
])(
  'a new appeal that has not arrived yet is pending on the other device (%s)',
  async (locale, words, copy) => {
    const visitor = await aPerson();
    const { page, complaints } = await stage.visitor({ locale });
    await signIn(stage, page, visitor.login, PASSWORD, '/appeals');
    const sender = await stage.app.signIn(visitor);
    const content = {
      ...{ body: 'Приехало не то', typeCode: 'complaint', topicId: company.topic.id },
    };
    const pendingId = crypto.randomUUID();
    await sender.call(draftsApi.save, { appealId: null, mode: 'reply', pendingId, content });
    const row = page.locator('a[data-message-state=elsewhere]', { hasText: 'Приехало не то' });
    // The page has only just come: its line may still be on the way.
    await row.filter({ hasText: words }).waitFor();
    await row.click();
    const message = page.locator('li[data-message-state=elsewhere]');
    await message.filter({ hasText: words }).waitFor();
    expect(await message.getByRole('button').allTextContents()).toEqual([copy]);
    expect(await page.locator('[data-mode] textarea').count()).toBe(0);
    // It arrives: the other device says so, and the appeal itself stands in the list.
    const { appeal } = await anAppeal(sender, company.topic, { ...content, clientId: pendingId });
    await sender.call(draftsApi.save, { appealId: null, mode: 'reply', pendingId, content: null });
    await page.locator(`a[href$="/appeals/${appeal.no}"]`).first().waitFor();
    await row.waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
  },
);

it('drafts survive the end of the session, for their author alone (CMP-2)', async () => {
  const { appeal, visitor, dealer, one } = await twoSessions();
  const { page } = one;
  const secret = 'Только моё';
  await field(page).fill(secret);
  await dealer.call(peopleApi.endMyOtherSessions, {});
  await page
    .getByText(/Сеанс заверш|сеанс заверш|завершён/)
    .first()
    .waitFor();
  const address = `/appeals/${appeal.no}`;

  await signIn(stage, page, company.secondVisitor.login, PASSWORD, address);
  await field(page).waitFor();
  expect(await field(page).inputValue()).toBe('');
  await page.goto(`${stage.app.url}/appeals`);
  await page.locator(`a[href$="${address}"]`).first().waitFor();
  expect(await page.locator('body').innerText()).not.toContain(secret);
  await page.evaluate(() => fetch('/api/session', { method: 'DELETE' }));

  await signIn(stage, page, visitor.login, PASSWORD, address);
  await field(page).waitFor();
  await showsText(page, secret);
});
