import { shallowReactive } from 'vue';

import { serverNow } from './clock';
import { keep, recall } from './kept';
import { isPassing, troubleOf, type Trouble } from './problem';

export type LoadState = 'idle' | 'loading' | 'ready' | 'error';

/** How the fetching of one thing stands. Data that is there stays there while it is fetched again or when that fails. */
export interface Loading {
  /** `loading` and `error` mean that nothing could be shown yet; a failed refresh keeps `ready` and sets `problem`. */
  readonly state: LoadState;
  readonly problem: Trouble | null;
  /** Server time (ms) of the last success: "данные на 16:05". */
  readonly at: number | null;
  /** A fetch is under way, the first one or a refresh. */
  readonly busy: boolean;
}

export interface Loader {
  readonly is: Loading;
  /**
   * Fetches and hands the answer over. When it is called again meanwhile, only the last answer counts.
   * @param keptAs the answer is kept in this browser under this key, and handed over while the server cannot be asked
   * @returns true when this fetch was the last one and succeeded
   */
  run<Value>(
    fetch: () => Promise<Value>,
    take: (value: Value) => void,
    keptAs?: string,
  ): Promise<boolean>;
  /** Something of an earlier time is there now, fresh at that moment; what was fetched already stays. */
  stand(at: number): void;
  /** Back to the start; an answer still under way is ignored. */
  reset(): void;
}

/** One loadable thing of a store. */
export function createLoader(): Loader {
  const is = shallowReactive<{ -readonly [Field in keyof Loading]: Loading[Field] }>({
    state: 'idle',
    problem: null,
    at: null,
    busy: false,
  });
  let turn = 0;

  async function run<Value>(
    fetch: () => Promise<Value>,
    take: (value: Value) => void,
    keptAs?: string,
  ): Promise<boolean> {
    const mine = ++turn;
    is.busy = true;
    if (is.state !== 'ready') is.state = 'loading';
    try {
      const value = await fetch();
      if (mine !== turn) return false;
      take(value);
      is.problem = null;
      is.state = 'ready';
      is.at = serverNow();
      is.busy = false;
      if (keptAs !== undefined) void keep(keptAs, value, is.at);
      return true;
    } catch (error) {
      const trouble = troubleOf(error);
      if (mine !== turn) return false;
      if (keptAs !== undefined && is.state !== 'ready' && isPassing(trouble)) {
        const kept = await recall<Value>(keptAs);
        if (mine !== turn) return false;
        if (kept) {
          take(kept.value);
          stand(kept.at);
        }
      }
      is.problem = trouble;
      if (is.state !== 'ready') is.state = 'error';
      is.busy = false;
      return false;
    }
  }

  function stand(at: number): void {
    if (is.state === 'ready') return;
    is.state = 'ready';
    is.at = at;
  }

  function reset(): void {
    turn += 1;
    is.state = 'idle';
    is.problem = null;
    is.at = null;
    is.busy = false;
  }

  return { is, run, stand, reset };
}
