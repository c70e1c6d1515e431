/** Words that tell, wherever they turn up, whose they are: of dealer `a`, of dealer `b`, or of staff alone (`n`). */
export type Owner = 'a' | 'b' | 'n';

const MARK = 'cnry';
/** Prices cannot hold a word; these digits stand in no other number. */
const PRICE_MARK = '918273640';
const PRICE_OF: Record<'a' | 'b', number> = { a: 11, b: 22 };

export const canary = (owner: Owner, what: string) => `${MARK}${owner}${what}`;
export const canaryPrice = (owner: 'a' | 'b') => Number(`${PRICE_MARK}${PRICE_OF[owner]}`);

const LONGEST = 40;

/** Whose canaries stand in some bytes, with the words themselves. */
export function canariesIn(bytes: Buffer): { owner: Owner; word: string }[] {
  const found: { owner: Owner; word: string }[] = [];
  for (const mark of [MARK, PRICE_MARK]) {
    for (let at = bytes.indexOf(mark); at >= 0; at = bytes.indexOf(mark, at + 1)) {
      const word = bytes.toString('latin1', at, at + LONGEST);
      const owner =
        mark === MARK
          ? word[MARK.length]
          : (['a', 'b'] as const).find((one) => word.startsWith(`${PRICE_MARK}${PRICE_OF[one]}`));
      if (owner === 'a' || owner === 'b' || owner === 'n') found.push({ owner, word });
    }
  }
  return found;
}
