import { PersonSettings, type Colleague, type Me, type SessionView } from '@otklik/shared/people';
import { rooms, type Actor } from './actor';
import type { NewDeviceRow } from './device.repository';
import { isSharedLogin, rightsOf, sessionLimit } from './person.policy';
import type { ColleagueRow } from './person.repository';
import type { DeviceRow, SessionRow } from './session.repository';

/** Tells whether a room has a socket in it right now, on any node. */
export type IsOnline = (room: string) => boolean | Promise<boolean>;

const lawOf = (row: SessionRow) => ({
  role: row.role,
  sessionRule: row.sessionRule,
  maxSessions: row.maxSessions,
  shared: row.shared,
  dealer:
    row.dealerSeveral === null || row.dealerMax === null
      ? null
      : { severalSessions: row.dealerSeveral, maxSessions: row.dealerMax },
});

/** How many sessions this person may hold. */
export const limitOf = (row: SessionRow) => sessionLimit(lawOf(row));

/** True when the session must say who works in it. */
export const isSharedSession = (row: SessionRow) => isSharedLogin(lawOf(row));

/** Who acts in this session. */
export function actorOf(row: SessionRow): Actor {
  const shared = isSharedSession(row);
  return {
    personId: row.personId,
    sessionId: row.sessionId,
    role: row.role,
    customRights: row.customRights,
    side: row.dealerId === null ? 'staff' : 'dealer',
    name: (shared ? row.personName : null) ?? row.name,
    jobTitle: row.jobTitle,
    nameNeeded: shared && row.personName === null,
    // The company's provider asks for what the company wants.
    enrolmentNeeded: row.secondStepRequired && !row.secondStepOn && !row.signedOn,
    provenAt: row.provenAt,
    dealerId: row.dealerId,
    scope: row.scope,
    chief: row.chief,
    teamIds: row.teamIds,
    rightsVersion: row.rightsVersion,
  };
}

/** Who is answered while an admin sees as him: nothing is asked of him, for nothing is done. */
export const viewedActor = (viewed: SessionRow, by: NonNullable<Actor['viewedBy']>): Actor => ({
  ...actorOf(viewed),
  nameNeeded: false,
  enrolmentNeeded: false,
  viewedBy: { personId: by.personId, name: by.name },
});

/** Settings as stored, or none when they are from a version that wrote them otherwise. */
export function settingsView(stored: unknown): PersonSettings {
  const known = PersonSettings.safeParse(stored);
  return known.success ? known.data : {};
}

export function meView(
  row: SessionRow,
  more: Pick<Me, 'limits' | 'company' | 'newDevices'> & {
    at: Date;
    viewedBy: Actor['viewedBy'];
  },
): Me {
  const { viewedBy } = more;
  const actor = viewedBy ? viewedActor(row, viewedBy) : actorOf(row);
  const { dealerId, dealerName, dealerZone, viewId, viewEndsAt } = row;
  const viewing =
    viewedBy && viewId !== null && viewEndsAt !== null
      ? { id: viewId, by: viewedBy.name, endsAt: viewEndsAt.toISOString() }
      : null;
  return {
    person: {
      id: row.personId,
      login: row.login,
      name: actor.name,
      jobTitle: row.jobTitle,
      role: row.role,
      side: actor.side,
    },
    dealer:
      dealerId === null || dealerName === null || dealerZone === null
        ? null
        : { id: dealerId, name: dealerName, zone: dealerZone },
    session: {
      id: viewing?.id ?? row.sessionId,
      nameNeeded: actor.nameNeeded,
      enrolmentNeeded: actor.enrolmentNeeded,
      shared: isSharedSession(row),
      severalAllowed: limitOf(row) > 1,
      remembered: row.remembered && viewing === null,
      signedOn: row.signedOn,
      expiresAt: viewing?.endsAt ?? row.expiresAt.toISOString(),
    },
    viewing: viewing && { by: viewing.by, endsAt: viewing.endsAt },
    can: rightsOf(actor),
    settings: settingsView(row.settings),
    limits: more.limits,
    company: more.company,
    newDevices: more.newDevices,
    serverTime: more.at.toISOString(),
  };
}

export const newDeviceView = (row: NewDeviceRow): Me['newDevices'][number] => ({
  deviceId: row.id,
  device: row.device,
  address: row.address,
  at: row.at.toISOString(),
});

export async function sessionView(
  row: DeviceRow,
  ownSessionId: string,
  isOnline: IsOnline,
): Promise<SessionView> {
  return {
    id: row.id,
    current: row.id === ownSessionId,
    device: row.device,
    deviceKind: row.deviceKind,
    personName: row.personName,
    address: row.address,
    createdAt: row.createdAt.toISOString(),
    lastSeenAt: row.lastSeenAt.toISOString(),
    online: await isOnline(rooms.session(row.id)),
    newDevice: row.newDevice,
  };
}

export async function colleagueView(row: ColleagueRow, isOnline: IsOnline): Promise<Colleague> {
  return { ...row, online: await isOnline(rooms.person(row.id)) };
}
