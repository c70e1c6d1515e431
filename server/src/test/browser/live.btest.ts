import { appealsApi } from '@otklik/shared/appeals.api';
import { peopleApi } from '@otklik/shared/people.api';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { aCompany, aMessage, anAppeal } from '../../modules/appeals/appeal.factory';
import { PASSWORD } from '../../modules/people/people.factory';
import type { TestSession } from '../test-app';
import { openStage, signIn, type Stage } from './stage';

/**
 * Nothing moves under the reader (LIV-1 … LIV-5), for the manager's inbox, the dealer's list and the thread. Edits and
 * deletions above what is read: `conversation.btest.ts`; the order of a list on all devices: `shared-state.btest.ts`.
 */
let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
}, 120_000);
afterEach(async () => {
  for (const context of stage.browser.contexts()) await context.close();
});
afterAll(() => stage.close());

const LANGUAGES = {
  ru: {
    locale: 'ru-RU',
    new: (n: number) => `${n} ${n === 1 ? 'новое' : 'новых'}`,
    assigned: (name: string) => `ответственный: ${name}`,
    answered: 'Ваш ответ больше не нужен',
    taken: (name: string) => `${name} берёт обращение в работу`,
    closed: (name: string) => `${name}: статус «закрыто»`,
    solved: (name: string) => `${name}: проблема решена`,
    toEnd: 'К последнему сообщению',
    goBack: 'Вернуться',
    order: 'Вид списка',
    newest: 'Новые обращения',
    last: 'Последнее сообщение',
    elsewhere: 'Отправляется с другого устройства',
  },
  en: {
    locale: 'en-US',
    new: (n: number) => `${n} new`,
    assigned: (name: string) => `assignee: ${name}`,
    answered: 'Your reply is no longer needed',
    taken: (name: string) => `${name} takes the appeal`,
    closed: (name: string) => `${name}: status “closed”`,
    solved: (name: string) => `${name}: problem solved`,
    toEnd: 'To the latest message',
    goBack: 'Go back',
    order: 'Layout of the list',
    newest: 'Newest appeals',
    last: 'Last message',
    elsewhere: 'Being sent from another device',
  },
} as const;

/** A company of its own with people signed in, so that its lists hold nothing of other tests. */
async function aWorld() {
  const company = await aCompany(stage.app.database.db);
  const [visitor, second, manager, colleague] = await Promise.all(
    [company.visitor, company.secondVisitor, company.manager, company.colleague].map((person) =>
      stage.app.signIn(person),
    ),
  );
  if (!visitor || !second || !manager || !colleague) throw new Error('four people sign in');
  return { company, visitor, second, manager, colleague };
}
type World = Awaited<ReturnType<typeof aWorld>>;
type Words = (typeof LANGUAGES)[keyof typeof LANGUAGES];

async function at(
  person: { login: string },
  path: string,
  words: Words,
  viewport = { width: 1280, height: 900 },
): Promise<{ page: Page; complaints: string[] }> {
  const { page, complaints } = await stage.visitor({ locale: words.locale, viewport });
  await signIn(stage, page, person.login, PASSWORD, path);
  return { page, complaints };
}
const frames = (page: Page) =>
  page.evaluate(
    () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
  );

/* ── Lists ────────────────────────────────────────────── */

