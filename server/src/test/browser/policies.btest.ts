import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { appealsApi } from '@otklik/shared/appeals.api';
import { peopleApi } from '@otklik/shared/people.api';
import { policiesApi } from '@otklik/shared/policies.api';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aCompany, anAppeal } from '../../modules/appeals/appeal.factory';
import { aManager, PASSWORD } from '../../modules/people/people.factory';
import type { TestSession } from '../test-app';
import { openStage, signIn, type Stage } from './stage';

const PICTURES = fileURLToPath(new URL('../../../../test-output/pictures/', import.meta.url));

const WORDS = {
  ru: {
    add: 'Добавить правило',
    name: 'Название',
    priority: 'Приоритет Не важно',
    urgent: 'Срочный',
    first: 'Первый ответ',
    resolution: 'Решение',
    time: '1 д 4 ч',
    understood: '13 ч рабочего времени',
    takes: 'возьмёт 2',
    save: 'Сохранить',
    saved: 'сохранено',
    wrong: 'Время больше нуля',
    taken: 'Для этих обращений правило уже есть',
    ask: 'Удалить правило',
    delete: 'Удалить',
    ending: 'Что станет с открытыми обращениями',
    undo: /Отменить/,
    changed: 'изменил другой администратор',
    every: 'Каждое открытое обращение под правилом',
    bare: 'Обращения без правила',
    group: 'Новая группа',
    addGroup: 'Добавить',
    nobody: 'никого сейчас',
    weeks: 'Недель назад',
    dry: 'Проверить на прошлом',
    stop: 'Остановить',
    counted: 'Посчитано обращений: 2',
    hours: 'Час',
  },
  en: {
    add: 'Add policy',
    name: 'Name',
    priority: 'Priority Any',
    urgent: 'Urgent',
    first: 'First answer',
    resolution: 'Resolution',
    time: '1 d 4 h',
    understood: '13 h of working time',
    takes: 'takes 2',
    save: 'Save',
    saved: 'saved',
    wrong: 'A time above zero',
    taken: 'There is a policy for these appeals already',
    ask: 'Delete policy',
    delete: 'Delete',
    ending: 'What becomes of open appeals',
    undo: /Undo/,
    changed: 'Another administrator has changed the policy',
    every: 'Every open appeal has a policy',
    bare: 'Appeals without a policy',
    group: 'New group',
    addGroup: 'Add',
    nobody: 'nobody now',
    weeks: 'Last weeks',
    dry: 'Try it on the past',
    stop: 'Cancel',
    counted: '2 appeals counted',
    hours: 'Hour',
  },
} as const;

let stage: Stage;
let admin: TestSession;
let login: string;
let company: Awaited<ReturnType<typeof aCompany>>;
const ids: string[] = [];

beforeAll(async () => {
  mkdirSync(PICTURES, { recursive: true });
  stage = await openStage();
  const { db } = stage.app.database;
  company = await aCompany(db);
  const person = await aManager(db, { role: 'admin' });
  login = person.login;
  admin = await stage.app.signIn(person);
  const dealer = await stage.app.signIn(company.visitor);
  for (const body of ['Не пришла накладная', 'Брак в партии']) {
    const { appeal } = await anAppeal(dealer, company.topic, { body });
    await admin.call(appealsApi.changeFields, { appealId: appeal.id, priority: 'urgent' });
    ids.push(appeal.id);
  }
  // The rule that the seeds have for them; each language makes its own.
  await admin.call(policiesApi.deletePolicy, { policyId: await ofPriority('urgent'), rev: 1 });
}, 120_000);
afterAll(() => stage.close());

const policies = async () => (await admin.call(policiesApi.policies, {})).items;
async function ofPriority(priority: string): Promise<string> {
  const found = (await policies()).find((policy) => policy.priority === priority);
  if (found === undefined) throw new Error(`no policy for ${priority}`);
  return found.id;
}
const picture = (page: Page, name: string) =>
  page.screenshot({ path: join(PICTURES, `${name}.png`), animations: 'disabled' });
const fits = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth);

