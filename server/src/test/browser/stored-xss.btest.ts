import { randomUUID } from 'node:crypto';
import { appealsApi } from '@otklik/shared/appeals.api';
import { draftsApi } from '@otklik/shared/drafts.api';
import { ledgerApi } from '@otklik/shared/ledger.api';
import { macrosApi } from '@otklik/shared/macros.api';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aCompany, aMessage, anAppeal } from '../../modules/appeals/appeal.factory';
import { anOrder } from '../../modules/orders/order.factory';
import { aManager, aSession } from '../../modules/people/people.factory';
import { openStage, type Stage } from './stage';

/**
 * Text of people is text, in every place that shows it. The policy of content is switched off here (`bypassCSP`), so that nothing but the
 * pages themselves keeps it from running. Every kind of text has all strings at once, and each place has to show those it is about.
 */
const corpus = (kind: string): string[] => {
  const run = `__xss('${kind}')`;
  return [
    `<img src=x onerror="${run}">`,
    `<svg onload="${run}"></svg>`,
    `"><img src=x onerror="${run}">`,
    `'><img src=x onerror="${run}"><a title='`,
    `</title><img src=x onerror="${run}">`,
    `</textarea><img src=x onerror="${run}">`,
    `</script><script>${run}</script>`,
    `<!--><img src=x onerror="${run}">-->`,
    `]]><img src=x onerror="${run}">`,
    `<details open ontoggle="${run}">`,
    `<input autofocus onfocus="${run}">`,
    `<iframe srcdoc="<script>parent.${run}</script>"></iframe>`,
    `<math><mtext><table><mglyph><style><img src=x onerror="${run}">`,
    `<a href="javascript:${run}">x</a>`,
    `javascript:${run}//https://a.example`,
    `[x](javascript:${run}) ![x](x"onerror="${run})`,
    `https://a.example/"onmouseover="${run}"x="`,
    `data:text/html,<script>${run}</script>`,
    `{{constructor.constructor("${run}")()}} \${${run}}`,
    `&lt;img src=x onerror="${run}"&gt; &#60;img src=x onerror="${run}"&#62;`,
    `\u003cimg src=x onerror="${run}"\u003e`,
    `<base href="//evil.example/"><meta http-equiv=refresh content="0;url=javascript:${run}">`,
    `\u202e<img src=x onerror="${run}">`,
  ].map((text, at) => `${kind}${at} ${text}`);
};
const all = (kind: string) => corpus(kind).join(' ');
/** For places that hold few characters. */
const short = (kind: string) => `${kind} <img src=x onerror=__xss()>`;

interface Place {
  name: string;
  who: 'dealer' | 'manager' | 'supervisor' | 'admin';
  path: () => string;
  /** Kinds of text that stand there. */
  shows: string[];
  then?: (page: Page) => Promise<void>;
}

let stage: Stage;
const cookies: Record<string, string> = {};
let no = 0;
let dealerId = '';
let orderNumber = '';
let fileUrls: string[] = [];

