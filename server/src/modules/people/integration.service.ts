import type { MadeToken, MakeToken, TokenScope, TokenView } from '@otklik/shared/accounts';
import { ordersApi } from '@otklik/shared/orders.api';
import type { Route } from '@otklik/shared/route';
import type * as z from 'zod';
import type { Db } from '../../platform/db';
import { fail } from '../../platform/errors';
import { isStaff, type Actor } from './actor';
import { recordChange } from './change-log.repository';
import { managesTokens } from './person.policy';
import { refuseUnproven } from './reauthentication';
import { makeToken, tokenHash } from './session.cookie';
import { tokenRepository, type TokenRow } from './token.repository';

export type IntegrationService = ReturnType<typeof createIntegrationService>;

const TOUCH_EVERY_MS = 60_000;
const DAY_MS = 86_400_000;
const HINT_LENGTH = 6;

type Address = Pick<Route<unknown, unknown>, 'method' | 'path'>;
const keyOf = ({ method, path }: Address) => `${method} ${path}`;
/** Which operations each scope opens; what no scope names, no token opens. */
const OPENS: Record<TokenScope, readonly string[]> = {
  'orders.write': [keyOf(ordersApi.exchange)],
};

/** Tokens of other systems (1C and the like), which sign in without a person. */
export function createIntegrationService({ db, now }: { db: Db; now: () => Date }) {
  /** Makes a token without end, for tools. It is told once; the table keeps its hash. */
  async function createIntegrationToken(name: string): Promise<string> {
    const token = makeToken();
    await tokenRepository.insert(db, {
      ...{ name, scopes: ['orders.write'], hint: token.slice(0, HINT_LENGTH) },
      ...{ tokenHash: tokenHash(token), createdAt: now(), createdBy: null, expiresAt: null },
    });
    return token;
  }

  /** @throws not_found – for dealers; @throws forbidden – only admins */
  async function list(actor: Actor): Promise<TokenView[]> {
    allow(actor);
    return (await tokenRepository.list(db)).map(tokenView);
  }

  /**
   * Makes a token; it is told here once and never again.
   * @throws not_found, forbidden – as {@link list}; @throws reauthentication_needed
   */
  async function make(actor: Actor, input: z.output<typeof MakeToken>): Promise<MadeToken> {
    allow(actor);
    refuseUnproven(actor, now());
    const token = makeToken();
    const { name, days } = input;
    const scopes = [...new Set(input.scopes)];
    const expiresAt = new Date(now().getTime() + days * DAY_MS);
    return db.transaction(async (tx) => {
      const id = await tokenRepository.insert(tx, {
        ...{ name, scopes, hint: token.slice(0, HINT_LENGTH), tokenHash: tokenHash(token) },
        ...{ createdAt: now(), createdBy: actor.personId, expiresAt },
      });
      await recordChange(tx, {
        ...mark(actor, id, name),
        ...{ action: 'token.made', before: null },
        after: { scopes: scopes.join(' '), expiresAt: expiresAt.toISOString() },
      });
      const row = await tokenRepository.find(tx, id);
      if (row === null) throw new Error('a token that was just made is gone');
      return { token, view: tokenView(row) };
    });
  }

  /**
   * Closes a token at once.
   * @throws not_found – no such token that still opens; @throws forbidden – as {@link list}; @throws reauthentication_needed
   */
  async function revoke(actor: Actor, tokenId: string): Promise<void> {
    allow(actor);
    refuseUnproven(actor, now());
    await db.transaction(async (tx) => {
      const row = await tokenRepository.find(tx, tokenId);
      if (row === null || !(await tokenRepository.revoke(tx, tokenId, now())))
        throw fail('not_found', { what: 'token' });
      await recordChange(tx, {
        ...mark(actor, tokenId, row.name),
        ...{ action: 'token.revoked', before: null, after: null },
      });
    });
  }

  const mark = (by: Actor, subjectId: string, subject: string) =>
    ({ by, at: now(), dealerId: null, subjectId, subject }) as const;

  /**
   * @param authorization the header `Authorization: Bearer <token>`
   * @throws not_signed_in – no token, an unknown one, one that is revoked or out of date
   * @throws forbidden – it opens other operations than this one
   */
  async function authenticateIntegration(
    authorization: string | undefined,
    route: Address,
  ): Promise<void> {
    const token = /^Bearer ([\w-]{20,200})$/i.exec(authorization ?? '')?.[1];
    const at = now();
    const row =
      token === undefined ? null : await tokenRepository.findOpen(db, tokenHash(token), at);
    if (row === null) throw fail('not_signed_in', {});
    const key = keyOf(route);
    if (!row.scopes.some((scope) => OPENS[scope].includes(key)))
      throw fail('forbidden', { right: key });
    if (row.lastUsedAt !== null && at.getTime() - row.lastUsedAt.getTime() < TOUCH_EVERY_MS) return;
    await tokenRepository.used(db, row.id, at);
  }

  return { createIntegrationToken, list, make, revoke, authenticateIntegration };
}

function allow(actor: Actor): void {
  if (!isStaff(actor)) throw fail('not_found', { what: 'token' });
  if (!managesTokens(actor)) throw fail('forbidden', { right: 'manageTokens' });
}

const tokenView = (row: TokenRow): TokenView => ({
  id: row.id,
  name: row.name,
  scopes: row.scopes,
  hint: row.hint,
  createdAt: row.createdAt.toISOString(),
  createdBy: row.createdBy,
  expiresAt: row.expiresAt?.toISOString() ?? null,
  lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
  revokedAt: row.revokedAt?.toISOString() ?? null,
});
