import type { DryRunLine, DryRunPiece } from '@otklik/shared/dry-run';

export const GROUPS = ['managers', 'hours', 'dealers'] as const;
export type Group = (typeof GROUPS)[number];
export type Sums = Pick<DryRunPiece, 'done' | 'total' | 'recorded' | 'supposed' | Group>;

/** What has been counted so far, with one piece more. */
export function withPiece(sums: Sums | null, piece: DryRunPiece): Sums {
  if (sums === null) return piece;
  const lines = (group: Group) => {
    const found = new Map(sums[group].map((line) => [line.key, line]));
    for (const line of piece[group]) {
      const known = found.get(line.key);
      found.set(line.key, known ? { ...known, ...added(known, line) } : line);
    }
    return [...found.values()];
  };
  return {
    ...{ done: piece.done, total: piece.total },
    ...added(sums, piece),
    ...{ managers: lines('managers'), hours: lines('hours'), dealers: lines('dealers') },
  };
}

type Counts = Pick<DryRunLine, 'recorded' | 'supposed'>;
function added(one: Counts, other: Counts): Counts {
  const both = (which: keyof Counts) => ({
    clocks: one[which].clocks + other[which].clocks,
    breaches: one[which].breaches + other[which].breaches,
  });
  return { recorded: both('recorded'), supposed: both('supposed') };
}

/** The hours by the clock; people and dealers where most changes first. */
export function inOrder(lines: readonly DryRunLine[], group: Group): DryRunLine[] {
  if (group === 'hours') return [...lines].sort((a, b) => Number(a.key) - Number(b.key));
  const moved = ({ recorded, supposed }: DryRunLine) =>
    Math.abs(supposed.breaches - recorded.breaches);
  return [...lines].sort(
    (a, b) =>
      moved(b) - moved(a) || b.recorded.clocks - a.recorded.clocks || (a.name < b.name ? -1 : 1),
  );
}
