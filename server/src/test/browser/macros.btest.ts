import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { appealsApi } from '@otklik/shared/appeals.api';
import { companyApi } from '@otklik/shared/company.api';
import { draftsApi } from '@otklik/shared/drafts.api';
import { macrosApi } from '@otklik/shared/macros.api';
import type { BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aCompany, anAppeal } from '../../modules/appeals/appeal.factory';
import { anOrder } from '../../modules/orders/order.factory';
import { aManager } from '../../modules/people/people.factory';
import type { TestSession } from '../test-app';
import { openStage, type Stage } from './stage';

/** CMP-6: "/" at the start of a line, and the page where macros are made. */
const PICTURES = fileURLToPath(new URL('../../../../test-output/pictures/', import.meta.url));
const VIEWS = [
  { language: 'ru', theme: 'light', width: 1280 },
  { language: 'en', theme: 'dark', width: 1280 },
  { language: 'ru', theme: 'dark', width: 360 },
  { language: 'en', theme: 'light', width: 360 },
] as const;
const WORDS = {
  ru: { wait: 'и ждать ответа', order: 'номер заказа', blocked: /^Не отправлено\. .*номер заказа/ },
  en: {
    wait: 'and wait for a reply',
    order: 'order number',
    blocked: /^Not sent\. .*order number/,
  },
};

let stage: Stage;
let company: Awaited<ReturnType<typeof aCompany>>;
let dealer: TestSession;
let manager: TestSession;
let boss: TestSession;

beforeAll(async () => {
  mkdirSync(PICTURES, { recursive: true });
  stage = await openStage();
  const { db } = stage.app.database;
  company = await aCompany(db);
  dealer = await stage.app.signIn(company.visitor);
  manager = await stage.app.signIn(company.manager);
  const admin = await aManager(db, { role: 'admin' });
  boss = await stage.app.signIn(admin);
  // Several answers of one person after another are the subject here, not two colleagues at once.
  await boss.call(companyApi.changeSettings, { guardStaff: false });
  const make = (name: string, body: string, thenStatus: 'waiting' | 'resolved' | null = null) =>
    boss.call(macrosApi.create, {
      clientId: randomUUID(),
      ...{ name, body, thenStatus, scope: 'everybody' as const },
    });
  await make('Здравствуйте', '{{visitor}}, здравствуйте! Обращение {{appealNo}}, {{dealer}}.');
  await make('Ждём фото', 'Пришлите фото по заказу {{orderNo}}.', 'waiting');
  await make('Счёт', 'Счёт у {{manager}}.');
}, 120_000);
afterAll(() => stage.close());

const field = (page: Page) => page.locator('.composer textarea');
const options = (page: Page) => page.locator('.composer [role=option]');
const list = (page: Page) => page.locator('.composer [role=listbox]');
const text = (page: Page) => field(page).inputValue();
const saidBy = async (appealId: string) =>
  (await manager.call(appealsApi.entries, { appealId, limit: 100 })).entries
    .filter(({ kind, author }) => kind !== 'event' && author?.side === 'staff')
    .map(({ kind, body }) => [kind, body]);
const statusOf = async (no: number) =>
  (await manager.call(appealsApi.cardByNo, { no })).appeal.status;

/** The page is of a session that is there already. */
async function enter(context: BrowserContext, { cookie }: TestSession): Promise<void> {
  const [name = '', value = ''] = cookie.split('=', 2);
  await context.addCookies([{ name, value, url: stage.app.url }]);
}
async function atThread(no: number, view: BrowserContextOptions = {}) {
  const visitor = await stage.visitor(view);
  await enter(visitor.context, manager);
  await visitor.page.goto(`${stage.app.url}/inbox/all/${no}`);
  await visitor.page.locator('[data-message-id]').first().waitFor();
  return visitor;
}
const optionsOf = ({ language, theme, width }: (typeof VIEWS)[number]): BrowserContextOptions => ({
  locale: language === 'ru' ? 'ru-RU' : 'en-GB',
  colorScheme: theme,
  viewport: { width, height: width === 360 ? 740 : 900 },
});

