import type { DirectoryLists, MoveTopic, SaveTeam, SaveTopic } from './directories';
import type { Nothing } from './people';
import { route } from './route';

export const directoriesApi = {
  lists: route<Nothing, DirectoryLists>('GET', '/directories/lists', 'directory.manage'),
  saveTopic: route<SaveTopic, DirectoryLists>('PUT', '/topics/:topicId', 'directory.manage'),
  moveTopic: route<MoveTopic, DirectoryLists>('POST', '/topics/:topicId/move', 'directory.manage'),
  saveTeam: route<SaveTeam, DirectoryLists>('PUT', '/teams/:teamId', 'directory.manage'),
};
