import type {
  AppealCard,
  DealerAppeal,
  DealerEntry,
  StaffAppeal,
  StaffEntry,
} from '@otklik/shared/appeals';
import type { Me } from '@otklik/shared/people';

const at = (minute: number) => new Date(Date.UTC(2025, 10, 19, 9, minute)).toISOString();

/** A visitor, or with `side: 'staff'` a manager. */
export function aPerson(id: string, side: 'dealer' | 'staff' = 'dealer'): Me {
  return {
    person: {
      id,
      login: `${id}@demo.test`,
      name: id,
      jobTitle: '',
      role: side === 'dealer' ? 'dealer' : 'manager',
      side,
    },
    dealer: side === 'dealer' ? { id: 'dealer', name: 'Dealer', zone: 'Europe/Moscow' } : null,
    session: {
      ...{
        id: `session-${id}`,
        nameNeeded: false,
        enrolmentNeeded: false,
        signedOn: false,
        shared: false,
        severalAllowed: false,
      },
      ...{ remembered: true, expiresAt: '2125-11-19T09:00:00.000Z' },
    },
    can: {
      writeNotes: side === 'staff',
      assign: side === 'staff',
      changeFields: side === 'staff',
      seeBoard: false,
      seeReports: false,
      seeDealers: false,
      manageDealers: false,
      manageSla: false,
      manageCompany: false,
      manageStaff: false,
      manageTokens: false,
      manageDirectories: false,
      seeOrders: true,
      seeRights: false,
      viewAs: false,
      seeAudit: false,
      seeSeats: false,
    },
    settings: {},
    limits: {
      filesPerMessage: 3,
      fileBytes: 1_000,
      fileExtensions: ['jpg', 'png', 'pdf'],
      messageCharacters: 10_000,
      editMinutes: 15,
    },
    company: { zone: 'Europe/Moscow', hours: [] },
    newDevices: [],
    viewing: null,
    serverTime: new Date().toISOString(),
  };
}

export function aDealerAppeal(fields: Partial<DealerAppeal> = {}): DealerAppeal {
  return {
    audience: 'dealer',
    id: 'appeal-1',
    no: 1,
    dealerId: 'dealer',
    dealerName: 'Dealer',
    openedBy: { id: 'anna', name: 'Anna' },
    typeCode: 'question',
    topicId: 'delivery',
    subject: 'Where is the lorry',
    status: 'new',
    assignee: null,
    answerOwedBy: 'staff',
    mergedInto: null,
    createdAt: at(0),
    rev: 1,
    lastPublicSeq: 0,
    messages: 0,
    last: null,
    lastAt: at(0),
    promise: null,
    resolution: null,
    seenByOther: 0,
    ...fields,
  };
}

export function aStaffAppeal(fields: Partial<StaffAppeal> = {}): StaffAppeal {
  const {
    audience: _audience,
    promise: _promise,
    resolution: _resolution,
    ...common
  } = aDealerAppeal();
  return {
    ...common,
    audience: 'staff',
    teamId: null,
    priority: 'normal',
    source: 'portal',
    contactName: null,
    lastSeq: 0,
    clock: null,
    resolution: null,
    memberIds: [],
    mentions: [],
    questions: [],
    ...fields,
  };
}

/** A running clock that is due at, and warns from, moments in ms. */
export function aClock(dueMs: number, warnMs = dueMs): NonNullable<StaffAppeal['clock']> {
  return {
    kind: 'first_response',
    cycle: 1,
    state: 'running',
    startedAt: at(0),
    targetMs: 3_600_000,
    dueAt: new Date(dueMs).toISOString(),
    warnAt: new Date(warnMs).toISOString(),
    remainingMs: null,
    endedAt: null,
    breachedAt: null,
  };
}

/** Message `number` of an appeal, said by `authorId`. */
export function aDealerEntry(number: number, fields: Partial<DealerEntry> = {}): DealerEntry {
  return {
    audience: 'dealer',
    id: `entry-${number}`,
    appealId: 'appeal-1',
    at: at(number),
    kind: 'message',
    author: { id: 'manager', name: 'Manager', side: 'staff', jobTitle: '' },
    body: `message ${number}`,
    event: null,
    attachments: [],
    orders: [],
    version: 1,
    editedAt: null,
    deletedAt: null,
    replyTo: null,
    clientId: null,
    publicSeq: number,
    ...fields,
  };
}

export function aStaffEntry(number: number, fields: Partial<StaffEntry> = {}): StaffEntry {
  return {
    ...aDealerEntry(number),
    audience: 'staff',
    seq: number,
    publicSeq: number,
    mentions: [],
    ...fields,
  };
}

/** The card of an appeal whose viewer has read up to `readSeq`. */
export function aCard(appeal: AppealCard['appeal'], readSeq = 0): AppealCard {
  return {
    appeal,
    mark: { appealId: appeal.id, seq: readSeq, messages: readSeq, rev: readSeq },
    participants: [],
    orders: [],
    attachments: [],
    can: {
      reply: true,
      note: false,
      assign: false,
      changeStatus: false,
      changeFields: false,
      pullIn: false,
      linkOrder: true,
      noAnswerNeeded: false,
      merge: false,
      resolve: true,
    },
  };
}
