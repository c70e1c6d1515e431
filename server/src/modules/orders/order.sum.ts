/**
 * Quantity × price in whole kopecks, a half rounded up. Counted on decimal digits: 1.005 × 100 is 101 (100.5), not 100.
 * @param quantity 0 or more, as a decimal number
 * @param priceKopecks whole, 0 or more
 */
export function lineSum(quantity: number, priceKopecks: number): bigint {
  const { digits, decimals } = decimal(quantity);
  const scale = 10n ** BigInt(decimals);
  return (2n * digits * BigInt(priceKopecks) + scale) / (2n * scale);
}

/** A number as the whole number of its decimal digits, and how many of them stand after the point. */
function decimal(value: number): { digits: bigint; decimals: number } {
  const [mantissa = '0', exponent = '0'] = String(value).split('e');
  const [whole = '0', fraction = ''] = mantissa.split('.');
  const decimals = fraction.length - Number(exponent);
  const digits = BigInt(whole + fraction);
  return decimals >= 0
    ? { digits, decimals }
    : { digits: digits * 10n ** BigInt(-decimals), decimals: 0 };
}