beforeAll(async () => {
  stage = await openStage();
  const { db } = stage.app.database;
  const company = await aCompany(db);
  const admin = await aManager(db, { role: 'admin' });
  dealerId = company.dealer.id;
  const set = (table: string, column: string, kind: string, where = 'true') =>
    db.query(`UPDATE ${table} SET ${column} = $1 WHERE ${where}`, [all(kind)]);
  await set('dealer', 'name', 'dealer');
  for (const column of ['contract', 'address', 'phone', 'email'])
    await set('dealer', column, column);
  await set('person', 'name', 'visitor', `role = 'dealer'`);
  await set('person', 'name', 'staff', `role <> 'dealer'`);
  await set('person', 'job_title', 'job');
  for (const table of ['topic', 'team'])
    for (const column of ['name_ru', 'name_en']) await set(table, column, table);

  const people = {
    dealer: company.visitor,
    manager: company.manager,
    supervisor: company.supervisor,
    admin,
  };
  for (const [name, person] of Object.entries(people))
    cookies[name] = (await aSession(db, person)).cookie;
  const dealer = await stage.app.signIn(company.visitor);
  const manager = await stage.app.signIn(company.manager);

  const order = await anOrder(db, company.dealer, {
    ...{ number: short('number'), carrier: short('carrier'), contract: short('contract') },
    lines: [
      {
        ...{ productCode: short('code'), productName: short('product'), unit: '<b>шт</b>' },
        ...{ quantity: 1, priceKopecks: 100 },
      },
    ],
  });
  orderNumber = order.number;
  const upload = async ({ cookie } = dealer) => {
    const form = new FormData();
    form.set('clientId', randomUUID());
    form.set(
      'file',
      new Blob([`<svg xmlns="http://www.w3.org/2000/svg" onload="__xss('svg')"/>`]),
      'x.svg',
    );
    const answer = await fetch(`${stage.app.url}/api/attachments`, {
      ...{ method: 'POST', headers: { cookie }, body: form },
    });
    return (await answer.json()) as { id: string; fileUrl: string };
  };
  const files = [await upload(), await upload()];
  const answered = await upload(manager);
  fileUrls = files.map(({ fileUrl }) => fileUrl);
  await set('attachment', 'name', 'file');
  const { appeal, entry } = await anAppeal(dealer, company.topic, {
    ...{ subject: short('subject'), body: all('body'), attachmentIds: files.map(({ id }) => id) },
    orderNumbers: [order.number],
  });
  no = appeal.no;
  for (const subject of corpus('subject')) await anAppeal(dealer, company.topic, { subject });
  for (const body of corpus('message')) await aMessage(dealer, appeal.id, { body });
  await aMessage(manager, appeal.id, {
    ...{ body: all('answer'), replyTo: entry.id, attachmentIds: [answered.id] },
  });
  for (const body of corpus('note'))
    await aMessage(manager, appeal.id, { body, kind: 'note', mentions: [company.manager.id] });
  await manager.call(appealsApi.pullIn, {
    ...{ appealId: appeal.id, clientId: randomUUID(), personIds: [company.supervisor.id] },
    question: all('question'),
  });
  await dealer
    .call(ledgerApi.dispute, {
      ...{ appealId: appeal.id, clientId: randomUUID(), kind: 'first_response', cycle: 1 },
      ...{ claim: 'had_answered', comment: all('dispute').slice(0, 400) },
    })
    .catch(() => undefined);
  await manager.call(draftsApi.save, {
    ...{ appealId: appeal.id, mode: 'reply', content: { body: all('draft') } },
  });
  await manager.call(macrosApi.create, {
    ...{
      clientId: randomUUID(),
      name: short('macro'),
      body: all('words').replaceAll('{{', '{ {').slice(0, 2_000),
      scope: 'own',
    },
  });
  await set('sla_policy', 'name', 'policy');
  await set('calendar', 'name', 'calendar');
  await set('session', 'device', 'device');
}, 120_000);
afterAll(() => stage.close());

const PLACES: Place[] = [
  {
    ...{ name: 'the thread of the staff', who: 'manager', path: () => `/inbox/all/${no}` },
    shows: [
      'message',
      'note',
      'answer',
      'body',
      'file',
      'subject',
      'dealer',
      'visitor',
      'question',
      'draft',
      'number',
    ],
  },
  {
    ...{ name: 'the list of the staff', who: 'supervisor', path: () => '/inbox/all' },
    shows: ['subject', 'dealer'],
  },
  {
    ...{ name: 'the thread of the dealer', who: 'dealer', path: () => `/appeals/${no}` },
    shows: ['message', 'answer', 'body', 'file', 'subject', 'number'],
  },
  {
    ...{ name: 'the list of the dealer', who: 'dealer', path: () => '/appeals' },
    shows: ['subject'],
  },
  { ...{ name: 'a new appeal', who: 'dealer', path: () => '/appeals/new' }, shows: [] },
  { ...{ name: 'orders', who: 'dealer', path: () => '/orders' }, shows: ['number'] },
  {
    ...{
      name: 'an order',
      who: 'dealer',
      path: () => `/orders/${encodeURIComponent(orderNumber)}`,
    },
    shows: ['number', 'product', 'carrier'],
  },
  { ...{ name: 'sessions', who: 'dealer', path: () => '/account/sessions' }, shows: ['device'] },
  { ...{ name: 'the profile', who: 'dealer', path: () => '/account/profile' }, shows: ['visitor'] },
  { ...{ name: 'macros', who: 'manager', path: () => '/macros' }, shows: ['macro'] },
  {
    ...{ name: 'macros in a message', who: 'supervisor', path: () => `/inbox/all/${no}` },
    shows: ['message'],
    async then(page) {
      await page.locator('.composer textarea').click();
      await page.keyboard.type('/');
    },
  },
  { ...{ name: 'notices', who: 'manager', path: () => '/notices' }, shows: [] },
  { ...{ name: 'dealers', who: 'admin', path: () => '/admin/dealers' }, shows: ['dealer'] },
  {
    ...{ name: 'a dealer', who: 'admin', path: () => `/admin/dealers/${dealerId}/general` },
    shows: ['dealer', 'address', 'contract'],
  },
  {
    ...{ name: 'visitors', who: 'admin', path: () => `/admin/dealers/${dealerId}/visitors` },
    shows: ['visitor'],
  },
  {
    ...{
      name: 'sessions of a dealer',
      who: 'admin',
      path: () => `/admin/dealers/${dealerId}/sessions`,
    },
    shows: ['device'],
  },
  {
    ...{ name: 'the log of a dealer', who: 'admin', path: () => `/admin/dealers/${dealerId}/log` },
    shows: [],
  },
  { ...{ name: 'rules of deadlines', who: 'admin', path: () => '/admin/sla' }, shows: ['policy'] },
  { ...{ name: 'calendars', who: 'admin', path: () => '/admin/calendars' }, shows: ['calendar'] },
  {
    ...{ name: 'the board', who: 'supervisor', path: () => '/board' },
    shows: ['subject', 'staff'],
  },
  {
    ...{ name: 'reports, printed', who: 'supervisor', path: () => '/reports/load' },
    shows: [],
    then: (page) => page.emulateMedia({ media: 'print' }),
  },
  {
    ...{
      name: 'appeals of a report',
      who: 'supervisor',
      path: () => '/reports/appeals?measure=opened',
    },
    shows: ['subject', 'dealer'],
  },
  {
    ...{ name: 'words of an address', who: 'manager' },
    path: () =>
      `/inbox/all?q=${encodeURIComponent(all('query').slice(0, 1_500))}#${encodeURIComponent(short('hash'))}`,
    shows: [],
  },
];

