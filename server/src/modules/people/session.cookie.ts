import { createHash, randomBytes } from 'node:crypto';
import { parseCookie } from 'cookie';
import type { Request, Response } from 'express';
import type { Config } from '../../config';

// With this prefix a browser takes the cookie only over HTTPS and from this very host, so no neighbour can plant one.
const SECURE_NAME = '__Host-otklik';
const PLAIN_NAME = 'otklik_session';

/** 32 random bytes; only the browser keeps it. */
export const makeToken = () => randomBytes(32).toString('base64url');
/** What the table keeps instead of a token. */
export const tokenHash = (token: string) => createHash('sha256').update(token).digest();

/** The session token among the cookies of a request. */
export function tokenOf(cookieHeader: string | undefined): string | undefined {
  if (cookieHeader === undefined) return undefined;
  const cookies = parseCookie(cookieHeader);
  return cookies[SECURE_NAME] ?? cookies[PLAIN_NAME];
}

type Origins = Pick<Config, 'publicOrigins'>;

const isHttps = (origin: string) => origin.startsWith('https://');

/** True when the person's browser speaks HTTPS with us or with the proxy in front of us. */
function isSecure(req: Request, { publicOrigins }: Origins): boolean {
  const { origin } = req.headers;
  if (req.secure) return true;
  if (origin === undefined) return publicOrigins.some(isHttps);
  return isHttps(origin) && publicOrigins.includes(origin);
}

const FIXED = { httpOnly: true, sameSite: 'lax', path: '/' } as const;

/** @param lifetimeMs undefined: until the browser closes */
export function setSessionCookie(
  { req, res }: { req: Request; res: Response },
  origins: Origins,
  token: string,
  lifetimeMs: number | undefined,
): void {
  const secure = isSecure(req, origins);
  res.cookie(secure ? SECURE_NAME : PLAIN_NAME, token, {
    ...FIXED,
    secure,
    ...(lifetimeMs === undefined ? {} : { maxAge: lifetimeMs }),
  });
}

/** Clears both names: the person may have come over HTTP before HTTPS was set up. */
export function clearSessionCookie(res: Response): void {
  res.clearCookie(SECURE_NAME, { ...FIXED, secure: true });
  res.clearCookie(PLAIN_NAME, FIXED);
}
