import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { appealsApi } from '@otklik/shared/appeals.api';
import type { BrowserContextOptions, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { aCompany, aMessage, anAppeal } from '../../modules/appeals/appeal.factory';
import { PASSWORD, type TestPerson } from '../../modules/people/people.factory';
import type { TestSession } from '../test-app';
import { aLine } from './line';
import { openStage, signedIn, signIn, type Stage } from './stage';

/** Pictures of what the tests open, for the eye, in an ignored folder. */
const PICTURES = fileURLToPath(new URL('../../../../test-output/pictures/', import.meta.url));

let stage: Stage;
let company: Awaited<ReturnType<typeof aCompany>>;
let line: Awaited<ReturnType<typeof aLine>>;

beforeAll(async () => {
  mkdirSync(PICTURES, { recursive: true });
  stage = await openStage();
  company = await aCompany(stage.app.database.db);
  line = await aLine(Number(new URL(stage.app.url).port));
}, 120_000);
afterAll(async () => {
  line.close();
  await stage.close();
});

const WORDS = {
  ru: {
    ...{ more: 'Ещё', merge: 'Объединить…', do: 'Объединить', undo: 'Отменить объединение' },
    ...{ take: 'Открыть и перенести черновик', menu: 'Действия с сообщением' },
    ...{ splitOff: 'Выделить в новое обращение…', split: 'Выделить', write: 'Сообщение' },
    ...{ answer: 'Ответ: ', back: 'Отменить ·' },
    goesOn: 'переписка идёт там',
  },
  en: {
    ...{ more: 'More', merge: 'Merge…', do: 'Merge', undo: 'Undo the merge' },
    ...{ take: 'Open, and take the draft along', menu: 'Message actions' },
    ...{ splitOff: 'Make an appeal of it…', split: 'Make the appeal', write: 'Message' },
    ...{ answer: 'Answer: ', back: 'Undo ·' },
    goesOn: 'it goes on there',
  },
};
interface Looks {
  language: 'ru' | 'en';
  dark: boolean;
  wide: boolean;
}
const looksOf = ({ language, dark, wide }: Looks): BrowserContextOptions => ({
  locale: language === 'ru' ? 'ru-RU' : 'en-GB',
  colorScheme: dark ? 'dark' : 'light',
  viewport: wide ? { width: 1280, height: 900 } : { width: 360, height: 740 },
});
async function visit(person: TestPerson, path: string, looks: Looks) {
  const visitor = await stage.visitor(looksOf(looks));
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

/** Merges and partings that an appeal's thread tells of. */
async function told(session: TestSession, appealId: string): Promise<string[]> {
  const { entries } = await session.call(appealsApi.entries, { appealId, limit: 100 });
  return entries.flatMap(({ event }) => (event?.facts.no === undefined ? [] : [event.type]));
}

it('a merge over a line that is lost is done whole, once or not at all', async () => {
  const looks: Looks = { language: 'ru', dark: true, wide: true };
  const words = WORDS[looks.language];
  const dealer = await stage.app.signIn(company.visitor);
  const colleague = await stage.app.signIn(company.colleague);
  const first = (await anAppeal(dealer, company.topic)).appeal;
  const second = (await anAppeal(dealer, company.topic, { body: 'Ещё вопрос о прайсе' })).appeal;
  const visitor = await signedIn(stage, company.manager, looksOf(looks));
  const { page } = visitor;
  await page.goto(`${line.url}/inbox/all/${first.no}?panel=1`);
  const onDealers = await signedIn(stage, company.visitor, looksOf(looks));
  await onDealers.page.goto(`${line.url}/appeals/${first.no}`);

  // Every step waits for a line to be found again, on a busy machine too.
  const soon = { timeout: 60_000 };
  for (const one of [page, onDealers.page]) {
    one.setDefaultTimeout(soon.timeout);
    // From now on everything the page is made of is at hand without the line.
    await one.waitForFunction(() => navigator.serviceWorker.controller !== null);
  }

  const dialog = page.getByRole('dialog');
  const merges = dialog.getByRole('button', { name: words.do, exact: true });
  const choose = async () => {
    await page.getByRole('button', { name: words.more, exact: true }).first().click();
    await page.getByRole('menuitem', { name: words.merge }).press('Enter');
    await dialog.locator(`[data-appeal-no="${second.no}"] input`).press('Space');
    await dialog.locator('[data-part="merge-preview"]').getByText(words.answer).waitFor();
  };
  const goesOn = page.getByText(words.goesOn).first();
  const undo = page.getByRole('button', { name: words.undo });
  const events = async () => [await told(colleague, first.id), await told(colleague, second.id)];
  const APART = [[], []];
  const MERGED = [['merged_into'], ['merged']];
  const PARTED = [
    ['merged_into', 'unmerged'],
    ['merged', 'unmerged'],
  ];

  /** Pressed over a line whose answers are lost; it breaks for good, and is mended. */
  const pressUnheard = async (button: Locator, until: string[][]) => {
    await button.click({ trial: true });
    line.deafen();
    await button.click();
    await expect.poll(events, soon).toEqual(until);
    line.cut();
    await expect.poll(() => button.getAttribute('aria-busy'), soon).toBe(null);
    line.mend();
  };

  /* The line is gone before it is pressed: nothing happens, and the button is not to be had. */
  await choose();
  line.cut();
  await merges.press('Enter');
  // The browser may try once more by itself: not until it has given up is the line mended.
  const standing = async () => [
    await merges.getAttribute('aria-busy'),
    await merges.getAttribute('aria-disabled'),
  ];
  await expect.poll(standing, soon).toEqual([null, 'true']);
  expect(await events()).toEqual(APART);
  line.mend();

  /* It is gone before the answer: done, and the page learns it with everything else that it has missed. */
  await pressUnheard(merges, MERGED);
  await goesOn.waitFor();
  await expect.poll(() => dialog.count(), soon).toBe(0);
  await onDealers.page.locator('[data-event="merged_into"]').waitFor();

  /* The same of the way back. */
  await pressUnheard(undo, PARTED);
  await page.locator('.composer textarea').waitFor();
  await onDealers.page.locator('[data-event="unmerged"]').waitFor();

  /* What comes now is another merge and another way back, not a repeat of the lost ones; pressed twice it is done once. */
  await choose();
  await merges.click({ trial: true });
  await merges.evaluate((button: HTMLElement) => {
    button.click();
    button.click();
  });
  await page.locator(`main[data-appeal-no="${second.no}"]`).waitFor();
  await expect
    .poll(events, soon)
    .toEqual(PARTED.map(([merged = '', unmerged = '']) => [merged, unmerged, merged]));
  await page.locator('[data-event="merged"]').last().getByRole('link').click();
  await undo.click();
  await expect
    .poll(events, soon)
    .toEqual(PARTED.map(([merged = '', unmerged = '']) => [merged, unmerged, merged, unmerged]));
  await page.locator('.composer textarea').waitFor();
  for (const { context, complaints } of [visitor, onDealers]) {
    expect(complaints.filter((text) => !text.includes('WebSocket connection'))).toEqual([]);
    await context.close();
  }
}, 300_000);
