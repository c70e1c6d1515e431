import { isDeepStrictEqual } from 'node:util';
import type { FieldProblem } from '@otklik/shared/errors';
import type { ChangePolicy, CreatePolicy, PolicyDraft } from '@otklik/shared/policies';
import type { Db, Tx } from '../../platform/db';
import { fail } from '../../platform/errors';
import type { Log } from '../../platform/log';
import { changedFields, recordChange, type Actor } from '../people';
import { policyRepository, type NamedPolicy, type SlaPolicy } from './policies.repository';
import { sameMatch, weightOf } from './policy-choice';
import { targetProblems } from './rules-check';
import { mayManage, slaPolicy } from './sla.policy';
import type { ChangeRules } from './rule-changes';
import { slaRepository, type Rules } from './sla.repository';

export interface PolicyServiceDeps {
  db: Db;
  log: Log;
  now: () => Date;
  /** The next question of this node looks at the database. */
  forgetRules: () => void;
  changeRules: ChangeRules;
}

export type PolicyService = ReturnType<typeof createPolicyService>;

/**
 * The policies, and changing them. Every change waits at the same rows as one of a calendar; with its
 * commit the open clocks follow by a job.
 */
export function createPolicyService({ db, log, now, forgetRules, changeRules }: PolicyServiceDeps) {
  /** The most specific first: in this order they are tried. @throws not_found – a dealer asks */
  async function list(actor: Actor): Promise<NamedPolicy[]> {
    if (!slaPolicy.read(actor)) throw fail('not_found', { what: 'policy' });
    const policies = await policyRepository.list(db);
    return policies.sort(
      (a, b) =>
        weightOf(b) - weightOf(a) || a.name.localeCompare(b.name, 'ru') || (a.id < b.id ? -1 : 1),
    );
  }

  /**
   * A second call with the same id and content answers the first policy.
   * @throws not_found, forbidden – only admins manage the rules
   * @throws invalid_input – a policy for the same appeals exists, it names what does not exist, or a
   * target needs more working time than a calendar has
   * @throws same_id_other_content
   */
  async function create(actor: Actor, { policyId, ...draft }: CreatePolicy): Promise<NamedPolicy> {
    mayManage(actor, 'policy');
    return changeRules(async (tx, rules) => {
      const policy: SlaPolicy = { id: policyId, rev: 1, ...draft, deleted: false };
      const before = rules.policies.find(({ id }) => id === policyId);
      if (before !== undefined) {
        if (!isDeepStrictEqual({ ...before }, { ...policy }))
          throw fail('same_id_other_content', { clientId: policyId });
        return named(tx, policyId);
      }
      await check(tx, policy, rules);
      return store(tx, actor, 'policy.created', null, policy);
    });
  }

  /**
   * Gives a policy other content. The same content twice is one change.
   * @throws not_found, forbidden, invalid_input – as for a new one
   * @throws conflict – somebody has changed it since `rev`
   */
  async function change(
    actor: Actor,
    { policyId, rev, ...draft }: ChangePolicy,
  ): Promise<NamedPolicy> {
    mayManage(actor, 'policy');
    return changeRules(async (tx, rules) => {
      const before = existing(rules.policies, policyId);
      if (changedFields({ ...before }, { ...draft }) === null) return named(tx, policyId);
      if (before.rev !== rev) throw fail('conflict', { what: 'policy' });
      const policy: SlaPolicy = { ...before, ...draft, rev: rev + 1 };
      await check(tx, policy, rules);
      return store(tx, actor, 'policy.changed', before, policy);
    });
  }

  /**
   * It matches nothing from now on; clocks that no other policy takes keep what it promised. Twice is once.
   * @throws not_found, forbidden
   * @throws conflict – somebody has changed it since `rev`
   */
  async function remove(
    actor: Actor,
    { policyId, rev }: { policyId: string; rev: number },
  ): Promise<void> {
    mayManage(actor, 'policy');
    await changeRules(async (tx, { policies }) => {
      const before = policies.find(({ id }) => id === policyId);
      if (before === undefined) throw fail('not_found', { what: 'policy' });
      if (before.deleted) return;
      if (before.rev !== rev) throw fail('conflict', { what: 'policy' });
      const policy = { ...before, deleted: true, rev: rev + 1 };
      await write(tx, actor, 'policy.deleted', before, policy);
    });
  }

  /**
   * Takes a deletion back.
   * @throws not_found, forbidden
   * @throws invalid_input – meanwhile there is another policy for the same appeals, or what it names is gone
   */
  async function restore(actor: Actor, { policyId }: { policyId: string }): Promise<NamedPolicy> {
    mayManage(actor, 'policy');
    return changeRules(async (tx, rules) => {
      const before = rules.policies.find(({ id }) => id === policyId);
      if (before === undefined) throw fail('not_found', { what: 'policy' });
      if (!before.deleted) return named(tx, policyId);
      const policy = { ...before, deleted: false, rev: before.rev + 1 };
      await check(tx, policy, rules);
      return store(tx, actor, 'policy.restored', before, policy);
    });
  }

  async function check(tx: Tx, policy: SlaPolicy, { policies, calendars }: Rules): Promise<void> {
    const problems: FieldProblem[] = [
      ...matchProblems(policy, policies),
      ...(await policyRepository.unknown(tx, policy)).map((path) => ({
        ...{ path, rule: 'unknown', message: 'is not in the directory' },
      })),
      ...targetProblems(policy, calendars, now()),
    ];
    if (problems.length > 0) throw fail('invalid_input', { fields: problems });
  }

  async function store(
    tx: Tx,
    actor: Actor,
    action: string,
    before: SlaPolicy | null,
    after: SlaPolicy,
  ): Promise<NamedPolicy> {
    await write(tx, actor, action, before, after);
    return named(tx, after.id);
  }

  async function write(
    tx: Tx,
    actor: Actor,
    action: string,
    before: SlaPolicy | null,
    after: SlaPolicy,
  ): Promise<void> {
    await policyRepository.save(tx, after);
    const { rev: _rev, deleted: _deleted, id: _id, ...content } = after;
    await recordChange(tx, {
      by: actor,
      at: now(),
      action,
      dealerId: null,
      subjectId: after.id,
      subject: before?.name ?? after.name,
      ...(changedFields({ ...before }, content) ?? { before: null, after: null }),
    });
    await slaRepository.announce(tx);
    tx.afterCommit(() => {
      forgetRules();
      log.info({ id: after.id, action }, 'working rules have changed');
    });
  }

  return { list, create, change, remove, restore };
}

async function named(tx: Tx, id: string): Promise<NamedPolicy> {
  const [policy] = await policyRepository.list(tx, id);
  if (policy === undefined) throw fail('not_found', { what: 'policy' });
  return policy;
}

function existing(policies: readonly SlaPolicy[], id: string): SlaPolicy {
  const found = policies.find((policy) => policy.id === id && !policy.deleted);
  if (found === undefined) throw fail('not_found', { what: 'policy' });
  return found;
}

/** What is wrong with what a policy names. */
export function matchProblems(
  policy: PolicyDraft | SlaPolicy,
  others: readonly SlaPolicy[],
  ownId: string | null = 'id' in policy ? policy.id : null,
): FieldProblem[] {
  if (policy.dealerId !== null && policy.groupId !== null) {
    const message = 'a dealer or his group, not both';
    return [{ path: 'groupId', rule: 'dealer_or_group', message }];
  }
  const twin = others.find(
    (other) => !other.deleted && other.id !== ownId && sameMatch(other, policy),
  );
  if (twin === undefined) return [];
  return [{ path: 'match', rule: 'taken', message: `"${twin.name}" is for the same appeals` }];
}
