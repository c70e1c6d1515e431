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
  signIn: route<SignIn, Me>('POST', '/session'),
  signOut: route<Nothing, Done>('DELETE', '/session'),
  me: route<Nothing, Me>('GET', '/me'),
  changeSettings: route<PersonSettings, PersonSettings>('PATCH', '/me/settings'),
  nameSession: route<NameSession, Me>('PUT', '/me/name'),
  changePassword: route<ChangePassword, Done>('PUT', '/me/password'),
  mySessions: route<Nothing, { items: SessionView[] }>('GET', '/me/sessions'),
  endMySession: route<SessionId, Done>('DELETE', '/me/sessions/:sessionId'),
  endMyOtherSessions: route<Nothing, { ended: number }>('POST', '/me/sessions/end-others'),
  colleagues: route<Nothing, { items: Colleague[] }>('GET', '/colleagues'),
  /** For dealers: their own people with access. */
  dealerColleagues: route<Nothing, { items: DealerColleague[] }>('GET', '/dealer/colleagues'),
};
