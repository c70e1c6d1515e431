/** A message that was sent, in the order of sending. */
export interface SentMessage {
  clientId: string;
  text: string;
  /** Of the acknowledgement; null: it never came, and the message may be there or not. */
  entryId: string | null;
}

/** A line of the thread as one side reads it. */
export interface ReadLine {
  /** In the reader's own numbering. */
  number: number;
  /** Null: no message, but an event or a note. The other side's `clientId` may be kept from the reader. */
  message: { id: string; clientId: string | null; text: string } | null;
}

export interface Verdict {
  /** Acknowledged messages that are there, word for word. */
  found: number;
  /** Acknowledged messages that are not, or numbers that are missing in the thread, whichever are more. */
  lost: number;
  /** Messages that stand there once too often. */
  doubled: number;
  /** Messages that stand behind one that was sent later, and lines whose number does not rise. */
  outOfOrder: number;
}

/** Lays what one side reads beside what both sides sent. The thread must hold nobody else's messages. */
export function compareThread(sent: readonly SentMessage[], read: readonly ReadLine[]): Verdict {
  const expected = new Set(sent);
  const verdict: Verdict = { found: 0, lost: 0, doubled: 0, outOfOrder: 0 };
  let furthest = -1;
  for (const { message } of read) {
    if (message === null) continue;
    const known = [...expected].find((one) => isSame(one, message));
    if (known === undefined) {
      verdict.doubled += 1;
      continue;
    }
    expected.delete(known);
    const place = sent.indexOf(known);
    if (place < furthest) verdict.outOfOrder += 1;
    furthest = Math.max(furthest, place);
    if (known.entryId !== null && known.text === message.text) verdict.found += 1;
  }
  const { missing, falling } = judgeNumbers(read);
  const acknowledged = sent.filter(({ entryId }) => entryId !== null).length;
  verdict.lost = Math.max(acknowledged - verdict.found, missing);
  verdict.outOfOrder += falling;
  return verdict;
}

/** What was never acknowledged is known by its sender's id or, where that is kept back, by its words. */
function isSame(sent: SentMessage, read: NonNullable<ReadLine['message']>): boolean {
  if (sent.entryId !== null) return sent.entryId === read.id;
  return read.clientId === null ? sent.text === read.text : sent.clientId === read.clientId;
}

/** Numbers are 1, 2, 3 … without a gap. */
function judgeNumbers(read: readonly ReadLine[]): { missing: number; falling: number } {
  const numbers = new Set(read.map(({ number }) => number));
  const highest = Math.max(0, ...numbers);
  let falling = 0;
  let before = 0;
  for (const { number } of read) {
    if (number <= before) falling += 1;
    before = number;
  }
  return { missing: highest - numbers.size, falling };
}

export function addVerdicts(verdicts: readonly Verdict[]): Verdict {
  const sum = (field: keyof Verdict) => verdicts.reduce((total, one) => total + one[field], 0);
  return {
    found: sum('found'),
    lost: sum('lost'),
    doubled: sum('doubled'),
    outOfOrder: sum('outOfOrder'),
  };
}
