import { Nothing } from '@otklik/shared/people';
import {
  ChangePolicy,
  CreatePolicy,
  DealerGroup,
  DeletePolicy,
  GroupId,
  ListUnmatched,
  PolicyCoverage,
  PolicyId,
  PolicyPreview,
  PolicyView,
  PreviewPolicy,
  Recompute,
  SaveGroup,
  SetDealerGroup,
  UnmatchedAppeal,
} from '@otklik/shared/policies';
import { policiesApi } from '@otklik/shared/policies.api';
import * as z from 'zod';
import type { Api } from '../../platform/http';
import type { Actor } from '../people';
import type { DealerGroupService } from './dealer-groups.service';
import type { PolicyPreviewService } from './policy-preview.service';
import type { PolicyService } from './policies.service';
import { policyView } from './sla.view';

const Policies = z.object({ items: z.array(PolicyView) });
const Groups = z.object({ items: z.array(DealerGroup) });
const Unmatched = z.object({ items: z.array(UnmatchedAppeal), nextCursor: z.string().nullable() });

/** Policies, what they mean for open appeals, and dealer groups. */
export function policyRoutes(
  { mount }: Pick<Api<Actor>, 'mount'>,
  {
    policies,
    previews,
    groups,
  }: { policies: PolicyService; previews: PolicyPreviewService; groups: DealerGroupService },
): void {
  const one = { output: PolicyView };
  mount(policiesApi.policies, { input: Nothing, output: Policies }, async (actor) => ({
    items: (await policies.list(actor)).map(policyView),
  }));
  mount(policiesApi.createPolicy, { input: CreatePolicy, ...one }, async (actor, input) =>
    policyView(await policies.create(actor, input)),
  );
  mount(policiesApi.changePolicy, { input: ChangePolicy, ...one }, async (actor, input) =>
    policyView(await policies.change(actor, input)),
  );
  mount(
    policiesApi.deletePolicy,
    { input: DeletePolicy, output: Nothing },
    async (actor, input) => {
      await policies.remove(actor, input);
      return {};
    },
  );
  mount(policiesApi.restorePolicy, { input: PolicyId, ...one }, async (actor, input) =>
    policyView(await policies.restore(actor, input)),
  );

  mount(policiesApi.preview, { input: PreviewPolicy, output: PolicyPreview }, previews.preview);
  mount(policiesApi.coverage, { input: Nothing, output: PolicyCoverage }, previews.coverage);
  mount(policiesApi.unmatched, { input: ListUnmatched, output: Unmatched }, previews.unmatched);
  mount(policiesApi.recompute, { input: Nothing, output: Recompute }, previews.recompute);

  mount(policiesApi.groups, { input: Nothing, output: Groups }, async (actor) => ({
    items: await groups.list(actor),
  }));
  mount(policiesApi.saveGroup, { input: SaveGroup, output: DealerGroup }, groups.save);
  mount(policiesApi.deleteGroup, { input: GroupId, output: Nothing }, async (actor, input) => {
    await groups.remove(actor, input);
    return {};
  });
  mount(policiesApi.restoreGroup, { input: GroupId, output: DealerGroup }, groups.restore);
  mount(
    policiesApi.setDealerGroup,
    { input: SetDealerGroup, output: Nothing },
    async (actor, input) => {
      await groups.setDealer(actor, input);
      return {};
    },
  );
}
