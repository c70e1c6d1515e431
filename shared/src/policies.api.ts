import type { Nothing } from './people';
import type {
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
} from './policies';
import { route, type Page } from './route';

export const policiesApi = {
  policies: route<Nothing, { items: PolicyView[] }>('GET', '/sla/policies'),
  createPolicy: route<CreatePolicy, PolicyView>('POST', '/sla/policies'),
  changePolicy: route<ChangePolicy, PolicyView>('PUT', '/sla/policies/:policyId'),
  deletePolicy: route<DeletePolicy, Nothing>('DELETE', '/sla/policies/:policyId'),
  restorePolicy: route<PolicyId, PolicyView>('POST', '/sla/policies/:policyId/restore'),

  preview: route<PreviewPolicy, PolicyPreview>('POST', '/sla/preview'),
  coverage: route<Nothing, PolicyCoverage>('GET', '/sla/coverage'),
  unmatched: route<ListUnmatched, Page<UnmatchedAppeal>>('GET', '/sla/unmatched'),
  recompute: route<Nothing, Recompute>('GET', '/sla/recompute'),

  groups: route<Nothing, { items: DealerGroup[] }>('GET', '/sla/groups'),
  saveGroup: route<SaveGroup, DealerGroup>('PUT', '/sla/groups/:groupId'),
  deleteGroup: route<GroupId, Nothing>('DELETE', '/sla/groups/:groupId'),
  restoreGroup: route<GroupId, DealerGroup>('POST', '/sla/groups/:groupId/restore'),
  setDealerGroup: route<SetDealerGroup, Nothing>('PUT', '/sla/dealers/:dealerId/group'),
};
