import type { Nothing } from './people';
import type { RightsTable } from './rights';
import { route } from './route';

export const rightsApi = {
  table: route<Nothing, RightsTable>('GET', '/rights', 'rights.see'),
};
