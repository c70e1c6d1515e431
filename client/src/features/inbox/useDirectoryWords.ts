import type { Directories } from '@otklik/shared/appeals';
import { computed } from 'vue';
import { useI18n } from 'vue-i18n';

import { viewer } from '../../platform/useFormat';
import type { SelectOption } from '../../ui/layers/look';

/** Names of types, topics and field values in the viewer's language. */
export function useDirectoryWords(directories: () => Directories | null) {
  const { t } = useI18n();
  const inLanguage = (name: { ru: string; en: string }) => name[viewer.value.language];

  const types = computed(
    () => new Map(directories()?.types.map(({ code, name }) => [code, inLanguage(name)])),
  );
  const topics = computed(
    () => new Map(directories()?.topics.map(({ id, name }) => [id, inLanguage(name)])),
  );
  const teams = computed(
    () => new Map(directories()?.teams.map(({ id, name }) => [id, inLanguage(name)])),
  );
  const typeName = (code: string) => types.value.get(code) ?? '';
  const topicName = (id: string) => topics.value.get(id) ?? '';

  const typeOptions = computed<SelectOption[]>(() =>
    [...types.value].map(([value, label]) => ({ value, label })),
  );
  const topicOptions = computed<SelectOption[]>(() =>
    (directories()?.topics ?? [])
      .filter(({ active }) => active)
      .map(({ id, name }) => ({ value: id, label: inLanguage(name) })),
  );

  /** Words for a value of a changed field, for the lines of a thread. */
  function fieldText(field: string, value: unknown): string {
    if (typeof value !== 'string') return '—';
    switch (field) {
      case 'topic_id':
        return topicName(value) || '—';
      case 'type_code':
        return typeName(value) || value;
      case 'team_id':
        return teams.value.get(value) ?? '—';
      case 'priority':
        return t(`inbox.priority.${value}`);
      default:
        return value;
    }
  }

  return { typeName, topicName, typeOptions, topicOptions, fieldText };
}