/** One of the two lists, and what others do to it. */
interface List {
  person: (world: World) => { login: string };
  path: string;
  /** Where the list is not. */
  away: [x: number, y: number];
  /** Low enough that the list scrolls. */
  low: { width: number; height: number };
  prepare: (world: World, numbers: string[]) => Promise<void>;
  /** Somebody says something in an appeal: it stands first now. */
  says: (world: World, appealId: string, body: string) => Promise<unknown>;
  comes: (world: World) => Promise<unknown>;
  leaves: (world: World, appealId: string) => Promise<unknown>;
  reason: (words: Words, world: World) => string;
}
const LISTS: Record<string, List> = {
  'the manager’s inbox': {
    person: ({ company }) => company.manager,
    path: '/inbox/queue',
    away: [900, 200],
    low: { width: 1280, height: 420 },
    prepare: ({ manager }) =>
      manager.call(peopleApi.changeSettings, { sort: { queue: 'last' } }).then(() => undefined),
    says: ({ visitor }, appealId, body) => aMessage(visitor, appealId, { body }),
    comes: ({ visitor, company }) => anAppeal(visitor, company.topic),
    leaves: ({ colleague, company }, appealId) =>
      colleague.call(appealsApi.assign, { appealId, assigneeId: company.colleague.id }),
    reason: (words, { company }) => words.assigned(company.colleague.name),
  },
  'the dealer’s list': {
    person: ({ company }) => company.visitor,
    path: '/appeals?status=owed',
    away: [20, 100],
    low: { width: 1280, height: 320 },
    prepare: async ({ manager }, ids) => {
      for (const id of ids) await aMessage(manager, id);
    },
    says: ({ manager }, appealId, body) => aMessage(manager, appealId, { body }),
    comes: async ({ second, manager, company }) => {
      const { appeal } = await anAppeal(second, company.topic);
      await aMessage(manager, appeal.id);
    },
    leaves: ({ second }, appealId) => aMessage(second, appealId),
    reason: (words) => words.answered,
  },
};

interface Row {
  no: string;
  top: number;
  height: number;
  text: string;
}
const rowsOf = (page: Page): Promise<Row[]> =>
  page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('a[data-appeal-no]')].map((row) => {
      const { top, height } = row.getBoundingClientRect();
      return { no: row.dataset.appealNo ?? '', top, height, text: row.innerText };
    }),
  );
const order = async (page: Page) => (await rowsOf(page)).map(({ no }) => no);
const placesOf = (rows: Row[]) => rows.map(({ no, top, height }) => ({ no, top, height }));
const row = (page: Page, no: number | string) => page.locator(`a[data-appeal-no="${no}"]`);
const pill = (page: Page) => page.locator('button.pill');
/** The rows stand as they will: nothing is being moved any more. */
async function still(page: Page, wanted: (string | number)[]): Promise<void> {
  await expect.poll(() => order(page), { timeout: 4_000 }).toEqual(wanted.map(String));
  await page.waitForFunction(() => document.getAnimations().length === 0);
}

/** Six appeals in the list, the last opened first. */
async function aList(list: List, words: Words, viewport?: { width: number; height: number }) {
  const world = await aWorld();
  const appeals: { id: string; no: number }[] = [];
  for (let count = 0; count < 6; count += 1) {
    appeals.unshift((await anAppeal(world.visitor, world.company.topic)).appeal);
  }
  await list.prepare(world, appeals.map(({ id }) => id).reverse());
  const { page, complaints } = await at(list.person(world), list.path, words, viewport);
  await page.mouse.move(...list.away);
  await still(
    page,
    appeals.map(({ no }) => no),
  );
  return { world, appeals, page, complaints, numbers: appeals.map(({ no }) => String(no)) };
}

/** The lists take turns in the two languages. */
const CASES = Object.entries(LISTS).map(([name, list], turn) => {
  const language = turn % 2 === 0 ? 'ru' : 'en';
  return { name: `${name} (${language})`, words: LANGUAGES[language], list };
});

