import type { DirectoryLists, SaveTeam, SaveTopic } from '@otklik/shared/directories';
import { directoriesApi } from '@otklik/shared/directories.api';
import { defineStore } from 'pinia';
import { shallowRef, watch } from 'vue';

import { call } from '../../platform/api';
import { createLoader } from '../../platform/loading';
import { attempt, type Outcome } from '../../platform/problem';
import { on } from '../../platform/socket';
import { useSession } from '../session';

/** Topics and teams with all that admins see of them. Every change answers with the whole of it. */
export const useKeptDirectories = defineStore('keptDirectories', () => {
  const session = useSession();
  const lists = shallowRef<DirectoryLists | null>(null);
  const loader = createLoader();

  const load = () =>
    loader.run(
      () => call(directoriesApi.lists, {}),
      (answer) => {
        lists.value = answer;
      },
    );

  /** Refused as changed by somebody else, it reads what is there now. */
  async function change(ask: () => Promise<DirectoryLists>): Promise<Outcome<DirectoryLists>> {
    const answer = await attempt(ask);
    if (answer.ok) lists.value = answer.value;
    else if (answer.trouble.code === 'conflict') void load();
    return answer;
  }

  // Another admin may be at it too.
  on('directory:news', () => void (lists.value && load()));
  watch(
    () => session.personId,
    () => {
      lists.value = null;
      loader.reset();
    },
    { flush: 'sync' },
  );

  return {
    ...{ lists, load },
    loading: loader.is,
    saveTopic: (topic: SaveTopic) => change(() => call(directoriesApi.saveTopic, topic)),
    saveTeam: (team: SaveTeam) => change(() => call(directoriesApi.saveTeam, team)),
    moveTopic: (topicId: string, afterId: string | null) =>
      change(() => call(directoriesApi.moveTopic, { topicId, afterId })),
  };
});
