import { Nothing } from '@otklik/shared/people';
import { Seats } from '@otklik/shared/seats';
import { seatsApi } from '@otklik/shared/seats.api';
import type { Api } from '../../platform/http';
import type { Actor } from '../people';
import type { SeatsService } from './seats.service';

export function seatsRoutes({ mount }: Pick<Api<Actor>, 'mount'>, seats: SeatsService): void {
  mount(seatsApi.seats, { input: Nothing, output: Seats }, (actor) => seats.seats(actor));
}
