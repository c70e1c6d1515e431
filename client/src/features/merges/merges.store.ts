import type { StaffAppeal } from '@otklik/shared/appeals';
import { appealsApi } from '@otklik/shared/appeals.api';
import type { Merged, MergePreview, Split, SplitAppeal } from '@otklik/shared/merges';
import { mergesApi } from '@otklik/shared/merges.api';
import { defineStore } from 'pinia';
import { v7 as uuid } from 'uuid';

import { call } from '../../platform/api';
import { attempt, isPassing, type Outcome } from '../../platform/problem';
import { useAppeals, useThreads } from '../appeals';
import { useSession } from '../session';

/** Appeals offered at once; more words find the others. */
const OFFERED = 8;

/** What the server is asked about merging; the answers go into the stores of appeals. */
export const useMerges = defineStore('merges', () => {
  const session = useSession();
  const appeals = useAppeals();
  const threads = useThreads();

  /** Other appeals of the same dealer that are not merged themselves, by number or subject; the latest first. */
  async function find(appeal: StaffAppeal, words: string): Promise<Outcome<StaffAppeal[]>> {
    const found = await attempt(() =>
      call(appealsApi.list, {
        ...{ view: 'all', dealerId: appeal.dealerId, limit: OFFERED + 1 },
        ...(words.trim() && { q: words.trim() }),
      }),
    );
    if (!found.ok) return found;
    const others = found.value.items.flatMap((one) =>
      one.audience === 'staff' && one.id !== appeal.id && one.mergedInto === null ? [one] : [],
    );
    return { ok: true, value: others.slice(0, OFFERED) };
  }
  const preview = (appealId: string, intoId: string): Promise<Outcome<MergePreview>> =>
    attempt(() => call(mergesApi.preview, { appealId, intoId }));

  const pressed = new Map<string, string>();
  /**
   * The same press keeps its id until it is answered: pressing again repeats, never doubles.
   * @param holds whether it is so; if not, a press whose answer was lost was done and undone since, and this is another one
   */
  async function send<Answer extends Merged | Split>(
    content: object,
    run: (clientId: string) => Promise<Answer>,
    holds: (answer: Answer) => boolean,
  ): Promise<Outcome<Answer>> {
    const person = session.personId;
    const key = JSON.stringify(content);
    const before = pressed.get(key);
    const clientId = before ?? uuid();
    pressed.set(key, clientId);
    const answer = await attempt(() => run(clientId));
    if (answer.ok || !isPassing(answer.trouble)) pressed.delete(key);
    if (!answer.ok || session.personId !== person) return answer;
    if (before !== undefined && !holds(answer.value)) return send(content, run, holds);
    const other = 'into' in answer.value ? answer.value.into : answer.value.from;
    for (const appeal of [answer.value.appeal, other]) {
      appeals.put(appeal);
      threads.refreshCard(appeal.id);
    }
    appeals.refreshCounts();
    return answer;
  }
  const merge = (appealId: string, intoId: string) =>
    send(
      { merge: appealId, intoId },
      (clientId) => call(mergesApi.merge, { appealId, intoId, clientId }),
      ({ appeal, into }) => appeal.mergedInto === into.no,
    );
  const undo = (appealId: string) =>
    send(
      { undo: appealId },
      (clientId) => call(mergesApi.undo, { appealId, clientId }),
      ({ appeal }) => appeal.mergedInto === null,
    );
  const split = (input: Omit<SplitAppeal, 'clientId'>) =>
    send(
      input,
      (clientId) => call(mergesApi.split, { ...input, clientId }),
      ({ appeal, from }) => appeal.mergedInto !== from.no,
    );

  return { find, preview, merge, undo, split };
});
