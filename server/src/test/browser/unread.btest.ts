import type { Posted } from '@otklik/shared/appeals';
import { appealsApi } from '@otklik/shared/appeals.api';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aCompany, aMessage, anAppeal } from '../../modules/appeals/appeal.factory';
import { anOrder } from '../../modules/orders/order.factory';
import type { TestSession } from '../test-app';
import { LANGUAGES, openStage, signedIn, type Stage } from './stage';

/** What waits for whom, what is unread and what a tick says (ux.md, UNR and NTF-1), in both languages and on both sides. */
const WORDS = {
  ru: {
    product: 'Отклик',
    needsReply: 'нужен ваш ответ',
    mentioned: 'вас упомянули',
    noAnswer: 'Ответ не нужен',
    more: 'Ещё',
    divider: 'Новые',
    queued: 'Ждёт отправки',
    sent: 'Отправлено',
    seenByCompany: 'Просмотрено компанией',
    seenBy: (name: string) => `Прочитали: ${name}`,
  },
  en: {
    product: 'Otklik',
    needsReply: 'your reply is needed',
    mentioned: 'you are mentioned',
    noAnswer: 'No answer needed',
    more: 'More',
    divider: 'New',
    queued: 'Waiting to be sent',
    sent: 'Sent',
    seenByCompany: 'Seen by the company',
    seenBy: (name: string) => `Read by: ${name}`,
  },
} as const;
const BAR = { light: 'rgb(194, 65, 12)', dark: 'rgb(255, 154, 92)' } as const;

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
}, 120_000);
afterAll(() => stage.close());

const field = (page: Page) => page.locator('form.composer textarea');
const rowOf = (page: Page, no: number) =>
  page.locator(`a[data-appeal-no="${no}"]`).filter({ visible: true }).first();
const attribute = (row: Locator, name: string) => row.getAttribute(name);
/** Waits until the pointer is told this, with a time, over an element that may still be moved by a banner that goes. */
const tells = (page: Page, over: Locator, text: string) =>
  expect
    .poll(
      async () => {
        const tip = page.getByRole('tooltip');
        await page.mouse.move(2, 2);
        await tip.waitFor({ state: 'detached' });
        await over.hover();
        await tip.waitFor({ timeout: 1_000 }).catch(() => undefined);
        const [told = ''] = await tip.allTextContents();
        return told.includes(text) && /\d:\d\d/.test(told);
      },
      { timeout: 30_000 },
    )
    .toBe(true);
const messages = (page: Page) => page.locator('.msgs');

