import { createHash, randomBytes } from 'node:crypto';
import { parseCookie } from 'cookie';
import type { Request, Response } from 'express';
import type { Config } from '../../config';

// With this prefix a browser takes the cookie only over HTTPS and from this very host, so no neighbour can plant one.
const SECURE_NAME = '__Host-otklik';
const PLAIN_NAME = 'otklik_session';
const DEVICE_NAMES = ['__Host-otklik_device', 'otklik_device'] as const;
const SIGN_ON_NAME = 'otklik_sign_on';
/** As long as browsers keep any cookie. */
const DEVICE_MS = 400 * 86_400_000;

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

/** What this browser is known by, whoever uses it. */
export function deviceTokenOf(cookieHeader: string | undefined): string | undefined {
  if (cookieHeader === undefined) return undefined;
  const cookies = parseCookie(cookieHeader);
  const token = cookies[DEVICE_NAMES[0]] ?? cookies[DEVICE_NAMES[1]];
  return token !== undefined && /^[\w-]{43}$/.test(token) ? token : undefined;
}

/** What the browser took along to the sign-on provider. */
export const departureOf = (cookieHeader: string | undefined) =>
  cookieHeader === undefined ? undefined : parseCookie(cookieHeader)[SIGN_ON_NAME];

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

/** Stays when people sign out. */
export function setDeviceCookie(
  { req, res }: { req: Request; res: Response },
  origins: Origins,
  token: string,
): void {
  const secure = isSecure(req, origins);
  res.cookie(DEVICE_NAMES[secure ? 0 : 1], token, { ...FIXED, secure, maxAge: DEVICE_MS });
}

export function setDepartureCookie(
  { req, res }: { req: Request; res: Response },
  origins: Origins,
  departure: string,
  lifetimeMs: number,
): void {
  const secure = isSecure(req, origins);
  res.cookie(SIGN_ON_NAME, departure, { ...FIXED, secure, maxAge: lifetimeMs });
}

export const clearDepartureCookie = (res: Response) => res.clearCookie(SIGN_ON_NAME, FIXED);
