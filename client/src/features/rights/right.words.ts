import type { RightName } from '@otklik/shared/rights';
import { useI18n } from 'vue-i18n';

/** Rights in words. */
export function useRightWords() {
  const { t } = useI18n();
  /** Several in one line. */
  const rightsWords = (rights: readonly RightName[]) =>
    rights.map((right) => t(`rights.right.${right}`)).join(' · ');
  return { rightsWords };
}
