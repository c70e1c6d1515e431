import { dealers, products, supplier } from './demo.content';
import type { DemoOrder } from './demo.content';
import type { PaperData } from './pdf';

/**
 * What a paper of an order says.
 * @param date the day printed on it: of the order for an invoice, of the shipment for a waybill
 */
export function paperOf(order: DemoOrder, date: Date): PaperData {
  return {
    number: String(order.number),
    date,
    zone: supplier.zone,
    seller: supplier,
    buyer: dealers[order.dealer],
    contract: order.contract,
    carrier: order.carrier,
    places: order.places,
    weightKg: order.weightKg,
    lines: order.lines.map(({ product, quantity, priceKopecks }) => {
      const { name, unit } = products[product];
      return { code: product, name, unit, quantity, priceKopecks };
    }),
  };
}