describe.each(CASES)('LIV-1: $name', ({ words, list }) => {
  it('stands still under the pointer: rows change in place, new ones wait, leaving ones say why', async () => {
    const { world, appeals, page, complaints, numbers } = await aList(list, words);
    const [, second, third, , , last] = appeals;
    if (!second || !third || !last) throw new Error('six appeals');
    await row(page, second.no).hover();
    const before = await rowsOf(page);

    await list.says(world, last.id, 'Слова в последней строке');
    await list.comes(world);
    await list.leaves(world, third.id);
    await row(page, last.no).filter({ hasText: 'Слова в последней строке' }).waitFor();
    await row(page, third.no)
      .filter({ hasText: list.reason(words, world) })
      .waitFor();
    await pill(page)
      .filter({ hasText: words.new(1) })
      .waitFor();
    expect(placesOf(await rowsOf(page))).toEqual(placesOf(before));
    const style = await row(page, third.no).evaluate(
      (element) => getComputedStyle(element).opacity,
    );
    expect(Number(style)).toBeLessThan(1);

    // The pill has its place above the rows and can be reached without the list moving.
    const box = await pill(page).boundingBox();
    expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(before[0]?.top ?? 0);
    await pill(page).click();
    const kept = numbers.filter((no) => no !== String(last.no) && no !== String(third.no));
    await expect.poll(async () => (await order(page)).slice(1)).toEqual([`${last.no}`, ...kept]);
    expect(await pill(page).count()).toBe(0);

    // By key.
    await row(page, second.no).hover();
    const held = await order(page);
    await list.comes(world);
    await pill(page).waitFor();
    expect(await order(page)).toEqual(held);
    await page.keyboard.press('.');
    await expect.poll(async () => (await order(page)).slice(1)).toEqual(held);
    expect(await pill(page).count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it('stands still for focus, selection and scrolling, and moves softly otherwise', async () => {
    const { world, appeals, page, complaints, numbers } = await aList(list, words, list.low);
    // A row that moves is told of, with how long it takes.
    await page.evaluate(() => {
      const moves: number[] = [];
      Object.assign(globalThis, { moves });
      addEventListener('transitionrun', ({ propertyName, target }) => {
        if (propertyName !== 'transform' || !(target instanceof Element)) return;
        for (const one of target.getAnimations())
          moves.push(Number(one.effect?.getTiming().duration));
      });
    });
    let standing = numbers;
    const busy: Record<string, [start: () => Promise<unknown>, end: () => Promise<unknown>]> = {
      focus: [
        () => row(page, numbers[1] ?? '').focus(),
        () => page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur()),
      ],
      selection: [
        () =>
          row(page, numbers[0] ?? '').evaluate((element) =>
            getSelection()?.selectAllChildren(element),
          ),
        () => page.evaluate(() => getSelection()?.removeAllRanges()),
      ],
      scroll: [
        () =>
          row(page, standing[5] ?? '').evaluate((element) =>
            element.scrollIntoView({ block: 'end' }),
          ),
        () =>
          row(page, standing[0] ?? '').evaluate((element) => {
            const box = element.closest('.list-body') ?? document.scrollingElement;
            box?.scrollTo({ top: 0 });
          }),
      ],
    };
    for (const [what, [start, end]] of Object.entries(busy)) {
      await start();
      await frames(page);
      const before = placesOf(await rowsOf(page));
      const lowest = appeals.find(({ no }) => String(no) === standing[5]);
      if (!lowest) throw new Error('the lowest of six');
      await list.says(world, lowest.id, `Пока ${what}`);
      await row(page, lowest.no)
        .filter({ hasText: `Пока ${what}` })
        .waitFor();
      expect(placesOf(await rowsOf(page)), what).toEqual(before);
      await end();
      standing = [String(lowest.no), ...standing.slice(0, 5)];
      await still(page, standing);
    }
    const moves = await page.evaluate(() => (globalThis as unknown as { moves: number[] }).moves);
    expect(moves.length).toBeGreaterThan(0);
    expect(Math.max(...moves)).toBeLessThanOrEqual(180);
    expect(complaints).toEqual([]);
  });
});

it('LIV-1: a list that is scrolled takes in older rows in their places, and they do not wait behind the pill', async () => {
  const world = await aWorld();
  for (let count = 0; count < 60; count += 1) await anAppeal(world.visitor, world.company.topic);
  // Long closed: they come page by page, not with the sync.
  await stage.app.database.db.query(
    `UPDATE appeal SET status = 'closed', last_at = last_at - interval '30 days',
       public_last_at = public_last_at - interval '30 days' WHERE dealer_id = $1`,
    [world.company.dealer.id],
  );
  const { page, complaints } = await at(
    world.company.visitor,
    '/appeals?status=closed',
    LANGUAGES.ru,
  );
  await page.locator('a[data-appeal-no]').first().waitFor();
  const before = await order(page);
  expect(before).toHaveLength(50);
  await page.locator('a[data-appeal-no]').nth(30).hover();
  await page.mouse.wheel(0, 20_000);
  await expect.poll(async () => (await order(page)).length).toBeGreaterThan(before.length);
  expect((await order(page)).slice(0, before.length)).toEqual(before);
  expect(await pill(page).count()).toBe(0);
  expect(complaints).toEqual([]);
});

it('LIV-1 on a phone: the pill moves no row and nothing scrolls sideways; the order is chosen there too', async () => {
  const list = LISTS['the dealer’s list'];
  if (!list) throw new Error('the dealer’s list');
  const phone = { width: 360, height: 640 };
  const { world, appeals, page, complaints } = await aList(list, LANGUAGES.ru, phone);
  await row(page, appeals[1]?.no ?? 0).focus();
  const before = placesOf(await rowsOf(page));
  await list.comes(world);
  await pill(page).waitFor();
  expect(placesOf(await rowsOf(page))).toEqual(before);
  const sideways = () =>
    page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
  expect(await sideways()).toBe(0);
  const box = await pill(page).boundingBox();
  expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(360);
  await page.keyboard.press('.');

  await page.getByRole('button', { name: LANGUAGES.ru.order }).click();
  await page.getByRole('menuitemradio', { name: LANGUAGES.ru.newest }).click();
  await expect
    .poll(() => world.visitor.call(peopleApi.me, {}))
    .toMatchObject({ settings: { sort: { owed: 'opened' } } });
  expect(complaints).toEqual([]);
});

/* ── The open appeal ──────────────────────────────────── */

describe.each(Object.entries(LANGUAGES).slice(0, 1))('LIV-2 (%s)', (_language, words) => {
  it('the open appeal stays in the list and open, whatever a colleague does; its head says what', async () => {
    const { company, visitor, colleague } = await aWorld();
    const others = [await anAppeal(visitor, company.topic), await anAppeal(visitor, company.topic)];
    const { appeal } = await anAppeal(visitor, company.topic);
    for (let count = 0; count < 30; count += 1) await aMessage(visitor, appeal.id);
    const { page, complaints } = await at(company.manager, `/inbox/queue/${appeal.no}`, words);
    await page.mouse.move(900, 400);
    const line = page.locator('[data-part=meanwhile]');
    const message = page.locator('.m[data-seq="20"]');
    await message.evaluate((element) => element.scrollIntoView({ block: 'center' }));
    await frames(page);
    const before = (await message.boundingBox())?.y ?? NaN;
    const places = await order(page);

    const appealId = appeal.id;
    await colleague.call(appealsApi.assign, { appealId, assigneeId: company.colleague.id });
    await line.filter({ hasText: words.taken(company.colleague.name) }).waitFor();
    await row(page, appeal.no)
      .filter({ hasText: words.assigned(company.colleague.name) })
      .waitFor();
    await colleague.call(appealsApi.changeStatus, {
      ...{ appealId, clientId: crypto.randomUUID(), status: 'closed' },
    });
    await line.filter({ hasText: words.closed(company.colleague.name) }).waitFor();
    await colleague.call(appealsApi.assign, {
      ...{ appealId: others[0]?.appeal.id ?? '', assigneeId: company.colleague.id },
    });
    // Another one does leave; the open one stands where it stood.
    await expect
      .poll(() => order(page))
      .toEqual(places.filter((no) => no !== String(others[0]?.appeal.no)));
    expect(new URL(page.url()).pathname).toBe(`/inbox/queue/${appeal.no}`);
    // The line above has moved nothing that is read.
    expect(Math.abs(((await message.boundingBox())?.y ?? NaN) - before)).toBeLessThanOrEqual(1);
    await line.getByRole('button').click();
    await line.waitFor({ state: 'detached' });
    expect(Math.abs(((await message.boundingBox())?.y ?? NaN) - before)).toBeLessThanOrEqual(1);
    expect(complaints).toEqual([]);
  });

  it('the dealer’s open appeal stays open when others close it, and says so', async () => {
    const { company, visitor, second, manager } = await aWorld();
    const { appeal } = await anAppeal(visitor, company.topic);
    await aMessage(manager, appeal.id);
    const { page, complaints } = await at(company.visitor, `/appeals/${appeal.no}`, words);
    await page.locator('[data-message-id]').first().waitFor();
    await frames(page);
    await second.call(appealsApi.changeStatus, {
      ...{ appealId: appeal.id, clientId: crypto.randomUUID() },
      ...{ status: 'resolved', solved: true },
    });
    const line = page.locator('[data-part=meanwhile]');
    await line.filter({ hasText: words.solved(company.secondVisitor.name) }).waitFor();
    expect(new URL(page.url()).pathname).toBe(`/appeals/${appeal.no}`);
    expect(await page.locator('[data-mode] textarea').count()).toBe(1);
    expect(complaints).toEqual([]);
  });
});

/* ── Thread ───────────────────────────────────────────── */

const thread = (page: Page) => page.locator('.msgs');
const endDistance = (page: Page) =>
  thread(page).evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight);
async function scrollTo(page: Page, top: number): Promise<void> {
  await thread(page).evaluate((box, to) => (box.scrollTop = to), top);
  await frames(page);
}
const SIDES = [
  { side: 'staff', language: 'ru', words: LANGUAGES.ru },
  { side: 'dealer', language: 'en', words: LANGUAGES.en },
] as const;
/** A thread of one appeal in front of one side; the other side writes into it. */
async function aThread(side: 'staff' | 'dealer', words: Words, messages: number) {
  const world = await aWorld();
  const { company, visitor, manager } = world;
  const { appeal } = await anAppeal(visitor, company.topic);
  const other: TestSession = side === 'staff' ? visitor : manager;
  const reader: TestSession = side === 'staff' ? manager : visitor;
  for (let count = 1; count <= messages; count += 1) {
    await aMessage(count % 3 ? other : reader, appeal.id, {
      body: `Строка ${count}\n\nи ещё одна`,
    });
  }
  const { lastSeq } = (await manager.call(appealsApi.card, { appealId: appeal.id }))
    .appeal as unknown as { lastSeq: number };
  const card = await reader.call(appealsApi.card, { appealId: appeal.id });
  const seq = card.appeal.audience === 'staff' ? lastSeq : card.appeal.lastPublicSeq;
  await reader.call(appealsApi.markRead, { appealId: appeal.id, seq });
  const person = side === 'staff' ? company.manager : company.visitor;
  const path = side === 'staff' ? `/inbox/all/${appeal.no}` : `/appeals/${appeal.no}`;
  return { world, appeal, other, reader, person, path, words };
}
async function aPicture(session: TestSession): Promise<string> {
  const form = new FormData();
  form.set('clientId', crypto.randomUUID());
  const bytes = await sharp({
    create: { width: 900, height: 600, channels: 3, background: '#336699' },
  })
    .png()
    .toBuffer();
  form.set('file', new Blob([new Uint8Array(bytes)], { type: 'image/png' }), 'этикетка.png');
  const answer = await fetch(`${stage.app.url}/api/attachments`, {
    ...{ method: 'POST', headers: { cookie: session.cookie }, body: form },
  });
  return ((await answer.json()) as { id: string }).id;
}

describe.each(SIDES)('LIV-3: the thread of $side ($language)', ({ side, words }) => {
  it('follows at the end, holds its place elsewhere, counts what is new and leads back after an own message', async () => {
    const { appeal, other, person, path } = await aThread(side, words, 45);
    const { page, complaints } = await at(person, path, words);
    await page.locator('.m', { hasText: 'Строка 45' }).waitFor();
    await expect.poll(() => endDistance(page)).toBeLessThanOrEqual(1);

    // 40 px above the end still is the end.
    await thread(page).evaluate((box) => (box.scrollTop -= 40));
    await frames(page);
    await aMessage(other, appeal.id, { body: 'Следом' });
    await page.locator('.m', { hasText: 'Следом' }).waitFor();
    await expect.poll(() => endDistance(page)).toBeLessThanOrEqual(1);

    // Elsewhere nothing moves: a new message, a picture that comes late.
    const message = page.locator('.m', { hasText: 'Строка 20' });
    await message.evaluate((element) => element.scrollIntoView({ block: 'center' }));
    await frames(page);
    const top = async () => (await message.boundingBox())?.y ?? NaN;
    const before = await top();
    const jump = page.locator('.thread-float button');
    expect(await jump.getAttribute('aria-label')).toBe(words.toEnd);
    await aMessage(other, appeal.id, { body: 'Первое внизу' });
    await jump.filter({ hasText: words.new(1) }).waitFor();
    await aMessage(other, appeal.id, { body: 'Второе внизу' });
    await aMessage(other, appeal.id, { body: 'Третье внизу' });
    await aMessage(other, appeal.id, { body: 'Четвёртое внизу' });
    await aMessage(other, appeal.id, { body: 'Пятое внизу' });
    await jump.filter({ hasText: words.new(5) }).waitFor();
    expect(Math.abs((await top()) - before)).toBeLessThanOrEqual(1);

    // An own message leads to the end, and a button back.
    await page.locator('[data-mode] textarea').fill('Моё слово');
    await page.locator('[data-mode] textarea').press('Enter');
    await expect.poll(() => endDistance(page)).toBeLessThanOrEqual(1);
    await page.locator('.m[data-message-state=sent]', { hasText: 'Моё слово' }).waitFor();
    const back = page.getByRole('button', { name: words.goBack });
    await back.click();
    await frames(page);
    expect(Math.abs((await top()) - before)).toBeLessThanOrEqual(1);
    await back.waitFor({ state: 'detached' });

    // Near the end it offers no way back; whoever leaves the end by himself is not offered one any more.
    await jump.click();
    await page.locator('[data-mode] textarea').fill('Ещё слово');
    await page.locator('[data-mode] textarea').press('Enter');
    await page.locator('.m[data-message-state=sent]', { hasText: 'Ещё слово' }).waitFor();
    expect(await back.count()).toBe(0);
    await scrollTo(page, 300);
    await page.locator('[data-mode] textarea').fill('И ещё');
    await page.locator('[data-mode] textarea').press('Enter');
    await back.waitFor();
    await thread(page).evaluate((box) => (box.scrollTop -= 600));
    await back.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: words.toEnd }).waitFor();
    expect(complaints).toEqual([]);
  });
});

