import { describe, expect, it } from 'vitest';
import {
  isSharedLogin,
  rightsOf,
  seesColleagues,
  sessionLimit,
  sessionsBeyond,
  STAFF_SESSIONS,
} from './person.policy';

const law = (
  sessionRule: 'dealer' | 'one' | 'several',
  maxSessions: number | null,
  dealer: { severalSessions: boolean; maxSessions: number } | null,
) => ({ role: 'dealer' as const, sessionRule, maxSessions, dealer });
const several = { severalSessions: true, maxSessions: 5 };
const one = { severalSessions: false, maxSessions: 5 };

describe('how many sessions', () => {
  it.each([
    ['as the dealer says: several', law('dealer', null, several), 5],
    ['as the dealer says: one', law('dealer', null, one), 1],
    ['as the dealer says; an own number does not count', law('dealer', 3, several), 5],
    ['one, whatever the dealer says', law('one', 7, several), 1],
    ['several with an own number', law('several', 3, one), 3],
    ['several without an own number takes the dealer’s', law('several', null, one), 5],
    ['staff', { ...law('one', 1, null), role: 'manager' as const }, STAFF_SESSIONS],
  ])('%s', (_name, rule, expected) => {
    expect(sessionLimit(rule)).toBe(expected);
  });
});

it.each([
  ['shared, several allowed', { ...law('dealer', null, several), shared: true }, true],
  ['shared, one allowed', { ...law('dealer', null, one), shared: true }, false],
  ['several up to 1 is one', { ...law('several', 1, several), shared: true }, false],
  ['not shared', { ...law('dealer', null, several), shared: false }, false],
])('a login counts as shared: %s', (_name, rule, expected) => {
  expect(isSharedLogin(rule)).toBe(expected);
});

describe('which sessions end', () => {
  const session = (name: string, seen: number, created = 0) => ({
    name,
    lastSeenAt: new Date(seen),
    createdAt: new Date(created),
  });
  const names = (limit: number) =>
    sessionsBeyond(
      [session('b', 20), session('a', 10), session('d', 30, 2), session('c', 30, 1)],
      limit,
    ).map(({ name }) => name);
  it.each([
    [4, []],
    [3, ['a']],
    [2, ['a', 'b']],
    [1, ['a', 'b', 'c']],
    [0, ['a', 'b', 'c', 'd']],
  ])('with %i allowed, the least recently seen go first', (limit, expected) => {
    expect(names(limit)).toEqual(expected);
  });
});

describe('rights', () => {
  const granted = (role: 'dealer' | 'manager' | 'supervisor' | 'admin') =>
    Object.entries(rightsOf({ role, customRights: null }))
      .filter(([, may]) => may)
      .map(([right]) => right);
  it.each([
    ['dealer', ['seeOrders']],
    ['manager', ['writeNotes', 'assign', 'changeFields', 'seeDealers', 'seeOrders']],
    [
      'supervisor',
      [
        ...['writeNotes', 'assign', 'changeFields', 'seeBoard', 'seeReports', 'seeDealers'],
        ...['seeOrders'],
      ],
    ],
    [
      'admin',
      [
        'writeNotes',
        'assign',
        'changeFields',
        'seeBoard',
        'seeReports',
        'seeDealers',
        'manageDealers',
        'manageSla',
        'manageCompany',
        'manageStaff',
        'manageTokens',
        'manageDirectories',
        'seeOrders',
        'seeRights',
        'viewAs',
        'seeAudit',
        'seeSeats',
      ],
    ],
  ] as const)('of a %s', (role, expected) => {
    expect(granted(role)).toEqual(expected);
  });
  it('only staff look up staff', () => {
    expect(seesColleagues({ role: 'manager', customRights: null })).toBe(true);
    expect(seesColleagues({ role: 'dealer', customRights: null })).toBe(false);
  });
});