const guests = new Map<string, { page: Page; runs: string[] }>();
/** The page of somebody, one for all places, in a browser that would run whatever a page contains. */
async function open(who: string, path: string) {
  let guest = guests.get(who);
  if (!guest) {
    const { context, page } = await stage.visitor({ bypassCSP: true });
    const [name = '', value = ''] = (cookies[who] ?? '').split('=');
    await context.addCookies([{ name, value, url: stage.app.url, httpOnly: true }]);
    const runs: string[] = [];
    await page.exposeFunction('__xss', (kind?: string) => void runs.push(kind ?? 'short'));
    page.on('dialog', (dialog) => void dialog.dismiss());
    guest = { page, runs };
    guests.set(who, guest);
  }
  await guest.page.emulateMedia({ media: 'screen' });
  await guest.page.goto(`${stage.app.url}${path}`);
  return guest;
}

/** What can be read on a page, with what stands in its fields and its title. */
const readable = (page: Page) =>
  page.evaluate(() =>
    [
      document.title,
      document.body.innerText,
      ...[...document.querySelectorAll<HTMLInputElement>('input, textarea')].map(
        ({ value }) => value,
      ),
    ].join('\n'),
  );

/** Elements that only such a text can have made. */
const made = (page: Page) =>
  page.evaluate(() =>
    [
      ...document.querySelectorAll(
        '[onerror],[onload],[ontoggle],[onfocus],[onmouseover],[srcdoc],[href^="javascript:" i],[href^="data:text" i],mglyph,base[href*=evil],img[src=x]',
      ),
    ].map((element) => element.outerHTML.slice(0, 200)),
  );

describe('text that would like to be a program', () => {
  it.each(PLACES)('is text in $name', async ({ who, path, shows, then }) => {
    const { page, runs } = await open(who, path());
    await page.locator('main').first().waitFor();
    for (const kind of shows) {
      const words = new RegExp(`${kind}\\d* .*<img src=x`);
      const shown = async () => runs[0] ?? words.test(await readable(page));
      await expect.poll(shown, { message: kind }).toBe(true);
    }
    await page.waitForLoadState('networkidle').catch(() => undefined);
    await then?.(page);
    expect(await made(page)).toEqual([]);
    expect(runs).toEqual([]);
  });

  it('runs in this very browser when it is markup: the tests above see something', async () => {
    const { page, runs } = await open('manager', '/inbox/all');
    await page.evaluate((html) => {
      document.body.insertAdjacentHTML('beforeend', html);
    }, all('markup'));
    await expect.poll(() => runs.length).toBeGreaterThan(3);
    expect((await made(page)).length).toBeGreaterThan(3);
    runs.length = 0;
  });

  it('and would not run even as markup, where the policy of content is on', async () => {
    const { context, page } = await stage.visitor();
    const runs: string[] = [];
    await page.exposeFunction('__xss', () => void runs.push('run'));
    await page.goto(`${stage.app.url}/login`);
    await page.locator('form').waitFor();
    await page.evaluate((html) => {
      document.body.insertAdjacentHTML('beforeend', html);
      document.body.insertAdjacentHTML('afterbegin', '<img id=last src=x>');
    }, all('markup'));
    await expect
      .poll(() => page.evaluate(() => document.querySelector<HTMLImageElement>('#last')?.complete))
      .toBe(true);
    expect(runs).toEqual([]);
    await context.close();
  });

  it('in a file is handed over as a file, not opened', async () => {
    for (const url of fileUrls) {
      const { page, runs } = await open('dealer', '/login');
      const download = page.waitForEvent('download');
      await page.goto(`${stage.app.url}/${url}`).catch(() => undefined);
      await (await download).cancel();
      expect(runs).toEqual([]);
    }
  });
});
