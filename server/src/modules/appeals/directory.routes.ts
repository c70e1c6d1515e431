import { DirectoryLists, MoveTopic, SaveTeam, SaveTopic } from '@otklik/shared/directories';
import { directoriesApi } from '@otklik/shared/directories.api';
import { Nothing } from '@otklik/shared/people';
import type { Api } from '../../platform/http';
import type { Actor } from '../people';
import type { DirectoryService } from './directory.service';

/** Topics and teams for those who keep them. */
export function directoryRoutes(
  { mount }: Pick<Api<Actor>, 'mount'>,
  { lists, saveTopic, moveTopic, saveTeam }: DirectoryService,
): void {
  const output = DirectoryLists;
  mount(directoriesApi.lists, { input: Nothing, output }, lists);
  mount(directoriesApi.saveTopic, { input: SaveTopic, output }, saveTopic);
  mount(directoriesApi.moveTopic, { input: MoveTopic, output }, moveTopic);
  mount(directoriesApi.saveTeam, { input: SaveTeam, output }, saveTeam);
}
