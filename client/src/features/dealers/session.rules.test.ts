import type { DealerSession } from '@otklik/shared/dealers';
import { describe, expect, test } from 'vitest';

import { endingUnder, limitUnder, ruleKey, ruleOf } from './session.rules';

const several = { severalSessions: true, maxSessions: 5 };
const one = { severalSessions: false, maxSessions: 5 };

const aSession = (id: string, visitorId: string, lastSeenAt: string): DealerSession => ({
  id,
  current: false,
  device: 'Chrome, Windows',
  deviceKind: 'computer',
  personName: null,
  address: null,
  createdAt: '2026-11-01T08:00:00.000Z',
  lastSeenAt,
  online: false,
  newDevice: false,
  visitor: { id: visitorId, name: 'Марина Сомова' },
});
const aVisitor = (id: string, rule: string) => ({ id, ...ruleOf(rule) });

describe('how many sessions a visitor may hold', () => {
  test.each([
    ['dealer', several, 5],
    ['dealer', one, 1],
    ['one', several, 1],
    ['several', one, 5],
    ['several:3', several, 3],
    ['several:8', one, 8],
  ])('rule %s under %o is %i', (rule, dealer, limit) => {
    expect(limitUnder(aVisitor('a', rule), dealer)).toBe(limit);
  });
});

describe('the sessions that a new rule ends', () => {
  const sessions = [
    aSession('old', 'a', '2026-11-20T08:00:00.000Z'),
    aSession('new', 'a', '2026-11-21T08:00:00.000Z'),
    aSession('only', 'b', '2026-11-19T08:00:00.000Z'),
    aSession('first', 'c', '2026-11-19T08:00:00.000Z'),
    aSession('second', 'c', '2026-11-20T08:00:00.000Z'),
  ];
  const visitors = [aVisitor('a', 'dealer'), aVisitor('b', 'dealer'), aVisitor('c', 'several:2')];

  test('one per person keeps the last seen, and whoever has a rule of his own keeps his', () => {
    expect(endingUnder(one, visitors, sessions).map(({ id }) => id)).toEqual(['old']);
  });

  test('a limit nobody reaches ends none', () => {
    expect(endingUnder(several, visitors, sessions)).toEqual([]);
  });
});

test.each(['dealer', 'one', 'several', 'several:3'])(
  'rule %s survives its way there and back',
  (key) => {
    expect(ruleKey(ruleOf(key))).toBe(key);
  },
);
