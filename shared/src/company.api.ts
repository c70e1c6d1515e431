import type { ChangeCompanySettings, CompanySettings } from './company';
import type { Nothing } from './people';
import { route } from './route';

export const companyApi = {
  settings: route<Nothing, CompanySettings>('GET', '/company/settings', 'company.read'),
  changeSettings: route<ChangeCompanySettings, CompanySettings>(
    'PATCH',
    '/company/settings',
    'company.manage',
  ),
};