describe.each(SIDES)('LIV-4: the thread of $side ($language)', ({ side, words }) => {
  it('loads older messages ahead without a jump, and keeps the place of pictures', async () => {
    const { appeal, other, person, path } = await aThread(side, words, 118);
    const attachment = await aPicture(other);
    await aMessage(other, appeal.id, { body: 'Этикетка', attachmentIds: [attachment] });
    for (const body of ['под ней', 'и ещё']) await aMessage(other, appeal.id, { body });
    const { page, complaints } = await stage.visitor({ locale: words.locale });
    let showPicture = () => {};
    const shown = new Promise<void>((resolve) => (showPicture = resolve));
    await page.route('**/attachments/*/*', async (route) => {
      await shown;
      await route.continue();
    });
    await signIn(stage, page, person.login, PASSWORD, path);
    const picture = page.locator('.m img').first();
    await picture.waitFor();
    const under = page.locator('.m', { hasText: 'под ней' });
    const places = async () => [await under.boundingBox(), await picture.boundingBox()];
    await under.evaluate((element) => element.scrollIntoView({ block: 'center' }));
    await frames(page);
    const reserved = await places();
    showPicture();
    await page.waitForFunction(() => {
      const image = document.querySelector<HTMLImageElement>('.m img');
      return image?.complete === true && image.naturalWidth > 0;
    });
    expect(await places()).toEqual(reserved);
    expect(await thread(page).evaluate((box) => getComputedStyle(box).scrollbarGutter)).toBe(
      'stable',
    );

    // Up in steps of less than the slack below; where the page asks for more is written down.
    const asked: { limit: string | null; before: string | null }[] = [];
    let letIn = () => {};
    let wait = new Promise<void>((resolve) => (letIn = resolve));
    await page.route('**/appeals/*/entries?*', async (route) => {
      const { searchParams } = new URL(route.request().url());
      if (!searchParams.has('beforeSeq')) return route.continue();
      asked.push({ limit: searchParams.get('limit'), before: searchParams.get('beforeSeq') });
      await wait;
      await route.continue();
    });
    const stepUp = () =>
      thread(page).evaluate((box) => {
        box.scrollTop -= 60;
        return box.scrollTop / box.clientHeight;
      });
    const count = () => page.locator('.msgs > [data-seq]').count();
    {
      let screens = Infinity;
      while (asked.length === 0 && screens > 0) {
        screens = await stepUp();
        await frames(page);
      }
      expect(asked.at(-1)).toMatchObject({ limit: '50' });
      expect(screens).toBeGreaterThan(1.3);
      expect(screens).toBeLessThanOrEqual(1.5);
      // Every frame while the page comes in: what is read stays where it is.
      const held = await count();
      await page.evaluate(() => {
        const box = document.querySelector('.msgs');
        if (!box) throw new Error('no thread');
        const edge = box.getBoundingClientRect().top;
        const line = [...box.querySelectorAll('[data-seq]')].find(
          (one) => one.getBoundingClientRect().top > edge + 100,
        );
        if (!line) throw new Error('nothing is read');
        const tops: number[] = [];
        const watch = { on: true };
        Object.assign(globalThis, { tops, watch });
        const look = () => {
          tops.push(line.getBoundingClientRect().top);
          if (watch.on) requestAnimationFrame(look);
        };
        look();
      });
      letIn();
      await expect.poll(count).toBeGreaterThan(held);
      await frames(page);
      await frames(page);
      const tops = await page.evaluate(() => {
        const { tops: seen, watch } = globalThis as unknown as {
          tops: number[];
          watch: { on: boolean };
        };
        watch.on = false;
        return seen;
      });
      expect(tops.length).toBeGreaterThan(2);
      expect(Math.max(...tops) - Math.min(...tops)).toBeLessThanOrEqual(1);
      expect((await count()) - held).toBe(50);
      wait = new Promise<void>((resolve) => (letIn = resolve));
    }

    // At the very top, over a slow line: the line about loading comes and goes, what is read stays.
    await scrollTo(page, 0);
    const first = page.locator('.msgs > .m[data-seq]').first();
    const seq = await first.getAttribute('data-seq');
    const message = page.locator(`.msgs > [data-seq="${seq}"] .bub`);
    await frames(page);
    const before = (await message.boundingBox())?.y ?? NaN;
    letIn();
    await expect
      .poll(() => page.locator('.msgs > [data-seq]').first().getAttribute('data-seq'))
      .not.toBe(seq);
    await frames(page);
    expect(Math.abs(((await message.boundingBox())?.y ?? NaN) - before)).toBeLessThanOrEqual(1);
    expect(complaints).toEqual([]);
  });
});

