import type { DealerContacts } from '@otklik/shared/dealers';
import { dealersApi } from '@otklik/shared/dealers.api';
import { defineStore } from 'pinia';
import { shallowRef, watch } from 'vue';

import { call } from '../../platform/api';
import { createEditing } from '../../platform/editing';
import { createLoader } from '../../platform/loading';
import { attempt, type Outcome } from '../../platform/problem';
import { on, onConnected } from '../../platform/socket';
import { useSession } from '../session';

const EMPTY = { phone: '', email: '', address: '', ownPhone: '', ownEmail: '' };
const formOf = ({ phone, email, address, ownPhone, ownEmail }: DealerContacts) => ({
  ...{ phone, email, address, ownPhone, ownEmail },
});

/** The contacts of one's own company, and one's own. What is typed lives here, so that another page or a lost connection loses nothing. */
export const useContacts = defineStore('contacts', () => {
  const session = useSession();
  const held = shallowRef<DealerContacts | null>(null);
  const editing = createEditing(EMPTY);
  const loader = createLoader();

  const load = () =>
    loader.run(
      () => call(dealersApi.contacts, {}),
      (answer) => {
        held.value = answer;
        editing.follow(formOf(answer));
      },
      'contacts',
    );
  /** They have changed, or may have while nobody could tell. */
  const readAgain = () => void (loader.is.state !== 'idle' && session.personId && load());
  on('contacts:news', readAgain);
  onConnected(readAgain);

  /** Two who change different fields both get their way; of the same field the later one is told first. */
  async function save(): Promise<Outcome<DealerContacts>> {
    const who = session.personId;
    const sent = { ...editing.form.value };
    const expected = { ...editing.begun.value };
    const answer = await attempt(() => call(dealersApi.changeContacts, { ...sent, expected }));
    // Somebody else has signed in meanwhile: this is not his.
    if (who !== session.personId) return answer;
    if (answer.ok) {
      held.value = answer.value;
      editing.saved(sent, formOf(answer.value));
    } else if (answer.trouble.code === 'conflict') await load();
    return answer;
  }

  watch(
    () => session.personId,
    () => {
      held.value = null;
      editing.reset(EMPTY);
      loader.reset();
    },
    { flush: 'sync' },
  );

  const { form, begun, isChanged, meanwhile, reset } = editing;
  return {
    ...{ held, form, begun, isChanged, meanwhile, load, save },
    cancel: () => reset(),
    loading: loader.is,
  };
});
