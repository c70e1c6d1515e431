import { describe, expect, it } from 'vitest';
import { lineSum } from './order.sum';

describe('the sum of a line', () => {
  it.each([
    ['whole pieces', 3, 1_050, 3_150n],
    ['nothing to pay', 3, 0, 0n],
    ['a half is rounded up', 0.5, 1, 1n],
    ['less than a half is rounded down', 0.499, 1, 0n],
    ['decimals are not binary', 1.005, 100, 101n],
    ['…on both sides of the half', 1.115, 100, 112n],
    ['1.1 + 2.2 is 3.3', 3.3, 1_000, 3_300n],
    ['very little', 1e-7, 10_000_000, 1n],
    ['next to nothing', 5e-324, 1_000, 0n],
    ['a great many', 1e9, 9_007_199_254_740_991, 9_007_199_254_740_991_000_000_000n],
    ['written with an exponent', 1e21, 2, 2_000_000_000_000_000_000_000n],
  ])('%s', (_name, quantity, priceKopecks, sum) => {
    expect(lineSum(quantity, priceKopecks)).toBe(sum);
  });
});
