import { Ladder, SaveLadder } from '@otklik/shared/ladder';
import { ladderApi } from '@otklik/shared/ladder.api';
import { Nothing } from '@otklik/shared/people';
import type { Api } from '../../platform/http';
import type { Actor } from '../people';
import type { LadderService } from './ladder.service';

export function ladderRoutes(
  { mount }: Pick<Api<Actor>, 'mount'>,
  { ladder, save }: LadderService,
): void {
  mount(ladderApi.ladder, { input: Nothing, output: Ladder }, ladder);
  mount(ladderApi.saveLadder, { input: SaveLadder, output: Ladder }, save);
}
