import { readFile } from 'node:fs/promises';
import { appealsApi } from '@otklik/shared/appeals.api';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aCompany, aMessage, anAppeal } from '../../modules/appeals/appeal.factory';
import { LANGUAGES, openStage, signedIn, type Stage } from './stage';

/** Monday, 2 March 2026, 11:00 in Moscow; a complaint is promised an answer by 13:00. */
const MORNING = Date.parse('2026-03-02T08:00:00Z');
const HOUR = 3_600_000;
const WEEK = 'from=2026-03-01&to=2026-03-08';
const PICTURES = fileURLToPath(new URL('../../../../test-output/pictures/', import.meta.url));
let now = MORNING;
let stage: Stage;
let company: Awaited<ReturnType<typeof aCompany>>;
/** Numbers of the appeals that were answered too late, the newest last. */
const late: number[] = [];

beforeAll(async () => {
  mkdirSync(PICTURES, { recursive: true });
  stage = await openStage({ now: () => new Date(now), background: false });
  company = await aCompany(stage.app.database.db);
  // Exported, such a name must stay a name.
  await stage.app.database.db.query(`UPDATE dealer SET name = '=HYPERLINK(1)' WHERE id = $1`, [
    company.dealer.id,
  ]);
  const dealer = await stage.app.signIn(company.visitor);
  const manager = await stage.app.signIn(company.manager);
  for (let index = 0; index < 6; index += 1) {
    now = MORNING + index * 24 * HOUR;
    const typeCode = index % 2 ? 'error' : 'complaint';
    const { appeal } = await anAppeal(dealer, company.topic, { typeCode });
    now += index < 2 ? 5 * HOUR : HOUR;
    await aMessage(manager, appeal.id);
    if (index < 2) late.push(appeal.no);
    if (index < 4)
      await manager.call(appealsApi.changeStatus, { appealId: appeal.id, status: 'closed' });
  }
}, 120_000);
afterAll(() => stage.close());

describe.each(LANGUAGES)('reports in %s', (language, options) => {
  const words = (ru: string, en: string) => (language === 'ru' ? ru : en);

  it('open the appeals behind a number and behind a bar', async () => {
    const { page, complaints } = await signedIn(stage, company.supervisor, options);
    await page.goto(`${stage.app.url}/reports/deadlines?${WEEK}&by=dealer`);
    await expect.poll(() => page.locator('[data-kpi=opened]').textContent()).toBe('6');
    // Two of six late: 66.7 %.
    expect(await page.locator('[data-kpi=inTime]').textContent()).toMatch(/^66[,.]7/);

    await page.locator('[data-part=groups] a[href*="measure=late"]').click();
    await page.getByRole('heading', { name: words('Просрочен ответ', 'Answer overdue') }).waitFor();
    await expect.poll(() => page.locator('[data-part=total]').textContent()).toBe('2');
    const shown = await page
      .locator('[data-no]')
      .evaluateAll((rows) => rows.map((row) => Number(row.getAttribute('data-no'))));
    expect(shown.sort()).toEqual([...late].sort());

    // Back by the keyboard; the address has kept the period.
    await page.getByRole('button', { name: words('К отчёту', 'To the report') }).press('Enter');
    await page.waitForURL(`**/reports/deadlines?${WEEK}&by=dealer`);
    const figure = page.locator('.fig').nth(1);
    const bar = figure.locator('svg path[fill="#0e6273"]').first();
    const box = await bar.boundingBox();
    await page.mouse.click(box!.x + box!.width / 2, box!.y + box!.height / 2);
    await page.waitForURL(/reports\/appeals\?.*typeCode=complaint/);
    await expect.poll(() => page.locator('[data-part=total]').textContent()).toBe('3');
    expect(complaints).toEqual([]);
  });

  it('say in their tables and in the file what they draw', async () => {
    const { page, complaints } = await signedIn(stage, company.supervisor, options);
    await page.goto(`${stage.app.url}/reports/volume?${WEEK}&by=dealer`);
    const figure = page.locator('.fig').first();
    await figure.getByRole('radio', { name: words('Таблица', 'Table') }).click();
    // The line between the points is drawn in the colour of the series, not of the paper.
    expect(await figure.locator('svg path[fill="none"][stroke="#0e6273"]').count()).toBeGreaterThan(
      0,
    );
    const cells = await figure.locator('tbody td').allTextContents();
    expect(cells.map((text) => Number(text)).reduce((a, b) => a + b)).toBe(6);

    const saved = async (format: string) => {
      await page.locator('[data-part=save]').click();
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('menuitem', { name: format }).click(),
      ]);
      return readFile(await download.path());
    };
    const text = (await saved('CSV')).toString('utf8');
    expect(text).toContain(`\r\n'=HYPERLINK(1),6,`);
    expect(text).toContain(words('Новые обращения', 'New appeals'));
    // What stands in it: csv.test.ts.
    expect((await saved('XLSX')).subarray(0, 2).toString()).toBe('PK');

    // Printed: no buttons, and each figure with its numbers, whichever of both is on the screen.
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('[data-part=save]').isVisible()).toBe(false);
    expect(await page.locator('nav:visible').count()).toBe(0);
    expect(await page.locator('.fig svg').first().isVisible()).toBe(true);
    expect(await page.locator('.fig table').first().isVisible()).toBe(true);
    await page.pdf({ path: join(PICTURES, `reports-print-${language}.pdf`), format: 'A4' });
    await page.setViewportSize({ width: 794, height: 1123 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(
      794,
    );
    await page.screenshot({
      path: join(PICTURES, `reports-print-${language}.png`),
      fullPage: true,
    });
    expect(complaints).toEqual([]);
  });

  it('show hours as links, and say when there is nothing', async () => {
    const { page, complaints } = await signedIn(stage, company.supervisor, {
      ...options,
      viewport: { width: 360, height: 740 },
    });
    await page.goto(`${stage.app.url}/reports/hours?${WEEK}`);
    // Tuesday, 11:00 in Moscow.
    await page.locator('[data-slot="35"]').focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('[data-part=total]').textContent()).toBe('1');
    await page.goto(`${stage.app.url}/reports/backlog?from=2020-01-01&to=2020-01-31`);
    await page
      .getByText(words('За этот период обращений нет.', 'No appeals in this period.'))
      .waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(
      360,
    );
    expect(complaints).toEqual([]);
  });

  it('are no page for a manager', async () => {
    const { page } = await signedIn(stage, company.manager, options);
    await page.goto(`${stage.app.url}/reports/deadlines?${WEEK}`);
    await page.getByText(words('видеть отчёты', 'see reports')).waitFor();
  });
});
