import type { Seats } from '@otklik/shared/seats';
import { seatsApi } from '@otklik/shared/seats.api';
import { defineStore } from 'pinia';
import { shallowRef, watch } from 'vue';

import { call } from '../../platform/api';
import { createLoader } from '../../platform/loading';
import { useSession } from '../session';

/** The numbers of this moment: asked anew each time the page is opened. */
export const useSeats = defineStore('seats', () => {
  const session = useSession();
  const seats = shallowRef<Seats | null>(null);
  const loader = createLoader();

  const load = () =>
    loader.run(
      () => call(seatsApi.seats, {}),
      (answer) => {
        seats.value = answer;
      },
    );

  watch(
    () => session.personId,
    () => {
      seats.value = null;
      loader.reset();
    },
    { flush: 'sync' },
  );

  return { seats, loading: loader.is, load };
});
