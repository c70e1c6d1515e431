import { describe, expect, it } from 'vitest';
import { createConnectionWait } from './connection-wait';

const LIMIT = 1_800;
const inQueue = () => new Error('timeout exceeded when trying to connect');
const atDoor = () => new Error('Connection terminated due to connection timeout');

/** A database whose tries end like this; each takes so long. */
function tries(outcomes: readonly (Error | 'connection')[], tookMs = LIMIT, answers = false) {
  let now = 0;
  let tried = 0;
  const wait = createConnectionWait(LIMIT, () => now);
  const connect = () => {
    const outcome = outcomes[tried] ?? outcomes.at(-1);
    tried += 1;
    now += tookMs / 2;
    if (answers) wait.answered();
    now += tookMs / 2;
    return outcome instanceof Error ? Promise.reject(outcome) : Promise.resolve(outcome);
  };
  const result = wait.connect(connect).catch((error: unknown) => error);
  return result.then((answer) => ({ answer, tried, now }));
}

describe('waiting for a connection', () => {
  it.each([
    ['in the queue', inQueue()],
    ['of a new one', atDoor()],
  ])('ends with the first limit %s when nobody was answered meanwhile', async (_name, error) => {
    expect(await tries([error])).toEqual({ answer: error, tried: 1, now: LIMIT });
  });

  it('goes on while others are answered, but not for ever', async () => {
    const error = inQueue();
    const soon = await tries([error, 'connection'], LIMIT, true);
    expect(soon).toMatchObject({ answer: 'connection', tried: 2 });
    expect(await tries([error], LIMIT, true)).toEqual({ answer: error, tried: 3, now: 3 * LIMIT });
  });

  it('goes on when the limit came so late that the process itself stood still', async () => {
    expect(await tries([atDoor(), 'connection'], LIMIT + 600)).toMatchObject({
      answer: 'connection',
      tried: 2,
    });
  });

  it('ends at once when the database refuses', async () => {
    const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
    expect(await tries([refused], LIMIT, true)).toMatchObject({ answer: refused, tried: 1 });
  });
});
