import { ChangeCompanySettings, CompanySettings } from '@otklik/shared/company';
import { companyApi } from '@otklik/shared/company.api';
import { Nothing } from '@otklik/shared/people';
import type { Api } from '../../platform/http';
import type { Actor } from '../people';
import type { CompanyService } from './company.service';

/** Reading and changing the rules of the whole company. */
export function companyRoutes({ mount }: Pick<Api<Actor>, 'mount'>, company: CompanyService): void {
  mount(companyApi.settings, { input: Nothing, output: CompanySettings }, (actor) =>
    company.settings(actor),
  );
  mount(
    companyApi.changeSettings,
    { input: ChangeCompanySettings, output: CompanySettings },
    (actor, input) => company.change(actor, input),
  );
}
