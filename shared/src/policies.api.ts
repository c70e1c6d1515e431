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
  policies: route<Nothing, { items: PolicyView[] }>('GET', '/sla/policies', 'sla.read'),
  createPolicy: route<CreatePolicy, PolicyView>('POST', '/sla/policies', 'sla.manage'),
  changePolicy: route<ChangePolicy, PolicyView>('PUT', '/sla/policies/:policyId', 'sla.manage'),
  deletePolicy: route<DeletePolicy, Nothing>('DELETE', '/sla/policies/:policyId', 'sla.manage'),
  restorePolicy: route<PolicyId, PolicyView>(
    'POST',
    '/sla/policies/:policyId/restore',
    'sla.manage',
  ),

  preview: route<PreviewPolicy, PolicyPreview>('POST', '/sla/preview', 'sla.manage'),
  coverage: route<Nothing, PolicyCoverage>('GET', '/sla/coverage', 'sla.read'),
  unmatched: route<ListUnmatched, Page<UnmatchedAppeal>>('GET', '/sla/unmatched', 'sla.manage'),
  recompute: route<Nothing, Recompute>('GET', '/sla/recompute', 'sla.read'),

  groups: route<Nothing, { items: DealerGroup[] }>('GET', '/sla/groups', 'sla.read'),
  saveGroup: route<SaveGroup, DealerGroup>('PUT', '/sla/groups/:groupId', 'sla.manage'),
  deleteGroup: route<GroupId, Nothing>('DELETE', '/sla/groups/:groupId', 'sla.manage'),
  restoreGroup: route<GroupId, DealerGroup>('POST', '/sla/groups/:groupId/restore', 'sla.manage'),
  setDealerGroup: route<SetDealerGroup, Nothing>(
    'PUT',
    '/sla/dealers/:dealerId/group',
    'sla.manage',
  ),
};
