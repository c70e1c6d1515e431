import type { DirectoryLists, MoveTopic, SaveTeam, SaveTopic } from './directories';
import type { Nothing } from './people';
import { route } from './route';

export const directoriesApi = {
  lists: route<Nothing, DirectoryLists>('GET', '/directories/lists', 'topic.manage'),
  saveTopic: route<SaveTopic, DirectoryLists>('PUT', '/topics/:topicId', 'topic.manage'),
  moveTopic: route<MoveTopic, DirectoryLists>('POST', '/topics/:topicId/move', 'topic.manage'),
  saveTeam: route<SaveTeam, DirectoryLists>('PUT', '/teams/:teamId', 'topic.manage'),
};
