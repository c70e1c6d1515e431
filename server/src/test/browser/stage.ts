import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  chromium,
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type Page,
} from 'playwright-core';
import { testApp, type TestApp } from '../test-app';

const CLIENT = fileURLToPath(new URL('../../../../client/dist', import.meta.url));
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A real server with the built client, and a real browser in front of it. */
export interface Stage {
  app: TestApp;
  browser: Browser;
  /** A fresh browser profile: its own cookies, storage and language. Everything it could not do is in `complaints`. */
  visitor(
    options?: BrowserContextOptions,
  ): Promise<{ context: BrowserContext; page: Page; complaints: string[] }>;
  close(): Promise<void>;
}

export async function openStage(options: Parameters<typeof testApp>[0] = {}): Promise<Stage> {
  if (!existsSync(join(CLIENT, 'index.html')))
    throw new Error('client/dist is missing: run npm run build');
  const app = await testApp({ background: true, clientFolder: CLIENT, ...options });
  const profile = await mkdtemp(join(tmpdir(), 'otklik-browser-'));
  const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
  const browser = await chromium.launch({ executablePath, headless: true, args: FLAGS });
  return {
    app,
    browser,
    async visitor(contextOptions = {}) {
      const context = await browser.newContext({
        locale: 'ru-RU',
        timezoneId: 'Europe/Moscow',
        viewport: { width: 1280, height: 900 },
        ...contextOptions,
      });
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
      page.on('console', (message) => {
        if (
          (message.type() === 'error' || message.type() === 'warning') &&
          !BROWSERS_OWN.some((words) => message.text().startsWith(words))
        )
          complaints.push(`${message.type()}: ${message.text()}`);
      });
      page.setDefaultTimeout(20_000);
      return { context, page, complaints };
    },
    async close() {
      await browser.close();
      await app.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}

/**
 * A refused call, and a page that could not be kept because the connection was cut, are told by the browser itself;
 * the page answers for the one in its own words, and tries the other again.
 */
const BROWSERS_OWN = [
  'Failed to load resource',
  'An unknown error occurred when fetching the script',
];

/** A fresh browser profile of somebody who is signed in already. */
export async function signedIn(
  stage: Stage,
  person: { id: string },
  options: BrowserContextOptions = {},
): ReturnType<Stage['visitor']> {
  const guest = await stage.visitor(options);
  const { cookie } = await stage.app.signIn(person);
  const [name = '', value = ''] = cookie.split('=');
  await guest.context.addCookies([{ name, value, url: stage.app.url, httpOnly: true }]);
  return guest;
}

/**
 * What a person's browser is set to, and what Intl makes of it. Rules of behaviour are tried in one of them, files taking turns: the
 * locales' own tests see that no word is missing, and `screens.btest.ts` takes every screen in both.
 */
export const LANGUAGES = [
  ['ru', { locale: 'ru-RU' }],
  ['en', { locale: 'en-GB' }],
] as const;

/** Signs in through the page itself. */
export async function signIn(
  stage: Stage,
  page: Page,
  login: string,
  password: string,
  path = '/',
): Promise<void> {
  await page.goto(`${stage.app.url}${path}`);
  await page.getByLabel(/E-mail или логин|E-mail or login/).fill(login);
  await page.getByLabel(/^Пароль|^Password/).fill(password);
  await page.getByRole('button', { name: /^Войти$|^Sign in$/ }).click();
  await page.waitForURL((url) => !url.pathname.endsWith('/login'));
}
