import type {
  AddStaff,
  ChangeStaff,
  ConfirmSecondStep,
  InvitedStaff,
  LinkFacts,
  LookAtLink,
  ProvePassword,
  RecoveryCodes,
  SecondStepSecret,
  SecondStepState,
  StaffId,
  StaffView,
  UseLink,
} from './accounts';
import type { Done, Nothing } from './people';
import { route } from './route';

export const accountsApi = {
  /** By POST, so that the token stands in no address and no log. */
  lookAtLink: route<LookAtLink, LinkFacts>('POST', '/password-links/look'),
  useLink: route<UseLink, Done>('POST', '/password-links/use'),
  staff: route<Nothing, { items: StaffView[] }>('GET', '/staff'),
  addStaff: route<AddStaff, InvitedStaff>('POST', '/staff'),
  changeStaff: route<ChangeStaff, StaffView>('PATCH', '/staff/:personId'),
  makeStaffLink: route<StaffId, InvitedStaff>('POST', '/staff/:personId/password-link'),
  /** For who lost his phone and his recovery codes; also of a visitor. */
  resetSecondStep: route<StaffId, Done>('DELETE', '/people/:personId/second-step'),
  provePassword: route<ProvePassword, Done>('POST', '/me/proof'),
  secondStep: route<Nothing, SecondStepState>('GET', '/me/second-step'),
  beginSecondStep: route<Nothing, SecondStepSecret>('POST', '/me/second-step'),
  confirmSecondStep: route<ConfirmSecondStep, RecoveryCodes>('PUT', '/me/second-step'),
  renewRecoveryCodes: route<Nothing, RecoveryCodes>('POST', '/me/second-step/recovery-codes'),
  removeSecondStep: route<Nothing, Done>('DELETE', '/me/second-step'),
  endStaffSessions: route<StaffId, { ended: number }>('POST', '/staff/:personId/end-sessions'),
};
