import { computed, ref, type Ref } from 'vue';
import { useI18n } from 'vue-i18n';

import type { Outcome, Trouble } from '../../platform/problem';
import { troubleWords } from '../session';
import { kopecksOf, REQUIRED, type DealerField, type DealerForm } from './dealer.form';
import { fieldProblems, isEmail } from './fieldProblems';

/** What is wrong with a dealer's form, at which field, and its saving. */
export function useDealerForm(form: Ref<DealerForm>) {
  const { t } = useI18n();
  const tried = ref(false);
  const busy = ref(false);
  const refused = ref<Trouble | null>(null);

  const errors = computed<Partial<Record<DealerField, string>>>(() => {
    const { debtLimitKopecks, ...given } = fieldProblems(refused.value);
    const found: Partial<Record<DealerField, string>> = { ...given };
    if (debtLimitKopecks) found.debtLimit = debtLimitKopecks;
    if (!tried.value) return found;
    for (const field of REQUIRED) {
      if (!form.value[field].trim()) found[field] = t('admin.fields.missing');
    }
    if (form.value.email && !isEmail(form.value.email)) found.email = t('admin.fields.email');
    if (kopecksOf(form.value.debtLimit) === undefined) found.debtLimit = t('admin.fields.sum');
    return found;
  });
  /** A refusal that belongs to no field. */
  const general = computed(() => {
    if (!refused.value || Object.keys(fieldProblems(refused.value)).length > 0) return null;
    return refused.value.code === 'conflict'
      ? t('common.meanwhile.conflict')
      : troubleWords(refused.value);
  });

  /** @returns the answer; null when a field is wrong or the server refused, which `errors` and `general` then say */
  async function save<Value>(run: () => Promise<Outcome<Value>>): Promise<Value | null> {
    if (busy.value) return null;
    tried.value = true;
    refused.value = null;
    if (Object.keys(errors.value).length > 0) return null;
    busy.value = true;
    const outcome = await run();
    busy.value = false;
    if (outcome.ok) return outcome.value;
    refused.value = outcome.trouble;
    return null;
  }
  function reset(): void {
    tried.value = false;
    refused.value = null;
  }

  const isStale = computed(() => refused.value?.code === 'conflict');

  return { errors, general, isStale, busy, save, reset };
}