describe.each(['ru', 'en'] as const)('the page of policies in %s', (language) => {
  const words = WORDS[language];

  it('makes a rule with typed working time, shows whom it takes, and takes a deletion back', async () => {
    await admin.call(peopleApi.changeSettings, { language, theme: 'light' });
    const { page, context, complaints } = await stage.visitor({
      locale: language === 'ru' ? 'ru-RU' : 'en-GB',
      viewport: { width: 1280, height: 900 },
    });
    await signIn(stage, page, login, PASSWORD, '/admin/sla');
    await page.locator('[data-policy]').first().waitFor();
    await page.getByText(words.every).waitFor();
    await picture(page, `policies-1280-light-${language}`);

    // By keyboard from the button on.
    await page.getByRole('button', { name: words.add }).press('Enter');
    const editor = page.getByRole('dialog');
    const name = editor.getByLabel(words.name, { exact: true });
    await name.waitFor();
    await expect
      .poll(() => name.evaluate((element) => element === document.activeElement))
      .toBe(true);
    const called = `Rule ${language}`;
    await page.keyboard.type(called);
    await editor.getByLabel(words.first).fill('0');
    await editor.getByText(words.wrong).first().waitFor();
    await editor.getByLabel(words.first).fill(words.time);
    await editor.getByText(words.understood).first().waitFor();
    await editor.getByLabel(words.resolution).fill(words.time);
    // For everything there is one already.
    await editor.getByText(words.taken).first().waitFor();
    await editor.getByRole('button', { name: words.priority }).click();
    await page.getByRole('option', { name: words.urgent }).click();
    await editor.getByText(words.takes).waitFor();
    await editor.getByText('Брак в партии').waitFor();
    await picture(page, `policy-editor-1280-light-${language}`);
    // On trial: the past by the draft, and nothing is saved.
    await editor.getByLabel(words.weeks).fill('27');
    expect(await editor.getByRole('button', { name: words.dry }).isDisabled()).toBe(true);
    await editor.getByLabel(words.weeks).fill('26');
    // A long one shows how far it is; stopped, it leaves nothing and asks for no more.
    const dryRun = editor.locator('[data-dry-run]');
    const pieces = '**/api/sla/dry-run';
    const held = new Promise<() => void>((isHeld) => {
      void page.route(pieces, (route) => isHeld(() => void route.continue()), { times: 1 });
    });
    await editor.getByRole('button', { name: words.dry }).click();
    await dryRun.getByRole('progressbar').waitFor();
    const release = await held;
    await dryRun.getByRole('button', { name: words.stop }).click();
    await dryRun.getByRole('progressbar').waitFor({ state: 'detached' });
    const answered = page.waitForResponse(pieces);
    release();
    await (await answered).finished();
    await editor.getByRole('button', { name: words.dry }).waitFor();
    expect(await dryRun.locator('dl, table').count()).toBe(0);
    await editor.getByRole('button', { name: words.dry }).click();
    await editor.getByText(words.counted).waitFor();
    await editor.getByRole('radio', { name: words.hours }).click();
    await editor.locator('[data-dry-run] table').waitFor();
    await editor.locator('[data-dry-run]').scrollIntoViewIfNeeded();
    await picture(page, `dry-run-1280-light-${language}`);
    expect((await policies()).some((policy) => policy.name === called)).toBe(false);
    await editor.getByRole('button', { name: words.save }).click();
    await editor.waitFor({ state: 'hidden' });
    await page.getByText(words.saved).first().waitFor();
    const saved = (await policies()).find((policy) => policy.name === called);
    expect(saved).toMatchObject({ priority: 'urgent', firstResponseMinutes: 780 });
    // The job of the server brings the clocks.
    await expect
      .poll(
        async () => (await admin.call(appealsApi.clocks, { appealId: ids[0] ?? '' })).policyName,
        { timeout: 15_000 },
      )
      .toBe(called);

    // Somebody else saves while the editor is open.
    const row = page.locator(`[data-policy="${saved?.id}"]`);
    await row.getByRole('button').click();
    await name.waitFor();
    const { dealerName: _d, groupName: _g, topicName: _t, id: policyId, ...rest } = saved!;
    await admin.call(policiesApi.changePolicy, { ...rest, policyId, warnPercent: 60 });
    await name.fill(`${called}!`);
    await editor.getByRole('button', { name: words.save }).click();
    await editor.getByText(words.changed).waitFor();
    await page.keyboard.press('Escape');
    await editor.waitFor({ state: 'hidden' });

    await row.getByRole('button').click();
    await editor.getByRole('button', { name: words.ask }).click();
    await editor.getByRole('heading', { name: words.ending }).waitFor();
    await editor.getByText('Рекламация').first().waitFor();
    await picture(page, `policy-ending-1280-light-${language}`);
    await editor.getByRole('button', { name: words.delete, exact: true }).click();
    await row.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: words.undo }).first().click();
    await row.waitFor();
    await admin.call(policiesApi.deletePolicy, { policyId, rev: 4 });

    // Groups, and what nobody matches.
    await page.getByLabel(words.group).fill(`VIP ${language}`);
    await page.getByRole('button', { name: words.addGroup, exact: true }).click();
    await page
      .locator('[data-group]')
      .filter({ hasText: `VIP ${language}` })
      .waitFor();
    const groupId = (await admin.call(policiesApi.groups, {})).items.find(
      ({ name: one }) => one === `VIP ${language}`,
    )!.id;
    const { dealerId: _dealer, groupId: _group, ...draft } = rest;
    const { rev: _rev, ...fresh } = draft;
    const idle = randomUUID();
    await admin.call(policiesApi.createPolicy, {
      ...fresh,
      policyId: idle,
      name: 'Idle',
      dealerId: null,
      groupId,
      priority: null,
    });
    await page.reload();
    await page.locator(`[data-policy="${idle}"]`).getByText(words.nobody).waitFor();
    await admin.call(policiesApi.deletePolicy, { policyId: idle, rev: 1 });

    // A phone in the dark; and without any rule the appeals are listed.
    const all = await policies();
    for (const { id, rev } of all)
      await admin.call(policiesApi.deletePolicy, { policyId: id, rev });
    await admin.call(peopleApi.changeSettings, { theme: 'dark' });
    await page.setViewportSize({ width: 360, height: 780 });
    await page.reload();
    await page.getByRole('heading', { name: words.bare }).waitFor();
    await page.getByText('Брак в партии').waitFor();
    expect(await fits(page)).toBe(true);
    await picture(page, `policies-bare-360-dark-${language}`);
    for (const { id } of all) await admin.call(policiesApi.restorePolicy, { policyId: id });
    await page.reload();
    await page.locator('[data-policy]').first().waitFor();
    expect(await fits(page)).toBe(true);
    await picture(page, `policies-360-dark-${language}`);
    await page.getByRole('button', { name: words.add }).click();
    await name.waitFor();
    expect(await fits(page)).toBe(true);
    await picture(page, `policy-editor-360-dark-${language}`);
    await editor.getByLabel(words.first).fill(words.time);
    await editor.getByRole('button', { name: words.priority }).click();
    await page.getByRole('option', { name: words.urgent }).click();
    await editor.getByText(words.takes).waitFor();
    await editor.getByRole('button', { name: words.dry }).click();
    await editor.locator('[data-dry-run] table').waitFor();
    await editor.locator('[data-dry-run] table').scrollIntoViewIfNeeded();
    expect(await fits(page)).toBe(true);
    await picture(page, `dry-run-360-dark-${language}`);
    expect(complaints).toEqual([]);
    await context.close();
  }, 150_000);
});

it('a dealer’s card puts him into a group, with a way back', async () => {
  await admin.call(peopleApi.changeSettings, { language: 'ru', theme: 'light' });
  const groupId = randomUUID();
  await admin.call(policiesApi.saveGroup, { groupId, name: 'Ключевые' });
  const { page, complaints } = await stage.visitor();
  await signIn(stage, page, login, PASSWORD, `/admin/dealers/${company.otherDealer.id}/general`);
  await page.getByRole('button', { name: /^Группа дилеров/ }).click();
  await page.getByRole('option', { name: 'Ключевые' }).click();
  await page.getByText('Дилер в группе «Ключевые»').waitFor();
  const members = async () =>
    (await admin.call(policiesApi.groups, {})).items
      .find(({ id }) => id === groupId)
      ?.dealers.map(({ id }) => id);
  expect(await members()).toEqual([company.otherDealer.id]);
  await picture(page, 'dealer-group-1280-light-ru');
  await page
    .getByRole('button', { name: /Отменить/ })
    .first()
    .click();
  await expect.poll(members).toEqual([]);
  expect(complaints).toEqual([]);
});
