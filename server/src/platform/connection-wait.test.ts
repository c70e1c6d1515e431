import { describe, expect, it } from 'vitest';
import { createConnectionWait } from './connection-wait';

const LIMIT = 1_800;
const inQueue = () => new Error('timeout exceeded when trying to connect');
const atDoor = () => new Error('Connection terminated due to connection timeout');

/** A database whose tries end like this; each takes so long. */
function tries(outcomes: readonly (Error | 'connection')[], tookMs = LIMIT, answersAfter?: number) {
  let now = 0;
  let tried = 0;
  const wait = createConnectionWait(LIMIT, () => now);
  const connect = () => {
    const outcome = outcomes[tried] ?? outcomes.at(-1);
    tried += 1;
    const done = tookMs * (answersAfter ?? 0);
    now += done;
    if (answersAfter !== undefined) wait.answered();
    now += tookMs - done;
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
    const soon = await tries([error, 'connection'], LIMIT, 0.9);
    expect(soon).toMatchObject({ answer: 'connection', tried: 2 });
    expect(await tries([error], LIMIT, 0.9)).toEqual({ answer: error, tried: 3, now: 3 * LIMIT });
  });

  it('ends when the last answer came as the try began: a line that fell silent then', async () => {
    const error = atDoor();
    expect(await tries([error], LIMIT, 0.1)).toEqual({ answer: error, tried: 1, now: LIMIT });
  });

  it('goes on when the limit came so late that the process itself stood still', async () => {
    expect(await tries([atDoor(), 'connection'], LIMIT + 1_100)).toMatchObject({
      answer: 'connection',
      tried: 2,
    });
  });

  it('ends at once when the database refuses', async () => {
    const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
    expect(await tries([refused], LIMIT, 0.9)).toMatchObject({ answer: refused, tried: 1 });
  });
});
