import type { DealerGroup } from '@otklik/shared/policies';
import type { Db, Tx } from '../../platform/db';
import { fail } from '../../platform/errors';
import { recordChange, type Actor } from '../people';
import { dealerGroupRepository } from './dealer-groups.repository';
import type { ChangeRules } from './rule-changes';
import { mayManage, slaPolicy } from './sla.policy';
import { slaRepository } from './sla.repository';

export type DealerGroupService = ReturnType<typeof createDealerGroupService>;

/** Dealer groups: who is in which. They decide which policy an appeal gets, so a change is one of the rules. */
export function createDealerGroupService({
  db,
  now,
  forgetRules,
  changeRules,
}: {
  db: Db;
  now: () => Date;
  forgetRules: () => void;
  changeRules: ChangeRules;
}) {
  /** @throws not_found – a dealer asks */
  async function list(actor: Actor): Promise<DealerGroup[]> {
    if (!slaPolicy.read(actor)) throw fail('not_found', { what: 'group' });
    return dealerGroupRepository.list(db);
  }

  /**
   * Makes a group, or gives it another name. Twice is once.
   * @throws not_found, forbidden; invalid_input – another group has this name
   */
  async function save(
    actor: Actor,
    { groupId, name }: { groupId: string; name: string },
  ): Promise<DealerGroup> {
    mayManage(actor, 'group');
    return changeRules(async (tx) => {
      const before = await dealerGroupRepository.find(tx, groupId);
      if (before?.deleted) throw fail('not_found', { what: 'group' });
      if (before?.name !== name) {
        await mustBeFree(tx, groupId, name);
        await dealerGroupRepository.save(tx, { id: groupId, name, deleted: false });
        const action = before === null ? 'group.created' : 'group.changed';
        await record(
          tx,
          actor,
          action,
          groupId,
          before?.name ?? name,
          { name: before?.name },
          { name },
        );
      }
      return get(tx, groupId);
    });
  }

  /**
   * Its dealers are in no group then. Twice is once.
   * @throws not_found, forbidden; conflict – a policy is for this group
   */
  async function remove(actor: Actor, { groupId }: { groupId: string }): Promise<void> {
    mayManage(actor, 'group');
    await changeRules(async (tx) => {
      const before = await dealerGroupRepository.find(tx, groupId);
      if (before === null) throw fail('not_found', { what: 'group' });
      if (before.deleted) return;
      const { policies } = await slaRepository.findRules(tx);
      if (policies.some((policy) => !policy.deleted && policy.groupId === groupId))
        throw fail('conflict', { what: 'group_in_use' });
      await dealerGroupRepository.save(tx, { ...before, deleted: true });
      await record(tx, actor, 'group.deleted', groupId, before.name, { name: before.name }, null);
      await announce(tx);
    });
  }

  /** Takes a deletion back, with the dealers that have no other group by now. @throws not_found, forbidden, invalid_input */
  async function restore(actor: Actor, { groupId }: { groupId: string }): Promise<DealerGroup> {
    mayManage(actor, 'group');
    return changeRules(async (tx) => {
      const before = await dealerGroupRepository.find(tx, groupId);
      if (before === null) throw fail('not_found', { what: 'group' });
      if (before.deleted) {
        await mustBeFree(tx, groupId, before.name);
        await dealerGroupRepository.save(tx, { ...before, deleted: false });
        await record(tx, actor, 'group.restored', groupId, before.name, null, {
          name: before.name,
        });
        await announce(tx);
      }
      return get(tx, groupId);
    });
  }

  /** @throws not_found – no such dealer; forbidden; invalid_input – no such group */
  async function setDealer(
    actor: Actor,
    { dealerId, groupId }: { dealerId: string; groupId: string | null },
  ): Promise<void> {
    mayManage(actor, 'dealer');
    await changeRules(async (tx) => {
      const dealer = await dealerGroupRepository.dealer(tx, dealerId);
      if (dealer === null) throw fail('not_found', { what: 'dealer' });
      if (dealer.groupId === groupId) return;
      const group = groupId === null ? null : await dealerGroupRepository.find(tx, groupId);
      if (group?.deleted || (groupId !== null && group === null)) {
        const message = 'is not in the directory';
        throw fail('invalid_input', { fields: [{ path: 'groupId', rule: 'unknown', message }] });
      }
      await dealerGroupRepository.put(tx, dealerId, groupId);
      await recordChange(tx, {
        ...{ by: actor, at: now(), action: 'dealer.changed', dealerId, subjectId: dealerId },
        subject: dealer.name,
        before: { group: dealer.groupName },
        after: { group: group?.name ?? null },
      });
      await announce(tx);
    });
  }

  async function announce(tx: Tx): Promise<void> {
    await slaRepository.announce(tx);
    tx.afterCommit(forgetRules);
  }

  const record = (
    tx: Tx,
    actor: Actor,
    action: string,
    subjectId: string,
    subject: string,
    before: Record<string, unknown> | null,
    after: Record<string, unknown> | null,
  ) =>
    recordChange(tx, {
      ...{ by: actor, at: now(), action, dealerId: null, subjectId, subject, before, after },
    });

  return { list, save, remove, restore, setDealer };
}

async function mustBeFree(tx: Tx, id: string, name: string): Promise<void> {
  if (!(await dealerGroupRepository.nameTaken(tx, { id, name }))) return;
  const message = 'another group has this name';
  throw fail('invalid_input', { fields: [{ path: 'name', rule: 'taken', message }] });
}

async function get(tx: Tx, id: string): Promise<DealerGroup> {
  const [group] = await dealerGroupRepository.list(tx, id);
  if (group === undefined) throw fail('not_found', { what: 'group' });
  return group;
}
