import {
  AddStaff,
  AnswerDevice,
  ChangeStaff,
  ConfirmSecondStep,
  FinishSignOn,
  InvitedStaff,
  LinkFacts,
  LookAtLink,
  MadeToken,
  MakeToken,
  ProvePassword,
  RecoveryCodes,
  SecondStepSecret,
  SecondStepState,
  SignOnOffer,
  SignOnStart,
  StaffId,
  StaffView,
  StartSignOn,
  TokenId,
  TokenView,
  UseLink,
  ViewAs,
} from '@otklik/shared/accounts';
import { accountsApi } from '@otklik/shared/accounts.api';
import { Done, Me, Nothing } from '@otklik/shared/people';
import * as z from 'zod';
import type { Config } from '../../config';
import type { Api, Exchange } from '../../platform/http';
import type { Actor } from './actor';
import type { IntegrationService } from './integration.service';
import type { PasswordLinkService } from './password-link.service';
import {
  clearDepartureCookie,
  departureOf,
  deviceTokenOf,
  setDepartureCookie,
  setDeviceCookie,
  setSessionCookie,
  tokenOf,
} from './session.cookie';
import type { SessionService } from './session.service';
import { SIGN_ON_MS, type SignOnService } from './sign-on.service';
import type { StaffService } from './staff.service';

interface Services {
  links: PasswordLinkService;
  staff: StaffService;
  integrations: IntegrationService;
  sessions: Pick<
    SessionService,
    | 'secondStep'
    | 'provePassword'
    | 'answerDevice'
    | 'me'
    | 'resume'
    | 'beginViewing'
    | 'endViewing'
  >;
  signOn: SignOnService;
  config: Pick<Config, 'publicOrigins' | 'basePath' | 'sessionRememberMs'>;
}

const done = { done: true } as const;

/** Links that set passwords, and the supplier's people as admins manage them. */
export function accountRoutes(api: Api<Actor>, services: Services): void {
  const { links, staff, integrations, sessions } = services;
  const { secondStep } = sessions;
  signOnRoutes(api, services);
  api.mountPublic(accountsApi.lookAtLink, { input: LookAtLink, output: LinkFacts }, ({ token }) =>
    links.look(token),
  );
  api.mountPublic(accountsApi.useLink, { input: UseLink, output: Done }, async (input) => {
    await links.setPassword(input);
    return done;
  });
  api.mount(
    accountsApi.staff,
    { input: Nothing, output: z.object({ items: z.array(StaffView) }) },
    async (actor) => ({ items: await staff.list(actor) }),
  );
  api.mount(accountsApi.addStaff, { input: AddStaff, output: InvitedStaff }, staff.invite);
  api.mount(
    accountsApi.changeStaff,
    { input: ChangeStaff, output: StaffView },
    (actor, { personId, ...change }) => staff.changeStaff(actor, personId, change),
  );
  api.mount(
    accountsApi.makeStaffLink,
    { input: StaffId, output: InvitedStaff },
    (actor, { personId }) => staff.makeLink(actor, personId),
  );
  api.mount(
    accountsApi.endStaffSessions,
    { input: StaffId, output: z.object({ ended: z.number().int() }) },
    async (actor, { personId }) => ({ ended: await staff.endSessions(actor, personId) }),
  );
  const whoIsHere = async ({ sessionId }: Actor) => sessions.me(await sessions.resume(sessionId));
  api.mount(accountsApi.viewAs, { input: ViewAs, output: Me }, async (actor, { personId }) => {
    await sessions.beginViewing(actor, personId);
    return whoIsHere(actor);
  });
  api.mount(accountsApi.endViewAs, { input: Nothing, output: Me }, async (actor) => {
    await sessions.endViewing(actor);
    return whoIsHere(actor);
  });
  api.mount(
    accountsApi.answerDevice,
    { input: AnswerDevice, output: Done },
    async (actor, { deviceId, isMine }) => {
      await sessions.answerDevice(actor, deviceId, isMine);
      return done;
    },
  );
  api.mount(
    accountsApi.tokens,
    { input: Nothing, output: z.object({ items: z.array(TokenView) }) },
    async (actor) => ({ items: await integrations.list(actor) }),
  );
  api.mount(accountsApi.makeToken, { input: MakeToken, output: MadeToken }, integrations.make);
  api.mount(
    accountsApi.revokeToken,
    { input: TokenId, output: Done },
    async (actor, { tokenId }) => {
      await integrations.revoke(actor, tokenId);
      return done;
    },
  );
  api.mount(
    accountsApi.provePassword,
    { input: ProvePassword, output: Done },
    async (actor, { password }) => {
      await sessions.provePassword(actor, password);
      return done;
    },
  );
  api.mount(accountsApi.secondStep, { input: Nothing, output: SecondStepState }, secondStep.state);
  api.mount(
    accountsApi.beginSecondStep,
    { input: Nothing, output: SecondStepSecret },
    secondStep.begin,
  );
  api.mount(
    accountsApi.confirmSecondStep,
    { input: ConfirmSecondStep, output: RecoveryCodes },
    (actor, { code }) => secondStep.confirm(actor, code),
  );
  api.mount(
    accountsApi.renewRecoveryCodes,
    { input: Nothing, output: RecoveryCodes },
    secondStep.renewRecovery,
  );
  api.mount(accountsApi.removeSecondStep, { input: Nothing, output: Done }, async (actor) => {
    await secondStep.remove(actor);
    return done;
  });
  api.mount(
    accountsApi.resetSecondStep,
    { input: StaffId, output: Done },
    async (actor, { personId }) => {
      await secondStep.reset(actor, personId);
      return done;
    },
  );
}

/** To the company's provider and back. */
function signOnRoutes(
  api: Api<Actor>,
  { signOn, sessions, config }: Pick<Services, 'signOn' | 'sessions' | 'config'>,
): void {
  api.mountPublic(accountsApi.signOnOffer, { input: Nothing, output: SignOnOffer }, async () => ({
    name: signOn.name(),
  }));
  api.mountPublic(
    accountsApi.startSignOn,
    { input: StartSignOn, output: SignOnStart },
    async (input, exchange) => {
      const { address, departure } = await signOn.start(input, baseOf(exchange, config));
      setDepartureCookie(exchange, config, departure, SIGN_ON_MS);
      return { address };
    },
  );
  api.mountPublic(
    accountsApi.finishSignOn,
    { input: FinishSignOn, output: Me },
    async (input, exchange) => {
      const { cookie, 'user-agent': userAgent } = exchange.req.headers;
      const { token, deviceToken, actor } = await signOn.finish(input, departureOf(cookie), {
        ...{ userAgent, address: exchange.req.ip },
        ...{ previousToken: tokenOf(cookie), deviceToken: deviceTokenOf(cookie) },
      });
      clearDepartureCookie(exchange.res);
      const lifetimeMs = input.remember ? config.sessionRememberMs : undefined;
      setSessionCookie(exchange, config, token, lifetimeMs);
      setDeviceCookie(exchange, config, deviceToken);
      return sessions.me(actor);
    },
  );
}

/** Where this browser sees the product; a foreign origin has been refused before. */
function baseOf(
  { req }: Exchange,
  { publicOrigins, basePath }: Pick<Config, 'publicOrigins' | 'basePath'>,
): URL {
  const own = publicOrigins[0] ?? `${req.protocol}://${req.get('host') ?? 'localhost'}`;
  return new URL(basePath, req.headers.origin ?? own);
}
