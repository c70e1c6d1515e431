import { People1763700000000 } from './1763700000000-people';
import { Sla1763700100000 } from './1763700100000-sla';
import { Appeals1763700200000 } from './1763700200000-appeals';
import { AttachmentsAndOrders1763700300000 } from './1763700300000-attachments-and-orders';
import { ChangedMessages1763700400000 } from './1763700400000-changed-messages';
import { Drafts1763700500000 } from './1763700500000-drafts';
import { ReceiptsAndChiefs1763700600000 } from './1763700600000-receipts-and-chiefs';
import { ListOrders1763700700000 } from './1763700700000-list-orders';
import { Macros1763700800000 } from './1763700800000-macros';
import { Calendars1763701000000 } from './1763701000000-calendars';
import { Policies1763701100000 } from './1763701100000-policies';
import { PastHours1763701105000 } from './1763701105000-past-hours';
import { Ladder1763701110000 } from './1763701110000-ladder';
import { UnfinishedUploads1763701130000 } from './1763701130000-unfinished-uploads';
import { ClockDisputes1763701200000 } from './1763701200000-clock-disputes';
import { Reports1763701300000 } from './1763701300000-reports';
import { FactsAnew1763701320000 } from './1763701320000-facts-anew';
import { Questions1763701400000 } from './1763701400000-questions';
import { Statuses1763701410000 } from './1763701410000-statuses';
import { Causes1763701420000 } from './1763701420000-causes';
import { Merges1763701500000 } from './1763701500000-merges';
import { ReportSums1763701600000 } from './1763701600000-report-sums';
import { DoneAppeals1763701610000 } from './1763701610000-done-appeals';
import { Audit1763701900000 } from './1763701900000-audit';
import { ClosedPortal1763701910000 } from './1763701910000-closed-portal';
import { PasswordLinks1763702000000 } from './1763702000000-password-links';
import { SecondStep1763702010000 } from './1763702010000-second-step';
import { IntegrationTokens1763702020000 } from './1763702020000-integration-tokens';
import { KnownDevices1763702030000 } from './1763702030000-known-devices';
import { SignOn1763702040000 } from './1763702040000-sign-on';
import { UploadHours1763702100000 } from './1763702100000-upload-hours';
import { CustomRoles1763702300000 } from './1763702300000-custom-roles';
import { Viewings1763702400000 } from './1763702400000-viewings';
import { Directories1763702500000 } from './1763702500000-directories';
import { Contacts1763702600000 } from './1763702600000-contacts';
import { LongerSums1763702700000 } from './1763702700000-longer-sums';

/** The one ordered history of the schema. A landed migration is never changed; a new one is added at the end. */
export const migrations = [
  People1763700000000,
  Sla1763700100000,
  Appeals1763700200000,
  AttachmentsAndOrders1763700300000,
  ChangedMessages1763700400000,
  Drafts1763700500000,
  ReceiptsAndChiefs1763700600000,
  ListOrders1763700700000,
  Macros1763700800000,
  Calendars1763701000000,
  Policies1763701100000,
  PastHours1763701105000,
  Ladder1763701110000,
  UnfinishedUploads1763701130000,
  ClockDisputes1763701200000,
  Reports1763701300000,
  FactsAnew1763701320000,
  Questions1763701400000,
  Statuses1763701410000,
  Causes1763701420000,
  Merges1763701500000,
  ReportSums1763701600000,
  DoneAppeals1763701610000,
  Audit1763701900000,
  ClosedPortal1763701910000,
  PasswordLinks1763702000000,
  SecondStep1763702010000,
  IntegrationTokens1763702020000,
  KnownDevices1763702030000,
  SignOn1763702040000,
  UploadHours1763702100000,
  CustomRoles1763702300000,
  Viewings1763702400000,
  Directories1763702500000,
  Contacts1763702600000,
  LongerSums1763702700000,
];
