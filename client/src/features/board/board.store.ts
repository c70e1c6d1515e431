import type { Board, BoardQuery, Reassign, Reassigned } from '@otklik/shared/appeals';
import { appealsApi } from '@otklik/shared/appeals.api';
import { defineStore } from 'pinia';
import { shallowRef, watch } from 'vue';

import { call } from '../../platform/api';
import { serverNow } from '../../platform/clock';
import { createLoader } from '../../platform/loading';
import { attempt, type Outcome } from '../../platform/problem';
import { on, onConnected } from '../../platform/socket';
import { useSession } from '../session';

/** After news the board follows within this time, and is asked for at most once a second (BRD-1). */
const NEWS_MS = 300;
const SPACING_MS = 1_000;
const REFRESH_MS = 30_000;

/** The supervisor's board: the server's columns, fetched anew after news while the board is on the screen. */
export const useBoard = defineStore('board', () => {
  const session = useSession();
  const board = shallowRef<Board | null>(null);
  const loader = createLoader();
  let filters: BoardQuery = {};
  let shown = false;
  let askedAt = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let again = false;

  /** The board comes on the screen, or its filters change. The last good data stays, with its time in `loading.at`. */
  async function open(next: BoardQuery = {}): Promise<void> {
    const { by: _by, ...narrowed } = filters;
    const { by: _next, ...narrows } = next;
    // Told by something else, the columns stay as they are.
    if (JSON.stringify(narrows) !== JSON.stringify(narrowed)) {
      board.value = null;
      loader.reset();
    }
    filters = { ...next };
    shown = true;
    await fetchNow();
  }

  function close(): void {
    shown = false;
    clearTimeout(timer);
    timer = undefined;
  }

  async function fetchNow(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    again = false;
    askedAt = Date.now();
    await loader.run(
      () => call(appealsApi.board, filters),
      (answer) => {
        board.value = answer;
      },
    );
    if (shown) plan(again ? Math.max(0, askedAt + SPACING_MS - Date.now()) : untilNextChange());
  }

  /** A row changes its column when its moment comes, also when nobody sends news: not later than in 30 s. */
  function untilNextChange(): number {
    const now = serverNow();
    const moments = [...(board.value?.risk.items ?? []), ...(board.value?.track.items ?? [])]
      .flatMap(({ clock }) => [clock?.warnAt, clock?.dueAt])
      .flatMap((at) => (at ? Date.parse(at) - now : []))
      .filter((ms) => ms > 0);
    return Math.max(SPACING_MS, Math.min(REFRESH_MS, ...moments.map((ms) => ms + 100)));
  }

  function plan(ms: number): void {
    clearTimeout(timer);
    timer = setTimeout(() => void fetchNow(), ms);
  }

  /** Something changed on the server. */
  function refresh(): void {
    if (!shown || again) return;
    again = true;
    // While a fetch is under way, the next one follows it: its answer may be older than this news.
    if (!loader.is.busy) plan(Math.max(NEWS_MS, askedAt + SPACING_MS - Date.now()));
  }

  /** Hands appeals over, each with its own answer. */
  async function reassign(items: Reassign['items']): Promise<Outcome<Reassigned>> {
    const answer = await attempt(() => call(appealsApi.reassign, { items }));
    refresh();
    return answer;
  }

  on('appeal:news', refresh);
  onConnected(refresh);
  watch(
    () => session.personId,
    () => {
      close();
      board.value = null;
      filters = {};
      loader.reset();
    },
    { flush: 'sync' },
  );

  return { board, loading: loader.is, open, close, refresh, reassign };
});
