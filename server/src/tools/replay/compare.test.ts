import { describe, expect, it } from 'vitest';
import { compareThread, type ReadLine, type SentMessage } from './compare';
import { percentile } from './table';

const sent: SentMessage[] = ['a', 'b', 'c', 'd'].map((name) => ({
  clientId: `client ${name}`,
  text: `text ${name}`,
  entryId: name,
}));
/** A thread of these messages, numbered densely; `-` is an event. */
const thread = (names: string): ReadLine[] =>
  [...names].map((name, index) => ({
    number: index + 1,
    message: name === '-' ? null : { id: name, clientId: null, text: `text ${name}` },
  }));
const clean = { found: 4, lost: 0, doubled: 0, outOfOrder: 0 };

describe('a thread laid beside what was sent', () => {
  it('is clean when every message stands there once and in order, events between them', () => {
    expect(compareThread(sent, thread('a-bc--d'))).toEqual(clean);
  });

  it.each<[string, string, Partial<typeof clean>]>([
    ['a lost message', 'abd', { found: 3, lost: 1 }],
    ['an empty thread', '', { found: 0, lost: 4 }],
    ['a doubled message', 'abbcd', { doubled: 1 }],
    ['a message nobody sent', 'abcdx', { doubled: 1 }],
    ['two swapped messages', 'acbd', { outOfOrder: 1 }],
    ['a message that came last though it was first', 'bcda', { outOfOrder: 1 }],
    [
      'lost, doubled and swapped at once',
      'baa-d',
      { found: 3, lost: 1, doubled: 1, outOfOrder: 1 },
    ],
  ])('shows %s', (_name, names, expected) => {
    expect(compareThread(sent, thread(names))).toEqual({ ...clean, ...expected });
  });

  it('counts other words as a lost message', () => {
    const read = thread('abcd');
    read[2] = { number: 3, message: { id: 'c', clientId: null, text: 'text' } };
    expect(compareThread(sent, read)).toEqual({ ...clean, found: 3, lost: 1 });
  });

  it('shows numbers that are missing or do not rise', () => {
    const gap = thread('abcd').map((line) => ({
      ...line,
      number: line.number + (line.number > 2 ? 2 : 0),
    }));
    expect(compareThread(sent, gap)).toEqual({ ...clean, lost: 2 });
    const twice = thread('abcd').map((line) => ({ ...line, number: Math.min(line.number, 3) }));
    expect(compareThread(sent, twice)).toEqual({ ...clean, outOfOrder: 1 });
  });

  it('does not ask for what was never acknowledged, but takes it when it is there', () => {
    const unsure = sent.map((message) => ({
      ...message,
      entryId: message.entryId === 'd' ? null : message.entryId,
    }));
    expect(compareThread(unsure, thread('abc'))).toEqual({ ...clean, found: 3 });
    expect(compareThread(unsure, thread('abcd'))).toEqual({ ...clean, found: 3 });
    expect(compareThread(unsure, thread('abcdd'))).toEqual({ ...clean, found: 3, doubled: 1 });
    const known = thread('abcx');
    known[3] = { number: 4, message: { id: 'x', clientId: 'client d', text: 'text d' } };
    expect(compareThread(unsure, known)).toEqual({ ...clean, found: 3 });
  });
});

it('a percentile is one of the values', () => {
  expect(percentile([], 0.5)).toBeNull();
  expect(percentile([7], 0.99)).toBe(7);
  const values = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect([percentile(values, 0.5), percentile(values, 0.99)]).toEqual([50, 99]);
});
