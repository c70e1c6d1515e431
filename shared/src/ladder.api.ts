import type { Ladder, SaveLadder } from './ladder';
import type { Nothing } from './people';
import { route } from './route';

export const ladderApi = {
  ladder: route<Nothing, Ladder>('GET', '/sla/ladder', 'sla.read'),
  saveLadder: route<SaveLadder, Ladder>('PUT', '/sla/ladder', 'sla.manage'),
};
