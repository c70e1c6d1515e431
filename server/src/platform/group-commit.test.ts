import { describe, expect, it } from 'vitest';
import { groupCommit, type Outcome } from './group-commit';

interface Item {
  key: string;
  no: number;
}

/** A store whose batches end only when told to. */
function aStore(judge: (item: Item) => Outcome<number> = ({ no }) => ({ value: no })) {
  const batches: Item[][] = [];
  const served: Item[] = [];
  const waiting: (() => void)[] = [];
  const send = groupCommit<Item, number>(
    async (items) => {
      batches.push(items);
      await new Promise<void>((resolve) => waiting.push(resolve));
      return items.map((item) => {
        const outcome = judge(item);
        if (outcome !== 'alone' && 'value' in outcome) served.push(item);
        return outcome;
      });
    },
    async (item) => {
      await Promise.resolve();
      served.push(item);
      return item.no + 1000;
    },
    { keyOf: ({ key }) => key, worthwhile: 1 },
  );
  /** Lets a turn of the event loop pass, with every promise of it. */
  const turn = () => new Promise((resolve) => setTimeout(resolve));
  const finish = async () => {
    waiting.shift()?.();
    await turn();
  };
  return { send, batches, served, turn, finish };
}

describe('group commit', () => {
  it('serves a lonely call in the same turn', async () => {
    const { send, batches, turn, finish } = aStore();
    const answer = send({ key: 'a', no: 1 });
    await turn();
    expect(batches).toEqual([[{ key: 'a', no: 1 }]]);
    await finish();
    expect(await answer).toBe(1);
  });

  it('makes one batch of what one turn brings', async () => {
    const { send, batches, turn, finish } = aStore();
    const answers = ['a', 'b', 'a', 'c'].map((key, no) => send({ key, no }));
    await turn();
    expect(batches.map((batch) => batch.map(({ no }) => no))).toEqual([[0, 1, 2, 3]]);
    await finish();
    expect(await Promise.all(answers)).toEqual([0, 1, 2, 3]);
  });

  it('makes one batch of what arrives meanwhile, and never has one key in two batches', async () => {
    const { send, batches, served, turn, finish } = aStore();
    const numbers = () => batches.map((batch) => batch.map(({ no }) => no));
    const answers = [send({ key: 'a', no: 1 })];
    await turn();
    answers.push(send({ key: 'b', no: 2 }), send({ key: 'a', no: 3 }));
    await turn();
    // Both lanes are busy; the rest waits, and what is of a key that is being served.
    answers.push(send({ key: 'c', no: 4 }), send({ key: 'd', no: 5 }));
    await turn();
    expect(numbers()).toEqual([[1], [2]]);
    await finish();
    expect(numbers()).toEqual([[1], [2], [3, 4, 5]]);
    await finish();
    await finish();
    expect(await Promise.all(answers)).toEqual([1, 2, 3, 4, 5]);
    expect(served.filter(({ key }) => key === 'a').map(({ no }) => no)).toEqual([1, 3]);
  });

  it('gives every caller his own outcome', async () => {
    const { send, finish, turn } = aStore(({ no }) =>
      no === 2 ? { error: new Error('refused') } : no === 3 ? 'alone' : { value: no },
    );
    const first = send({ key: 'a', no: 1 });
    await turn();
    const lane = send({ key: 'z', no: 9 });
    await turn();
    const rest = [send({ key: 'b', no: 2 }), send({ key: 'c', no: 3 }), send({ key: 'd', no: 4 })];
    const settled = Promise.allSettled(rest);
    await finish();
    await finish();
    await finish();
    expect([await first, await lane]).toEqual([1, 9]);
    expect(
      (await settled).map((one) => (one.status === 'fulfilled' ? one.value : String(one.reason))),
    ).toEqual(['Error: refused', 1003, 4]);
  });

  it('serves each alone when the batch fails, in order, and goes on afterwards', async () => {
    let broken = true;
    const alone: number[] = [];
    const send = groupCommit<Item, number>(
      (items) =>
        broken
          ? Promise.reject(new Error('no database'))
          : Promise.resolve(items.map(({ no }) => ({ value: no }))),
      ({ no }) => {
        alone.push(no);
        return no === 2 ? Promise.reject(new Error('bad one')) : Promise.resolve(no);
      },
      { keyOf: ({ key }) => key, lanes: 1 },
    );
    const settled = await Promise.allSettled([1, 2, 3].map((no) => send({ key: 'a', no })));
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(alone).toEqual([1, 2, 3]);
    broken = false;
    expect(await send({ key: 'a', no: 4 })).toBe(4);
  });
});
