import type { Posted } from '@otklik/shared/appeals';
import type { BrowserContext, Page, WebSocket } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { aCompany, aMessage, anAppeal } from '../../modules/appeals/appeal.factory';
import { aVisitor, PASSWORD } from '../../modules/people/people.factory';
import type { TestSession } from '../test-app';
import { aLine } from './line';
import { openStage, signIn, type Stage } from './stage';

/** Tabs of one browser share one socket and one queue. */
let stage: Stage;
let company: Awaited<ReturnType<typeof aCompany>>;
let manager: TestSession;
let line: Awaited<ReturnType<typeof aLine>>;

beforeAll(async () => {
  stage = await openStage();
  company = await aCompany(stage.app.database.db);
  manager = await stage.app.signIn(company.manager);
  line = await aLine(Number(new URL(stage.app.url).port));
}, 120_000);
afterAll(async () => {
  line.close();
  await stage.close();
});

let context: BrowserContext;
let visitor: Awaited<ReturnType<typeof aVisitor>>;
let appeal: Posted['appeal'];
/** The open sockets of every page. */
let held: Map<Page, Set<WebSocket>>;

beforeEach(async () => {
  line.mend();
  line.slow(0);
  visitor = await aVisitor(stage.app.database.db, company.dealer);
  const colleague = await stage.app.signIn(company.secondVisitor);
  appeal = (await anAppeal(colleague, company.topic)).appeal;
  ({ context } = await stage.visitor());
  held = new Map();
  context.on('page', count);
  count(context.pages()[0]!);
});
afterEach(() => context.close());

function count(page: Page): void {
  const open = new Set<WebSocket>();
  held.set(page, open);
  page.on('websocket', (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
  });
  // The page before says nothing of its sockets any more; this one has to ask who is here before it opens its own.
  page.on('domcontentloaded', () => open.clear());
  page.on('close', () => open.clear());
  page.on('crash', () => open.clear());
}

const sockets = () => stage.app.app.io.sockets.sockets.size;
const online = (page: Page) => page.locator('html[data-connection=online]').waitFor();

/** A signed-in browser with this many tabs, all at the appeal, and who leads. */
async function someTabs(number: number): Promise<{ leader: Page; followers: Page[]; all: Page[] }> {
  const first = context.pages()[0]!;
  await signIn({ ...stage, app: { ...stage.app, url: line.url } }, first, visitor.login, PASSWORD);
  const all = [first];
  for (let more = 1; more < number; more += 1) all.push(await context.newPage());
  for (const page of all) {
    page.setDefaultTimeout(20_000);
    await page.goto(`${line.url}/appeals/${appeal.no}`);
    await page.locator('[data-message-id]').first().waitFor();
    await online(page);
  }
  return { ...roles(all), all };
}

function roles(all: Page[]): { leader: Page; followers: Page[] } {
  const holders = all.filter((page) => held.get(page)!.size > 0);
  expect(holders).toHaveLength(1);
  const leader = holders[0]!;
  expect(held.get(leader)!.size).toBe(1);
  return { leader, followers: all.filter((page) => page !== leader) };
}

const bubble = (page: Page, text: string) => page.locator('.bub', { hasText: text });

async function write(page: Page, text: string): Promise<void> {
  const box = page.locator('[data-mode] textarea');
  await box.fill(text);
  await box.press('Enter');
  await bubble(page, text).waitFor();
}

/** What the server has of this appeal, in its order. */
async function stored(): Promise<string[]> {
  const rows = await stage.app.database.db.query<{ body: string }>(
    `SELECT body FROM entry WHERE appeal_id = '${appeal.id}' AND kind = 'message' ORDER BY seq`,
  );
  return rows.map(({ body }) => body).slice(1);
}
const until = (what: () => Promise<void> | void, timeout = 10_000) =>
  expect
    .poll(
      async () => {
        try {
          await what();
          return true;
        } catch (error) {
          return error;
        }
      },
      { timeout },
    )
    .toBe(true);

it('three tabs hold one socket, and news and messages reach all of them', async () => {
  const { followers, all } = await someTabs(3);
  await until(() => expect(sockets()).toBe(1));
  await aMessage(manager, appeal.id, { body: 'Здравствуйте, сверяем' });
  for (const page of all) await bubble(page, 'Здравствуйте, сверяем').waitFor();

  const follower = followers[0]!;
  const posts: string[] = [];
  for (const page of all)
    page.on('request', (request) => request.method() === 'POST' && posts.push(request.url()));
  await write(follower, 'Пишу из второй вкладки');
  for (const page of all) {
    await page
      .locator('[data-message-state=sent]', { hasText: 'Пишу из второй вкладки' })
      .or(page.locator('[data-message-state=read]', { hasText: 'Пишу из второй вкладки' }))
      .or(bubble(page, 'Пишу из второй вкладки'))
      .first()
      .waitFor();
    await until(async () => expect(await bubble(page, 'Пишу из второй вкладки').count()).toBe(1));
  }
  expect(await stored()).toEqual(['Здравствуйте, сверяем', 'Пишу из второй вкладки']);
  // It went over the leader's socket: nobody needed HTTP.
  expect(posts.filter((url) => url.includes('/entries'))).toEqual([]);
  roles(all);
});

