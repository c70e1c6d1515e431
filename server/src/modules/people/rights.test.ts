import type { RightName } from '@otklik/shared/rights';
import { describe, expect, it } from 'vitest';
import { LOWEST_BASE, NEEDED } from '@otklik/shared/role-words';
import { ChosenRight } from '@otklik/shared/roles';
import { chosenBy, chosenFor, covers, holds, rights, verdict } from './rights';

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
    const chief = { role: 'dealer', customRights: null, scope: 'own', chief: true } as const;
    expect(holds(chief, 'appeal.read', ['own'])).toBe(true);
    expect(holds(chief, 'appeal.read', ['same_dealer'])).toBe(false);
    expect(holds(chief, 'appeal.bring_people')).toBe(true);
    expect(holds({ ...chief, chief: false }, 'appeal.bring_people')).toBe(false);
  });

  it('looks at the state where it matters', () => {
    const visitor = { role: 'dealer', customRights: null, scope: 'all', chief: false } as const;
    expect(holds(visitor, 'appeal.solve', [], 'open')).toBe(true);
    expect(holds(visitor, 'appeal.solve', [], 'done')).toBe(false);
    expect(holds({ role: 'manager', customRights: null }, 'appeal.solve', [], 'done')).toBe(true);
  });
});

describe('a role of named rights', () => {
  const manager = (customRights: readonly ChosenRight[]) =>
    ({ role: 'manager', customRights }) as const;

  it('has what it names, by the grant of its base, or of the next role above that has it', () => {
    expect(holds(manager([]), 'visitor.manage', ['in_charge'])).toBe(false);
    const some = manager(['visitor.manage', 'report.see', 'dealer.create']);
    // As its base: in charge only.
    expect(holds(some, 'visitor.manage', ['in_charge'])).toBe(true);
    expect(holds(some, 'visitor.manage', ['stranger'])).toBe(false);
    expect(holds(some, 'report.see')).toBe(true);
    expect(holds(some, 'dealer.create')).toBe(true);
    expect(holds(some, 'board.see')).toBe(false);
    // What comes with it.
    expect(holds(some, 'visitor.change', ['in_charge'])).toBe(true);
  });

  it('has what it does not choose as its base has it', () => {
    const bare = manager([]);
    expect(holds(bare, 'account.use')).toBe(true);
    expect(holds(bare, 'appeal.read', ['team'])).toBe(true);
    expect(holds(bare, 'appeal.read', ['other_team'])).toBe(false);
    expect(holds(bare, 'macro.share')).toBe(false);
    expect(holds(bare, 'server.work')).toBe(false);
  });

  it('cannot name what no staff role has, and every right of the staff alone can be taken away or has its reason', () => {
    for (const name of ChosenRight.options) {
      expect(rights[name].may.admin, name).toBeDefined();
      expect(chosenBy({ role: 'admin', customRights: null })).toContain(name);
    }
  });

  it('names what is asked before', () => {
    for (const name of Object.keys(rights) as RightName[]) {
      const chosen = chosenFor(name);
      const { needs } = rights[name];
      const before = needs === undefined ? null : chosenFor(needs);
      if (chosen !== null && before !== null && before !== chosen)
        expect(NEEDED[chosen], name).toBe(before);
    }
    for (const [name, needed] of Object.entries(NEEDED) as [ChosenRight, ChosenRight][]) {
      // Else the one could be had with a base that cannot have the other.
      expect(LOWEST_BASE[needed] === undefined || LOWEST_BASE[name] !== undefined).toBe(true);
    }
  });

  it('covers what names no more; a full admin is covered by his like alone', () => {
    const full = { role: 'admin', customRights: null } as const;
    const all = { role: 'admin', customRights: ChosenRight.options } as const;
    expect([covers(full, full), covers(full, all), covers(all, full)]).toEqual([true, true, false]);
    expect(covers(all, { role: 'supervisor', customRights: null })).toBe(true);
    const some = { role: 'admin', customRights: ['staff.manage', 'rights.see'] } as const;
    expect(covers(some, manager(['rights.see']))).toBe(true);
    expect(covers(some, manager(['rights.see', 'appeal.write']))).toBe(false);
    expect(covers(some, { role: 'manager', customRights: null })).toBe(false);
  });
});
