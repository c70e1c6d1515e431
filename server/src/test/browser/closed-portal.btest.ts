import { companyApi } from '@otklik/shared/company.api';
import { appealsApi } from '@otklik/shared/appeals.api';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { aCompany, anAppeal } from '../../modules/appeals/appeal.factory';
import { aManager } from '../../modules/people/people.factory';
import type { TestSession } from '../test-app';
import { openStage, signedIn, type Stage } from './stage';

/** An admin closes the portal to dealers, reads the log of it, and opens it again; a dealer was writing meanwhile. */
let stage: Stage;
let company: Awaited<ReturnType<typeof aCompany>>;
let adminPerson: { id: string };
let admin: TestSession;

beforeAll(async () => {
  stage = await openStage();
  company = await aCompany(stage.app.database.db);
  adminPerson = await aManager(stage.app.database.db, { role: 'admin', name: 'Анна Админ' });
  admin = await stage.app.signIn(adminPerson);
}, 120_000);
afterAll(() => stage.close());

const closedPage = (page: Page) => page.locator('[data-state=portal-closed]');
const field = (page: Page) => page.locator('.composer textarea');

it('a closed portal says so calmly, loses nothing and comes back by itself; the log has it all', async () => {
  const visitor = await stage.app.signIn(company.visitor);
  const { appeal } = await anAppeal(visitor, company.topic);
  const dealer = await signedIn(stage, company.visitor, { locale: 'en-GB' });
  await dealer.page.goto(`${stage.app.url}/appeals/${appeal.no}`);
  await dealer.page.locator('[data-message-id]').first().waitFor();

  const staff = await signedIn(stage, adminPerson);
  await staff.page.goto(`${stage.app.url}/admin/settings`);
  await staff.page.getByRole('switch', { name: 'Портал для дилеров', checked: true }).click();
  const dialog = staff.page.getByRole('alertdialog').or(staff.page.getByRole('dialog'));
  await dialog.getByRole('button', { name: 'Отмена' }).click();
  expect((await admin.call(companyApi.settings, {})).closedToDealers).toBe(false);
  await staff.page.getByRole('switch', { name: 'Портал для дилеров', checked: true }).click();
  await dialog.getByLabel('Сообщение по-английски').fill('Back on Monday');

  // Sent without a network, so it waits in the browser; and words that are not sent yet.
  await dealer.context.setOffline(true);
  await field(dealer.page).fill('Written on the train');
  await field(dealer.page).press('Enter');
  await dealer.page.locator('[data-message-state=queued]').waitFor();
  await field(dealer.page).fill('half a thought');
  await dialog.getByRole('button', { name: 'Закрыть портал' }).click();
  await staff.page.getByRole('switch', { name: 'Портал для дилеров', checked: false }).waitFor();
  await dealer.context.setOffline(false);

  await closedPage(dealer.page).getByText('Back on Monday').waitFor();
  await dealer.page.reload();
  await closedPage(dealer.page).getByText('Back on Monday').waitFor();
  expect(await dealer.page.locator('[data-message-id]').count()).toBe(0);

  await staff.page.goto(`${stage.app.url}/admin/audit`);
  const line = staff.page.locator('[data-action="company.changed"]').first();
  await line.getByText('Портал закрыт для дилеров').waitFor();
  await line.getByRole('button', { name: 'Анна Админ' }).click();
  await staff.page.waitForURL(/personId=/);
  const download = staff.page.waitForEvent('download');
  await staff.page.getByRole('link', { name: 'Выгрузить CSV' }).click();
  expect((await download).suggestedFilename()).toBe('audit.csv');
  await staff.page.reload();
  await staff.page.getByText('Журнал выгружен').waitFor();

  await admin.call(companyApi.changeSettings, { closedToDealers: false });
  await dealer.page.locator('[data-message-state=sent]', { hasText: 'on the train' }).waitFor();
  await expect.poll(() => field(dealer.page).inputValue()).toBe('half a thought');
  const { entries } = await visitor.call(appealsApi.entries, { appealId: appeal.id });
  expect(entries.filter(({ body }) => body === 'Written on the train')).toHaveLength(1);
  // The browser's own word of the network that was switched off.
  const complaints = [...dealer.complaints, ...staff.complaints];
  expect(complaints.filter((one) => !one.includes('ERR_INTERNET_DISCONNECTED'))).toEqual([]);
});
