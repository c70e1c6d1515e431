import type {
  AddStaff,
  ChangeStaff,
  InvitedStaff,
  LinkFacts,
  LookAtLink,
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
  endStaffSessions: route<StaffId, { ended: number }>('POST', '/staff/:personId/end-sessions'),
};
