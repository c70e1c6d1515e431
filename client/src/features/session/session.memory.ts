import type { SessionEndReason } from '@otklik/shared/errors';
import type { Me } from '@otklik/shared/people';

import { basePath } from '../../platform/basePath';
import * as kept from '../../platform/kept';

/**
 * Who was signed in here last, so that the page opens as him while the server cannot be asked (STA-5).
 * Two things have to agree: what `platform/kept` holds, and a mark that goes at once, before anything else, when the session
 * ends. The mark of a session that is not to outlive the browser lies where the browser forgets it when the tab is closed.
 */
const markName = () => `otklik.person ${basePath()}`;

export interface Remembered {
  me: Me;
  /** How far the device's clock was behind the server's, ms. */
  offsetMs: number;
}

/** Grows with every start and end: what was looked up before does not count after. */
let turn = 0;

/** The server has said who is here. */
export function remember(me: Me, offsetMs: number): void {
  turn += 1;
  const { id: sessionId, remembered: lasts } = me.session;
  unmark();
  mark(lasts, sessionId);
  void kept.own({ personId: me.person.id, sessionId, me, offsetMs });
}

/** Who was here last, by what this browser knows; null when he signed out, the session ran out, or nobody was. */
export async function remembered(): Promise<Remembered | null> {
  const mine = turn;
  const sessionId = marked();
  if (sessionId === null) return null;
  const owner = await kept.owner();
  if (owner?.sessionId !== sessionId || marked() !== sessionId || mine !== turn) return null;
  // Written by ourselves, perhaps by an earlier release: the server's next answer replaces it.
  const me = owner.me as Me;
  const { offsetMs } = owner;
  if (!(Date.parse(me.session?.expiresAt) > Date.now() + offsetMs)) return null;
  kept.resume(owner);
  return { me, offsetMs };
}

/** In this page an admin looks as somebody else: nothing of either is kept or shown from here, until the admin comes back. */
export function setAside(): void {
  turn += 1;
  unmark();
  kept.release();
}

/**
 * The session is over. Only one that ran out leaves its things for the same person; he sees them after signing in.
 * @param sessionId the session that ended; null: whichever this browser had
 */
export async function forget(
  reason: SessionEndReason | null,
  sessionId: string | null,
): Promise<void> {
  turn += 1;
  // Another tab has signed in as somebody else meanwhile: his mark stays.
  const other = sessionId !== null && marked() !== null && marked() !== sessionId;
  if (!other) unmark();
  kept.release();
  const held = await kept.owner();
  if (!held) return;
  // Without a reason the cookie is gone: that of a session which was not to outlive the browser, with the browser.
  const lasts = reason === null ? (held.me as Me).session.remembered : reason === 'expired';
  if (!lasts) await kept.wipe(sessionId ?? held.sessionId);
}

/* ── The mark ─────────────────────────────────────────── */

function mark(lasts: boolean, sessionId: string): void {
  stored((name) => (lasts ? localStorage : sessionStorage).setItem(name, sessionId));
}
const marked = (): string | null =>
  stored((name) => localStorage.getItem(name) ?? sessionStorage.getItem(name)) ?? null;
function unmark(): void {
  stored((name) => {
    localStorage.removeItem(name);
    sessionStorage.removeItem(name);
  });
}
function stored<Result>(work: (name: string) => Result): Result | undefined {
  try {
    return work(markName());
  } catch {
    // No storage: nobody is remembered.
    return undefined;
  }
}
