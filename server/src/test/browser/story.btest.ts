import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { aCompany } from '../../modules/appeals/appeal.factory';
import { anOrder } from '../../modules/orders/order.factory';
import { PASSWORD } from '../../modules/people/people.factory';
import { openStage, signIn, type Stage } from './stage';

/** The main job of the product, told once from beginning to end in real browsers. */
let stage: Stage;
let company: Awaited<ReturnType<typeof aCompany>>;

beforeAll(async () => {
  stage = await openStage();
  company = await aCompany(stage.app.database.db);
  await anOrder(stage.app.database.db, company.dealer, { number: '40231' });
}, 120_000);
afterAll(() => stage.close());

/** Everything a page receives, over HTTP and over the socket, as text. */
function wiretap(page: Page): () => string {
  const heard: string[] = [];
  page.on('response', (response) => {
    if (/\/api\/|socket\.io/.test(response.url()))
      void response.text().then(
        (text) => heard.push(text),
        () => undefined,
      );
  });
  page.on('websocket', (socket) =>
    socket.on('framereceived', ({ payload }) => heard.push(String(payload))),
  );
  return () => heard.join('\n');
}

it('a dealer writes, a manager answers, the clock runs', async () => {
  const words = 'Приехало 4 коробки из другой партии';
  const phone = await stage.visitor({ viewport: { width: 360, height: 740 }, hasTouch: true });
  const second = await stage.visitor();
  const staff = await stage.visitor({ viewport: { width: 1440, height: 900 } });
  const chief = await stage.visitor({ viewport: { width: 1440, height: 900 } });
  const dealerWire = wiretap(second.page);
  const phoneWire = wiretap(phone.page);

  await signIn(stage, second.page, company.secondVisitor.login, PASSWORD);
  await signIn(stage, staff.page, company.manager.login, PASSWORD);
  await signIn(stage, chief.page, company.supervisor.login, PASSWORD);
  await staff.page.goto(`${stage.app.url}/inbox/queue`);
  await chief.page.goto(`${stage.app.url}/board`);

  // The dealer opens an appeal with a photo and an order, from a phone.
  await signIn(stage, phone.page, company.visitor.login, PASSWORD, '/appeals/new');
  await phone.page.getByRole('radio', { name: 'Рекламация' }).click();
  await phone.page.getByRole('button', { name: /^Тема/ }).click();
  await phone.page.getByRole('option').first().click();
  await phone.page.getByRole('button', { name: /Заказ/ }).first().click();
  await phone.page.getByRole('option', { name: /40231/ }).click();
  await phone.page.locator('textarea').fill(words);
  const photo = await sharp({
    create: { width: 800, height: 600, channels: 3, background: '#8a6d3b' },
  })
    .jpeg()
    .toBuffer();
  await phone.page
    .locator('input[type=file]')
    .setInputFiles({ name: 'этикетка.jpg', mimeType: 'image/jpeg', buffer: photo });
  await phone.page.locator('[data-upload-state=done]').waitFor();
  await phone.page.getByRole('button', { name: 'Отправить' }).click();
  await phone.page.waitForURL(/\/appeals\/\d+$/);
  const no = phone.page.url().match(/\d+$/)?.[0] ?? '';
  await phone.page.getByText('Обращение принято').waitFor();

  // A second session of the same dealer, the queue of the managers and the board of the supervisor see it by themselves.
  await second.page.getByRole('link', { name: new RegExp(words) }).waitFor();
  const queued = staff.page.getByRole('link', { name: new RegExp(words) });
  await queued.waitFor();
  expect(await queued.getAttribute('data-needs-reply')).not.toBeNull();
  await chief.page.getByText(`№${no}`).filter({ visible: true }).first().waitFor();

  // The manager takes it, and writes a note that stays with the staff.
  await queued.click();
  await staff.page.getByRole('button', { name: /Взять/ }).click();
  await staff.page
    .getByRole('radio', { name: /Заметка/ })
    .or(staff.page.getByRole('button', { name: /Заметка/ }))
    .first()
    .click();
  const composer = staff.page.locator('[data-mode] textarea');
  await composer.fill('Секретно: завод перепутал паллеты');
  await staff.page.getByRole('button', { name: 'Сохранить заметку' }).click();
  await staff.page.locator('.note', { hasText: 'завод перепутал' }).waitFor();

  // Then answers; the dealer's row turns bold and his promise changes without a reload.
  await staff.page
    .getByRole('radio', { name: /Ответ/ })
    .or(staff.page.getByRole('button', { name: /^Ответ$/ }))
    .first()
    .click();
  await composer.fill('Здравствуйте! Сверяем отгрузку, пришлите фото накладной');
  await composer.press('Enter');
  const answered = second.page.getByRole('link', { name: new RegExp(words) });
  await second.page.locator('[data-needs-reply]', { hasText: words }).waitFor();
  expect(await answered.textContent()).toContain('Сверяем отгрузку');
  await phone.page.locator('.bub', { hasText: 'Сверяем отгрузку' }).waitFor();

  // The dealer answers from the second session: his row is quiet again, the manager owes, the supervisor's board shows whose it is.
  await answered.click();
  await second.page.locator('[data-mode] textarea').fill('Фото пришлём через час');
  await second.page.locator('[data-mode] textarea').press('Enter');
  await phone.page.locator('.bub', { hasText: 'Фото пришлём через час' }).waitFor();
  await staff.page.locator('[data-needs-reply]', { hasText: words }).first().waitFor();
  await chief.page.locator('main', { hasText: company.manager.name.split(' ')[0] ?? '' }).waitFor();

  // The first message carries its photo and its order; nothing of the note ever reached the dealer's browsers.
  expect(await phone.page.locator('[data-message-id] img').count()).toBe(1);
  expect(await phone.page.getByText('№40231').count()).toBeGreaterThan(0);
  for (const wire of [dealerWire(), phoneWire()]) {
    expect(wire).toContain('Сверяем отгрузку');
    expect(wire).not.toContain('Секретно');
    expect(wire).not.toContain('перепутал');
  }
  for (const { complaints } of [phone, second, staff, chief]) expect(complaints).toEqual([]);
});