describe.each(VIEWS)('in $language, $theme, $width px', (view) => {
  const words = WORDS[view.language];
  const picture = (page: Page, name: string) =>
    page.screenshot({
      path: join(PICTURES, `${name}-${view.width}-${view.theme}-${view.language}.png`),
      animations: 'disabled',
    });

  it('"/" lists, fills, marks what is missing and holds it back', async () => {
    const { appeal } = await anAppeal(dealer, company.topic);
    const { context, page, complaints } = await atThread(appeal.no, optionsOf(view));
    await field(page).click();
    await page.keyboard.type('/');
    await options(page).nth(2).waitFor();
    // A preview of the text as it will stand there, and of what it does.
    await options(page)
      .filter({ hasText: `${company.visitor.name}, здравствуйте!` })
      .waitFor();
    const photo = options(page).filter({ hasText: 'Ждём фото' });
    await photo.getByText(words.wait).waitFor();
    expect(await photo.locator('mark').textContent()).toBe('{{orderNo}}');

    // Esc closes; the words stay and nothing is sent.
    await page.keyboard.press('Escape');
    await list(page).waitFor({ state: 'detached' });
    expect(await text(page)).toBe('/');
    // Typed anew, it opens anew; "ajnj" is "фото" on the other layout.
    await page.keyboard.press('Backspace');
    await page.keyboard.type('/ajnj');
    await expect.poll(() => options(page).count()).toBe(1);
    await picture(page, 'macros-list');
    await page.keyboard.press('Enter');
    expect(await text(page)).toBe('Пришлите фото по заказу {{orderNo}}.');
    expect(await saidBy(appeal.id)).toEqual([]);

    // The gap is selected, named, and blocks sending.
    const selected = () =>
      field(page).evaluate((area: HTMLTextAreaElement) =>
        area.value.slice(area.selectionStart, area.selectionEnd),
      );
    expect(await selected()).toBe('{{orderNo}}');
    await page.locator('[data-gap=orderNo]', { hasText: words.order }).waitFor();
    await page.locator('[data-along=waiting]', { hasText: words.wait }).waitFor();
    await page.keyboard.press('End');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').filter({ hasText: words.blocked }).waitFor();
    expect(await selected()).toBe('{{orderNo}}');
    await picture(page, 'macros-gap');
    expect(await saidBy(appeal.id)).toEqual([]);
    expect(await statusOf(appeal.no)).not.toBe('waiting');
    await page.keyboard.press('Home');
    await page.locator('[data-gap=orderNo]').click();
    expect(await selected()).toBe('{{orderNo}}');

    // Filled by hand: message and status go in one step, and the chip goes with them.
    await page.keyboard.type('40231');
    await page.locator('[data-gaps]').waitFor({ state: 'detached' });
    await page.keyboard.press('Enter');
    await expect.poll(() => statusOf(appeal.no)).toBe('waiting');
    expect(await saidBy(appeal.id)).toEqual([['message', 'Пришлите фото по заказу 40231.']]);
    await page.locator('[data-along]').waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
    await context.close();
  }, 60_000);

  it('the page lists, finds, previews and saves', async () => {
    const { context, page, complaints } = await stage.visitor(optionsOf(view));
    await enter(context, manager);
    await page.goto(`${stage.app.url}/macros`);
    await page.locator('[data-macro="Ждём фото"]').waitFor();
    await picture(page, 'macros-page');
    await page.getByRole('searchbox').fill('счет');
    await expect.poll(() => page.locator('[data-macro]').count()).toBe(1);
    await page.getByRole('searchbox').fill('');
    await page.getByRole('button', { name: /Новый макрос|New macro/ }).click();
    const name = `Мой ${view.language} ${view.theme}`;
    await page.getByLabel(/^Название|^Name/).fill(name);
    const body = page.locator('textarea');
    await body.fill('Добрый день, ');
    await page.getByRole('button', { name: /^кому отвечаем$|^who is answered$/ }).click();
    expect(await body.inputValue()).toBe('Добрый день, {{visitor}}');
    await page.locator('[data-preview]', { hasText: /Добрый день, Ann?[aа]|Анна/ }).waitFor();
    await body.press('End');
    await page.keyboard.type(' {{кто}}');
    await page.getByText(/Нет таких переменных: {{кто}}|No such variables: {{кто}}/).waitFor();
    await body.fill('Добрый день, {{visitor}}');
    await picture(page, 'macros-editor');
    const wide = await page.evaluate(
      () => (document.scrollingElement?.scrollWidth ?? 0) - window.innerWidth,
    );
    expect(wide).toBeLessThanOrEqual(0);
    await page.getByRole('button', { name: /^Сохранить$|^Save$/ }).click();
    await page.getByText(/Макрос «.*» сохранён|Macro “.*” saved/).waitFor();
    const mine = async () =>
      (await manager.call(macrosApi.list, {})).items.filter((one) => one.name === name);
    expect(await mine()).toMatchObject([{ scope: 'own', body: 'Добрый день, {{visitor}}' }]);

    await page.getByRole('button', { name: /^Удалить$|^Delete$/ }).click();
    await expect.poll(async () => (await mine()).length).toBe(0);
    await page
      .getByRole('listitem')
      .filter({ hasText: /удалён|deleted/ })
      .getByRole('button', { name: /Отменить|Undo/ })
      .click();
    await expect.poll(async () => (await mine()).length).toBe(1);
    // It is open again, as it was.
    await expect.poll(() => page.getByLabel(/^Название|^Name/).inputValue()).toBe(name);
    expect(complaints).toEqual([]);
    await context.close();
  }, 60_000);
});

