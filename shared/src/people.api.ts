import { route } from './route';
import type {
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
} from './people';

export const peopleApi = {
  signIn: route<SignIn, Me>('POST', '/session', 'session.open'),
  signOut: route<Nothing, Done>('DELETE', '/session', 'account.use'),
  me: route<Nothing, Me>('GET', '/me', 'account.use'),
  changeSettings: route<PersonSettings, PersonSettings>('PATCH', '/me/settings', 'account.use'),
  nameSession: route<NameSession, Me>('PUT', '/me/name', 'session.name'),
  changePassword: route<ChangePassword, Done>('PUT', '/me/password', 'account.use'),
  mySessions: route<Nothing, { items: SessionView[] }>('GET', '/me/sessions', 'account.use'),
  endMySession: route<SessionId, Done>('DELETE', '/me/sessions/:sessionId', 'session.end'),
  endMyOtherSessions: route<Nothing, { ended: number }>(
    'POST',
    '/me/sessions/end-others',
    'account.use',
  ),
  colleagues: route<Nothing, { items: Colleague[] }>('GET', '/colleagues', 'colleague.see'),
  /** For dealers: their own people with access. */
  dealerColleagues: route<Nothing, { items: DealerColleague[] }>(
    'GET',
    '/dealer/colleagues',
    'dealer_people.see',
  ),
};
