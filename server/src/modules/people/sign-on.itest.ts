import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { accountsApi } from '@otklik/shared/accounts.api';
import Provider from 'oidc-provider';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { testApp, type TestApp } from '../../test/test-app';
import { aDealer, aManager, aVisitor } from './people.factory';

/** Who is signed in at the company's provider, and what it says of him. */
interface Account {
  sub: string;
  email: string;
  email_verified: boolean;
}

let provider: Server;
let issuer: string;
let server: TestApp;
let at: Date;
const accounts = new Map<string, Account>();
let whoIsThere: Account;

beforeAll(async () => {
  at = new Date();
  provider = createServer();
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
  issuer = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
  server = await testApp({
    now: () => at,
    env: {
      ...{ OIDC_ISSUER: issuer, OIDC_CLIENT_ID: 'otklik', OIDC_CLIENT_SECRET: 'a secret' },
      OIDC_NAME: 'Firm ID',
    },
  });
  const provide: Provider = new Provider(issuer, {
    clients: [
      {
        ...{ client_id: 'otklik', client_secret: 'a secret' },
        redirect_uris: [`${server.url}/sign-on`],
        token_endpoint_auth_method: 'client_secret_post',
      },
    ],
    pkce: { required: () => true },
    claims: { openid: ['sub'], email: ['email', 'email_verified'] },
    cookies: { keys: ['of this test'] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
    findAccount: (_ctx, sub) => {
      const account = accounts.get(sub);
      return account && { accountId: sub, claims: async () => ({ ...account }) };
    },
    async loadExistingGrant({ oidc }) {
      const grant = new provide.Grant({
        clientId: oidc.client?.clientId,
        accountId: oidc.session?.accountId,
      });
      grant.addOIDCScope('openid email');
      await grant.save();
      return grant;
    },
  });
  const answer = provide.callback();
  provider.on('request', (req, res) => {
    // The login page of this provider knows who sits there.
    if (req.url?.startsWith('/interaction/'))
      void provide.interactionFinished(req, res, { login: { accountId: whoIsThere.sub } });
    else void answer(req, res);
  });
});
afterAll(async () => {
  await server.close();
  provider.closeAllConnections();
  await new Promise((resolve) => provider.close(resolve));
});
beforeEach(() => server.database.db.query('TRUNCATE sign_in_failure'));

interface Body {
  address?: string;
  facts?: { why?: string };
}

/** A browser: it keeps its cookies and goes where it is sent, as far as the product. */
function aBrowser() {
  const cookies = new Map<string, string>();
  const ask = async (url: string, init: RequestInit = {}) => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(url, {
      ...init,
      redirect: 'manual',
      headers: { ...init.headers, cookie },
    });
    for (const line of answer.headers.getSetCookie()) {
      const [pair = ''] = line.split(';');
      const place = pair.indexOf('=');
      cookies.set(pair.slice(0, place), pair.slice(place + 1));
    }
    return answer;
  };
  const post = async (path: string, body: object) => {
    const answer = await ask(`${server.url}/api${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: server.url },
      body: JSON.stringify(body),
    });
    return { status: answer.status, body: (await answer.json()) as Body };
  };
  return {
    cookies,
    ask,
    /** Sets out for the provider; answers where it is sent. */
    async start(): Promise<URL> {
      const { body } = await post(accountsApi.startSignOn.path, {});
      return new URL(body.address ?? '');
    },
    /** Through the provider, until it sends the browser back. @returns the query of its answer */
    async through(address: URL): Promise<string> {
      let next = address;
      for (let steps = 0; steps < 10; steps += 1) {
        if (next.origin === server.url) return next.search;
        const answer = await ask(next.href);
        const location = answer.headers.get('location');
        if (location === null)
          throw new Error(`${next.href}: ${answer.status} ${await answer.text()}`);
        next = new URL(location, next);
      }
      throw new Error('the provider goes round in circles');
    },
    finish: (answer: string) => post(accountsApi.finishSignOn.path, { answer }),
    me: async () => await (await ask(`${server.url}/api/me`)).json(),
  };
}
/** The whole way, as this account. */
async function comeAs(account: Account, browser = aBrowser()) {
  accounts.set(account.sub, account);
  whoIsThere = account;
  return browser.finish(await browser.through(await browser.start()));
}
let no = 0;
const anAccount = (email: string, more: Partial<Account> = {}): Account => ({
  ...{ sub: `sub-${(no += 1)}`, email, email_verified: true },
  ...more,
});
const reason = (answer: { status: number; body: Body }) => answer.body.facts?.why ?? answer.status;

describe('signing in through the company’s provider', () => {
  it('is offered by name; state, nonce and PKCE go along', async () => {
    const browser = aBrowser();
    const offer = await (await browser.ask(`${server.url}/api/sign-on`)).json();
    expect(offer).toEqual({ name: 'Firm ID' });
    const address = await browser.start();
    expect(address.origin).toBe(issuer);
    for (const name of ['state', 'nonce', 'code_challenge'])
      expect(address.searchParams.get(name)).toMatch(/^[\w-]{20,}$/);
    expect(address.searchParams.get('code_challenge_method')).toBe('S256');
    expect(address.searchParams.get('redirect_uri')).toBe(`${server.url}/sign-on`);
  });

  it('brings in the colleague whose login is the verified address, then by the subject whatever the address', async () => {
    const manager = await aManager(server.database.db);
    const account = anAccount(manager.login.toUpperCase());
    const browser = aBrowser();
    const came = await comeAs(account, browser);
    expect(came).toMatchObject({
      ...{ status: 200, body: { person: { id: manager.id }, session: { signedOn: true } } },
    });
    expect(await browser.me()).toMatchObject({ person: { id: manager.id } });
    const again = await comeAs({ ...account, email: 'renamed@firm.example' });
    expect(again.body).toMatchObject({ person: { id: manager.id } });
    // Another account there with the address of somebody who is linked is not he.
    expect(reason(await comeAs(anAccount(manager.login)))).toBe('unknown_person');
    const lines = await server.database.db.query(
      `SELECT FROM audit_entry WHERE action = 'person.sign_on_linked' AND subject_id = $1`,
      [manager.id],
    );
    expect(lines).toHaveLength(1);
  });

  it('adds nobody, and lets in neither strangers nor dealers’ people nor who is shut out', async () => {
    const { db } = server.database;
    const [before] = await db.query(`SELECT count(*) FROM person`);
    expect(reason(await comeAs(anAccount('nobody@firm.example')))).toBe('unknown_person');
    expect(await db.query(`SELECT count(*) FROM person`)).toEqual([before]);
    const manager = await aManager(db);
    const unverified = anAccount(manager.login, { email_verified: false });
    expect(reason(await comeAs(unverified))).toBe('unknown_person');
    const visitor = await aVisitor(db, await aDealer(db));
    expect(reason(await comeAs(anAccount(visitor.login)))).toBe('unknown_person');
    const closed = await aManager(db, { accessAllowed: false });
    expect((await comeAs(anAccount(closed.login))).body).toMatchObject({ code: 'access_closed' });
  });

  it('an answer counts once, in the browser that set out, while it is fresh, and untouched', async () => {
    const manager = await aManager(server.database.db);
    const account = anAccount(manager.login);
    accounts.set(account.sub, account);
    whoIsThere = account;
    const browser = aBrowser();
    const answer = await browser.through(await browser.start());
    expect(reason(await aBrowser().finish(answer))).toBe('expired');
    const other = aBrowser();
    await other.start();
    expect(reason(await other.finish(answer))).toBe('provider');
    expect(reason(await browser.finish(answer.replace(/state=[\w-]{5}/, 'state=xxxxx')))).toBe(
      'provider',
    );
    at = new Date(at.getTime() + 10 * 60_000);
    expect(reason(await browser.finish(answer))).toBe('expired');
    at = new Date();
    const departure = browser.cookies.get('otklik_sign_on') ?? '';
    expect(reason(await browser.finish(answer))).toBe(200);
    browser.cookies.set('otklik_sign_on', departure);
    expect(reason(await browser.finish(answer))).toBe('provider');
  });

  it('asks for no code of ours, and who came so need not set one up', async () => {
    const { db } = server.database;
    const manager = await aManager(db, { role: 'supervisor' });
    await db.query(`UPDATE company SET second_step_roles = '{supervisor}'`);
    const came = await comeAs(anAccount(manager.login));
    expect(came.body).toMatchObject({ session: { enrolmentNeeded: false } });
    await db.query(`UPDATE company SET second_step_roles = '{}'`);
  });
});