it('a macro goes in where the line begins, with the keys, in a note too, and only there', async () => {
  const { appeal } = await anAppeal(dealer, company.topic);
  const { context, page, complaints } = await atThread(appeal.no);
  // In the middle of a line it is a letter.
  await field(page).fill('и/или');
  await page.keyboard.press('End');
  await page.keyboard.type(' /');
  expect(await list(page).count()).toBe(0);
  await field(page).fill('Первая строка\n');
  await page.keyboard.press('Control+End');
  await page.keyboard.type('/');
  const current = page.locator('.composer [role=option][aria-selected=true]');
  const [first = '', second = ''] = (await manager.call(macrosApi.list, {})).items.map(
    ({ name }) => name,
  );
  await current.filter({ hasText: first }).waitFor();
  await page.keyboard.press('ArrowDown');
  await current.filter({ hasText: second }).waitFor();
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowUp');
  await current.filter({ hasText: 'Счёт' }).waitFor();
  await page.keyboard.press('Tab');
  expect(await text(page)).toBe(`Первая строка\nСчёт у ${company.manager.name}.`);
  expect(await page.locator('[data-gaps], [data-along]').count()).toBe(0);

  // ё = е, and the caret may stand after words that are there already.
  await field(page).fill('/счет');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  expect(await text(page)).toBe(`Счёт у ${company.manager.name}.`);
  await field(page).fill('');

  // In a note nothing happens to the appeal.
  await page.getByRole('radio', { name: /Заметка/ }).click();
  await page.keyboard.type('/фото');
  await options(page).first().waitFor();
  expect(await options(page).getByText('и ждать ответа').count()).toBe(0);
  await page.keyboard.press('Enter');
  await page.locator('[data-gap=orderNo]').waitFor();
  expect(await page.locator('[data-along]').count()).toBe(0);
  await page.keyboard.type('1');
  await page.keyboard.press('Enter');
  await expect.poll(() => saidBy(appeal.id)).toEqual([['note', 'Пришлите фото по заказу 1.']]);
  expect(await statusOf(appeal.no)).not.toBe('waiting');
  expect(complaints).toEqual([]);
  await context.close();
}, 60_000);

it('the action stays with its appeal and its words, can be dropped, and a linked order fills the gap', async () => {
  const order = await anOrder(stage.app.database.db, company.dealer);
  const { appeal } = await anAppeal(dealer, company.topic);
  const other = await anAppeal(dealer, company.topic);
  const { context, page, complaints } = await atThread(appeal.no);
  await field(page).click();
  await page.keyboard.type('/фото');
  await options(page).first().click();
  await page.locator('[data-along=waiting]').waitFor();
  // Another appeal knows nothing of it; on return it is there, after a new start of the page too.
  await page.goto(`${stage.app.url}/inbox/all/${other.appeal.no}`);
  await page.locator('[data-message-id]').first().waitFor();
  expect(await page.locator('[data-along]').count()).toBe(0);
  await page.goto(`${stage.app.url}/inbox/all/${appeal.no}`);
  await page.locator('[data-along=waiting]').waitFor();

  await manager.call(appealsApi.linkOrder, { appealId: appeal.id, number: order.number });
  await page.getByRole('button', { name: 'Подставить' }).click();
  await page.locator('[data-gaps]').waitFor({ state: 'detached' });
  expect(await text(page)).toBe(`Пришлите фото по заказу ${order.number}.`);
  await page.getByRole('button', { name: 'Не менять статус' }).click();
  await page.locator('[data-along]').waitFor({ state: 'detached' });
  await field(page).press('Enter');
  await expect.poll(async () => (await saidBy(appeal.id)).length).toBe(1);
  expect(await statusOf(appeal.no)).not.toBe('waiting');
  expect(complaints).toEqual([]);
  await context.close();
}, 60_000);

