import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadDemo } from '../../modules/demo';
import { createLog } from '../../platform/log';
import { openStage, signIn, type Stage } from './stage';

/**
 * A picture of every screen in both languages and themes, wide and on a phone, into an ignored folder, to be laid beside the prototype.
 * Each is also checked for what a picture shows badly: sideways scrolling, errors in the console, the page's language and headings.
 */
const PICTURES = fileURLToPath(new URL('../../../../test-output/pictures/', import.meta.url));
const PASSWORD = 'pictures-of-otklik';

interface Screen {
  name: string;
  login: string | null;
  path: string | ((stage: Stage) => Promise<string>);
  wide: number;
  /** Something that is there when the page is complete. */
  ready: string;
}

const dealerCard = async (stage: Stage) => {
  const [dealer] = await stage.app.database.db.query<{ dealer_id: string }>(
    `SELECT dealer_id FROM person WHERE login = 'dealer@demo.test'`,
  );
  return `/admin/dealers/${dealer?.dealer_id}/visitors`;
};
const orderPath = async (stage: Stage) => {
  const [order] = await stage.app.database.db.query<{ number: string }>(
    `SELECT o.number FROM dealer_order o JOIN appeal_order l ON l.order_id = o.id JOIN appeal a ON a.id = l.appeal_id WHERE a.no = 1042`,
  );
  return `/orders/${order?.number}`;
};

const macroPath = async (stage: Stage) => {
  const [macro] = await stage.app.database.db.query<{ id: string }>(
    `SELECT id FROM macro WHERE scope = 'own'`,
  );
  return `/macros?id=${macro?.id}`;
};

const SCREENS: Screen[] = [
  { name: 'login', login: null, path: '/login', wide: 1280, ready: 'form' },
  { name: 'dealer-home', login: 'dealer@demo.test', path: '/appeals', wide: 1280, ready: '.drow' },
  {
    name: 'appeal-new',
    login: 'dealer@demo.test',
    path: '/appeals/new',
    wide: 1280,
    ready: 'textarea',
  },
  {
    name: 'appeal-dealer',
    login: 'dealer@demo.test',
    path: '/appeals/1042',
    wide: 1280,
    ready: '[data-message-id]',
  },
  {
    name: 'orders',
    login: 'dealer@demo.test',
    path: '/orders',
    wide: 1280,
    ready: 'main a[href*="/orders/"]',
  },
  { name: 'order-card', login: 'dealer@demo.test', path: orderPath, wide: 1280, ready: 'main h1' },
  {
    name: 'account-sessions',
    login: 'dealer@demo.test',
    path: '/account/sessions',
    wide: 1280,
    ready: 'main h1',
  },
  {
    name: 'account-contacts',
    login: 'dealer@demo.test',
    path: '/account/contacts',
    wide: 1280,
    ready: 'main form',
  },
  { name: 'inbox', login: 'manager@demo.test', path: '/inbox/mine', wide: 1440, ready: '.row' },
  {
    name: 'inbox-thread',
    login: 'manager@demo.test',
    path: '/inbox/mine/1042',
    wide: 1440,
    ready: '[data-message-id]',
  },
  {
    name: 'macros',
    login: 'manager@demo.test',
    path: macroPath,
    wide: 1280,
    ready: '[data-preview]',
  },
  { name: 'board', login: 'supervisor@demo.test', path: '/board', wide: 1440, ready: 'main h1' },
  ...(['deadlines', 'hours', 'breaches', 'load', 'backlog'] as const).map((name) => ({
    ...{ name: `reports-${name}`, login: 'supervisor@demo.test', path: `/reports/${name}` },
    ...{ wide: 1280, ready: '[data-part=groups]' },
  })),
  {
    name: 'reports-list',
    login: 'supervisor@demo.test',
    path: '/reports/appeals?measure=opened',
    wide: 1280,
    ready: '[data-no]',
  },
  {
    name: 'admin-dealer',
    login: 'admin@demo.test',
    path: dealerCard,
    wide: 1440,
    ready: 'main [role=switch]',
  },
  {
    ...{ name: 'admin-rights', login: 'admin@demo.test', path: '/admin/rights' },
    ...{ wide: 1280, ready: '[data-right]' },
  },
];

let stage: Stage;
type Guest = Awaited<ReturnType<Stage['visitor']>>;
/** One browser profile per person and language: the files of the client are fetched once, as on a returning visit. */
const guests = new Map<string, Guest>();
/** One session for each person, shared by all his profiles. */
const cookies = new Map<string, Awaited<ReturnType<BrowserContext['cookies']>>>();

async function guestOf(login: string | null, locale: string): Promise<Guest> {
  const key = `${login} ${locale}`;
  const known = guests.get(key);
  if (known) return known;
  const guest = await stage.visitor({ locale });
  guests.set(key, guest);
  const session = login === null ? undefined : cookies.get(login);
  if (session) await guest.context.addCookies(session);
  else if (login !== null) {
    await signIn(stage, guest.page, login, PASSWORD);
    cookies.set(login, await guest.context.cookies());
  }
  return guest;
}

beforeAll(async () => {
  mkdirSync(PICTURES, { recursive: true });
  stage = await openStage({ env: { DEMO_DATA: '1', DEMO_PASSWORD: PASSWORD } });
  await loadDemo({ app: stage.app.app, config: stage.app.config, log: createLog('silent', false) });
}, 120_000);
afterAll(() => stage.close());

async function settled(page: Page, ready: string): Promise<void> {
  await page.locator(ready).first().waitFor({ state: 'visible' });
  await page.evaluate(async () => {
    await document.fonts.ready;
    await Promise.all(
      [...document.images]
        .filter((image) => image.loading !== 'lazy')
        .map((image) => image.decode().catch(() => undefined)),
    );
  });
}

/** What a picture shows badly. */
const facts = (page: Page) =>
  page.evaluate(() => {
    const headings = [...document.querySelectorAll('h1')].filter((one) => one.checkVisibility());
    return {
      over: Math.max(0, (document.scrollingElement?.scrollWidth ?? 0) - window.innerWidth),
      language: document.documentElement.lang,
      headings: headings.length,
      // A page whose own style sheet is missing lies against the edge.
      inset: headings
        .map((heading) => heading.getBoundingClientRect())
        .filter(({ width }) => width > 10)
        .every(({ left }) => left >= 8),
    };
  });

describe.each(['ru', 'en'] as const)('in %s', (language) => {
  it.each(SCREENS)('$name', async ({ name, login, path, wide, ready }) => {
    const address = typeof path === 'string' ? path : await path(stage);
    const { page, complaints } = await guestOf(login, language === 'ru' ? 'ru-RU' : 'en-GB');
    for (const width of [wide, 360]) {
      // Opened at its width, as on a real phone, not squeezed into it.
      await page.setViewportSize({ width, height: width === 360 ? 740 : 900 });
      await page.goto(`${stage.app.url}${address}`);
      await settled(page, ready);
      for (const theme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme: theme });
        await page.locator(`html[data-theme=${theme}]`).waitFor();
        await page.screenshot({
          path: join(PICTURES, `${name}-${width}-${theme}-${language}.png`),
          animations: 'disabled',
        });
        expect(await facts(page)).toEqual({ over: 0, language, headings: 1, inset: true });
      }
    }
    expect(complaints.splice(0)).toEqual([]);
  });
});
