import { effectScope, watch } from 'vue';

import { onlyLooks } from '../../platform/looking';
import { on, onConnected, reread } from '../../platform/socket';
import { useSession } from '../session';
import { useAppeals } from './appeals.store';
import { useThreads } from './thread.store';

const SYNC_MS = 30_000;
let started = false;

/** Wires news, reconnections and the clock to the stores. Call once when a signed-in page is shown; repeats do nothing. */
export function startAppealNews(): void {
  if (started) return;
  started = true;
  const session = useSession();
  const appeals = useAppeals();
  const threads = useThreads();

  on('appeal:news', ({ appeal, entries }) => {
    if (session.side !== appeal.audience) return;
    appeals.put(appeal);
    threads.putEntries(appeal, entries);
    appeals.refreshCounts();
  });
  on('appeal:mark', (mark) => {
    appeals.putMark(mark);
    appeals.refreshCounts();
  });
  // A topic may have gone to another team, and its appeals with it.
  on('directory:news', () => session.side === 'staff' && catchUp());
  on('order:news', (order) => threads.putOrder(order));
  // Not needed before the first paint.
  void import('./draft.sync').then(({ startDraftSync }) =>
    startDraftSync(threads.drafts, threads.unsent),
  );

  void import('./appeals.keeping').then(({ startKeeping }) =>
    startKeeping(session, appeals, threads.held),
  );

  const catchUp = () => {
    if (session.personId === null) return;
    threads.wake(appeals.sync);
  };
  onConnected(catchUp);
  addEventListener('online', catchUp);
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState !== 'visible') return;
    // Without a line nobody else tells the other stores.
    if (onlyLooks()) reread();
    else catchUp();
  });
  setInterval(() => {
    if (session.personId !== null) void appeals.sync().then(threads.check);
  }, SYNC_MS);

  effectScope(true).run(() => {
    watch(
      () => session.personId,
      (personId) => personId !== null && void appeals.sync(),
      { immediate: true },
    );
  });
}
