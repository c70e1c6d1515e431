import { describe, expect, it } from 'vitest';
import { parseConversations } from './conversations';

const line = (value: unknown) => JSON.stringify(value);
const turn = (text: string, side = 'dealer') => ({ side, text });
const problemsOf = (...lines: string[]) => parseConversations(lines.join('\n')).problems;

describe('a file of conversations', () => {
  it('is read line by line, texts without space around them', () => {
    const content = [
      line({ id: 'a', turns: [turn(' Добрый день '), turn('Здравствуйте', 'staff')] }),
      '',
      line({ id: 'b', turns: [turn('?')] }),
      '',
    ].join('\n');
    expect(parseConversations(content)).toEqual({
      problems: [],
      conversations: [
        { id: 'a', turns: [turn('Добрый день'), turn('Здравствуйте', 'staff')] },
        { id: 'b', turns: [turn('?')] },
      ],
    });
  });

  it.each([
    ['{"id": "a"', 'line 2: is not JSON'],
    ['[]', /^line 2: /],
    ['null', /^line 2: /],
    [line({ id: '', turns: [turn('x')] }), 'line 2: id: is empty'],
    [line({ id: 'a', turns: [] }), 'line 2: turns: holds no turn'],
    [line({ id: 'a', turns: [turn('x', 'robot')] }), /^line 2: turns\.0\.side: /],
    [line({ id: 'a', turns: [turn('x'), turn(' \n ')] }), 'line 2: turns.1.text: is empty'],
    [
      line({ id: 'a', turns: [turn('x'.repeat(10_001))] }),
      /^line 2: turns\.0\.text: is longer than 10000/,
    ],
    [line({ id: 'a', turns: [turn('x\0')] }), /^line 2: turns\.0\.text: holds characters/],
    [line({ id: 'a', turns: [turn('\ud800')] }), /^line 2: turns\.0\.text: holds characters/],
    [line({ id: 'a', turns: [{ ...turn('x'), mood: 'good' }] }), /^line 2: turns\.0: .*mood/],
  ])('is refused with the number of the line: %s', (bad, problem) => {
    const good = line({ id: 'a', turns: [turn('x')] });
    const problems = problemsOf(good, bad, good);
    expect(problems).toEqual([
      typeof problem === 'string' ? problem : expect.stringMatching(problem),
    ]);
  });

  it('is refused when it is empty', () => {
    expect(problemsOf('', ' ')).toEqual(['it holds no conversation']);
  });
});
