import type { Nothing } from './people';
import { route } from './route';
import type { Seats } from './seats';

export const seatsApi = {
  seats: route<Nothing, Seats>('GET', '/admin/seats', 'seats.see'),
};
