import type { RightLine } from '@otklik/shared/rights';
import { rightsApi } from '@otklik/shared/rights.api';
import { defineStore } from 'pinia';
import { shallowRef, watch } from 'vue';

import { call } from '../../platform/api';
import { createLoader } from '../../platform/loading';
import { useSession } from '../session';

/** The table of rights as the server holds it; it changes only with the server itself. */
export const useRights = defineStore('rights', () => {
  const session = useSession();
  const lines = shallowRef<readonly RightLine[]>([]);
  const loader = createLoader();

  const load = () =>
    loader.run(
      () => call(rightsApi.table, {}),
      ({ items }) => {
        lines.value = items;
      },
    );

  watch(
    () => session.personId,
    () => {
      lines.value = [];
      loader.reset();
    },
    { flush: 'sync' },
  );

  return { lines, loading: loader.is, load };
});
