import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { appealsApi } from '@otklik/shared/appeals.api';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { aCompany, aMessage, anAppeal } from '../../modules/appeals/appeal.factory';
import { openStage, signedIn, type Stage } from './stage';

/** Pictures of what the test opens, for the eye, in an ignored folder. */
const PICTURES = fileURLToPath(new URL('../../../../test-output/pictures/', import.meta.url));

let stage: Stage;
let company: Awaited<ReturnType<typeof aCompany>>;

beforeAll(async () => {
  mkdirSync(PICTURES, { recursive: true });
  stage = await openStage();
  company = await aCompany(stage.app.database.db);
  await stage.app.database.db.query(`UPDATE sla_policy SET question_minutes = 60`);
  stage.app.app.services.sla.forgetRules();
}, 120_000);
afterEach(async () => {
  for (const context of stage.browser.contexts()) await context.close();
});
afterAll(() => stage.close());

const WORDS = {
  ru: {
    question: 'Вопрос коллегам (по желанию)',
    ask: 'Спросить',
    onlyAsk: 'Уже участвует: напишите вопрос',
    waiting: 'Ждём ответа коллеги:',
    toMe: 'ждёт вашего ответа',
    asks: 'спрашивает:',
    answer: 'Ответить',
    answers: 'отвечает на вопрос',
    save: 'Сохранить заметку',
    quiet: 'Сроки идут, дилер видит «В работе»',
    approval: 'На согласовании',
  },
  en: {
    question: 'Question to them (optional)',
    ask: 'Ask',
    onlyAsk: 'Takes part already: write a question',
    waiting: 'Waiting for a colleague:',
    toMe: 'waits for your answer',
    asks: 'asks',
    answer: 'Answer',
    answers: 'answers the question',
    save: 'Save note',
    quiet: 'Deadlines run; the dealer sees “In work”',
    approval: 'In approval',
  },
};

async function picture(page: Page, name: string): Promise<void> {
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({ path: join(PICTURES, `${name}.png`), animations: 'disabled' });
}
/** Nothing may be wider than the screen. */
const overflow = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

it.each([
  { language: 'ru' as const, dark: false, wide: true },
  { language: 'en' as const, dark: true, wide: false },
])(
  'a colleague is asked by the keyboard and answers: $language, wide $wide',
  async ({ language, dark, wide }) => {
    const words = WORDS[language];
    const looks = {
      locale: language === 'ru' ? 'ru-RU' : 'en-GB',
      colorScheme: dark ? ('dark' as const) : ('light' as const),
      viewport: wide ? { width: 1280, height: 900 } : { width: 360, height: 740 },
    };
    const name = (what: string) => `${what}-${wide ? 1280 : 360}-${language}`;
    const dealer = await stage.app.signIn(company.visitor);
    const session = await stage.app.signIn(company.manager);
    const { appeal } = await anAppeal(dealer, company.topic);
    await aMessage(session, appeal.id);
    await session.call(appealsApi.pullIn, {
      appealId: appeal.id,
      clientId: randomUUID(),
      personIds: [company.colleague.id],
    });

    /* One takes part already, the other does not: both are asked in one action. */
    const { page } = await signedIn(stage, company.manager, looks);
    await page.goto(`${stage.app.url}/inbox/all/${appeal.no}`);
    await page.locator('[data-message-id]').first().waitFor();
    await page.locator('h1').first().focus();
    await page.keyboard.press('KeyP');
    const person = (id: string) => page.locator(`[data-person="${id}"] input`);
    await person(company.colleague.id).press('Space');
    await page.getByText(words.onlyAsk).waitFor();
    await person(company.stranger.id).press('Space');
    const field = page.getByRole('textbox', { name: words.question });
    await field.fill('Сколько В-118 осталось на складе?');
    await page.getByRole('button', { name: words.ask, exact: true }).waitFor();
    await picture(page, name('question-ask'));
    expect(await overflow(page)).toBeLessThanOrEqual(0);
    await field.press('Control+Enter');
    const lines = page.locator('[data-part="question-line"]');
    await field.waitFor({ state: 'hidden' });
    if (!wide) await page.keyboard.press('Escape');
    await expect.poll(() => lines.count()).toBe(2);
    await lines.filter({ hasText: words.waiting }).first().waitFor();
    await page.locator('[data-event="question_asked"]', { hasText: words.asks }).waitFor();
    await picture(page, name('question-line'));
    expect(await overflow(page)).toBeLessThanOrEqual(0);

    /* Who was asked is shown where to answer; his note is the answer, and its line goes. */
    const other = await signedIn(stage, company.stranger, looks);
    await other.page.goto(`${stage.app.url}/inbox/all/${appeal.no}`);
    const own = other.page.locator('[data-part="question-line"]', { hasText: words.toMe });
    await own.getByRole('button', { name: words.answer, exact: true }).press('Enter');
    await other.page.keyboard.type('Девять коробок');
    await picture(other.page, name('question-answer'));
    await other.page.getByRole('button', { name: words.save }).click();
    await own.waitFor({ state: 'hidden' });
    await page.locator('[data-event="question_ended"]', { hasText: words.answers }).waitFor();
    await expect.poll(() => lines.count()).toBe(1);
    await lines.getByRole('button').last().press('Enter');
    await expect.poll(() => lines.count()).toBe(0);

    /* The menu says what a status of the staff's own does. */
    if (!wide) return;
    await page.locator('[data-part="status"]').first().click();
    await page.getByText(words.quiet).first().waitFor();
    await picture(page, name('status-menu'));
    await page.locator('[data-status="approval"]').press('Enter');
    await page.locator('[data-part="status"]', { hasText: words.approval }).first().waitFor();
  },
  60_000,
);