it('"/" typed before list and draft are here opens when they come, and the words stay', async () => {
  const { appeal } = await anAppeal(dealer, company.topic);
  // Written on another device; this page learns of it late.
  await manager.call(draftsApi.save, {
    ...{ appealId: appeal.id, mode: 'reply', content: { body: 'Начато дома' } },
  });
  const visitor = await stage.visitor();
  const { context, page } = visitor;
  await enter(context, manager);
  const [lists, drafts] = [gate(), gate()];
  let asked = 0;
  await page.route('**/api/macros', async (route) => {
    asked += 1;
    await lists.opened;
    // The first answer says that the server is busy; the list asks again by itself.
    await (asked === 1 ? route.fulfill({ status: 503, body: '{}' }) : route.continue());
  });
  await page.route('**/api/drafts', async (route) => {
    await drafts.opened;
    await route.continue();
  });
  await page.goto(`${stage.app.url}/inbox/all/${appeal.no}`);
  await field(page).click();
  await page.keyboard.type('/фото');
  await list(page).waitFor();
  expect(await options(page).count()).toBe(0);
  drafts.open();
  await page.locator('.draft-changed').getByRole('button', { name: 'Оставить' }).waitFor();
  expect(await text(page)).toBe('/фото');
  lists.open();
  await options(page).filter({ hasText: 'Ждём фото' }).waitFor();
  expect(await text(page)).toBe('/фото');
  await page.keyboard.press('Enter');
  expect(await text(page)).toBe('Пришлите фото по заказу {{orderNo}}.');
  expect(asked).toBeGreaterThan(1);
  await context.close();
}, 60_000);

/** Holds back whoever waits for it. */
function gate() {
  let open = () => undefined as void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open: () => open() };
}

it('two who edit one macro: the second sees the first’s words before his own go over them', async () => {
  const macro = await boss.call(macrosApi.create, {
    ...{ clientId: randomUUID(), name: 'На двоих', body: 'было', scope: 'everybody' },
  });
  const { context, page, complaints } = await stage.visitor();
  await enter(context, boss);
  await page.goto(`${stage.app.url}/macros?id=${macro.id}`);
  const body = page.locator('textarea');
  await body.fill('моё');
  const { id: macroId, rev, name, scope } = macro;
  await boss.call(macrosApi.change, { macroId, rev, name, scope, body: 'коллеги' });
  const save = page.getByRole('button', { name: 'Сохранить', exact: true });
  await save.click();
  await page.getByText('макрос изменён, пока вы писали').waitFor();
  expect(await body.inputValue()).toBe('моё');
  const stored = async () =>
    (await boss.call(macrosApi.list, {})).items.find(({ id }) => id === macroId)?.body;
  expect(await stored()).toBe('коллеги');
  await page.getByRole('button', { name: 'Сохранить мой' }).click();
  await expect.poll(stored).toBe('моё');
  await page.getByText('макрос изменён, пока вы писали').waitFor({ state: 'detached' });
  expect(complaints).toEqual([]);
  await context.close();
}, 60_000);

it('to a dealer "/" is a letter, and the page does not exist', async () => {
  const { appeal } = await anAppeal(dealer, company.topic);
  const { context, page } = await stage.visitor();
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  await enter(context, dealer);
  await page.goto(`${stage.app.url}/appeals/${appeal.no}`);
  await page.locator('[data-message-id]').first().waitFor();
  await field(page).click();
  await page.keyboard.type('/фото {{orderNo}}');
  expect(await list(page).count()).toBe(0);
  await page.keyboard.press('Enter');
  await page.locator('[data-message-state=sent]', { hasText: '/фото {{orderNo}}' }).waitFor();
  expect(await page.locator('a[href$="/macros"]').count()).toBe(0);
  await page.goto(`${stage.app.url}/macros`);
  await page.getByText('Страница не найдена').first().waitFor();
  expect(asked.filter((url) => url.includes('/api/macros'))).toEqual([]);
  await context.close();
}, 60_000);
