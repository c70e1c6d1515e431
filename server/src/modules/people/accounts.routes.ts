import {
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
} from '@otklik/shared/accounts';
import { accountsApi } from '@otklik/shared/accounts.api';
import { Done, Nothing } from '@otklik/shared/people';
import * as z from 'zod';
import type { Api } from '../../platform/http';
import type { Actor } from './actor';
import type { PasswordLinkService } from './password-link.service';
import type { SessionService } from './session.service';
import type { StaffService } from './staff.service';

interface Services {
  links: PasswordLinkService;
  staff: StaffService;
  sessions: Pick<SessionService, 'secondStep' | 'provePassword'>;
}

const done = { done: true } as const;

/** Links that set passwords, and the supplier's people as admins manage them. */
export function accountRoutes(api: Api<Actor>, { links, staff, sessions }: Services): void {
  const { secondStep } = sessions;
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
  api.mount(
    accountsApi.provePassword,
    { input: ProvePassword, output: Done },
    async (actor, { password }) => {
      await sessions.provePassword(actor, password);
      return done;
    },
  );
  api.mount(
    accountsApi.secondStep,
    { input: Nothing, output: SecondStepState },
    secondStep.state,
  );
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
