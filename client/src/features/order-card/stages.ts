import type { OrderCard } from '@otklik/shared/orders';

import { dayMoment, stagesDone } from '../orders';

/** One of the four stages as the card shows it. */
export interface Stage {
  name: 'accepted' | 'picked' | 'shipped' | 'delivered';
  /** `done` and `now` are drawn as reached, `now` is still going on; `next` is on its way there. */
  state: 'done' | 'now' | 'next' | 'ahead';
  /** When it was reached; the planned day of a shipment that is ahead. */
  at: Date | null;
  /** Only a day is known, without an hour. */
  planned: boolean;
}

/** How far an order is. A cancelled one has no stages: where it stopped says nothing to the dealer. */
export function stagesOf({ state, stages, createdAt, shipOn }: OrderCard): Stage[] {
  const done = stagesDone(state);
  const reached: [Stage['name'], string | null][] = [
    ['accepted', stages.acceptedAt ?? createdAt],
    ['picked', stages.pickedAt],
    ['shipped', stages.shippedAt],
    ['delivered', stages.deliveredAt],
  ];
  return reached.map(([name, at], index): Stage => {
    const place = index + 1;
    const moment = at === null ? null : new Date(at);
    if (place > done) {
      const planned = name === 'shipped' && shipOn !== null;
      const isNext = name === 'delivered' && state === 'in_transit';
      const day = planned ? dayMoment(shipOn) : null;
      return { name, state: isNext ? 'next' : 'ahead', at: day, planned };
    }
    if (name === 'picked' && state === 'picking' && moment === null) {
      return { name, state: 'now', at: null, planned: false };
    }
    const day = name === 'shipped' && moment === null && shipOn !== null ? dayMoment(shipOn) : null;
    return { name, state: 'done', at: moment ?? day, planned: false };
  });
}
