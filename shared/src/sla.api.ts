import type { Nothing } from './people';
import { route } from './route';
import type { ChangePolicy, PolicyView } from './sla';

export const slaApi = {
  policies: route<Nothing, { items: PolicyView[] }>('GET', '/sla/policies'),
  changePolicy: route<ChangePolicy, PolicyView>('PUT', '/sla/policies/:policyId'),
};
