import type { Change } from '../chaos/product';
import type { Fault } from './run';

/** A defect that the fuzzer has to find. */
export interface Planted {
  name: string;
  /** How the faults it is found by begin. */
  expect: string;
  changes: readonly Change[];
}

const APPEALS = 'server/src/modules/appeals';

export const PLANTED: readonly Planted[] = [
  {
    name: 'one line of a policy is gone: whose dealer asks',
    expect: 'CANARY',
    changes: [
      {
        file: `${APPEALS}/appeal.policy.ts`,
        find: `    if (actor.dealerId !== appeal.dealerId) return ['other_dealer'];\n`,
        put: '',
      },
    ],
  },
  {
    name: "one field more in the dealer's payload",
    expect: 'answers fields nobody documented',
    changes: [
      {
        file: `${APPEALS}/appeal.view.ts`,
        find: 'seenByOther: row.seen_by_staff,',
        put: 'seenByOther: row.seen_by_staff, handlers: 3,',
      },
    ],
  },
  {
    name: 'one socket event is not registered',
    expect: 'the event is never answered',
    changes: [
      {
        file: 'server/src/platform/http.ts',
        find: `if (route.socket === undefined) return;`,
        put: `if (route.socket === undefined || route.socket === 'appeal:read') return;`,
      },
    ],
  },
  {
    name: 'a refusal that is thrown where nobody catches it',
    expect: 'the server ended',
    changes: [
      {
        file: 'server/src/platform/socket.ts',
        find: `      // Unknown, unacknowledged, or more than one payload: no echo, no service.`,
        put: `      throw new Error('planted');`,
      },
    ],
  },
];

export const isFound = ({ expect }: Planted, faults: readonly Fault[]): boolean =>
  faults.some(({ fault }) => fault.startsWith(expect));
