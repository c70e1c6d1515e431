import type { RightName } from '@otklik/shared/rights';
import { describe, expect, it } from 'vitest';
import { holds, rights, verdict } from './rights';

/** What nobody in particular may do. */
const OPEN = ['session.open', 'link.use', 'server.health', 'server.api', 'server.client'];

describe('the table of rights', () => {
  it('gives nobody a right to what is another dealer’s, and dealers nothing of the staff’s', () => {
    const dealerRoles = ['dealer_own', 'dealer_all', 'chief'] as const;
    const foreign = ['other_dealer', 'other_team', 'stranger', 'former'] as const;
    for (const name of Object.keys(rights) as RightName[]) {
      for (const role of dealerRoles)
        for (const relation of foreign) {
          const { object } = rights[name];
          if (object === null || object === 'member') continue;
          const said = verdict([role], name, { [object]: [relation], appeal: [relation] });
          expect(said, `${name}: ${role} ${relation}`).not.toBe('yes');
        }
      // Signed in with a token, or not at all, nobody is a person.
      if (verdict(['nobody'], name, {}) === 'yes') expect(OPEN).toContain(name);
    }
    const staffOnly: RightName[] = [
      ...(['note.read', 'note.write', 'entry.history', 'receipt.see', 'staff.work'] as const),
      ...(['dealer.read', 'macro.use', 'sla.read', 'company.read', 'colleague.see'] as const),
    ];
    const nearest = { appeal: ['own', 'participant'], entry: ['own'] } as const;
    for (const name of staffOnly)
      for (const role of dealerRoles) expect(verdict([role], name, nearest)).not.toBe('yes');
  });

  it.each([
    // A right that needs another one is refused as that one is.
    ['dealer_own', 'appeal.assign', { appeal: ['other_dealer'] }, 'absent'],
    ['dealer_own', 'appeal.assign', { appeal: ['own'] }, 'forbidden'],
    ['manager', 'appeal.assign', { appeal: ['former'] }, 'absent'],
    ['manager', 'appeal.assign', { appeal: ['other_team', 'in_charge'] }, 'yes'],
    ['dealer_all', 'board.see', {}, 'absent'],
    ['manager', 'board.see', {}, 'forbidden'],
    ['supervisor', 'board.see', {}, 'yes'],
    ['manager', 'visitor.change', { dealer: ['stranger'] }, 'absent'],
    ['supervisor', 'visitor.change', { dealer: ['stranger'] }, 'forbidden'],
    ['nobody', 'account.use', {}, 'forbidden'],
  ] as const)('says to a %s about %s with %j: %s', (role, name, standing, expected) => {
    expect(verdict([role], name, standing)).toBe(expected);
  });

  it('gives a chief what a visitor has, and what a chief has on top', () => {
    const chief = { role: 'dealer', scope: 'own', chief: true } as const;
    expect(holds(chief, 'appeal.read', ['own'])).toBe(true);
    expect(holds(chief, 'appeal.read', ['same_dealer'])).toBe(false);
    expect(holds(chief, 'appeal.bring_people')).toBe(true);
    expect(holds({ ...chief, chief: false }, 'appeal.bring_people')).toBe(false);
  });

  it('looks at the state where it matters', () => {
    const visitor = { role: 'dealer', scope: 'all', chief: false } as const;
    expect(holds(visitor, 'appeal.solve', [], 'open')).toBe(true);
    expect(holds(visitor, 'appeal.solve', [], 'done')).toBe(false);
    expect(holds({ role: 'manager' }, 'appeal.solve', [], 'done')).toBe(true);
  });
});
