import type { ChangeCompanySettings, CompanySettings } from '@otklik/shared/company';
import { companyApi } from '@otklik/shared/company.api';
import { defineStore } from 'pinia';
import { shallowRef, watch } from 'vue';

import { call } from '../../platform/api';
import { createLoader } from '../../platform/loading';
import { attempt, type Outcome } from '../../platform/problem';
import { useSession } from '../session';

/** The rules of the whole company, for those who set them. */
export const useCompany = defineStore('company', () => {
  const session = useSession();
  const settings = shallowRef<CompanySettings | null>(null);
  const loader = createLoader();

  const load = () =>
    loader.run(
      () => call(companyApi.settings, {}),
      (answer) => {
        settings.value = answer;
      },
    );

  /** The rules that are named get these values, the others stay. */
  async function change(input: ChangeCompanySettings): Promise<Outcome<CompanySettings>> {
    const answer = await attempt(() => call(companyApi.changeSettings, input));
    if (answer.ok) {
      settings.value = answer.value;
      // What one may do oneself has changed with them.
      void session.load();
    }
    return answer;
  }

  watch(
    () => session.personId,
    () => {
      settings.value = null;
      loader.reset();
    },
    { flush: 'sync' },
  );

  return { settings, loading: loader.is, load, change };
});
