/**
 * People: who they are, how they sign in, what they may, and the log of changes.
 *
 * Tables: person, custom_role, person_team, team, session, sign_in_failure, password_link, second_step, recovery_code, known_device, sign_on_identity, integration_token, viewing, audit_entry
 * (reads dealer, appeal, sla_clock, company).
 * Tells all nodes (NOTIFY, see `channels`): session_ended, rights_changed, session_named, device_met.
 * Hears nothing.
 */
export { accountRoutes } from './accounts.routes';
export { isStaff, rooms, roomsOf, seesAllAppeals, type Actor } from './actor';
export {
  changedFields,
  listChanges,
  recordChange,
  type ChangeRow,
  type Fields,
} from './change-log.repository';
export { createIntegrationService, type IntegrationService } from './integration.service';
export { refuseUnenrolled } from './enrolment';
export { hashPassword, makeOneTimePassword } from './password';
export { createPasswordLinkService, makePasswordLink } from './password-link.service';
export { peopleRoutes } from './people.routes';
export { Person } from './person.entity';
export { shownAddress } from './network';
export { isSharedLogin, sessionLimit, sessionsBeyond } from './person.policy';
export { personRepository } from './person.repository';
export { refuseUnproven } from './reauthentication';
export { channels, sessionRepository, type DeviceRow } from './session.repository';
export { holds, jobRights, type Who } from './rights';
export { rightsRoutes } from './rights.routes';
export { roleRoutes } from './role.routes';
export { createRoleService } from './role.service';
export { createRefusalLog, type RefusalLog } from './refusal.log';
export { createSessionService, type SessionService } from './session.service';
export { createSignOnService } from './sign-on.service';
export { refuseViewing } from './viewing';
export { viewingRepository } from './viewing.repository';
export { sessionView, type IsOnline } from './session.view';
export { createStaffService, loginTaken, type StaffService } from './staff.service';
