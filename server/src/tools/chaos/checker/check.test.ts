import { describe, expect, it } from 'vitest';
import { check } from './check';
import { INVARIANTS, type Dump, type HistoryLine, type Invariant } from './history';

type Entry = Dump['entries'][number];

const said = (
  seq: number,
  publicSeq: number | null,
  clientId: string,
  more: Partial<Entry> = {},
): Entry => ({
  id: `e${seq}`,
  appeal: 'a',
  seq,
  publicSeq,
  kind: publicSeq === null ? 'note' : 'message',
  author: 'p',
  clientId,
  version: 1,
  files: 0,
  ...more,
});

/**
 * A dealer and a manager talk: a message, a note, an answer, a line of the system, and the dealer's second message.
 * A second visitor of the dealer looks on at a real screen, `b`.
 */
function aGoodRun(): { history: HistoryLine[]; dump: Dump } {
  const entries = [
    said(1, 1, 'p1'),
    said(2, null, 'p2'),
    said(3, 2, 'p3'),
    { ...said(4, 3, ''), kind: 'event' as const, clientId: null, author: null },
    said(5, 4, 'p4', { version: 2, files: 1 }),
  ];
  const history: HistoryLine[] = [
    { t: 0, c: 'd', ev: 'start', person: 'dealer', side: 'dealer', dealer: 'd1', incarnation: 1 },
    { t: 0, c: 's', ev: 'start', person: 'staff', side: 'staff', dealer: '', incarnation: 1 },
    { t: 1, c: 'd', ev: 'press', id: 'p1', appeal: 'a', kind: 'message' },
    { t: 2, c: 'd', ev: 'ack', id: 'p1', appeal: 'a', entry: 'e1', n: 1 },
    { t: 3, c: 'd', ev: 'read', appeal: 'a', last: 1, from: 1, entries: [[1, 'e1', 1, 'p1']] },
    { t: 4, c: 's', ev: 'press', id: 'p2', appeal: 'a', kind: 'note' },
    { t: 5, c: 's', ev: 'press', id: 'p3', appeal: 'a', kind: 'message' },
    { t: 6, c: 's', ev: 'ack', id: 'p2', appeal: 'a', entry: 'e2', n: 2 },
    { t: 7, c: 's', ev: 'ack', id: 'p3', appeal: 'a', entry: 'e3', n: 3 },
    {
      t: 8,
      c: 's',
      ev: 'read',
      appeal: 'a',
      last: 3,
      from: 1,
      entries: [
        [1, 'e1', 1, 'p1'],
        [2, 'e2', 1, 'p2'],
        [3, 'e3', 1, 'p3'],
      ],
    },
    { t: 9, c: 'd', ev: 'press', id: 'p4', appeal: 'a', kind: 'message', files: 1 },
    { t: 10, c: 'd', ev: 'press', id: 'p5', appeal: 'a', kind: 'message' },
    { t: 11, c: 'd', ev: 'refused', id: 'p5', code: 'stale' },
    { t: 12, c: 'd', ev: 'ack', id: 'p4', appeal: 'a', entry: 'e5', n: 4 },
    { t: 13, c: 'd', ev: 'bytes', tokens: ['cnry-m-d1-0123456789abcdef'] },
    { t: 13, c: 's', ev: 'bytes', tokens: ['cnry-n-d1-0123456789abcdef'] },
    {
      t: 14,
      c: 'd',
      ev: 'read',
      appeal: 'a',
      last: 4,
      from: 2,
      entries: [
        [2, 'e3', 1, null],
        [3, 'e4', 1, null],
        [4, 'e5', 1, 'p4'],
      ],
    },
    {
      t: 20,
      c: 'd',
      ev: 'read',
      appeal: 'a',
      last: 4,
      from: 1,
      final: true,
      entries: [
        [1, 'e1', 1, 'p1'],
        [2, 'e3', 1, null],
        [3, 'e4', 1, null],
        [4, 'e5', 2, 'p4'],
      ],
    },
    { t: 20, c: 'd', ev: 'row', appeal: 'a', unread: 1, mark: 2 },
    { t: 20, c: 'b', ev: 'start', person: 'b', side: 'dealer', dealer: 'd1', incarnation: 1 },
    {
      t: 21,
      c: 'b',
      ev: 'read',
      appeal: 'a',
      last: 4,
      from: 1,
      sparse: true,
      entries: [
        [1, 'e1', 1, null],
        [2, 'e3', 1, null],
        [4, 'e5', 1, null],
      ],
    },
    {
      t: 22,
      c: 'b',
      ev: 'read',
      appeal: 'a',
      last: 4,
      from: 2,
      final: true,
      sparse: true,
      entries: [
        [2, 'e3', 1, null],
        [4, 'e5', 2, null],
      ],
    },
    { t: 20, c: 's', ev: 'row', appeal: 'a', unread: 2, mark: 2 },
  ];
  const dump: Dump = {
    appeals: [
      { id: 'a', dealer: 'd1', lastSeq: 5, lastPublicSeq: 4, messages: 4, publicMessages: 3 },
    ],
    entries,
  };
  return { history, dump };
}

