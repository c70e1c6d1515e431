import type { Directories } from '@otklik/shared/appeals';
import { appealsApi } from '@otklik/shared/appeals.api';
import type { Colleague, DealerColleague } from '@otklik/shared/people';
import { peopleApi } from '@otklik/shared/people.api';
import { defineStore } from 'pinia';
import { computed, ref, shallowRef, watch } from 'vue';

import { call } from '../../platform/api';
import { currentLanguage, i18n } from '../../platform/i18n';
import { createLoader } from '../../platform/loading';
import { on, onConnected } from '../../platform/socket';
import { useSession } from '../session';

type Topic = Directories['topics'][number];
type Team = Directories['teams'][number];
const EMPTY: Directories = { types: [], topics: [], teams: [] };

/** Types, topics, teams, and colleagues of one's own side. Names come in the language of the interface. */
export const useDirectories = defineStore('directories', () => {
  const session = useSession();
  const held = shallowRef<Directories>(EMPTY);
  const colleagues = shallowRef<Colleague[]>([]);
  const loader = createLoader();
  const colleaguesLoader = createLoader();
  const dealerColleagues = shallowRef<DealerColleague[]>([]);
  const dealerColleaguesLoader = createLoader();
  const lastTopicId = ref<string | null>(null);

  /** Once per session; many callers, one question. */
  async function load(): Promise<void> {
    const isThere = loader.is.state === 'ready' && loader.is.problem === null;
    if (isThere || loader.is.busy) return;
    await read();
  }
  const read = () =>
    loader.run(
      () => call(appealsApi.directories, {}),
      (answer) => {
        held.value = answer;
      },
      'directories',
    );
  /** They have changed, or may have while nobody could tell. */
  const readAgain = () => void (loader.is.state === 'ready' && read());
  on('directory:news', readAgain);
  onConnected(readAgain);

  /** With their load and presence of this minute: asked anew each time a list of people opens. */
  async function loadColleagues(): Promise<void> {
    await colleaguesLoader.run(
      () => call(peopleApi.colleagues, {}),
      ({ items }) => {
        colleagues.value = items;
      },
      'colleagues',
    );
  }

  /** For dealers: their own people, asked anew each time somebody is to be brought in. */
  async function loadDealerColleagues(): Promise<void> {
    await dealerColleaguesLoader.run(
      () => call(peopleApi.dealerColleagues, {}),
      ({ items }) => {
        dealerColleagues.value = items;
      },
    );
  }

  const byId = computed(() => new Map(held.value.topics.map((topic) => [topic.id, topic])));
  const nameIn = (name: Topic['name'] | undefined) => name?.[currentLanguage()] ?? '';
  const typeName = (code: string) =>
    nameIn(held.value.types.find((type) => type.code === code)?.name) || code;
  const topicName = (id: string) => nameIn(byId.value.get(id)?.name);
  const teamName = (id: string) => nameIn(held.value.teams.find((team) => team.id === id)?.name);

  /** Topics that can be chosen, the one used last first (SCR-NEW-1). */
  const topics = computed(() => {
    const active = held.value.topics.filter((topic) => topic.active);
    const last = active.find((topic) => topic.id === lastTopicId.value);
    return last ? [last, ...active.filter((topic) => topic !== last)] : active;
  });

  /** For filters: what cannot be chosen any more comes last, and is said to be. */
  const named = (one: Topic | Team) => ({
    value: one.id,
    label: one.active
      ? nameIn(one.name)
      : i18n.global.t('common.archived', { name: nameIn(one.name) }),
  });
  const filterOf = (all: readonly (Topic | Team)[]) => [
    ...all.filter(({ active }) => active).map(named),
    ...all.filter(({ active }) => !active).map(named),
  ];
  /** To choose from; what is chosen already stays in the list, though archived. */
  const choiceOf = (all: readonly (Topic | Team)[], chosenId: string | null) =>
    filterOf(all.filter(({ id, active }) => active || id === chosenId));

  const lastTopicKey = () => `otklik.lastTopic.${session.personId ?? ''}`;
  /** Remembers the topic of an appeal that was just opened, in this browser. */
  function useTopic(topicId: string): void {
    lastTopicId.value = topicId;
    try {
      localStorage.setItem(lastTopicKey(), topicId);
    } catch {
      // No storage: the order lives as long as the page.
    }
  }
  function readLastTopic(): string | null {
    try {
      return localStorage.getItem(lastTopicKey());
    } catch {
      return null;
    }
  }

  watch(
    () => session.personId,
    (personId) => {
      held.value = EMPTY;
      colleagues.value = [];
      loader.reset();
      colleaguesLoader.reset();
      dealerColleagues.value = [];
      dealerColleaguesLoader.reset();
      lastTopicId.value = personId === null ? null : readLastTopic();
    },
    { flush: 'sync', immediate: true },
  );

  return {
    loading: loader.is,
    colleaguesLoading: colleaguesLoader.is,
    types: computed(() => held.value.types),
    topics,
    /** Teams that can be chosen. */
    teams: computed(() => held.value.teams.filter(({ active }) => active)),
    topicFilter: computed(() => filterOf(held.value.topics)),
    topicChoice: (chosenId: string | null) => choiceOf(held.value.topics, chosenId),
    teamChoice: (chosenId: string | null) => choiceOf(held.value.teams, chosenId),
    teamFilter: computed(() => filterOf(held.value.teams)),
    colleagues,
    dealerColleagues,
    dealerColleaguesLoading: dealerColleaguesLoader.is,
    load,
    loadColleagues,
    loadDealerColleagues,
    typeName,
    topicName,
    teamName,
    useTopic,
  };
});
