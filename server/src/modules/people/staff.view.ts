import type { StaffView } from '@otklik/shared/accounts';
import type { StaffRow } from './staff.repository';

export const staffView = (row: StaffRow): StaffView => ({
  id: row.id,
  login: row.login,
  name: row.name,
  jobTitle: row.jobTitle,
  role: row.role,
  customRoleId: row.customRoleId,
  teamIds: row.teamIds,
  accessAllowed: row.accessAllowed,
  sessionsNow: row.sessionsNow,
  lastSignInAt: row.lastSignInAt?.toISOString() ?? null,
  secondStepOn: row.secondStepOn,
});