type Run = ReturnType<typeof aGoodRun>;
const entry = (run: Run, id: string): Entry => {
  const found = run.dump.entries.find((one) => one.id === id);
  if (!found) throw new Error(`no ${id}`);
  return found;
};
const lineAt = <Ev extends HistoryLine['ev']>(run: Run, ev: Ev, t: number) => {
  const found = run.history.find((line) => line.ev === ev && line.t === t);
  if (!found) throw new Error(`no ${ev} at ${t}`);
  return found as Extract<HistoryLine, { ev: Ev }>;
};

/** What is done to a good run, and what the checker has to say to it. */
const planted: [name: string, invariant: Invariant, harm: (run: Run) => void][] = [
  [
    'an acknowledged message is not in the database',
    'acknowledged_lost',
    (run) => {
      run.dump.entries = run.dump.entries.filter(({ id }) => id !== 'e5');
    },
  ],
  [
    'an acknowledged message has another number',
    'acknowledged_lost',
    (run) => {
      lineAt(run, 'ack', 7).n = 2;
    },
  ],
  [
    'a press came to nothing, and nobody was told',
    'pressed_lost',
    (run) => {
      run.history.push({ t: 15, c: 's', ev: 'press', id: 'p6', appeal: 'a', kind: 'note' });
    },
  ],
  [
    'a message is stored without its file',
    'file_lost',
    (run) => {
      entry(run, 'e5').files = 0;
    },
  ],
  [
    'one press became two messages',
    'doubled',
    (run) => {
      run.dump.entries.push(said(6, 5, 'p1'));
    },
  ],
  [
    'a message that nobody pressed',
    'from_nowhere',
    (run) => {
      run.dump.entries.push(said(6, 5, 'nobody'));
    },
  ],
  [
    'a message without an id',
    'from_nowhere',
    (run) => {
      run.dump.entries.push(said(6, 5, '', { clientId: null }));
    },
  ],
  [
    'a number is left out',
    'numbers_dense',
    (run) => {
      entry(run, 'e5').seq = 6;
    },
  ],
  [
    'a public number is left out',
    'numbers_dense',
    (run) => {
      entry(run, 'e5').publicSeq = 5;
    },
  ],
  [
    'the row counts one message too few',
    'numbers_dense',
    (run) => {
      const [appeal] = run.dump.appeals;
      if (appeal) appeal.messages -= 1;
    },
  ],
  [
    'two readers see different entries under one number',
    'one_order',
    (run) => {
      lineAt(run, 'read', 3).entries = [[1, 'e3', 1, 'p1']];
    },
  ],
  [
    'a reader saw an entry under a number it does not have',
    'one_order',
    (run) => {
      lineAt(run, 'read', 8).entries = [
        [1, 'e1', 1, 'p1'],
        [2, 'e3', 1, 'p3'],
        [3, 'e2', 1, 'p2'],
      ];
    },
  ],
  [
    'an entry disappears from the screen',
    'reads_go_back',
    (run) => {
      lineAt(run, 'read', 14).from = 1;
    },
  ],
  [
    'an older version comes back',
    'reads_go_back',
    (run) => {
      lineAt(run, 'read', 14).entries = [
        [2, 'e3', 1, null],
        [3, 'e4', 1, null],
        [4, 'e5', 3, 'p4'],
      ];
    },
  ],
  [
    'the author does not see what he was told is stored',
    'own_write_unread',
    (run) => {
      const read = lineAt(run, 'read', 14);
      read.entries = read.entries.slice(0, 2);
      read.last = 3;
    },
  ],
  [
    'the second press overtook the first',
    'order_of_author',
    (run) => {
      const [first, third] = [entry(run, 'e2'), entry(run, 'e3')];
      [first.clientId, third.clientId] = [third.clientId, first.clientId];
    },
  ],
  [
    'a refused message is there all the same',
    'refused_but_there',
    (run) => {
      run.dump.entries.push(said(6, 5, 'p5'));
    },
  ],
  [
    'a client is not level in the end',
    'not_level',
    (run) => {
      const read = lineAt(run, 'read', 20);
      read.entries = read.entries.slice(0, 3);
      read.last = 3;
    },
  ],
  [
    'a client shows an old version in the end',
    'not_level',
    (run) => {
      lineAt(run, 'read', 20).entries[3] = [4, 'e5', 1, 'p4'];
    },
  ],
  [
    'a screen lacks a message in the end',
    'not_level',
    (run) => {
      const read = lineAt(run, 'read', 22);
      read.entries = read.entries.slice(0, 1);
    },
  ],
  [
    'a screen shows a message in the end that is not stored',
    'not_level',
    (run) => {
      lineAt(run, 'read', 22).entries.push([5, 'e9', 1, null]);
    },
  ],
  [
    'a message disappears from a screen',
    'reads_go_back',
    (run) => {
      const read = lineAt(run, 'read', 22);
      read.entries = read.entries.slice(1);
    },
  ],
  [
    'a screen shows a message under the number of an event',
    'one_order',
    (run) => {
      lineAt(run, 'read', 21).entries[2] = [3, 'e5', 1, null];
    },
  ],
  [
    'a dealer received a note',
    'leak',
    (run) => {
      lineAt(run, 'bytes', 13).tokens.push('cnry-n-d1-00000000000000ff');
    },
  ],
  [
    "a dealer received another dealer's message",
    'leak',
    (run) => {
      lineAt(run, 'bytes', 13).tokens.push('cnry-m-d2-00000000000000ff');
    },
  ],
  [
    'an unread counter is wrong',
    'unread_wrong',
    (run) => {
      lineAt(run, 'row', 20).unread = 2;
    },
  ],
];

