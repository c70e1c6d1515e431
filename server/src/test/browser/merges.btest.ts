import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
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
afterAll(() => stage.close());

const WORDS = {
  ru: {
    ...{ more: 'Ещё', merge: 'Объединить…', do: 'Объединить', undo: 'Отменить объединение' },
    ...{ take: 'Открыть и перенести черновик', menu: 'Действия с сообщением' },
    ...{ splitOff: 'Выделить в новое обращение…', split: 'Выделить', write: 'Сообщение' },
    ...{ answer: 'Ответ: ', back: 'Отменить ·' },
  },
  en: {
    ...{ more: 'More', merge: 'Merge…', do: 'Merge', undo: 'Undo the merge' },
    ...{ take: 'Open, and take the draft along', menu: 'Message actions' },
    ...{ splitOff: 'Make an appeal of it…', split: 'Make the appeal', write: 'Message' },
    ...{ answer: 'Answer: ', back: 'Undo ·' },
  },
};
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
  });
  await signIn(stage, visitor.page, person.login, PASSWORD, path);
  return visitor;
}
async function picture(page: Page, name: string): Promise<void> {
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({ path: join(PICTURES, `${name}.png`), animations: 'disabled' });
  const wider = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(wider).toBeLessThanOrEqual(0);
}

it.each<Looks>([
  { language: 'ru', dark: false, wide: true },
  { language: 'en', dark: true, wide: false },
])('two appeals are joined, parted and split: $language, wide $wide', async (looks) => {
  const words = WORDS[looks.language];
  const name = (what: string) => `${what}-${looks.wide ? 1280 : 360}-${looks.language}`;
  const session = await stage.app.signIn(company.visitor);
  const first = (await anAppeal(session, company.topic)).appeal;
  const second = (await anAppeal(session, company.topic, { body: 'Ещё вопрос о прайсе' })).appeal;
  await aMessage(session, second.id, { body: 'И про доставку' });

  const dealer = await visit(company.visitor, `/appeals/${first.no}`, looks);
  const manager = await visit(company.manager, `/inbox/all/${first.no}?panel=1`, looks);
  const field = dealer.page.locator('.composer textarea');
  await field.fill('Не успел дописать');

  /* By keyboard: the other appeal is chosen, what happens to the deadlines is told, and it is done. */
  await manager.page.getByRole('button', { name: words.more, exact: true }).first().click();
  await manager.page.getByRole('menuitem', { name: words.merge }).press('Enter');
  const dialog = manager.page.getByRole('dialog').last();
  await dialog.locator(`[data-appeal-no="${second.no}"] input`).press('Space');
  const preview = dialog.locator('[data-part="merge-preview"]');
  await preview.getByText(words.answer).waitFor();
  await picture(manager.page, name('merge-dialog'));
  await dialog.getByRole('button', { name: words.do, exact: true }).press('Enter');
  await manager.page.locator(`main[data-appeal-no="${second.no}"]`).waitFor();
  await manager.page.locator('[data-event="merged"]').waitFor();
  await picture(manager.page, name('merged'));

  /* The dealer is led there with what he was writing. */
  await dealer.page.locator('[data-event="merged_into"]').waitFor();
  const take = dealer.page.getByRole('button', { name: words.take });
  await take.waitFor();
  await picture(dealer.page, name('merged-dealer'));
  await take.press('Enter');
  await dealer.page.waitForURL(`**/appeals/${second.no}`);
  await expect.poll(() => field.inputValue()).toBe('Не успел дописать');

  /* Parted again, from the one that was closed. */
  await manager.page.locator('[data-event="merged"]').getByRole('link').click();
  await manager.page.getByRole('button', { name: words.undo }).click();
  await manager.page.locator('[data-event="unmerged"]').waitFor();
  // What has been undone is offered no more, although its ten seconds are not over.
  const offers = manager.page.locator('.toast', { hasText: words.back });
  await expect.poll(() => offers.count(), { timeout: 5_000 }).toBe(0);
  await manager.page.locator('.composer textarea').waitFor();

  /* One message becomes an appeal of its own. */
  await manager.page.locator('[data-event="unmerged"]').getByRole('link').click();
  const message = manager.page.locator('[data-message-id]', { hasText: 'И про доставку' });
  await message.hover();
  await message.getByRole('button', { name: words.menu }).press('Enter');
  await manager.page.getByRole('menuitem', { name: words.splitOff }).press('Enter');
  const splitting = manager.page.getByRole('dialog').last();
  await splitting.getByRole('checkbox').first().waitFor();
  await picture(manager.page, name('split-dialog'));
  await splitting.getByRole('button', { name: words.split, exact: true }).press('Enter');
  await manager.page.locator('[data-event="split_from"]').waitFor();
  await manager.page.locator('.m-origin').getByRole('link').waitFor();
  await picture(manager.page, name('split'));
  await dealer.context.close();
  await manager.context.close();
});
