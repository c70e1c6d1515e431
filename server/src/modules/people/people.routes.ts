import {
  ChangePassword,
  Colleague,
  DealerColleague,
  Done,
  Me,
  NameSession,
  Nothing,
  PersonSettings,
  SessionId,
  SessionView,
  SignIn,
} from '@otklik/shared/people';
import { peopleApi } from '@otklik/shared/people.api';
import * as z from 'zod';
import type { Config } from '../../config';
import type { Api } from '../../platform/http';
import type { Actor } from './actor';
import {
  clearSessionCookie,
  deviceTokenOf,
  setDeviceCookie,
  setSessionCookie,
  tokenOf,
} from './session.cookie';
import type { SessionService } from './session.service';

interface Services {
  sessions: SessionService;
  config: Pick<Config, 'publicOrigins' | 'sessionRememberMs'>;
}

const done = { done: true } as const;

export function peopleRoutes(api: Api<Actor>, { sessions, config }: Services): void {
  api.mountPublic(peopleApi.signIn, { input: SignIn, output: Me }, async (input, exchange) => {
    const { req } = exchange;
    const { token, deviceToken, actor } = await sessions.signIn(input, {
      userAgent: req.headers['user-agent'],
      address: req.ip,
      previousToken: tokenOf(req.headers.cookie),
      deviceToken: deviceTokenOf(req.headers.cookie),
    });
    setSessionCookie(
      exchange,
      config,
      token,
      input.remember ? config.sessionRememberMs : undefined,
    );
    setDeviceCookie(exchange, config, deviceToken);
    return sessions.me(actor);
  });
  api.mount(
    peopleApi.signOut,
    { input: Nothing, output: Done },
    async (actor, _input, exchange) => {
      await sessions.signOut(actor);
      if (exchange) clearSessionCookie(exchange.res);
      return done;
    },
  );
  api.mount(peopleApi.me, { input: Nothing, output: Me }, (actor) => sessions.me(actor));
  api.mount(
    peopleApi.changeSettings,
    { input: PersonSettings, output: PersonSettings },
    sessions.changeSettings,
  );
  api.mount(peopleApi.nameSession, { input: NameSession, output: Me }, sessions.nameSession);
  api.mount(
    peopleApi.changePassword,
    { input: ChangePassword, output: Done },
    async (actor, input) => {
      await sessions.changePassword(actor, input);
      return done;
    },
  );
  api.mount(
    peopleApi.mySessions,
    { input: Nothing, output: z.object({ items: z.array(SessionView) }) },
    async (actor) => ({ items: await sessions.mySessions(actor) }),
  );
  api.mount(
    peopleApi.endMySession,
    { input: SessionId, output: Done },
    async (actor, { sessionId }) => {
      await sessions.endMine(actor, sessionId);
      return done;
    },
  );
  api.mount(
    peopleApi.endMyOtherSessions,
    { input: Nothing, output: z.object({ ended: z.number().int() }) },
    async (actor) => ({ ended: await sessions.endMyOthers(actor) }),
  );
  api.mount(
    peopleApi.colleagues,
    { input: Nothing, output: z.object({ items: z.array(Colleague) }) },
    async (actor) => ({ items: await sessions.colleagues(actor) }),
  );
  api.mount(
    peopleApi.dealerColleagues,
    { input: Nothing, output: z.object({ items: z.array(DealerColleague) }) },
    async (actor) => ({ items: await sessions.dealerColleagues(actor) }),
  );
}