describe.each(LANGUAGES.slice(1))('in %s', (language, browser) => {
  const words = WORDS[language];
  let company: Awaited<ReturnType<typeof aCompany>>;
  let dealer: TestSession;
  let manager: TestSession;
  let colleague: TestSession;
  let visitorPage: Page;
  let managerPage: Page;
  const complaints: string[][] = [];
  let appeal: Posted['appeal'];

  async function enter(person: { id: string }): Promise<Page> {
    const guest = await signedIn(stage, person, {
      ...browser,
      viewport: { width: 1440, height: 900 },
    });
    complaints.push(guest.complaints);
    // Whether the window has the focus is the desktop's to say; here the test says it.
    await guest.page.addInitScript(() => {
      let focused = true;
      document.hasFocus = () => focused;
      addEventListener('otklik-test-focus', (event) => {
        focused = event instanceof CustomEvent && event.detail === true;
        dispatchEvent(new Event(focused ? 'focus' : 'blur'));
      });
      Object.defineProperty(navigator, 'setAppBadge', {
        value: (count: number) =>
          Promise.resolve(void (document.documentElement.dataset.badge = `${count}`)),
      });
      Object.defineProperty(navigator, 'clearAppBadge', {
        value: () => Promise.resolve(void (document.documentElement.dataset.badge = '0')),
      });
    });
    return guest.page;
  }
  const focus = (page: Page, on: boolean) =>
    page.evaluate(
      (detail) => void dispatchEvent(new CustomEvent('otklik-test-focus', { detail })),
      on,
    );
  const at = async (page: Page, path: string) => {
    await page.goto(`${stage.app.url}${path}`);
    await page.locator('h1').filter({ visible: true }).first().waitFor();
    return page;
  };
  const thread = async (page: Page, no = appeal.no) => {
    await page.goto(`${stage.app.url}/a/${no}`);
    await field(page).waitFor();
    await page.locator('[data-seq]').first().waitFor();
    return page;
  };
  const markOf = async (session: TestSession) => {
    const { mark } = await session.call(appealsApi.card, { appealId: appeal.id });
    return mark;
  };
  const read = async (session: TestSession) => {
    const { entries } = await session.call(appealsApi.entries, { appealId: appeal.id, limit: 100 });
    const seq = Math.max(...entries.map((entry) => ('seq' in entry ? entry.seq : entry.publicSeq)));
    const { rev } = await markOf(session);
    await session.call(appealsApi.markRead, { appealId: appeal.id, seq, rev });
  };
  const isBold = (row: Locator) =>
    row.evaluate((element) => {
      const title = element.querySelector('.row-t, .drow-t');
      const bar = getComputedStyle(element, '::before');
      return {
        weight: title ? getComputedStyle(title).fontWeight : '',
        bar: bar.content === 'none' ? null : `${bar.width} ${bar.backgroundColor}`,
      };
    });

  beforeAll(async () => {
    const { db } = stage.app.database;
    company = await aCompany(db);
    for (const [who, name] of [
      ['manager', 'Иван Прохоров'],
      ['colleague', 'Ольга Тарханова'],
      ['visitor', 'Мария Зимина'],
    ] as const)
      await db.query(`UPDATE person SET name = $2 WHERE id = $1`, [company[who].id, name]);
    [dealer, manager, colleague] = (await Promise.all(
      [company.visitor, company.manager, company.colleague].map((one) => stage.app.signIn(one)),
    )) as [TestSession, TestSession, TestSession];
    visitorPage = await enter(company.visitor);
    managerPage = await enter(company.manager);
  });
  beforeEach(async () => {
    ({ appeal } = await anAppeal(dealer, company.topic));
  });
  afterAll(async () => {
    await visitorPage.context().close();
    await managerPage.context().close();
    // What the browser itself says of a connection that was cut on purpose is no complaint.
    const said = complaints.flat().filter((text) => !text.includes('WebSocket connection'));
    expect(said).toEqual([]);
  });

  it('UNR-1: a row is bold in every list for the side that owes the answer, and for nobody else', async () => {
    const order = await anOrder(stage.app.database.db, company.dealer);
    await manager.call(appealsApi.linkOrder, { appealId: appeal.id, number: order.number });
    await manager.call(appealsApi.assign, { appealId: appeal.id, assigneeId: company.manager.id });
    const lists = {
      staff: ['/inbox/all', '/inbox/mine', `/orders/${order.number}`],
      dealer: ['/appeals', `/orders/${order.number}`],
    };
    for (const owing of ['staff', 'dealer'] as const) {
      if (owing === 'dealer') await aMessage(manager, appeal.id, { body: 'пришлите фото' });
      // Read by both sides: it stays bold all the same.
      await read(manager);
      await read(dealer);
      for (const side of ['staff', 'dealer'] as const) {
        const page = side === 'staff' ? managerPage : visitorPage;
        for (const [index, path] of lists[side].entries()) {
          const row = rowOf(await at(page, path), appeal.no);
          await row.waitFor();
          expect(await attribute(row, 'data-unread')).toBeNull();
          const owes = side === owing;
          expect([path, await attribute(row, 'data-needs-reply')]).toEqual([
            path,
            owes ? '' : null,
          ]);
          expect((await row.textContent())?.includes(words.needsReply)).toBe(owes);
          for (const theme of index === 0 ? (['light', 'dark'] as const) : (['light'] as const)) {
            await page.emulateMedia({ colorScheme: theme });
            await expect
              .poll(async () => [path, await isBold(row)])
              .toEqual([
                path,
                owes
                  ? { weight: '700', bar: `4px ${BAR[theme]}` }
                  : { weight: expect.not.stringMatching(/^[789]00$/), bar: null },
              ]);
          }
          await page.emulateMedia({ colorScheme: 'light' });
        }
      }
    }
  });

  it('UNR-1: it ends with a public answer or with "no answer needed", which is recorded; not with a note', async () => {
    await aMessage(manager, appeal.id, { body: 'взято' });
    await aMessage(dealer, appeal.id, { body: 'спасибо' });
    await thread(managerPage);
    const sheet = managerPage.locator('main');
    const ours = rowOf(managerPage, appeal.no);
    await managerPage.locator('main[data-needs-reply]').waitFor();
    await aMessage(colleague, appeal.id, { kind: 'note', body: 'только заметка' });
    await managerPage.locator('.note', { hasText: 'только заметка' }).waitFor();
    expect(await attribute(sheet, 'data-needs-reply')).toBe('');
    expect(await attribute(ours, 'data-needs-reply')).toBe('');
    await sheet.getByRole('button', { name: words.more, exact: true }).first().click();
    await managerPage.getByRole('menuitem', { name: words.noAnswer }).click();
    await managerPage.locator('main:not([data-needs-reply])').waitFor();
    await managerPage.locator(`a[data-appeal-no="${appeal.no}"]:not([data-needs-reply])`).waitFor();
    await messages(managerPage)
      .locator('.sys', { hasText: words.noAnswer.toLowerCase() })
      .or(messages(managerPage).locator('.sys', { hasText: words.noAnswer }))
      .first()
      .waitFor();

    await aMessage(dealer, appeal.id, { body: 'и ещё вопрос' });
    await managerPage.locator('main[data-needs-reply]').waitFor();
    await field(managerPage).fill('отвечаю');
    await field(managerPage).press('Enter');
    await managerPage.locator('main:not([data-needs-reply])').waitFor();

    // The dealer ends his own turn in the same two ways.
    await thread(visitorPage);
    await visitorPage.locator('main[data-needs-reply]').waitFor();
    await visitorPage.getByRole('button', { name: words.more, exact: true }).first().click();
    await visitorPage.getByRole('menuitem', { name: words.noAnswer }).click();
    await visitorPage.locator('main:not([data-needs-reply])').waitFor();
    const { entries } = await manager.call(appealsApi.entries, { appealId: appeal.id, limit: 100 });
    expect(
      entries
        .filter(({ event }) => event?.type === 'no_answer_needed')
        .map(({ author }) => author?.side),
    ).toEqual(['staff', 'dealer']);
  });

  it('UNR-1: an open mention adds a mark and makes it mine, not bold', async () => {
    await aMessage(colleague, appeal.id, { body: 'взято коллегой' });
    const page = await at(managerPage, '/inbox/all');
    const row = rowOf(page, appeal.no);
    await row.waitFor();
    const mark = row.getByText(words.mentioned);
    expect(await mark.count()).toBe(0);
    const before = await manager.call(appealsApi.counts, {});
    await aMessage(colleague, appeal.id, {
      kind: 'note',
      body: '@Иван Прохоров посмотри',
      mentions: [company.manager.id],
    });
    await mark.waitFor({ state: 'attached' });
    expect(await attribute(row, 'data-needs-reply')).toBeNull();
    expect((await isBold(row)).bar).toBeNull();
    const after = await manager.call(appealsApi.counts, {});
    expect([after.owed - before.owed, after.mentions - before.mentions]).toEqual([1, 1]);
    await at(page, '/inbox/mentions');
    await rowOf(page, appeal.no).waitFor();
  });

  it('UNR-2: unread is counted for each person, whoever owes the answer', async () => {
    await aMessage(dealer, appeal.id, { body: 'вторая' });
    const page = await at(managerPage, '/inbox/all');
    const row = rowOf(page, appeal.no);
    await row.waitFor();
    expect(await attribute(row, 'data-unread')).toBe('2');
    expect((await row.textContent())?.replace(/\s/g, ' ')).toMatch(
      language === 'ru' ? /2 непрочитанных/ : /2 unread/,
    );
    await read(colleague);
    expect((await markOf(colleague)).messages).toBe(2);
    expect(await attribute(row, 'data-unread')).toBe('2');
    await read(manager);
    await page
      .locator(`a[data-appeal-no="${appeal.no}"]:not([data-unread])`)
      .first()
      .waitFor({ timeout: 2_000 });
    // Bold and read; an own message is never unread, a note of a colleague is, for staff alone.
    expect(await attribute(row, 'data-needs-reply')).toBe('');
    await aMessage(colleague, appeal.id, { kind: 'note', body: 'заметка' });
    await page.locator(`a[data-appeal-no="${appeal.no}"][data-unread="1"]`).first().waitFor();
    const theirs = rowOf(await at(visitorPage, '/appeals'), appeal.no);
    await theirs.waitFor();
    expect(await attribute(theirs, 'data-unread')).toBeNull();
  });

  it('UNR-3: only what is looked at for a second in the focused window is read, forward, once a second', async () => {
    for (let count = 1; count <= 30; count += 1)
      await aMessage(manager, appeal.id, { body: `Строка ${count}\n\nи ещё одна\n\nи третья` });
    const page = await at(visitorPage, '/appeals');
    const told: number[] = [];
    page.on('websocket', (socket) =>
      socket.on('framesent', ({ payload }) => {
        if (String(payload).includes('"appeal:read"')) told.push(Date.now());
      }),
    );
    await thread(page);
    await focus(page, false);
    const unread = async () => {
      const card = await dealer.call(appealsApi.card, { appealId: appeal.id });
      return card.appeal.messages - card.mark.messages;
    };
    const visible = () =>
      messages(page).evaluate((box) => {
        const frame = box.getBoundingClientRect();
        return [...box.querySelectorAll<HTMLElement>('[data-seq]')]
          .filter((element) => {
            const { top, bottom, height } = element.getBoundingClientRect();
            const shown = Math.min(bottom, frame.bottom) - Math.max(top, frame.top);
            return shown >= Math.min(height, frame.height) / 2;
          })
          .reduce((most, { dataset }) => Math.max(most, Number(dataset.seq)), 0);
      });
    const start = await markOf(dealer);
    // Out of the window nothing is read, however long it stands on the screen.
    await page.waitForTimeout(1_600);
    expect((await markOf(dealer)).seq).toBe(start.seq);
    expect(await unread()).toBe(30);
    await focus(page, true);
    const since = Date.now();
    const first = await visible();
    await expect.poll(async () => (await markOf(dealer)).seq, { timeout: 5_000 }).toBe(first);
    expect(Date.now() - since).toBeGreaterThan(800);
    expect(await unread()).toBeGreaterThan(0);

    // On through the thread: told at most once a second, and what is scrolled back to takes nothing back.
    told.length = 0;
    for (let step = 0; step < 12; step += 1) {
      await messages(page).evaluate((box) => box.scrollBy(0, 250));
      await page.waitForTimeout(250);
    }
    await messages(page).evaluate((box) => box.scrollTo(0, box.scrollHeight));
    await expect.poll(unread, { timeout: 5_000 }).toBe(0);
    const gaps = told.slice(1).map((at_, index) => at_ - (told[index] ?? 0));
    expect(told.length).toBeGreaterThan(0);
    expect(Math.min(1_000, ...gaps)).toBeGreaterThan(900);
    const end = await markOf(dealer);
    await messages(page).evaluate((box) => box.scrollTo(0, 0));
    await page.waitForTimeout(1_300);
    expect((await markOf(dealer)).seq).toBe(end.seq);

    // A hidden tab reads nothing.
    await thread(page);
    await page.evaluate(() => {
      Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    });
    await aMessage(manager, appeal.id, { body: 'в скрытую вкладку' });
    await page.locator('.bub', { hasText: 'в скрытую вкладку' }).waitFor();
    await page.waitForTimeout(1_600);
    expect(await unread()).toBe(1);
    await page.evaluate(() => {
      Object.defineProperty(document, 'visibilityState', { value: 'visible', configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    });
    await expect.poll(unread, { timeout: 5_000 }).toBe(0);
  });

  it('UNR-4: an appeal opens at the first unread under its divider, or at the very end', async () => {
    for (let count = 1; count <= 12; count += 1)
      await aMessage(dealer, appeal.id, { body: `Прочитанная ${count}\n\nи ещё строка` });
    await aMessage(manager, appeal.id, { body: 'Последняя прочитанная' });
    for (const [page, mine, theirs] of [
      [visitorPage, dealer, manager],
      [managerPage, manager, dealer],
    ] as const) {
      await read(mine);
      await thread(page);
      const box = messages(page);
      const divider = box.locator('.new');
      expect(await divider.count()).toBe(0);
      const toEnd = () =>
        box.evaluate((one) => one.scrollHeight - one.scrollTop - one.clientHeight);
      await expect.poll(toEnd).toBeLessThanOrEqual(1);

      await at(page, mine === manager ? '/inbox/all' : '/appeals');
      for (let count = 1; count <= 12; count += 1)
        await aMessage(theirs, appeal.id, { body: `Новая ${count}\n\nи ещё строка` });
      await thread(page);
      await divider.waitFor();
      expect(await divider.textContent()).toBe(words.divider);
      const place = () =>
        box.evaluate((one) => {
          const frame = one.getBoundingClientRect();
          const line = one.querySelector('.new')?.getBoundingClientRect();
          return ((line?.top ?? 0) - frame.top) / frame.height;
        });
      await expect.poll(async () => Math.abs((await place()) - 0.25)).toBeLessThan(0.02);
      expect(await divider.evaluate((line) => line.nextElementSibling?.textContent)).toContain(
        'Новая 1',
      );
      // Read to the end it stays, until the appeal is left.
      await box.evaluate((one) => one.scrollTo(0, one.scrollHeight));
      await expect
        .poll(async () => (await markOf(mine)).seq === Math.max(...(await seqs(page))), {
          timeout: 5_000,
        })
        .toBe(true);
      expect(await divider.count()).toBe(1);
      await at(page, mine === manager ? '/inbox/queue' : '/appeals');
      await thread(page);
      await expect.poll(toEnd).toBeLessThanOrEqual(1);
      expect(await divider.count()).toBe(0);
    }
  });
  const seqs = (page: Page) =>
    page
      .locator('[data-seq]')
      .evaluateAll((all) =>
        all.map((one) => Number(one instanceof HTMLElement ? one.dataset.seq : 0)),
      );

  it('UNR-5: ticks say how far a message has come, to eyes, readers and pointer', async () => {
    for (const [page, otherPage, other, seen] of [
      [visitorPage, managerPage, manager, words.seenByCompany],
      [managerPage, visitorPage, dealer, words.seenBy('Мария Зимина')],
    ] as const) {
      // Nobody reads before the test does.
      await at(otherPage, '/account/sessions');
      await thread(page);
      const message = page.locator('li.m', { hasText: `тик ${seen}` });
      const says = async (state: string, text: string, part: string) => {
        await message.and(page.locator(`[data-message-state=${state}]`)).waitFor();
        const tick = message.locator(part);
        expect(await tick.locator('svg').count()).toBe(1);
        // Who has read is asked when somebody looks; the words for readers follow.
        await tells(page, tick, text);
        await tick.getByText(text).waitFor({ state: 'attached' });
        return tick.locator('svg').evaluate((icon) => icon.innerHTML);
      };
      await page.context().setOffline(true);
      await field(page).fill(`тик ${seen}`);
      await field(page).press('Enter');
      const icons = [await says('queued', words.queued, '.tick')];
      await page.context().setOffline(false);
      icons.push(await says('sent', words.sent, '.tick'));
      await read(other);
      icons.push(await says('seen', seen, '.tick'));

      // Held back: a colleague had answered while there was no connection.
      await page.context().setOffline(true);
      const beside = other === manager ? await stage.app.signIn(company.secondVisitor) : colleague;
      await aMessage(beside, appeal.id, { body: 'раньше' });
      await field(page).fill('поздно');
      await field(page).press('Enter');
      await page.context().setOffline(false);
      const failed = page.locator('[data-message-state=failed]', { hasText: 'поздно' });
      await failed.waitFor();
      const why = failed.locator('[data-part=why]');
      const reason = (await why.innerText()).trim();
      expect(reason).not.toBe('');
      await tells(page, why, reason);
      icons.push(await why.locator('svg').evaluate((icon) => icon.innerHTML));
      expect(new Set(icons).size).toBe(4);
    }
  });

  it('NTF-1: title, dot and badge tell how many appeals wait for me, on every page', async () => {
    const counts = async (session: TestSession) => (await session.call(appealsApi.counts, {})).owed;
    await manager.call(appealsApi.assign, { appealId: appeal.id, assigneeId: company.manager.id });
    for (const [page, session, theirs, paths] of [
      [managerPage, manager, dealer, [`/inbox/all/${appeal.no}`, '/inbox/queue']],
      [visitorPage, dealer, manager, [`/appeals/${appeal.no}`, '/account/sessions']],
    ] as const) {
      await aMessage(session, appeal.id, { body: 'мой ответ' });
      const before = await counts(session);
      for (const [index, path] of paths.entries()) {
        await at(page, path);
        const shows = (count: number) =>
          expect
            .poll(
              async () => ({
                title: (await page.title()).replace(/^(\((\d+)\) )?(.+) · (.+)$/, '$2|$4'),
                dot: (await attribute(page.locator('link[rel=icon]'), 'href'))?.includes('dot'),
                badge: await attribute(page.locator('html'), 'data-badge'),
              }),
              { timeout: 5_000 },
            )
            .toEqual({
              title: `${count || ''}|${words.product}`,
              dot: count > 0,
              badge: `${count}`,
            });
        await shows(before);
        if (index === 0)
          expect(await page.title()).toContain(`${language === 'ru' ? '№' : '#'}${appeal.no}`);
        await aMessage(theirs, appeal.id, { body: 'ждём вас' });
        await shows(before + 1);
        // Reading it changes nothing; answering does.
        await read(session);
        await shows(before + 1);
        await aMessage(session, appeal.id, { body: 'мой ответ' });
        await shows(before);
      }
    }
  });
});
