import type {
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
} from './accounts';
import type { Done, Me, Nothing } from './people';
import { route } from './route';

export const accountsApi = {
  /** By POST, so that the token stands in no address and no log. */
  lookAtLink: route<LookAtLink, LinkFacts>('POST', '/password-links/look', 'link.use'),
  useLink: route<UseLink, Done>('POST', '/password-links/use', 'link.use'),
  staff: route<Nothing, { items: StaffView[] }>('GET', '/staff', 'staff.manage'),
  addStaff: route<AddStaff, InvitedStaff>('POST', '/staff', 'staff.manage'),
  changeStaff: route<ChangeStaff, StaffView>('PATCH', '/staff/:personId', 'staff.manage'),
  makeStaffLink: route<StaffId, InvitedStaff>(
    'POST',
    '/staff/:personId/password-link',
    'staff.manage',
  ),
  /** For who lost his phone and his recovery codes; also of a visitor. */
  resetSecondStep: route<StaffId, Done>('DELETE', '/people/:personId/second-step', 'staff.manage'),
  /** From now on this session is answered as that person would be, and changes nothing. */
  viewAs: route<ViewAs, Me>('POST', '/view-as', 'person.view_as'),
  /** Answers who works here again; without a view nothing happens. */
  endViewAs: route<Nothing, Me>('DELETE', '/view-as', 'account.use'),
  answerDevice: route<AnswerDevice, Done>('PUT', '/me/devices/:deviceId', 'account.use'),
  signOnOffer: route<Nothing, SignOnOffer>('GET', '/sign-on', 'session.open'),
  startSignOn: route<StartSignOn, SignOnStart>('POST', '/sign-on', 'session.open'),
  finishSignOn: route<FinishSignOn, Me>('POST', '/sign-on/finish', 'session.open'),
  tokens: route<Nothing, { items: TokenView[] }>('GET', '/integration-tokens', 'token.manage'),
  makeToken: route<MakeToken, MadeToken>('POST', '/integration-tokens', 'token.manage'),
  revokeToken: route<TokenId, Done>('DELETE', '/integration-tokens/:tokenId', 'token.manage'),
  provePassword: route<ProvePassword, Done>('POST', '/me/proof', 'account.use'),
  secondStep: route<Nothing, SecondStepState>('GET', '/me/second-step', 'account.use'),
  beginSecondStep: route<Nothing, SecondStepSecret>('POST', '/me/second-step', 'account.use'),
  confirmSecondStep: route<ConfirmSecondStep, RecoveryCodes>(
    'PUT',
    '/me/second-step',
    'account.use',
  ),
  renewRecoveryCodes: route<Nothing, RecoveryCodes>(
    'POST',
    '/me/second-step/recovery-codes',
    'account.use',
  ),
  removeSecondStep: route<Nothing, Done>('DELETE', '/me/second-step', 'account.use'),
  endStaffSessions: route<StaffId, { ended: number }>(
    'POST',
    '/staff/:personId/end-sessions',
    'staff.manage',
  ),
};
