import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser } from 'playwright-core';
import { ms, percentile, table, type Ground } from './ground';
import { aCrowdOfPeople } from './people';

const SENDS = 30;
const GOAL_MS = 50;
const CLIENT = fileURLToPath(new URL('../../../../client/dist/index.html', import.meta.url));
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
];

/**
 * Runs in the page: from the browser's own time of the Enter key to the change of the page that brings the bubble with those words,
 * and to the frame after it.
 */
const STOPWATCH = `
  let measured = 0;
  addEventListener('keydown', (press) => {
    if (press.key !== 'Enter') return;
    const words = press.target.value;
    const watch = new MutationObserver(() => {
      const bubbles = [...document.querySelectorAll('[data-message-state]')];
      if (!bubbles.some((bubble) => bubble.textContent.includes(words))) return;
      watch.disconnect();
      const drawn = performance.now() - press.timeStamp;
      requestAnimationFrame(() => setTimeout(() => {
        document.body.dataset.times = drawn + ' ' + (performance.now() - press.timeStamp);
        document.body.dataset.measured = ++measured;
      }));
    });
    watch.observe(document.body, { subtree: true, childList: true, attributes: true });
  }, { capture: true });`;

/** From the key press until the own message stands on the screen, in a real browser with the built client. */
export async function screen(ground: Ground): Promise<void> {
  const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
  if (!existsSync(CLIENT) || !existsSync(executablePath)) {
    ground.show(
      '\nOwn message on the screen: not measured, it needs `npm run build` and Chromium (CHROMIUM_PATH)',
    );
    return;
  }
  const databaseUrl = await ground.database('screen');
  const server = await ground.start('product-server.ts', databaseUrl);
  const [group] = await ground.withDb(databaseUrl, (db) => aCrowdOfPeople(db, server.url, 1, 1));
  const bar = ground.bar('screen', SENDS);
  const browser = await chromium.launch({ executablePath, headless: true, args: FLAGS });
  try {
    const { drawn, painted } = await measure(browser, server.url, group?.cookies[0] ?? '', () =>
      bar.step(),
    );
    bar.end();
    const row = (name: string, times: number[]) => [
      name,
      ms(percentile(times, 0.5)),
      ms(percentile(times, 0.95)),
      ms(Math.max(...times)),
    ];
    ground.show(
      `\nOwn message on the screen, ${SENDS} sends in Chromium; goal: p95 ≤ ${GOAL_MS} ms`,
    );
    ground.show(
      table([
        ['from the key press until', 'p50', 'p95', 'max'],
        row('the bubble is there', drawn),
        row('the frame after it', painted),
      ]),
    );
    await ground.save('screen', { sends: SENDS, drawn, painted });
  } finally {
    await browser.close();
  }
  await server.stop();
}

async function measure(browser: Browser, url: string, cookie: string, stepped: () => void) {
  const context = await browser.newContext({
    locale: 'ru-RU',
    viewport: { width: 1280, height: 900 },
  });
  const [name = '', value = ''] = cookie.split('=');
  await context.addCookies([{ name, value, url }]);
  const page = await context.newPage();
  await page.addInitScript(STOPWATCH);
  await page.goto(`${url}/appeals/1001`);
  const field = page.locator('textarea');
  await field.waitFor();
  const drawn: number[] = [];
  const painted: number[] = [];
  for (let index = 0; index < SENDS; index += 1) {
    await field.fill(`Своё сообщение № ${index}`);
    await field.press('Enter');
    const measured = page.locator(`body[data-measured="${index + 1}"]`);
    await measured.waitFor();
    const times = (await measured.getAttribute('data-times'))?.split(' ').map(Number) ?? [];
    drawn.push(times[0] ?? 0);
    painted.push(times[1] ?? 0);
    stepped();
  }
  return { drawn, painted };
}
