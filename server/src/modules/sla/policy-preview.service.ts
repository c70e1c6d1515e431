import type {
  ListUnmatched,
  PolicyCoverage,
  PolicyPreview,
  PreviewPolicy,
  Recompute,
  UnmatchedAppeal,
} from '@otklik/shared/policies';
import type { Page } from '@otklik/shared/route';
import * as z from 'zod';
import type { Db, Tx } from '../../platform/db';
import { fail } from '../../platform/errors';
import { pageOf, readCursor } from '../../platform/paging';
import type { Actor } from '../people';
import type { SlaPolicy } from './policies.repository';
import { matchProblems } from './policies.service';
import { choosePolicy } from './policy-choice';
import { previewRepository, type Alike } from './policy-preview.repository';
import { mayManage, slaPolicy } from './sla.policy';
import { slaRepository } from './sla.repository';

export type PolicyPreviewService = ReturnType<typeof createPolicyPreviewService>;

const Place = z.strictObject({ no: z.number().int().min(0).max(2_147_483_647) });
/** Stands for a policy that has no id yet. */
const NEW = 'new';

/** What rules mean for the open appeals, by the function that chooses their policies. Reads only. */
export function createPolicyPreviewService({ db, now }: { db: Db; now: () => Date }) {
  /** One look at rules and appeals that belong together. */
  const reading = <Result>(run: (tx: Tx, look: Look) => Promise<Result>): Promise<Result> =>
    db.transaction(async (tx) => {
      await previewRepository.begin(tx);
      const { policies, groupOf } = await slaRepository.findRules(tx);
      const at = now();
      return run(tx, { at, policies, groupOf, kinds: await previewRepository.alike(tx, at) });
    });

  /**
   * Which open appeals a policy would take or give up if it were saved (or deleted) like this.
   * @throws not_found – no such policy, or a dealer asks; forbidden – only admins manage the rules
   * @throws invalid_input – as saving it would
   */
  async function preview(
    actor: Actor,
    { policyId, draft, cursor, limit }: z.output<typeof PreviewPolicy>,
  ): Promise<PolicyPreview> {
    mayManage(actor, 'policy');
    const place = readCursor(Place, cursor);
    if (policyId === null && draft === null) {
      const message = 'a policy, a draft, or both';
      throw fail('invalid_input', { fields: [{ path: 'draft', rule: 'missing', message }] });
    }
    return reading(async (tx, { at, policies, groupOf, kinds }) => {
      const before = policies.filter((policy) => !policy.deleted);
      if (policyId !== null && !before.some(({ id }) => id === policyId))
        throw fail('not_found', { what: 'policy' });
      const problems = draft === null ? [] : matchProblems(draft, policies, policyId);
      if (problems.length > 0) throw fail('invalid_input', { fields: problems });

      const ownId = policyId ?? NEW;
      const own: SlaPolicy[] =
        draft === null ? [] : [{ ...draft, id: ownId, rev: 0, deleted: false }];
      const after = [...before.filter(({ id }) => id !== policyId), ...own];
      const byId = new Map(policies.map((policy) => [policy.id, policy]));
      const moved = kinds.flatMap((kind) => {
        const matched = { ...kind, groupId: groupOf[kind.dealerId] ?? null };
        const from = byId.get(kind.runsBy ?? '') ?? choosePolicy(before, matched);
        const to = choosePolicy(after, matched);
        return from?.id === ownId || to?.id === ownId ? [{ kind, from, to }] : [];
      });

      const count = (fits: (from?: string, to?: string) => boolean) =>
        moved.reduce(
          (sum, { kind, from, to }) => sum + (fits(from?.id, to?.id) ? kind.count : 0),
          0,
        );
      const rows = await previewRepository.list(
        tx,
        moved.map(({ kind }) => kind),
        { at, before: place?.no ?? null, limit: limit + 1 },
      );
      const page = pageOf(rows, limit, ({ no }) => ({ no }));
      const ways = new Map(moved.map((way) => [keyOf(way.kind), way]));
      return {
        takes: count((from, to) => from !== ownId && to === ownId),
        keeps: count((from, to) => from === ownId && to === ownId),
        leaves: count((from, to) => from === ownId && to !== ownId && to !== undefined),
        bare: count((from, to) => from === ownId && to === undefined),
        items: page.rows.map((row) => {
          const way = ways.get(keyOf(row));
          return {
            ...{ id: row.id, no: row.no, subject: row.subject, dealerName: row.dealerName },
            from: way?.from ? { id: way.from.id, name: way.from.name } : null,
            to: way?.to ? { id: way.to.id === NEW ? null : way.to.id, name: way.to.name } : null,
            running: row.runsBy !== null,
          };
        }),
        nextCursor: page.nextCursor,
      };
    });
  }

  /** How many open appeals each policy has. @throws not_found – a dealer asks */
  async function coverage(actor: Actor): Promise<PolicyCoverage> {
    if (!slaPolicy.read(actor)) throw fail('not_found', { what: 'policy' });
    return reading((_tx, look) => {
      const counts = new Map<string, number>();
      let without = 0;
      for (const { kind, policy } of chosen(look)) {
        if (policy === null) without += kind.count;
        else counts.set(policy.id, (counts.get(policy.id) ?? 0) + kind.count);
      }
      return Promise.resolve({
        counts: [...counts].map(([policyId, appeals]) => ({ policyId, appeals })),
        without,
      });
    });
  }

  /** Open appeals that no policy matches, for those who can mend it. @throws not_found, forbidden */
  async function unmatched(
    actor: Actor,
    { cursor, limit }: z.output<typeof ListUnmatched>,
  ): Promise<Page<UnmatchedAppeal>> {
    mayManage(actor, 'policy');
    const place = readCursor(Place, cursor);
    return reading(async (tx, look) => {
      const bare = chosen(look).filter(({ policy }) => policy === null);
      const rows = await previewRepository.list(
        tx,
        bare.map(({ kind }) => kind),
        { at: look.at, before: place?.no ?? null, limit: limit + 1 },
      );
      const page = pageOf(rows, limit, ({ no }) => ({ no }));
      return {
        items: page.rows.map(({ id, no, subject, dealerName, openedAt }) => ({
          ...{ id, no, subject, dealerName },
          openedAt: openedAt.toISOString(),
        })),
        nextCursor: page.nextCursor,
      };
    });
  }

  /** How far the open clocks have followed the last change. @throws not_found – a dealer asks */
  async function recompute(actor: Actor): Promise<Recompute> {
    if (!slaPolicy.read(actor)) throw fail('not_found', { what: 'policy' });
    const { done, total, finishedAt } = await previewRepository.recompute(db);
    return {
      ...{ running: finishedAt === null, done, total },
      finishedAt: finishedAt?.toISOString() ?? null,
    };
  }

  return { preview, coverage, unmatched, recompute };
}

interface Look {
  at: Date;
  policies: readonly SlaPolicy[];
  groupOf: Readonly<Record<string, string>>;
  kinds: readonly Alike[];
}

function chosen({ policies, groupOf, kinds }: Look) {
  const live = policies.filter((policy) => !policy.deleted);
  return kinds.map((kind) => ({
    kind,
    policy: choosePolicy(live, { ...kind, groupId: groupOf[kind.dealerId] ?? null }),
  }));
}

const keyOf = (kind: Omit<Alike, 'count'>) =>
  [kind.dealerId, kind.topicId, kind.typeCode, kind.priority, kind.runsBy].join(' ');
