import type { Side } from '@otklik/shared/people';
import type { Verdict } from './compare';

export interface Results {
  conversations: number;
  /** Conversations that came to no end: refused or never answered. */
  broken: number;
  sent: number;
  acknowledged: number;
  /** Acknowledged messages that every other socket of the side told of. */
  seenLive: Record<Side, number>;
  verdict: Record<Side, Verdict>;
  /** Milliseconds. */
  sendToAcknowledged: readonly number[];
  sendToSeen: readonly number[];
  seconds: number;
}

const LABEL_WIDTH = 26;
const CELL_WIDTH = 14;

/** The table at the end of a run. */
export function resultTable(results: Results): string {
  const { acknowledged, sent, seenLive, verdict } = results;
  const both = (label: string, of: (side: Side) => number) =>
    line(label, String(of('dealer')), String(of('staff')));
  return [
    line('conversations', String(results.conversations)),
    ...(results.broken > 0 ? [line('came to no end', String(results.broken))] : []),
    line('messages sent', String(sent)),
    line('acknowledged', String(acknowledged)),
    line('messages per second', (acknowledged / results.seconds).toFixed(0)),
    '',
    line('', 'dealer side', 'staff side'),
    both('seen live', (side) => seenLive[side]),
    both('found in a fresh read', (side) => verdict[side].found),
    both('lost', (side) => verdict[side].lost),
    both('doubled', (side) => verdict[side].doubled),
    both('out of order', (side) => verdict[side].outOfOrder),
    '',
    line('', 'p50', 'p99'),
    timeLine('send → acknowledged', results.sendToAcknowledged),
    timeLine('send → seen', results.sendToSeen),
  ].join('\n');
}

/** Nothing is lost, doubled or out of order on either side. */
export function isClean({ verdict }: Pick<Results, 'verdict'>): boolean {
  return Object.values(verdict).every(
    ({ lost, doubled, outOfOrder }) => lost === 0 && doubled === 0 && outOfOrder === 0,
  );
}

function timeLine(label: string, times: readonly number[]): string {
  const shown = (share: number) => {
    const time = percentile(times, share);
    return time === null ? '–' : `${time.toFixed(1)} ms`;
  };
  return line(label, shown(0.5), shown(0.99));
}

/**
 * The smallest value that at least this share of the values does not exceed; null of none.
 * @param share 0…1
 */
export function percentile(values: readonly number[], share: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
}

function line(label: string, ...cells: string[]): string {
  return label.padEnd(LABEL_WIDTH) + cells.map((cell) => cell.padStart(CELL_WIDTH)).join('');
}
