import { makeOrders } from './content/orders';
import { assortmentStories } from './content/stories/assortment';
import { deliveryStories } from './content/stories/delivery';
import { documentStories } from './content/stories/documents';
import { priceStories } from './content/stories/prices';
import { qualityStories } from './content/stories/quality';
import { makeTemplateAppeals } from './content/templates';
import type { DemoAppeal, DemoOrder } from './content/types';

export { macros } from './content/macros';
export { chiefs, dealers, isStaffKey, staff, supplier, teams, visitors } from './content/people';
export { photos } from './content/photos';
export { products } from './content/products';
export { topics } from './content/topics';
export type * from './content/types';

/** The number the documents and pictures know the story of the wrong batch by. */
const knownStory = { key: 'wrong-batch', number: 1042 };

export interface DemoContent {
  /** Oldest first. */
  orders: DemoOrder[];
  /** In the order of their opening, oldest first: numbers given one by one in this order are right. */
  appeals: DemoAppeal[];
  /** What the first appeal must be numbered for the known story to become №1042. */
  firstAppealNumber: number;
}

/**
 * Everything that happened before the demo starts, the same for the same seed.
 * People, dealers, topics and goods do not depend on it and are exported beside.
 */
export function makeDemoContent(seed = 'otklik'): DemoContent {
  const stories = [
    ...deliveryStories,
    ...priceStories,
    ...qualityStories,
    ...documentStories,
    ...assortmentStories,
  ];
  const orders = makeOrders(seed);
  const appeals = [
    ...stories,
    ...makeTemplateAppeals(seed, orders, new Set(stories.flatMap(ordersOf))),
  ].sort((a, b) => openedAgo(b) - openedAgo(a));
  const place = appeals.findIndex(({ key }) => key === knownStory.key);
  return { orders, appeals, firstAppealNumber: knownStory.number - place };
}

/** Orders an appeal speaks of: linked at opening, linked later, or on its papers. */
export function ordersOf(appeal: DemoAppeal): number[] {
  const later = appeal.steps.flatMap((step) => {
    if (step.do === 'link_order') return [step.order];
    if (step.do !== 'message' && step.do !== 'note') return [];
    return step.files.flatMap((file) => (file.kind === 'pdf' ? [file.order] : []));
  });
  return [...new Set([...appeal.orders, ...later])];
}

function openedAgo({ steps }: DemoAppeal): number {
  return steps[0]?.ago ?? 0;
}
