import type { FinishSignOn, SignOnStart, StartSignOn } from '@otklik/shared/accounts';
import * as client from 'openid-client';
import * as z from 'zod';
import type { Config } from '../../config';
import { breaksConstraint, fail } from '../../platform/errors';
import type { Db, Tx } from '../../platform/db';
import type { Log } from '../../platform/log';
import type { Secrets } from '../../platform/secrets';
import { recordChange } from './change-log.repository';
import { signOnRepository } from './sign-on.repository';
import type { SessionService } from './session.service';
import type { Origin, SignedIn } from './sign-in.service';

interface Deps {
  db: Db;
  now: () => Date;
  log: Log;
  secrets: Secrets;
  signOn: SessionService['signOn'];
  provider: Config['signOn'];
}

/** How long a person may stay with the provider. */
export const SIGN_ON_MS = 10 * 60_000;
const SEALED_FOR = 'sign_on';
/** What this browser set out with, sealed into a cookie. */
const Departure = z.strictObject({
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  redirectUri: z.url(),
  until: z.number(),
});

/** What the provider says of who came. */
const Claims = z.object({
  iss: z.string(),
  sub: z.string().min(1).max(255),
  email: z.string().optional(),
  email_verified: z.boolean().optional(),
});

type Tokens = Awaited<ReturnType<typeof client.authorizationCodeGrant>>;
type Reason = 'off' | 'expired' | 'provider' | 'unknown_person';
const failed = (reason: Reason, cause?: unknown) =>
  fail('sign_on_failed', { why: reason }, cause === undefined ? {} : { cause });

export type SignOnService = ReturnType<typeof createSignOnService>;

/**
 * Signing in through the company's OpenID Connect provider. It brings in people who are there already, by the subject once linked or by
 * a verified address that is their login; it never adds anybody, and dealers' people never come this way.
 */
export function createSignOnService({ db, now, log, secrets, signOn, provider }: Deps) {
  let discovered: Promise<client.Configuration> | undefined;
  function configuration(): Promise<client.Configuration> {
    if (!provider) throw failed('off');
    const { issuer, clientId, clientSecret } = provider;
    discovered ??= client.discovery(
      new URL(issuer),
      clientId,
      undefined,
      clientSecret === undefined ? client.None() : client.ClientSecretPost(clientSecret),
      // Only this very machine may be spoken to in the clear.
      isLocal(issuer) ? { execute: [client.allowInsecureRequests] } : {},
    );
    // A provider that was away may be back at the next try.
    discovered.catch(() => (discovered = undefined));
    return discovered;
  }

  /** The name of the provider for the login page; null: people do not come in this way. */
  const name = () => provider?.name ?? null;

  /**
   * @param base where this browser sees the product
   * @returns where the browser goes, and what it keeps meanwhile
   * @throws sign_on_failed – there is no provider, or it does not answer
   */
  async function start(
    _input: z.output<typeof StartSignOn>,
    base: URL,
  ): Promise<SignOnStart & { departure: string }> {
    const config = await configuration().catch(away);
    const verifier = client.randomPKCECodeVerifier();
    const departure = {
      state: client.randomState(),
      nonce: client.randomNonce(),
      verifier,
      redirectUri: new URL('sign-on', base).href,
      until: now().getTime() + SIGN_ON_MS,
    };
    const address = client.buildAuthorizationUrl(config, {
      redirect_uri: departure.redirectUri,
      scope: 'openid email',
      state: departure.state,
      nonce: departure.nonce,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    const sealed = await secrets.seal(Buffer.from(JSON.stringify(departure)), SEALED_FOR);
    return { address: address.href, departure: sealed.toString('base64url') };
  }

  /**
   * The browser is back with the provider's answer.
   * @throws sign_on_failed – it did not set out from here, stayed too long, the provider refused, or nobody here is meant
   * @throws access_closed
   */
  async function finish(
    { answer, remember }: z.output<typeof FinishSignOn>,
    departure: string | undefined,
    origin: Origin,
  ): Promise<SignedIn> {
    const config = await configuration().catch(away);
    const { state, nonce, verifier, redirectUri } = await open(departure);
    const address = new URL(redirectUri);
    address.search = answer;
    const tokens = await client
      .authorizationCodeGrant(config, address, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
      })
      .catch((error: unknown) => {
        log.warn({ err: error }, 'the sign-on provider’s answer was not accepted');
        throw failed('provider', error);
      });
    const claims = await claimsOf(config, tokens);
    const person = await signOnRepository.find(db, claims, verifiedEmail(claims));
    if (person === null) throw failed('unknown_person');
    return signOn(person.personId, { remember }, origin, (tx) => link(tx, claims, person));
  }

  /** Of the ID token; what it leaves out, the provider is asked for. */
  async function claimsOf(config: client.Configuration, tokens: Tokens) {
    const claims = Claims.parse(tokens.claims());
    if (claims.email !== undefined || !config.serverMetadata().userinfo_endpoint) return claims;
    const more = await client
      .fetchUserInfo(config, tokens.access_token, claims.sub)
      .catch((error: unknown) => {
        log.warn({ err: error }, 'the sign-on provider did not say who came');
        throw failed('provider', error);
      });
    return Claims.parse({ ...more, iss: claims.iss, sub: claims.sub });
  }

  async function link(
    tx: Tx,
    { iss, sub }: z.output<typeof Claims>,
    { personId, name: subject, isLinked }: { personId: string; name: string; isLinked: boolean },
  ): Promise<void> {
    if (isLinked) return;
    const isNew = await signOnRepository
      .link(tx, { issuer: iss, subject: sub, personId, at: now() })
      .catch((error: unknown) => {
        // Another account there is this person already.
        if (breaksConstraint(error, 'sign_on_identity_person')) throw failed('unknown_person');
        throw error;
      });
    if (!isNew) return;
    await recordChange(tx, {
      ...{ by: null, at: now(), dealerId: null, action: 'person.sign_on_linked' },
      ...{ subjectId: personId, subject, before: null, after: { issuer: iss } },
    });
  }

  async function open(departure: string | undefined): Promise<z.output<typeof Departure>> {
    if (departure === undefined) throw failed('expired');
    const text = await secrets
      .open(Buffer.from(departure, 'base64url'), SEALED_FOR)
      .catch((error: unknown) => {
        throw failed('expired', error);
      });
    const known = Departure.parse(JSON.parse(text.toString()));
    if (known.until <= now().getTime()) throw failed('expired');
    return known;
  }

  function away(error: unknown): never {
    if (!provider) throw error;
    log.warn({ err: error }, 'the sign-on provider did not answer');
    throw failed('provider', error);
  }

  return { name, start, finish };
}

const verifiedEmail = ({ email, email_verified }: z.output<typeof Claims>) =>
  email_verified === true && email !== undefined ? email : null;

const isLocal = (issuer: string) =>
  /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(\/|$)/.test(issuer);
