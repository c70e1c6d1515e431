import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Posted } from '@otklik/shared/appeals';
import { appealsApi } from '@otklik/shared/appeals.api';
import { draftsApi } from '@otklik/shared/drafts.api';
import { MESSAGE_MAX } from '@otklik/shared/limits';
import type { BrowserContextOptions, Locator, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aCompany, aMessage, anAppeal } from '../../modules/appeals/appeal.factory';
import { anOrder } from '../../modules/orders/order.factory';
import type { TestSession } from '../test-app';
import { LANGUAGES, openStage, signedIn, type Stage } from './stage';

/** The rules of the field in which people write (ux.md, CMP), in both languages and on both sides. */
const WORDS = {
  ru: {
    send: 'Отправить',
    note: 'Заметка',
    reply: 'Ответ',
    saveNote: 'Сохранить заметку',
    staffOnly: 'Видят только сотрудники',
    enterSends: 'Enter — отправить, Shift + Enter — новая строка',
    modifierSends: 'Enter — новая строка, Ctrl + Enter — отправить',
    opensByModifier: 'Ctrl + Enter — отправить',
    sayTopic: /^Тема/,
    complaint: 'Рекламация',
    draft: 'Черновик:',
    changedElsewhere: 'Черновик изменён в другом сеансе',
    take: 'Взять',
    leave: 'Оставить',
    drop: 'Отпустите файлы, чтобы прикрепить',
    inside: 'Участники',
    outside: 'Остальные — будут подключены',
    mentionInNote: 'Упомянуть в заметке',
    nothing: 'Ничего не нашли',
    arrived: (name: string) => `Новое сообщение: ${name}`,
    show: 'Показать',
    companyWrites: 'Компания пишет ответ…',
    writesToo: (name: string) => `${name} пишет ответ`,
    writesNote: (name: string) => `${name} пишет заметку`,
    otherSends: 'Другие способы отправки',
    sendAndWait: 'Отправить и ждать ответа',
    sendAndResolve: 'Отправить и решить',
    statuses: { in_work: 'В работе', waiting: 'Ждём дилера', resolved: 'Решено' },
    undo: /^Отменить · (\d+) с$/,
    anyway: 'Отправить всё равно',
    tooLong: /Слишком длинно: помещается 10\s?000 знаков/,
    count: (n: string) => `${n} / 10 000`,
  },
  en: {
    send: 'Send',
    note: 'Note',
    reply: 'Reply',
    saveNote: 'Save note',
    staffOnly: 'Only staff can see this',
    enterSends: 'Enter sends, Shift + Enter adds a line',
    modifierSends: 'Enter adds a line, Ctrl + Enter sends',
    opensByModifier: 'Ctrl + Enter sends',
    sayTopic: /^Topic/,
    complaint: 'Complaint',
    draft: 'Draft:',
    changedElsewhere: 'The draft changed in another session',
    take: 'Take it',
    leave: 'Keep mine',
    drop: 'Drop the files to attach them',
    inside: 'Participants',
    outside: 'Others — will be pulled in',
    mentionInNote: 'Mention in a note',
    nothing: 'Nothing found',
    arrived: (name: string) => `New message from ${name}`,
    show: 'Show',
    companyWrites: 'The company is writing a reply…',
    writesToo: (name: string) => `${name} is writing a reply`,
    writesNote: (name: string) => `${name} is writing a note`,
    otherSends: 'Other ways to send',
    sendAndWait: 'Send and wait for an answer',
    sendAndResolve: 'Send and resolve',
    statuses: { in_work: 'In work', waiting: 'Waiting for dealer', resolved: 'Resolved' },
    undo: /^Undo · (\d+) s$/,
    anyway: 'Send anyway',
    tooLong: /Too long: 10,000 characters fit/,
    count: (n: string) => `${n} / 10,000`,
  },
} as const;
/** Of the specification, not of the style sheet: notes, and amber for a colleague who writes too. */
const NOTE_COLOURS = {
  light: { paper: '#fff2cc', ink: '#5a4100', edge: '#9e7400' },
  dark: { paper: '#332a12', ink: '#f2d48c', edge: '#c59b35' },
} as const;
const AMBER = { light: '#8a4700', dark: '#ffb566' } as const;
const rgb = (hex: string) =>
  `rgb(${[1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)).join(', ')})`;
/** What a person does in one session is there in the others within this time. */
const SOON = { timeout: 2_000 };
const PHONE: BrowserContextOptions = {
  viewport: { width: 360, height: 740 },
  hasTouch: true,
  isMobile: true,
};

let stage: Stage;
let folder: string;
let picture: string;
beforeAll(async () => {
  stage = await openStage();
  folder = await mkdtemp(join(tmpdir(), 'otklik-drop-'));
  picture = join(folder, 'этикетка.png');
  const create = { width: 80, height: 60, channels: 3, background: '#8a6d3b' } as const;
  await writeFile(picture, await sharp({ create }).png().toBuffer());
}, 120_000);
afterAll(async () => {
  await stage.close();
  await rm(folder, { recursive: true, force: true });
});

const form = (page: Page) => page.locator('form.composer');
const field = (page: Page) => page.locator('form.composer textarea');
const keysHint = (page: Page) => page.locator('[data-part=keys]');
const tiles = (page: Page) => page.locator('[data-upload-state]');
const said = (page: Page, words: string) => page.locator('.bub', { hasText: words });
const acknowledged = (page: Page, words: string) =>
  page.locator('[data-message-state=sent], [data-message-state=seen]', { hasText: words });
