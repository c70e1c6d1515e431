import { photos } from './demo.content';
import type { DemoAttachment, DemoOrder, PhotoKey, WorkMinutesAgo } from './demo.content';
import { keysOf } from './demo.keys';
import { paperOf } from './demo.papers';
import { makePdf } from './pdf';
import { makePhoto } from './photo';

/** The bytes of demo files. */
export interface Shelf {
  bytesOf(file: DemoAttachment): Promise<Buffer>;
}

/**
 * Begins to draw the pictures, one after the other, while other things go on; each is drawn once however often it is used.
 * Papers are made when asked for.
 */
export function createShelf(
  orders: readonly DemoOrder[],
  momentOf: (ago: WorkMinutesAgo) => Date,
): Shelf {
  const byNumber = new Map(orders.map((order) => [order.number, order]));
  const drawn = new Map<PhotoKey, Promise<Buffer>>();
  let last: Promise<unknown> = Promise.resolve();
  for (const key of keysOf(photos)) {
    const { kind, seed, print } = photos[key];
    const picture = last.then(() => makePhoto(kind, seed, print));
    drawn.set(key, picture);
    // Whoever needs the picture hears of its failure; the next one is drawn all the same.
    last = picture.catch(() => undefined);
  }

  async function bytesOf(file: DemoAttachment): Promise<Buffer> {
    if (file.kind === 'photo') {
      const picture = drawn.get(file.photo);
      if (picture === undefined) throw new Error(`there is no picture ${file.photo}`);
      return picture;
    }
    const order = byNumber.get(file.order);
    if (order === undefined) throw new Error(`there is no order ${file.order}`);
    const { createdAgo, shippedAgo, deliveredAgo } = order;
    const dates = {
      invoice: createdAgo,
      waybill: shippedAgo ?? createdAgo,
      act: deliveredAgo ?? shippedAgo ?? createdAgo,
    };
    return makePdf(file.paper, paperOf(order, momentOf(dates[file.paper])));
  }
  return { bytesOf };
}
