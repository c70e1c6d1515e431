import { shallowReactive } from 'vue';

import { serverNow } from './clock';
import { troubleOf, type Trouble } from './problem';

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
   * @returns true when this fetch was the last one and succeeded
   */
  run<Value>(fetch: () => Promise<Value>, take: (value: Value) => void): Promise<boolean>;
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
      return true;
    } catch (error) {
      const trouble = troubleOf(error);
      if (mine !== turn) return false;
      is.problem = trouble;
      if (is.state !== 'ready') is.state = 'error';
      is.busy = false;
      return false;
    }
  }

  function reset(): void {
    turn += 1;
    is.state = 'idle';
    is.problem = null;
    is.at = null;
    is.busy = false;
  }

  return { is, run, reset };
}
