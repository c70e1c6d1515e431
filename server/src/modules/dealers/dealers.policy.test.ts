import { describe, expect, it } from 'vitest';
import { dealersPolicy } from './dealers.policy';
import { isZone } from '../../platform/zone';

const own = { managerId: 'm' };
const another = { managerId: 'x' };
const nobodys = { managerId: null };
const who = (role: 'dealer' | 'manager' | 'supervisor' | 'admin') => ({
  personId: 'm',
  role,
  customRights: null,
  side: role === 'dealer' ? ('dealer' as const) : ('staff' as const),
});

describe.each([
  // role, dealer, read, create, edit, readVisitors, manageVisitors
  ['admin', another, true, true, true, true, true],
  ['admin', nobodys, true, true, true, true, true],
  ['supervisor', another, true, false, false, true, false],
  ['supervisor', own, true, false, false, true, false],
  ['manager', own, true, false, true, true, true],
  ['manager', another, true, false, false, false, false],
  ['manager', nobodys, true, false, false, false, false],
  ['dealer', own, false, false, false, false, false],
  ['dealer', another, false, false, false, false, false],
] as const)('%s and a dealer of %j', (role, dealer, ...expected) => {
  it('may exactly this', () => {
    const actor = who(role);
    expect([
      dealersPolicy.read(actor),
      dealersPolicy.create(actor),
      dealersPolicy.edit(actor, dealer),
      dealersPolicy.readVisitors(actor, dealer),
      dealersPolicy.manageVisitors(actor, dealer),
    ]).toEqual(expected);
  });
});

it.each([
  ['Europe/Moscow', true],
  ['Asia/Yekaterinburg', true],
  ['America/Argentina/Buenos_Aires', true],
  ['Europe/Kyiv', true],
  ['UTC', true],
  ['Etc/GMT-3', true],
  ['Europe/Atlantis', false],
  ['+03:00', false],
  ['MSK', false],
  ['Moscow', false],
  ['', false],
])('%s is a zone: %s', (zone, expected) => {
  expect(isZone(zone)).toBe(expected);
});
