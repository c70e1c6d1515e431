import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { appealsApi } from '@otklik/shared/appeals.api';
import { ledgerApi } from '@otklik/shared/ledger.api';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { aCompany, aMessage, anAppeal } from '../../modules/appeals/appeal.factory';
import { PASSWORD, type TestPerson } from '../../modules/people/people.factory';
import { openStage, signIn, type Stage } from './stage';

/** Pictures of what the tests open, for the eye, in an ignored folder. */
const PICTURES = fileURLToPath(new URL('../../../../test-output/pictures/', import.meta.url));

let stage: Stage;
let company: Awaited<ReturnType<typeof aCompany>>;

beforeAll(async () => {
  mkdirSync(PICTURES, { recursive: true });
  stage = await openStage();
  company = await aCompany(stage.app.database.db);
}, 120_000);
afterEach(async () => {
  for (const context of stage.browser.contexts()) await context.close();
});
afterAll(() => stage.close());

interface Looks {
  language: 'ru' | 'en';
  dark: boolean;
  wide: boolean;
}
async function visit(person: TestPerson, path: string, { language, dark, wide }: Looks) {
  const visitor = await stage.visitor({
    locale: language === 'ru' ? 'ru-RU' : 'en-GB',
    colorScheme: dark ? 'dark' : 'light',
    viewport: wide ? { width: 1280, height: 900 } : { width: 360, height: 740 },
    // Not the calendar's zone, so that both are told (SLA-8).
    timezoneId: 'Asia/Yekaterinburg',
  });
  await signIn(stage, visitor.page, person.login, PASSWORD, path);
  return visitor;
}
async function picture(page: Page, name: string): Promise<void> {
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({ path: join(PICTURES, `${name}.png`), animations: 'disabled' });
}
/** Nothing may be wider than the screen. */
const overflow = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

const WORDS = {
  ru: {
    details: 'Сведения',
    how: 'Как считается срок',
    disagree: 'Не согласны?',
    claim: 'Ответ уже был',
    send: 'Отправить',
    missing: 'Выберите, с чем вы не согласны',
    open: 'Руководитель рассматривает',
    accepted: 'Принято',
    byDay: 'По дням',
    sum: 'из 2 ч рабочего времени',
    disputes: /^1 спор$/,
    settle: 'Решить',
    accept: 'Принять',
    why: 'Напишите, почему',
    reason: 'Почему так',
    now: 'сейчас',
    thanks: 'Похоже, это просто благодарность.',
    notNeeded: 'Ответ не нужен',
  },
  en: {
    details: 'Details',
    how: 'How the deadline is counted',
    disagree: 'Disagree?',
    claim: 'I had answered',
    send: 'Send',
    missing: 'Choose what you disagree with',
    open: 'A supervisor is looking into it',
    accepted: 'Accepted',
    byDay: 'Day by day',
    sum: 'of 2 h of working time',
    disputes: /^1 dispute$/,
    settle: 'Settle',
    accept: 'Accept',
    why: 'Write why',
    reason: 'Why',
    now: '– now',
    thanks: 'This looks like a thank-you only.',
    notNeeded: 'No answer needed',
  },
};

