import { expect, it } from 'vitest';
import { ref } from 'vue';

import { useHeldOrder } from './useHeldOrder';

function aList(ids: string[]) {
  const list = ref<readonly string[]>(ids);
  const frozen = ref(false);
  return { list, frozen, ...useHeldOrder(list, frozen) };
}

it('follows the list while nobody looks', () => {
  const { list, shown, waiting, leaving } = aList(['a', 'b']);
  list.value = ['c', 'a'];
  expect(shown.value).toEqual(['c', 'a']);
  expect(waiting.value).toEqual([]);
  expect(leaving.value.size).toBe(0);
});

it('keeps the order while frozen: new rows wait, gone rows stay dimmed', () => {
  const { list, frozen, shown, waiting, leaving } = aList(['a', 'b', 'c']);
  frozen.value = true;
  list.value = ['d', 'c', 'a'];
  expect(shown.value).toEqual(['a', 'b', 'c']);
  expect(waiting.value).toEqual(['d']);
  expect([...leaving.value]).toEqual(['b']);
});

it('releases on request and stays frozen in the new order', () => {
  const { list, frozen, shown, waiting, release } = aList(['a']);
  frozen.value = true;
  list.value = ['b', 'a'];
  release();
  expect(shown.value).toEqual(['b', 'a']);
  list.value = ['c', 'b', 'a'];
  expect(shown.value).toEqual(['b', 'a']);
  expect(waiting.value).toEqual(['c']);
});

it('shows the list as it is when the pointer leaves', () => {
  const { list, frozen, shown } = aList(['a', 'b']);
  frozen.value = true;
  list.value = ['b'];
  frozen.value = false;
  expect(shown.value).toEqual(['b']);
});

it('lets older rows in at their places while everything else stays held', async () => {
  const { list, frozen, shown, waiting, leaving, letIn } = aList(['a', 'b', 'c']);
  frozen.value = true;
  // One came, one went, before the page is asked for.
  list.value = ['new', 'a', 'c'];
  await letIn(async () => {
    list.value = ['new', 'a', 'older a', 'oldest a', 'c', 'older c'];
  });
  expect(shown.value).toEqual(['a', 'older a', 'oldest a', 'b', 'c', 'older c']);
  expect(waiting.value).toEqual(['new']);
  expect([...leaving.value]).toEqual(['b']);
});