describe('the checker', () => {
  it('has nothing to say to a good run', () => {
    const { history, dump } = aGoodRun();
    expect(check(history, dump)).toEqual([]);
  });

  it.each(planted)('notices: %s', (_name, invariant, harm) => {
    const run = aGoodRun();
    harm(run);
    expect(check(run.history, run.dump).map((one) => one.invariant)).toContain(invariant);
  });

  it('has been made to fail for every invariant it knows', () => {
    expect(new Set(planted.map(([, invariant]) => invariant))).toEqual(new Set(INVARIANTS));
  });

  it('lets a reload show less than before', () => {
    const { history, dump } = aGoodRun();
    const again: HistoryLine[] = [
      {
        t: 30,
        c: 'd',
        ev: 'start',
        person: 'dealer',
        side: 'dealer',
        dealer: 'd1',
        incarnation: 2,
      },
      { t: 31, c: 'd', ev: 'read', appeal: 'a', last: 4, from: 4, entries: [[4, 'e5', 2, 'p4']] },
    ];
    expect(check([...history, ...again], dump)).toEqual([]);
  });

  it('lets a held message go out later under the same id', () => {
    const { history, dump } = aGoodRun();
    dump.entries.push(said(6, 5, 'p5'));
    Object.assign(dump.appeals[0] ?? {}, {
      lastSeq: 6,
      lastPublicSeq: 5,
      messages: 5,
      publicMessages: 4,
    });
    const final = history.findIndex((line) => line.ev === 'read' && line.final === true);
    const resent: HistoryLine[] = [
      { t: 15, c: 'd', ev: 'ack', id: 'p5', appeal: 'a', entry: 'e6', n: 5 },
    ];
    const run = [...history.slice(0, final), ...resent];
    expect(check(run, dump)).toEqual([]);
  });
});
