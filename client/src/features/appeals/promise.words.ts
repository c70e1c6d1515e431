import type { DealerAppeal } from '@otklik/shared/appeals';
import type { PromiseView } from '@otklik/shared/sla';

import { dayKey, type Viewer } from '../../platform/format';

/** How near a promised moment is, as the words need it. */
export type Nearness = 'Today' | 'Tomorrow' | 'Later';

export function nearness(dueAt: string, now: number, viewer: Viewer): Nearness {
  const ahead = dayKey(dueAt, viewer) - dayKey(now, viewer);
  return ahead === 0 ? 'Today' : ahead === 1 ? 'Tomorrow' : 'Later';
}

export interface Promised {
  /** What is promised: an answer, else the solution. */
  verb: 'reply' | 'solve';
  state: 'running' | 'paused' | 'late';
  dueAt: string | null;
}

/**
 * The one promise a dealer is shown (SLA-7): that an answer comes, else that the matter is solved; null when
 * nothing is owed any more. A promise whose moment has passed is late, even before the server says so.
 */
export function shownPromise(
  appeal: Pick<DealerAppeal, 'promise' | 'resolution' | 'status' | 'answerOwedBy'>,
  now: number,
): Promised | null {
  if (appeal.status === 'resolved' || appeal.status === 'closed') return null;
  const of = (verb: Promised['verb'], promise: PromiseView | null): Promised | null => {
    if (!promise || promise.state === 'met') return null;
    const passed = promise.dueAt !== null && Date.parse(promise.dueAt) < now;
    const state = promise.state === 'running' && passed ? 'late' : promise.state;
    return { verb, state, dueAt: promise.dueAt };
  };
  const reply = of('reply', appeal.promise);
  if (reply && reply.state !== 'paused') return reply;
  if (appeal.answerOwedBy === 'dealer' || appeal.status === 'waiting') {
    return { verb: 'reply', state: 'paused', dueAt: null };
  }
  return reply ?? of('solve', appeal.resolution);
}