/* ── Order and repeats ────────────────────────────────── */

describe.each(SIDES)('LIV-5: $side ($language)', ({ side, words }) => {
  it('the order of a view is its own, and a row shows the moment it stands by', async () => {
    const view = 'all';
    const path = side === 'staff' ? '/inbox/all' : '/appeals';
    const otherPath = side === 'staff' ? '/inbox/queue' : '/appeals?status=owed';
    const { company, visitor, manager } = await aWorld();
    const older = (await anAppeal(visitor, company.topic)).appeal;
    const newer = (await anAppeal(visitor, company.topic)).appeal;
    await stage.app.database.db.query(
      `UPDATE appeal SET created_at = created_at - interval '1 day' WHERE id = $1`,
      [older.id],
    );
    await aMessage(manager, newer.id);
    await aMessage(manager, older.id);
    await manager.call(appealsApi.assign, { appealId: newer.id, assigneeId: null });
    await manager.call(appealsApi.assign, { appealId: older.id, assigneeId: null });
    const person = side === 'staff' ? company.manager : company.visitor;
    const { page, complaints } = await at(person, path, words);
    await page.mouse.move(900, 5);
    await still(page, [older.no, newer.no]);
    const moment = async () =>
      Date.parse((await row(page, older.no).locator('time').getAttribute('datetime')) ?? '');
    const card = await visitor.call(appealsApi.card, { appealId: older.id });
    expect(await moment()).toBe(Date.parse(card.appeal.lastAt));
    const session = side === 'staff' ? manager : visitor;
    await session.call(peopleApi.changeSettings, { sort: { [view]: 'opened' } });
    await still(page, [newer.no, older.no]);
    expect(await moment()).toBe(Date.parse(card.appeal.createdAt));
    // Another view keeps its own.
    await page.goto(`${stage.app.url}${otherPath}`);
    await page.mouse.move(900, 5);
    if (side === 'dealer') await still(page, [older.no, newer.no]);
    const { settings } = await session.call(peopleApi.me, {});
    expect(settings.sort).toEqual({ [view]: 'opened' });
    expect(complaints).toEqual([]);
  });

  it('news that comes backwards and twice ends as a fresh page does', async () => {
    const { world, appeal, other, person, path } = await aThread(side, words, 3);
    const { page, complaints } = await stage.visitor({ locale: words.locale });
    const held: string[] = [];
    let holding = false;
    let send: (frame: string) => void = () => undefined;
    await page.routeWebSocket(/socket\.io/, (socket) => {
      send = (frame) => socket.send(frame);
      socket.connectToServer().onMessage((frame) => {
        if (holding && typeof frame === 'string' && frame.startsWith('42')) held.push(frame);
        else socket.send(frame);
      });
    });
    await signIn(stage, page, person.login, PASSWORD, path);
    await page.locator('.m', { hasText: 'Строка 3' }).waitFor();
    holding = true;
    const { entry } = await aMessage(other, appeal.id, { body: 'Одно' });
    await aMessage(other, appeal.id, { body: 'Два' });
    const clientId = crypto.randomUUID();
    await other.call(appealsApi.edit, {
      ...{ appealId: appeal.id, clientId },
      entryId: entry.id,
      body: 'Одно, верно',
    });
    await world.manager.call(appealsApi.changeStatus, {
      ...{ appealId: appeal.id, clientId: crypto.randomUUID(), status: 'waiting' },
    });
    await aMessage(other, appeal.id, { body: 'Три' });
    await expect
      .poll(() => held.filter((one) => one.includes('appeal:news')).length)
      .toBeGreaterThanOrEqual(4);
    for (const frame of [...held].reverse()) {
      send(frame);
      send(frame);
    }
    for (const frame of held) send(frame);
    holding = false;
    const lines = (one: Page) =>
      one.evaluate(() =>
        [...document.querySelectorAll<HTMLElement>('.msgs > [data-seq]')].map((line) => [
          line.dataset.seq,
          line.dataset.messageId ?? line.dataset.event,
          line.dataset.version ?? '',
          line.querySelector('.bub')?.textContent ?? '',
        ]),
      );
    const fresh = await at(person, path, words);
    await fresh.page.locator('.m', { hasText: 'Три' }).waitFor();
    await page.locator('.m', { hasText: 'Три' }).waitFor();
    await expect.poll(() => lines(page)).toEqual(await lines(fresh.page));
    if (side === 'staff') {
      const rows = async (one: Page) => (await rowsOf(one)).map(({ no, text }) => [no, text]);
      await expect.poll(() => rows(page)).toEqual(await rows(fresh.page));
    }
    expect(complaints).toEqual([]);
  });
});