it('when the leader is closed another takes over within three seconds, and news flows again', async () => {
  const { leader, followers } = await someTabs(3);
  const closedAt = Date.now();
  await leader.close({ runBeforeUnload: false });
  await until(() => void roles(followers), 3_000);
  await until(() => expect(sockets()).toBe(1), 3_000);
  await aMessage(manager, appeal.id, { body: 'Слышно?' });
  for (const page of followers) await bubble(page, 'Слышно?').waitFor();
  expect(Date.now() - closedAt).toBeLessThan(5_000);
  await write(followers[1]!, 'Слышно!');
  await until(async () => expect(await stored()).toEqual(['Слышно?', 'Слышно!']));
});

it('a leader that crashes in the middle of a queue loses nothing, doubles nothing and mixes nothing up', async () => {
  const { leader, followers } = await someTabs(3);
  const [author, reader] = followers as [Page, Page];
  line.cut();
  const texts = Array.from(
    { length: 20 },
    (_, index) => `Строка ${String(index + 1).padStart(2, '0')}`,
  );
  for (const text of texts) await write(author, text);
  // Pending in every tab, whoever wrote them.
  for (const page of [leader, reader]) {
    for (const text of texts) await bubble(page, text).waitFor();
  }
  // One after the other over a line like this they take six seconds: time enough to crash in the middle, on a slow machine too.
  line.slow(150);
  line.mend();
  await until(async () => expect((await stored()).length).toBeGreaterThan(3), 30_000);
  const cdp = await context.newCDPSession(leader);
  cdp.send('Page.crash').catch(() => undefined);
  await leader.waitForEvent('crash');
  expect((await stored()).length).toBeLessThan(texts.length);
  line.slow(0);
  await until(async () => expect(await stored()).toEqual(texts), 30_000);
  for (const page of followers) {
    await page
      .locator('[data-message-state=queued], [data-message-state=sending]')
      .waitFor({ state: 'detached' });
    for (const text of texts) expect(await bubble(page, text).count()).toBe(1);
  }
  roles(followers);
}, 150_000);

it('a leader that hangs is replaced, and follows when it comes to itself', async () => {
  const { leader, followers } = await someTabs(2);
  const [other] = followers as [Page];
  const hanging = leader.evaluate(() => {
    const end = Date.now() + 10_000;
    while (Date.now() < end);
  });
  await until(() => expect(held.get(other)!.size).toBe(1), 9_000);
  await aMessage(manager, appeal.id, { body: 'Пока первая висит' });
  await bubble(other, 'Пока первая висит').waitFor();
  await hanging;
  await until(() => expect(sockets()).toBe(1));
  await bubble(leader, 'Пока первая висит').waitFor();
  await write(leader, 'Очнулась');
  await bubble(other, 'Очнулась').waitFor();
});

it('a leader that is told of its freezing makes way at once', async () => {
  const { leader, followers } = await someTabs(2);
  const [other] = followers as [Page];
  await leader.evaluate(() => document.dispatchEvent(new Event('freeze')));
  await until(() => expect(held.get(other)!.size).toBe(1), 3_000);
  await until(() => expect(sockets()).toBe(1));
  await leader.evaluate(() => document.dispatchEvent(new Event('resume')));
  await write(leader, 'Проснулась');
  await bubble(other, 'Проснулась').waitFor();
});

it('signing out in one tab ends all of them, signing in as somebody else turns all of them', async () => {
  const { followers, all } = await someTabs(3);
  const [one] = followers as [Page];
  const others = all.filter((page) => page !== one);
  await write(one, 'До выхода');
  await one.goto(`${line.url}/account/profile`);
  await one.getByRole('button', { name: 'Выйти' }).click();
  await one.waitForURL(/\/login/);
  for (const page of others) {
    await page.locator('[data-state=session-ended]').waitFor();
    expect(await page.getByText('До выхода').count()).toBe(0);
  }
  await until(() => expect(sockets()).toBe(0));

  await one.getByLabel(/E-mail или логин/).fill(company.outsider.login);
  await one.getByLabel(/^Пароль/).fill(PASSWORD);
  await one.getByRole('button', { name: 'Войти' }).click();
  await one.waitForURL((url) => !url.pathname.endsWith('/login'));
  for (const page of others) {
    await page.locator('[data-state=session-ended]').waitFor({ state: 'detached' });
    expect(await page.getByText('До выхода').count()).toBe(0);
  }
  for (const page of all) await online(page);
  await until(() => expect(sockets()).toBe(1));
});
