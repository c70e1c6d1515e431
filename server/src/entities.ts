import { Dealer } from './modules/dealers';
import { Person } from './modules/people';

/** Every table that TypeORM maps. */
export const entities = [Dealer, Person];