const row = (page: Page, no: number) =>
  page.locator(`a.row[data-appeal-no="${no}"], a.drow[data-appeal-no="${no}"]`).first();
const hasFocus = (locator: Locator) =>
  locator.evaluate((element) => element === document.activeElement);
const css = (locator: Locator, name: string) =>
  locator.evaluate((element, wanted) => getComputedStyle(element).getPropertyValue(wanted), name);

describe.each(LANGUAGES.slice(0, 1))('in %s', (language, browser) => {
  const words = WORDS[language];
  /** What is the same on both sides is tried by the dealer in one language and by staff in the other. */
  const SIDES = language === 'ru' ? (['visitor'] as const) : (['manager'] as const);
  let company: Awaited<ReturnType<typeof aCompany>>;
  let dealer: TestSession;
  let manager: TestSession;
  let colleague: TestSession;
  const pages = new Map<string, Page>();
  const complaints: string[][] = [];
  let appeal: Posted['appeal'];

  /** A browser of a person; the same one for all tests of this language. `which`: another browser of his. */
  async function pageOf(
    who: 'visitor' | 'secondVisitor' | 'manager' | 'colleague',
    which = '',
    options: BrowserContextOptions = {},
  ): Promise<Page> {
    const known = pages.get(who + which);
    if (known) return known;
    const viewport = { width: 1440, height: 900 };
    const guest = await signedIn(stage, company[who], { ...browser, viewport, ...options });
    complaints.push(guest.complaints);
    pages.set(who + which, guest.page);
    return guest.page;
  }
  const at = async (page: Page, path = `/a/${appeal.no}`) => {
    await page.goto(`${stage.app.url}${path}`);
    await (
      path.startsWith('/a/') ? field(page) : page.locator('h1').filter({ visible: true }).first()
    ).waitFor();
    return page;
  };
  const mode = (page: Page, name: string) => form(page).getByRole('radio', { name, exact: true });
  const sendButton = (page: Page) =>
    form(page).getByRole('button', { name: words.send, exact: true });
  /** What the server has of this appeal, after its opening. */
  const bodies = async (session = manager) => {
    const { entries } = await session.call(appealsApi.entries, { appealId: appeal.id, limit: 100 });
    return entries
      .filter(({ kind }) => kind !== 'event')
      .map(({ body }) => body)
      .slice(1);
  };
  const status = async () =>
    (await manager.call(appealsApi.card, { appealId: appeal.id })).appeal.status;

  beforeAll(async () => {
    const { db } = stage.app.database;
    company = await aCompany(db);
    for (const [who, name] of [
      ['manager', 'Иван Прохоров'],
      ['colleague', 'Ольга Тарханова'],
      ['stranger', 'Олег Дальний'],
      ['visitor', 'Мария Зимина'],
      ['secondVisitor', 'Пётр Лосев'],
    ] as const)
      await db.query(`UPDATE person SET name = $2 WHERE id = $1`, [company[who].id, name]);
    dealer = await stage.app.signIn(company.visitor);
    manager = await stage.app.signIn(company.manager);
    colleague = await stage.app.signIn(company.colleague);
  });
  beforeEach(async () => {
    ({ appeal } = await anAppeal(dealer, company.topic));
  });
  afterAll(async () => {
    for (const page of pages.values()) await page.context().close();
    // What the browser itself says of a connection that was cut on purpose is no complaint.
    const said = complaints.flat().filter((text) => !text.includes('WebSocket connection'));
    expect(said).toEqual([]);
  });

  it.each(SIDES)(
    'CMP-1: the key that sends is a setting of the %s, on the server and under the field',
    async (who) => {
      const [page, other] = [await pageOf(who), await pageOf(who, 'other')];
      await at(page);
      await at(other);
      expect(await keysHint(page).textContent()).toContain(words.enterSends);
      await field(page).fill('одна');
      await field(page).press('Shift+Enter');
      await page.keyboard.type('строка');
      expect(await field(page).inputValue()).toBe('одна\nстрока');
      await field(page).press('Enter');
      await acknowledged(page, 'строка').waitFor();
      expect(await bodies()).toEqual(['одна\nстрока']);

      await keysHint(page).click();
      for (const one of [page, other])
        await keysHint(one)
          .getByText(words.modifierSends)
          .or(keysHint(one).filter({ hasText: words.modifierSends }))
          .first()
          .waitFor(SOON);
      await page.reload();
      await keysHint(page).filter({ hasText: words.modifierSends }).waitFor();
      await field(page).fill('два');
      await field(page).press('Enter');
      await field(page).press('Shift+Enter');
      await page.keyboard.type('три');
      expect(await field(page).inputValue()).toBe('два\n\nтри');
      await field(page).press('Control+Enter');
      await acknowledged(page, 'три').waitFor();

      await keysHint(other).click();
      for (const one of [page, other])
        await keysHint(one).filter({ hasText: words.enterSends }).waitFor(SOON);
      await field(page).fill('четыре');
      await field(page).press('Enter');
      await acknowledged(page, 'четыре').waitFor();
      expect(await bodies()).toEqual(['одна\nстрока', 'два\n\nтри', 'четыре']);
    },
  );

  it.each(SIDES)('CMP-1: while a word is being composed Enter never sends (%s)', async (who) => {
    const page = await at(await pageOf(who));
    await field(page).focus();
    const keys = await page.context().newCDPSession(page);
    const enter = { key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 13 };
    await keys.send('Input.imeSetComposition', { text: 'ни', selectionStart: 2, selectionEnd: 2 });
    await field(page).evaluate((element) =>
      element.addEventListener(
        'keydown',
        (event) =>
          (element.dataset.composing = String(event instanceof KeyboardEvent && event.isComposing)),
        { once: true },
      ),
    );
    await keys.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', ...enter });
    await keys.send('Input.dispatchKeyEvent', { type: 'keyUp', ...enter });
    expect(await field(page).getAttribute('data-composing')).toBe('true');
    await keys.send('Input.insertText', { text: 'нихон' });
    expect(await field(page).inputValue()).toBe('нихон');
    // The next Enter is the writer's own, and the first that sends.
    await field(page).press('Enter');
    await acknowledged(page, 'нихон').waitFor();
    expect(await bodies()).toEqual(['нихон']);
    await keys.detach();
  });

  it('CMP-1: in a new appeal Ctrl+Enter sends, unless its author turns it round', async () => {
    const [page, other] = [await pageOf('visitor'), await pageOf('visitor', 'other')];
    const text = (one: Page) => one.locator('form.newsheet textarea');
    const choose = async () => {
      await page.getByRole('radio', { name: words.complaint }).click();
      await page.getByRole('button', { name: words.sayTopic }).click();
      await page.getByRole('option').first().click();
    };
    for (const one of [page, other]) {
      await one.goto(`${stage.app.url}/appeals/new`);
      await keysHint(one).filter({ hasText: words.opensByModifier }).waitFor();
    }
    await choose();
    await text(page).fill('первая');
    await text(page).press('Enter');
    await page.keyboard.type('вторая');
    expect(await text(page).inputValue()).toBe('первая\nвторая');
    await text(page).press('Control+Enter');
    await page.waitForURL(/\/appeals\/\d+$/);

    await page.goto(`${stage.app.url}/appeals/new`);
    await keysHint(page).click();
    await keysHint(other).filter({ hasText: words.enterSends }).waitFor(SOON);
    await page.reload();
    await keysHint(page).filter({ hasText: words.enterSends }).waitFor();
    await choose();
    await text(page).fill('первая');
    await text(page).press('Shift+Enter');
    await page.keyboard.type('третья');
    expect(await text(page).inputValue()).toBe('первая\nтретья');
    await text(page).press('Enter');
    await page.waitForURL(/\/appeals\/\d+$/);
    await keysHint(other).click();

    // The field of the dealer's home is a new appeal too.
    await page.goto(`${stage.app.url}/appeals`);
    const hero = page.locator('form.hero textarea');
    await hero.fill('третья');
    await hero.press('Enter');
    expect(await hero.inputValue()).toBe('третья\n');
    await hero.fill('');
  });

  it.each(SIDES)(
    'CMP-1, CMP-11: on a phone Enter is a new line, and its keyboard stays open (%s)',
    async (who) => {
      const page = await at(await pageOf(who, 'phone', PHONE));
      expect(await keysHint(page).isVisible()).toBe(false);
      await field(page).tap();
      await page.keyboard.type('раз');
      await page.keyboard.press('Enter');
      await page.keyboard.type('два');
      expect(await field(page).inputValue()).toBe('раз\nдва');
      await countBlurs(page);
      await sendButton(page).tap();
      await acknowledged(page, 'два').waitFor();
      if (who === 'manager') {
        await mode(page, words.note).tap();
        await field(page).tap();
        await countBlurs(page);
        await page.keyboard.type('заметка с телефона');
        await form(page).getByRole('button', { name: words.saveNote }).tap();
        await page.locator('.note', { hasText: 'заметка с телефона' }).waitFor();
      }
      expect(await blurs(page)).toBe(0);
      expect(await hasFocus(field(page))).toBe(true);
      expect(await bodies()).toEqual(
        who === 'manager' ? ['раз\nдва', 'заметка с телефона'] : ['раз\nдва'],
      );
    },
  );

  it.each(SIDES)('CMP-11: after sending the field keeps the focus (%s)', async (who) => {
    const page = await at(await pageOf(who));
    await field(page).focus();
    await countBlurs(page);
    await page.keyboard.type('клавишей');
    await page.keyboard.press('Enter');
    await acknowledged(page, 'клавишей').waitFor();
    await page.keyboard.type('мышью');
    await sendButton(page).click();
    await acknowledged(page, 'мышью').waitFor();
    expect(await blurs(page)).toBe(0);
    expect(await hasFocus(field(page))).toBe(true);
    if (who === 'visitor') return;
    // A menu takes the focus for as long as it is open.
    await page.keyboard.type('меню');
    await form(page).getByRole('button', { name: words.otherSends }).click();
    await page.getByRole('menuitem', { name: words.sendAndWait }).click();
    await acknowledged(page, 'меню').waitFor();
    await expect.poll(() => hasFocus(field(page))).toBe(true);
    await mode(page, words.note).click();
    await page.keyboard.type('заметка');
    await form(page).getByRole('button', { name: words.saveNote }).click();
    await page.locator('.note', { hasText: 'заметка' }).waitFor();
    expect(await hasFocus(field(page))).toBe(true);
  });

  it.each(SIDES)(
    'CMP-2: words outlive the page at once, and are the author’s alone (%s)',
    async (who) => {
      const session = who === 'manager' ? manager : dealer;
      const page = await at(await pageOf(who, 'dying'));
      pages.delete(`${who}dying`);
      const context = page.context();
      await context.setOffline(true);
      await field(page).fill('недописанный ответ');
      await page.waitForFunction(
        () => Object.values(localStorage).some((value) => value.includes('недописанный ответ')),
        undefined,
        // 300 ms are promised; a busy machine may draw breath.
        { timeout: 1_000 },
      );
      const cdp = await context.newCDPSession(page);
      cdp.send('Page.crash').catch(() => undefined);
      await page.waitForEvent('crash');
      const again = await context.newPage();
      await page.close();
      await context.setOffline(false);
      await at(again);
      await expect.poll(() => field(again).inputValue()).toBe('недописанный ответ');

      // The other sessions of the author have it, and his rows; a colleague has nothing of it.
      const drafts = async (one: TestSession) =>
        (await one.call(draftsApi.list, {})).items
          .filter((draft) => draft.appealId === appeal.id)
          .map(({ mode: kind, content }) => [kind, content?.body]);
      const all: [string, string][] = [['reply', 'недописанный ответ']];
      if (who === 'manager') {
        await mode(again, words.note).click();
        expect(await field(again).inputValue()).toBe('');
        await field(again).fill('недописанная заметка');
        all.push(['note', 'недописанная заметка']);
      }
      await expect
        .poll(async () => (await drafts(session)).length, { timeout: 3_000 })
        .toBe(all.length);
      expect(Object.fromEntries(await drafts(session))).toEqual(Object.fromEntries(all));
      const other = await at(await pageOf(who));
      await expect.poll(() => field(other).inputValue()).toBe('недописанный ответ');
      if (who === 'manager') {
        await mode(other, words.note).click();
        await expect.poll(() => field(other).inputValue()).toBe('недописанная заметка');
      }
      await at(other, who === 'manager' ? '/inbox/all' : '/appeals');
      await row(other, appeal.no).getByText(`${words.draft} недописанный ответ`).waitFor();
      const beside = who === 'manager' ? 'colleague' : 'secondVisitor';
      const theirs = await at(await pageOf(beside));
      expect(await field(theirs).inputValue()).toBe('');
      expect(await drafts(await stage.app.signIn(company[beside]))).toEqual([]);
      expect(await theirs.locator('body').innerText()).not.toContain('недописан');
      await context.close();
    },
  );

  it.each(SIDES.map((who) => [who, who === 'manager' ? 'note' : 'reply'] as const))(
    'CMP-2: another session asks before it changes words under the hands (%s, %s)',
    async (who, kind) => {
      const [one, two] = [await pageOf(who), await pageOf(who, 'other')];
      for (const page of [one, two]) {
        await at(page);
        if (kind === 'note') await mode(page, words.note).click();
      }
      const line = two.getByText(words.changedElsewhere);
      const shows = (page: Page, text: string) =>
        expect.poll(() => field(page).inputValue(), SOON).toBe(text);
      await field(one).fill('раз');
      await field(one).blur();
      await shows(two, 'раз');
      // Empty, the field takes what comes even with the focus in it.
      await field(two).fill('');
      await shows(one, '');
      await field(two).focus();
      await field(one).fill('два');
      await shows(two, 'два');
      await field(one).fill('два с половиной');
      await line.waitFor(SOON);
      expect(await field(two).inputValue()).toBe('два');
      await two.getByRole('button', { name: words.take }).click();
      await shows(two, 'два с половиной');
      await field(one).fill('три');
      await field(one).blur();
      await line.waitFor(SOON);
      await two.getByRole('button', { name: words.leave }).click();
      await shows(one, 'два с половиной');
      await line.waitFor({ state: 'detached' });
      await field(two).fill('');
      await shows(one, '');
    },
  );

  it.each(SIDES)(
    'CMP-3: pictures are pasted and files dropped on the whole thread (%s)',
    async (who) => {
      const page = await at(await pageOf(who));
      await field(page).focus();
      const pasted = await paste(page, { picture: true });
      expect(pasted).toBe(false);
      const tile = tiles(page);
      await tile.filter({ hasText: /image-\d{4}-\d\d-\d\d-\d{4}\.png/ }).waitFor();
      expect(await tile.locator('img').count()).toBe(1);
      // Copied from an office program a picture comes along with the text: the text is meant.
      expect(await paste(page, { picture: true, text: 'из таблицы' })).toBe(true);
      expect(await tile.count()).toBe(1);
      await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
      await page.evaluate(() => navigator.clipboard.writeText('просто текст'));
      await page.keyboard.press('Control+V');
      expect(await field(page).inputValue()).toBe('просто текст');
      expect(await tile.count()).toBe(1);

      // Over the words of others and over the field: the hint covers the sheet, the file is taken.
      const sheet = page.locator('main .thread').first();
      for (const [index, place] of ['.msgs', 'form.composer textarea'].entries()) {
        const hand = await drag(page, place);
        const hint = page.locator('.thread-drop', { hasText: words.drop });
        await hint.waitFor();
        const [covered, whole] = [await hint.boundingBox(), await sheet.boundingBox()];
        expect(covered?.width).toBeGreaterThan((whole?.width ?? 0) - 20);
        expect(covered?.height).toBeGreaterThan((whole?.height ?? 0) - 20);
        await hand.drop();
        await hint.waitFor({ state: 'detached' });
        await expect.poll(() => tile.count()).toBe(index + 2);
      }
      await page.locator('[data-upload-state=done]').nth(2).waitFor();
      await sendButton(page).click();
      await acknowledged(page, 'просто текст').waitFor();
      const { entries } = await manager.call(appealsApi.entries, {
        appealId: appeal.id,
        limit: 10,
      });
      const sent = entries.find(({ body }) => body === 'просто текст');
      expect(sent?.attachments.map(({ name }) => name)).toEqual([
        expect.stringMatching(/^image-.*\.png$/),
        'этикетка.png',
        'этикетка.png',
      ]);

      // Anywhere else nothing happens, and the page stays where it is; there the hint is not shown either.
      const hand = await drag(page, 'nav');
      expect(await page.locator('.thread-drop').count()).toBe(0);
      await hand.drop();
      await at(page, who === 'manager' ? '/inbox/all' : '/orders');
      const address = page.url();
      await (await drag(page, who === 'manager' ? '.list' : 'main')).drop();
      // What the browser opens instead it opens before it does anything else.
      await page.evaluate(
        () => new Promise((done) => requestAnimationFrame(() => setTimeout(done))),
      );
      expect(page.url()).toBe(address);
      expect(page.context().pages()).toHaveLength(1);
      expect(await bodies()).toEqual(['просто текст']);
    },
  );

  it('CMP-4: a note is a mode of its own, in its own colours and with its own words', async () => {
    const page = await at(await pageOf('manager'));
    await field(page).fill('ответ дилеру');
    const before = await mode(page, words.note).boundingBox();
    const plain = await css(form(page), 'background-color');
    await mode(page, words.note).click();
    expect(await form(page).getAttribute('data-mode')).toBe('note');
    expect(await field(page).inputValue()).toBe('');
    await form(page).getByText(words.staffOnly, { exact: true }).waitFor();
    expect(await form(page).locator('.see svg').count()).toBe(1);
    const save = form(page).getByRole('button', { name: words.saveNote });
    expect((await save.innerText()).trim()).toBe(words.saveNote);
    for (const theme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
      const { paper, ink, edge } = NOTE_COLOURS[theme];
      await expect.poll(() => css(form(page), 'background-color')).toBe(rgb(paper));
      await expect.poll(() => css(form(page), 'box-shadow')).toContain(rgb(edge));
      await expect.poll(() => css(field(page), 'color')).toBe(rgb(ink));
      await expect.poll(() => css(save, 'background-color')).toBe(rgb(ink));
      await expect.poll(() => css(save, 'color')).toBe(rgb(paper));
    }
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: null });
    await field(page).fill('только нам');
    // Nothing goes from one text to the other, and the switch stays under the pointer.
    await page.keyboard.press('Control+.');
    expect(await field(page).inputValue()).toBe('ответ дилеру');
    await expect.poll(() => css(form(page), 'background-color')).toBe(plain);
    expect(await mode(page, words.note).boundingBox()).toEqual(before);
    await page.keyboard.press('Control+.');
    expect(await field(page).inputValue()).toBe('только нам');
    await save.click();
    await page.locator('.note', { hasText: 'только нам' }).waitFor();
    await mode(page, words.reply).click();
    expect(await field(page).inputValue()).toBe('ответ дилеру');
    await field(page).press('Enter');
    await acknowledged(page, 'ответ дилеру').waitFor();
    const { entries } = await manager.call(appealsApi.entries, { appealId: appeal.id, limit: 100 });
    const kinds = entries
      .filter(({ kind }) => kind !== 'event')
      .map(({ kind, body }) => [kind, body]);
    expect(kinds.slice(1)).toEqual([
      ['note', 'только нам'],
      ['message', 'ответ дилеру'],
    ]);
  });

  it('CMP-4: an appeal opens in Reply, unless there is only a note begun, here or elsewhere', async () => {
    const page = await at(await pageOf('manager'));
    const other = await pageOf('manager', 'other');
    const shown = (one: Page) => form(one).getAttribute('data-mode');
    const next = (await anAppeal(dealer, company.topic)).appeal;
    expect(await shown(page)).toBe('reply');
    await mode(page, words.note).click();
    await field(page).fill('начатая заметка');
    // From one appeal to the next within the page, and back; then as a new page, here and in another browser.
    await page.goto(`${stage.app.url}/inbox/all/${appeal.no}`);
    await expect.poll(() => shown(page)).toBe('note');
    await row(page, next.no).click();
    await expect.poll(() => shown(page)).toBe('reply');
    await row(page, appeal.no).click();
    await expect.poll(() => shown(page)).toBe('note');
    expect(await field(page).inputValue()).toBe('начатая заметка');
    const known = () => manager.call(draftsApi.list, {});
    await expect.poll(async () => JSON.stringify(await known())).toContain('начатая заметка');
    await at(other);
    await expect.poll(() => shown(other)).toBe('note');
    expect(await field(other).inputValue()).toBe('начатая заметка');
    await mode(page, words.reply).click();
    await field(page).fill('и ответ');
    await expect.poll(async () => JSON.stringify(await known())).toContain('и ответ');
    for (const one of [page, other]) {
      await at(one);
      await expect.poll(() => field(one).inputValue()).toBe('и ответ');
      expect(await shown(one)).toBe('reply');
    }
    await field(page).fill('');
    await mode(page, words.note).click();
    await field(page).fill('');
  });

  it('CMP-4: dealers have no note mode in the DOM, wide or narrow', async () => {
    await aMessage(manager, appeal.id, { kind: 'note', body: 'секрет' });
    for (const page of [await pageOf('visitor'), await pageOf('visitor', 'phone', PHONE)]) {
      await at(page);
      await field(page).focus();
      await page.keyboard.press('Control+.');
      expect(await form(page).getAttribute('data-mode')).toBe('reply');
      expect(await form(page).getByRole('radio').count()).toBe(0);
      const html = await page.locator('body').innerHTML();
      for (const word of [words.note, words.staffOnly, words.saveNote, 'секрет'])
        expect(html.includes(word)).toBe(false);
    }
  });

  it('CMP-5: "@" names colleagues in notes, participants first, and pulls others in', async () => {
    await manager.call(appealsApi.pullIn, {
      ...{ appealId: appeal.id, clientId: crypto.randomUUID(), question: '' },
      personIds: [company.colleague.id],
    });
    const page = await at(await pageOf('manager'));
    const list = page.locator('.suggest');
    const options = list.getByRole('option');
    await mode(page, words.reply).click();
    await field(page).pressSequentially('почта a@');
    expect(await list.count()).toBe(0);
    await field(page).fill('');
    await field(page).pressSequentially('спросим @Ол');
    await options.first().waitFor();
    expect(await options.allInnerTexts()).toEqual([words.mentionInNote]);
    await field(page).press('Enter');
    expect(await form(page).getAttribute('data-mode')).toBe('note');
    expect(await field(page).inputValue()).toBe('@Ол');
    await options.nth(1).waitFor();
    const text = await list.innerText();
    const places = [words.inside, 'Ольга Тарханова', words.outside, 'Олег Дальний'].map((part) =>
      text.indexOf(part),
    );
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places[0]).toBeGreaterThanOrEqual(0);
    expect(text).not.toContain('Иван');
    await field(page).press('Escape');
    await list.waitFor({ state: 'detached' });
    expect(await field(page).inputValue()).toBe('@Ол');
    await field(page).fill('');
    await field(page).pressSequentially('проверь, @Ол');
    await options.nth(1).waitFor();
    await field(page).press('ArrowDown');
    await field(page).press('Enter');
    expect(await field(page).inputValue()).toBe('проверь, @Олег Дальний ');
    const people = async () =>
      (await manager.call(appealsApi.card, { appealId: appeal.id })).participants.map(
        ({ id }) => id,
      );
    expect(await people()).not.toContain(company.stranger.id);
    await field(page).press('Enter');
    await page.locator('.note', { hasText: '@Олег Дальний' }).waitFor();
    await expect.poll(people).toContain(company.stranger.id);
    await mode(page, words.reply).click();
    expect(await field(page).inputValue()).toBe('спросим ');
    await field(page).fill('');

    // A dealer's "@" is a letter.
    const theirs = await at(await pageOf('visitor'));
    await field(theirs).pressSequentially('@Ол');
    expect(await theirs.getByRole('listbox').count()).toBe(0);
    await field(theirs).fill('');
  });

  it.each(SIDES)('CMP-7: "№" and digits find orders of this dealer alone (%s)', async (who) => {
    const { db } = stage.app.database;
    const prefix = language === 'ru' ? '71' : '72';
    const number = `${prefix}${who === 'manager' ? '1' : '2'}31`;
    await anOrder(db, company.dealer, { number });
    await anOrder(db, company.otherDealer, { number: `${number}9` });
    const page = await at(await pageOf(who));
    const list = page.locator('.suggest');
    const options = list.getByRole('option');
    // While the server is asked the list holds a place.
    let answer = () => {};
    const held = new Promise<void>((resolve) => (answer = resolve));
    await page.route('**/api/orders/find*', async (route) => {
      await held;
      await route.continue();
    });
    await field(page).pressSequentially(`где №${number}`);
    await list.locator('.skel, [aria-hidden=true]').first().waitFor();
    expect(await options.count()).toBe(0);
    answer();
    await options.first().waitFor();
    expect(await options.count()).toBe(1);
    expect(await options.innerText()).toContain(number);
    await field(page).press('Escape');
    await field(page).fill('');
    // Known already: it is there though the server does not answer.
    await page.unroute('**/api/orders/find*');
    await page.route('**/api/orders/find*', () => undefined);
    await field(page).pressSequentially('где ');
    await field(page).pressSequentially(`#${number}`);
    await options.first().waitFor();
    await page.unroute('**/api/orders/find*');
    await field(page).press('Enter');
    const chip = form(page).locator(`[data-order="${number}"]`);
    await chip.waitFor();
    expect(await field(page).inputValue()).toBe('где ');
    await field(page).pressSequentially(`и №${number}9`);
    await list.getByText(words.nothing).waitFor();
    expect(await options.count()).toBe(0);
    await field(page).fill('где он');
    await field(page).press('Enter');
    await acknowledged(page, 'где он').waitFor();
    await chip.waitFor({ state: 'detached' });
    const { orders } = await manager.call(appealsApi.card, { appealId: appeal.id });
    expect(orders.map((order) => order.number)).toEqual([number]);
  });

  it.each(
    SIDES.map((who) =>
      who === 'visitor'
        ? ([who, 'manager', 'secondVisitor'] as const)
        : ([who, 'visitor', 'colleague'] as const),
    ),
  )(
    'CMP-8: what arrives and who writes while I type is told above the field (%s)',
    async (who, otherSide, beside) => {
      const page = await at(await pageOf(who));
      const theirs = await at(await pageOf(otherSide));
      const mine = await at(await pageOf(beside));
      const names = {
        visitor: 'Мария Зимина',
        manager: 'Иван Прохоров',
        secondVisitor: 'Пётр Лосев',
        colleague: 'Ольга Тарханова',
      };
      await field(page).fill('пишу');
      for (const [from, name] of [
        [theirs, names[otherSide]],
        [mine, names[beside]],
      ] as const) {
        await field(from).fill(`новость: ${name}`);
        await field(from).press('Enter');
        const line = page.locator('[data-arrival]', { hasText: words.arrived(name) });
        await line.waitFor();
        const [above, below] = [await line.boundingBox(), await field(page).boundingBox()];
        expect(above!.y + above!.height).toBeLessThanOrEqual(below!.y + 1);
        await line.getByRole('button', { name: words.show }).click();
        await said(page, `новость: ${name}`).waitFor();
        await line.waitFor({ state: 'detached' });
      }
      await aMessage(otherSide === 'manager' ? manager : dealer, appeal.id, { body: 'и ещё' });
      await page.locator('[data-arrival]').waitFor();
      // Sending is not blocked.
      await field(page).press('Enter');
      await acknowledged(page, 'пишу').waitFor();
      expect((await bodies()).at(-1)).toBe('пишу');

      // A colleague on the same answer is named in amber; of the other side he is only told.
      const line = page.locator('[data-part=typing]');
      await field(mine).pressSequentially('тоже отвечаю', { delay: 10 });
      await line.getByText(words.writesToo(names[beside])).waitFor();
      for (const theme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme: theme });
        await expect.poll(() => css(line, 'color')).toBe(rgb(AMBER[theme]));
      }
      await page.emulateMedia({ colorScheme: 'light' });
      await field(mine).fill('');
      await line.waitFor({ state: 'detached' });
      if (who === 'visitor') return;
      await mode(mine, words.note).click();
      await field(mine).pressSequentially('заметка', { delay: 10 });
      await line.getByText(words.writesNote(names[beside])).waitFor();
      expect(await theirs.locator('[data-part=typing]').count()).toBe(0);
      await field(mine).fill('');
    },
  );

  it.each([
    language === 'ru'
      ? (['waiting', 'sendAndWait'] as const)
      : (['resolved', 'sendAndResolve'] as const),
  ])(
    'CMP-9: words and status "%s" are one action, and the status can be taken back',
    async (to, item) => {
      await aMessage(manager, appeal.id, { body: 'взято' });
      await aMessage(dealer, appeal.id, { body: 'жду' });
      const page = await at(await pageOf('manager'));
      const other = await at(await pageOf('manager', 'other'));
      const header = (one: Page) => one.locator('main .ahead');
      const together = async (text: string) => {
        await field(page).fill(text);
        await form(page).getByRole('button', { name: words.otherSends }).click();
        await page.getByRole('menuitem', { name: words[item] }).click();
        await said(page, text).waitFor();
      };
      const toast = page
        .getByRole('listitem')
        .filter({ hasText: String(appeal.no) })
        .filter({ hasText: words.statuses[to] });
      const undo = toast.getByRole('button', { name: words.undo });

      // Without a connection neither has happened, and nothing says so; then both do.
      await page.context().setOffline(true);
      await together('сделаем завтра');
      await page.locator('[data-message-state=queued]', { hasText: 'сделаем завтра' }).waitFor();
      expect(await toast.count()).toBe(0);
      expect(await status()).toBe('in_work');
      await page.context().setOffline(false);
      await undo.waitFor();
      expect(await status()).toBe(to);
      expect((await bodies()).at(-1)).toBe('сделаем завтра');
      await header(other)
        .getByText(words.statuses[to])
        .filter({ visible: true })
        .first()
        .waitFor(SOON);
      // The way back is open for ten seconds that are counted, and survives another page.
      expect(
        Number(words.undo.exec((await undo.textContent())?.trim() ?? '')?.[1]),
      ).toBeLessThanOrEqual(10);
      await row(page, appeal.no).waitFor();
      await undo.click();
      await expect.poll(status).toBe('in_work');
      await header(other)
        .getByText(words.statuses.in_work)
        .filter({ visible: true })
        .first()
        .waitFor(SOON);
      expect((await bodies()).at(-1)).toBe('сделаем завтра');

      // Refused, it changes nothing: a colleague had answered.
      await page.context().setOffline(true);
      await aMessage(colleague, appeal.id, { body: 'коллега успел' });
      await together('опоздал');
      await page.context().setOffline(false);
      const heldBack = page.locator('[data-stale]', { hasText: 'опоздал' });
      await heldBack.waitFor();
      expect(await status()).toBe('in_work');
      expect(await bodies()).not.toContain('опоздал');
      await heldBack.getByRole('button', { name: words.anyway }).click();
      await acknowledged(page, 'опоздал').waitFor();
      await expect.poll(status).toBe(to);
      await undo.waitFor();
    },
  );

  it('CMP-9: the way back lasts ten seconds and goes with the page, not with the appeal', async () => {
    await aMessage(manager, appeal.id, { body: 'взято' });
    const page = await at(await pageOf('manager'));
    await page.goto(`${stage.app.url}/inbox/all/${appeal.no}`);
    const next = (await anAppeal(dealer, company.topic)).appeal;
    await field(page).fill('ждём фото');
    await form(page).getByRole('button', { name: words.otherSends }).click();
    await page.getByRole('menuitem', { name: words.sendAndResolve }).click();
    const undo = page
      .getByRole('listitem')
      .filter({ hasText: String(appeal.no) })
      .getByRole('button', { name: words.undo });
    await undo.waitFor();
    const since = Date.now();
    await row(page, next.no).click();
    await page.waitForURL(`**/${next.no}`);
    await page.mouse.move(5, 5);
    expect(await undo.count()).toBe(1);
    await undo.waitFor({ state: 'detached', timeout: 20_000 });
    expect(Date.now() - since).toBeGreaterThan(7_000);
    expect(await status()).toBe('resolved');
  });

  it.each(SIDES)(
    'CMP-10: nothing empty is sent, nothing too long, files alone may go (%s)',
    async (who) => {
      const page = await at(await pageOf(who));
      const count = form(page).locator('[data-part=length]');
      for (const text of ['', '   ', ' \n\t ']) {
        await field(page).fill(text);
        await field(page).press('Enter');
        await sendButton(page).click();
      }
      await field(page).fill('я'.repeat(8_999));
      expect(await count.count()).toBe(0);
      await field(page).fill('я'.repeat(9_000));
      const shown = async () => (await count.innerText()).replace(/\s/g, ' ');
      expect(await shown()).toBe(words.count(language === 'ru' ? '9 000' : '9,000'));
      await field(page).fill('я'.repeat(MESSAGE_MAX + 1));
      expect(await shown()).toBe(words.count(language === 'ru' ? '10 001' : '10,001'));
      await field(page).press('Enter');
      await page.getByRole('alert').getByText(words.tooLong).waitFor();
      expect(await field(page).inputValue()).toHaveLength(MESSAGE_MAX + 1);
      expect(await bodies()).toEqual([]);
      await field(page).fill('я'.repeat(MESSAGE_MAX));
      await field(page).press('Enter');
      await expect
        .poll(async () => (await bodies()).map(({ length }) => length))
        .toEqual([MESSAGE_MAX]);

      await page.locator('.composer input[type=file]').setInputFiles(picture);
      await page.locator('[data-upload-state=done]').waitFor();
      await sendButton(page).click();
      await page.locator('[data-message-state] img').waitFor();
      await expect
        .poll(async () => (await bodies()).map(({ length }) => length))
        .toEqual([MESSAGE_MAX, 0]);
    },
  );

  /** Pastes into the field with what a clipboard would hold. @returns whether the browser went on with it */
  function paste(page: Page, holds: { picture?: boolean; text?: string }): Promise<boolean> {
    return field(page).evaluate(async (element, { picture: withPicture, text }) => {
      const data = new DataTransfer();
      if (text) data.setData('text/plain', text);
      if (withPicture) {
        const canvas = new OffscreenCanvas(8, 8);
        canvas.getContext('2d')?.fillRect(0, 0, 8, 8);
        data.items.add(
          new File([await canvas.convertToBlob()], 'image.png', { type: 'image/png' }),
        );
      }
      const event = new ClipboardEvent('paste', {
        clipboardData: data,
        bubbles: true,
        cancelable: true,
      });
      return element.dispatchEvent(event);
    }, holds);
  }

  /** A file of this machine under the pointer, over the middle of an element. */
  async function drag(page: Page, selector: string): Promise<{ drop(): Promise<void> }> {
    const box = await page.locator(selector).first().boundingBox();
    const mouse = await page.context().newCDPSession(page);
    const data = { items: [], files: [picture], dragOperationsMask: 1 };
    const where = {
      x: (box?.x ?? 0) + (box?.width ?? 0) / 2,
      y: (box?.y ?? 0) + Math.min(box?.height ?? 0, 600) / 2,
      data,
    };
    await mouse.send('Input.dispatchDragEvent', { type: 'dragEnter', ...where });
    await mouse.send('Input.dispatchDragEvent', { type: 'dragOver', ...where });
    return {
      async drop() {
        await mouse.send('Input.dispatchDragEvent', { type: 'drop', ...where });
        await mouse.detach();
      },
    };
  }
});

/** Counts how often the field loses the focus from now on. */
const countBlurs = (page: Page) =>
  field(page).evaluate((element) => {
    element.dataset.blurs = '0';
    element.addEventListener(
      'blur',
      () => (element.dataset.blurs = `${Number(element.dataset.blurs) + 1}`),
    );
  });
const blurs = async (page: Page) => Number(await field(page).getAttribute('data-blurs'));