it.each<Looks>([
  { language: 'ru', dark: false, wide: true },
  { language: 'en', dark: true, wide: false },
])('a promise is read, disputed and settled: $language, wide $wide', async (looks) => {
  const words = WORDS[looks.language];
  const name = (what: string) =>
    `${what}-${looks.wide ? 1280 : 360}-${looks.dark ? 'dark' : 'light'}-${looks.language}`;
  const session = await stage.app.signIn(company.visitor);
  const manager = await stage.app.signIn(company.manager);
  const { appeal } = await anAppeal(session, company.topic);
  await manager.call(appealsApi.changeStatus, { appealId: appeal.id, status: 'waiting' });

  /* The dealer, by keyboard: from the promise to the ledger, and a dispute. */
  const dealer = await visit(company.visitor, `/appeals/${appeal.no}`, looks);
  const { page } = dealer;
  await page.locator('[data-message-id]').first().waitFor();
  if (!looks.wide) await page.getByRole('button', { name: words.details }).click();
  const how = page.getByRole('button', { name: words.how });
  await how.focus();
  await page.keyboard.press('Enter');
  const story = page.locator('[data-clock="first_response/1"]');
  await story.getByText(words.sum).waitFor();
  await story.locator('[data-line="paused"]', { hasText: words.now }).waitFor();
  await story
    .getByText('MSK')
    .or(story.getByText('GMT+3'))
    .or(story.getByText('МСК'))
    .first()
    .waitFor();
  await picture(page, name('ledger-dealer'));
  expect(await overflow(page)).toBeLessThanOrEqual(0);
  await story.getByRole('button', { name: words.disagree }).press('Enter');
  await story.getByRole('button', { name: words.send }).click();
  await story.getByText(words.missing).waitFor();
  await story.getByRole('radio', { name: words.claim }).press('Space');
  await story.getByRole('textbox').fill('Письмо ушло утром');
  await picture(page, name('ledger-dealer-dispute'));
  await story.getByRole('textbox').press('Enter');
  await story.getByText(words.open).waitFor();
  await page.keyboard.press('Escape');

  /* The manager reads the same, cannot settle. */
  const staff = await visit(company.manager, `/inbox/all/${appeal.no}`, looks);
  const line = staff.page.locator('[data-part="dispute-line"]');
  await line.waitFor();
  expect(await line.getByRole('button').count()).toBe(0);
  const chip = staff.page.locator('button[data-part="sla"]').last();
  await chip.focus();
  await staff.page.keyboard.press('Enter');
  await staff.page.getByText(words.byDay).waitFor();
  await staff.page.locator('[data-clock] [data-part="sum"]').first().waitFor();
  await picture(staff.page, name('ledger-staff'));
  expect(await overflow(staff.page)).toBeLessThanOrEqual(0);

  /* The supervisor finds it on the board and settles it with a reason. */
  const chief = await visit(company.supervisor, '/board', looks);
  const list = chief.page.getByRole('button', { name: words.disputes });
  await list.click();
  await chief.page.locator('[data-dispute]').getByText('Письмо ушло утром').waitFor();
  await picture(chief.page, name('disputes-board'));
  expect(await overflow(chief.page)).toBeLessThanOrEqual(0);
  await chief.page.getByRole('button', { name: words.settle, exact: true }).click();
  const dialog = chief.page.getByRole('dialog');
  await dialog.getByRole('button', { name: words.accept, exact: true }).click();
  await dialog.getByText(words.why).waitFor();
  await dialog.getByLabel(words.reason).fill('Письмо найдено');
  await picture(chief.page, name('dispute-settle'));
  await dialog.getByRole('button', { name: words.accept, exact: true }).click();
  await list.waitFor({ state: 'hidden' });

  /* The dealer sees the outcome in the thread and in the ledger; the wait is over. */
  await page.locator('[data-event="dispute_settled"]', { hasText: 'Письмо найдено' }).waitFor();
  await line.waitFor({ state: 'hidden' });
  await how.click();
  await story.locator('[data-outcome="accepted"]').getByText(words.accepted).waitFor();
  // Within working hours no pause is left at all; out of them it has at least come to its end.
  const lasting = story.locator('[data-line="paused"]', { hasText: words.now });
  await lasting.waitFor({ state: 'hidden' });
  for (const { complaints } of [dealer, staff, chief]) expect(complaints).toEqual([]);
});

it.each(['ru', 'en'] as const)(
  'thanks alone propose “no answer needed”, and one press records it: %s',
  async (language) => {
    const words = WORDS[language];
    const session = await stage.app.signIn(company.visitor);
    const manager = await stage.app.signIn(company.manager);
    const { appeal } = await anAppeal(session, company.topic);
    await aMessage(manager, appeal.id);
    await aMessage(session, appeal.id, { body: 'Спасибо большое, всё получили!' });
    const staff = await visit(company.manager, `/inbox/all/${appeal.no}`, {
      ...{ language, dark: language === 'en', wide: true },
    });
    const line = staff.page.locator('[data-part="courtesy"]');
    await line.getByText(words.thanks).waitFor();
    await picture(staff.page, `courtesy-1280-${language === 'en' ? 'dark' : 'light'}-${language}`);
    // Proposed, not done.
    const before = await manager.call(ledgerApi.ledger, { appealId: appeal.id });
    expect(before.clocks.map(({ kind, state }) => `${kind} ${state}`)).toContain(
      'next_response running',
    );
    await line.getByRole('button', { name: words.notNeeded }).click();
    await line.waitFor({ state: 'hidden' });
    const after = await manager.call(ledgerApi.ledger, { appealId: appeal.id });
    expect(after.clocks.map(({ kind, state }) => `${kind} ${state}`)).toContain(
      'next_response cancelled',
    );
    expect(staff.complaints).toEqual([]);

    // A question is no thanks.
    await session.call(appealsApi.post, {
      ...{ appealId: appeal.id, clientId: randomUUID() },
      body: 'Спасибо, а остаток когда?',
    });
    await staff.page.locator('.bub', { hasText: 'остаток когда' }).waitFor();
    expect(await line.count()).toBe(0);
  },
);
