import type { DraftView } from '@otklik/shared/drafts';
import { draftsApi } from '@otklik/shared/drafts.api';
import { watch } from 'vue';

import { call } from '../../platform/api';
import { attempt, isPassing } from '../../platform/problem';
import { on, onConnected } from '../../platform/socket';
import { useSession } from '../session';
import { draftOwner, isSame, NEW_APPEAL, type Draft, type DraftPlace, type Drafts } from './drafts';
import { announceUnsent, type Unsents } from './unsent.announce';

/** A pause in typing this long is saved; together with the next it keeps the server within a second of the last key. */
const PAUSE_MS = 400;
/** A draft is saved no more often than this. */
const EVERY_MS = 1_000;
const AGAIN_MS = 5_000;

/** Keeps the drafts of this browser and those of the server the same (CMP-2). Call once, when somebody has signed in. */
export function startDraftSync(drafts: Drafts, unsent: Unsents): void {
  const session = useSession();
  const timers = new Map<string, ReturnType<typeof setTimeout>>();
  const sentAt = new Map<string, number>();
  /** On its way to the server, by place. */
  const sending = new Map<string, { draft: Draft | null }>();
  /** Not taken by the server as they are; a further key tries again. */
  const refused = new Set<string>();
  /** The server's drafts have been asked for: a save before that could go over one that nobody has seen here. */
  let levelled = false;
  const owner = () => draftOwner(session.me);
  const keyOf = ({ appealId, mode }: DraftPlace) => `${appealId}.${mode}`;

  function plan(place: DraftPlace, pauseMs = PAUSE_MS): void {
    const key = keyOf(place);
    if (timers.has(key) || sending.has(key)) return;
    const since = Date.now() - (sentAt.get(key) ?? 0);
    const delay = Math.max(pauseMs, Math.min(EVERY_MS, EVERY_MS - since));
    timers.set(
      key,
      setTimeout(() => {
        timers.delete(key);
        void save(place);
      }, delay),
    );
  }

  async function save(place: DraftPlace): Promise<void> {
    const key = keyOf(place);
    const who = owner();
    const { draft, rev, unsaved } = drafts.held(place);
    if (who === null || !unsaved || !levelled || sending.has(key)) return;
    // Typed and taken away between two saves: the server has nothing to forget.
    if (draft === null && rev === 0) return drafts.saved(place, null, 0);
    sentAt.set(key, Date.now());
    sending.set(key, { draft });
    const { appealId, mode } = place;
    const answer = await attempt(() =>
      call(draftsApi.save, {
        appealId: appealId === NEW_APPEAL ? null : appealId,
        mode,
        content: draft && storable(draft),
      }),
    );
    if (owner() !== who) return;
    sending.delete(key);
    if (answer.ok) drafts.saved(place, draft, answer.value.rev);
    else if (isPassing(answer.trouble)) return plan(place, AGAIN_MS);
    else refused.add(key);
    if (drafts.held(place).unsaved && !refused.has(key)) plan(place);
  }

  function hear(view: DraftView): void {
    if (view.pendingId !== null) return hearPending(view);
    const place = { appealId: view.appealId ?? NEW_APPEAL, mode: view.mode };
    const sent = sending.get(keyOf(place));
    const isEcho =
      view.sessionId === session.me?.session.id &&
      sent !== undefined &&
      isSame(sent.draft && storable(sent.draft), view.content);
    drafts.merge(view, isEcho);
    // Words typed here meanwhile win; the server has to learn them.
    if (drafts.held(place).unsaved) plan(place);
  }

  function hearPending(view: DraftView): void {
    const { pendingId } = view;
    if (pendingId === null) return;
    if (view.content === null) drafts.elsewhere.delete(pendingId);
    else if ((drafts.elsewhere.get(pendingId)?.rev ?? 0) < view.rev) {
      drafts.elsewhere.set(pendingId, view);
    }
  }

  /** At the start and after every return of the connection: what the server has, then what it does not have yet. */
  async function level(): Promise<void> {
    const who = owner();
    if (who === null) return;
    const answer = await attempt(() => call(draftsApi.list, {}));
    if (owner() !== who) return;
    if (answer.ok) {
      const { items } = answer.value;
      const pending = new Set(items.map(({ pendingId }) => pendingId));
      for (const id of [...drafts.elsewhere.keys()]) {
        if (!pending.has(id)) drafts.elsewhere.delete(id);
      }
      for (const view of items) hear(view);
    }
    levelled = true;
    for (const place of drafts.unsaved()) {
      refused.delete(keyOf(place));
      const timer = timers.get(keyOf(place));
      clearTimeout(timer);
      timers.delete(keyOf(place));
      plan(place, 0);
    }
  }

  function reset(): void {
    for (const timer of timers.values()) clearTimeout(timer);
    timers.clear();
    sending.clear();
    sentAt.clear();
    refused.clear();
    levelled = false;
    void level();
  }

  drafts.onChange((place) => {
    refused.delete(keyOf(place));
    plan(place);
  });
  on('draft:news', hear);
  onConnected(() => void level());
  watch(owner, reset, { immediate: true });
  announceUnsent(unsent, owner);
}

/** The server takes no text that its database cannot hold, and a field may show half a sign for a moment. */
function storable(draft: Draft): Draft {
  return { ...draft, body: draft.body.replace(/\p{Cs}|\0/gu, '') };
}
