import type { AppealPresence, Look } from '@otklik/shared/presence';
import { Side } from '@otklik/shared/people';
import * as z from 'zod';
import { fail } from '../../platform/errors';
import type { Log } from '../../platform/log';
import type { SiblingNodes } from '../../platform/socket';
import type { Standing } from '../appeals';
import type { Actor } from '../people';
import { createPlaces, type Place } from './places';
import { presenceFor } from './presence.view';

/** Who has not said for this long that he is still there has gone. */
const FORGET_MS = 45_000;
/** Who has not pressed a key for this long does not write. */
const TYPING_MS = 6_000;
/** Rights are looked up again when what is known of them is older; a change that this node hears of counts at once. */
const TRUST_MS = 5_000;
const SWEEP_MS = 1_000;
/** What one window may say in a second; of what is beyond, the last is said a moment later. */
const LOOKS_PER_SECOND = 5;
/** Windows of one browser that share one socket. */
const MAX_WINDOWS = 12;

/** What one node tells the others of a window: where it is now, or that it has gone. */
const Told = z.object({
  key: z.string().max(120),
  place: z
    .object({
      appealId: z.uuid(),
      personId: z.uuid(),
      name: z.string().max(200),
      side: Side,
      writes: z.enum(['reply', 'note']).nullable(),
    })
    .nullable(),
});
const Changed = z.object({ appealId: z.uuid(), mark: z.string() });

export interface PresenceDeps {
  /** @returns null when there is no such appeal */
  standingOf: (appealId: string) => Promise<Standing | null>;
  /** Tells a socket of this node; what it has no room for is dropped. */
  tell: (socketId: string, presence: AppealPresence) => void;
  /** Whether this socket of this node is still open. */
  isOpen: (socketId: string) => boolean;
  siblings: SiblingNodes;
  now: () => Date;
  log: Log;
}

/** How often a window of this node has spoken, and which of its words was the last. */
interface Pace {
  since: number;
  said: number;
  turn: number;
  later: NodeJS.Timeout | undefined;
}

export type PresenceService = ReturnType<typeof createPresenceService>;

/**
 * Who is at which appeal, and who writes there. Kept in memory, told between nodes as hints, never written down.
 * Every payload is made for its receiver, after a look at what he may see now.
 */
export function createPresenceService(deps: PresenceDeps) {
  const { tell, siblings, now, log } = deps;
  const places = createPlaces();
  const standings = new Map<string, { value: Standing | null; at: number }>();
  const asking = new Map<string, Promise<Standing | null>>();
  /** By socket, then by window. */
  const windows = new Map<string, Map<string, Pace>>();

  const ms = () => now().getTime();
  const keyOf = (socketId: string, windowId: string) => `${socketId}/${windowId}`;

  /* ── Rights ───────────────────────────────────────────── */

  async function standing(appealId: string): Promise<Standing | null> {
    const known = standings.get(appealId);
    if (known && ms() - known.at < TRUST_MS) return known.value;
    const asked = asking.get(appealId) ?? ask(appealId);
    return asked;
  }
  function ask(appealId: string): Promise<Standing | null> {
    const at = ms();
    const asked: Promise<Standing | null> = deps
      .standingOf(appealId)
      .then((value) => {
        // Somebody may have learnt of a change while the question was under way.
        if (asking.get(appealId) === asked) standings.set(appealId, { value, at });
        return value;
      })
      .finally(() => {
        if (asking.get(appealId) === asked) asking.delete(appealId);
      });
    asking.set(appealId, asked);
    return asked;
  }

  /** The appeal changed, with it perhaps who may see it. */
  function learn(appealId: string, fresh: Standing): void {
    asking.delete(appealId);
    const known = standings.get(appealId);
    if (!isWatched(appealId)) return void standings.delete(appealId);
    standings.set(appealId, { value: fresh, at: ms() });
    if (known?.value?.mark !== fresh.mark) spread(appealId);
  }

  /* ── Telling ──────────────────────────────────────────── */

  function isWatched(appealId: string): boolean {
    for (const [, place] of places.at(appealId)) if (place.own) return true;
    return false;
  }

  function viewFor(actor: Actor, appealId: string, { knownStaffIds }: Standing): AppealPresence {
    const watchers = [...places.at(appealId)].map(([, place]) => place);
    return presenceFor(actor, watchers, { appealId, knownStaffIds, at: now() });
  }

  /** Tells everybody here who has the appeal open and may still see it; who may not is forgotten. */
  async function spreadNow(appealId: string): Promise<void> {
    if (!isWatched(appealId)) return;
    const known = await standing(appealId);
    for (const [key, { own }] of [...places.at(appealId)])
      if (own && !known?.mayRead(own.actor)) leave(key);
    if (!known) return;
    for (const [, { own }] of places.at(appealId)) {
      if (!own || own.isAsking) continue;
      const view = viewFor(own.actor, appealId, known);
      const words = JSON.stringify(view.present);
      if (words === own.told) continue;
      own.told = words;
      tell(own.socketId, view);
    }
  }
  /** A hint that cannot be told now is not told: the next sign of life asks anyway. */
  function spread(appealId: string | null): void {
    if (appealId === null) return;
    spreadNow(appealId).catch((error: unknown) =>
      log.debug({ err: error }, 'presence was not told'),
    );
  }

  function tellSiblings(key: string, place: Place | null): void {
    const facts = place && {
      appealId: place.appealId,
      personId: place.personId,
      name: place.name,
      side: place.side,
      writes: place.writes,
    };
    siblings.tell('presence:told', { key, place: facts });
  }

  /** A window of this node has left; spread where it was. @returns its appeal */
  function leave(key: string): string | null {
    const left = places.remove(key);
    if (left !== null) tellSiblings(key, null);
    return left;
  }

  siblings.hear('presence:told', (facts) => {
    const { data } = Told.safeParse(facts);
    if (!data || places.get(data.key)?.own) return;
    const { key, place } = data;
    if (place === null) return spread(places.remove(key));
    const writesUntil = place.writes ? ms() + TYPING_MS : 0;
    spread(places.put(key, { ...place, until: ms() + FORGET_MS, writesUntil, own: null }));
    spread(place.appealId);
  });
  siblings.hear('presence:changed', (facts) => {
    const { data } = Changed.safeParse(facts);
    if (!data || standings.get(data.appealId)?.value?.mark === data.mark) return;
    standings.delete(data.appealId);
    asking.delete(data.appealId);
    spread(data.appealId);
  });

  /** What became of time: who stopped to write, who was not heard of any more. */
  function sweep(): void {
    const at = ms();
    const changed = new Set<string>();
    for (const [key, place] of [...places.all()]) {
      if (place.writes !== null && place.writesUntil <= at) {
        place.writes = null;
        changed.add(place.appealId);
      }
      if (place.until > at) continue;
      if (place.own) leave(key);
      else places.remove(key);
      changed.add(place.appealId);
    }
    for (const [appealId, known] of standings)
      if (at - known.at >= TRUST_MS) standings.delete(appealId);
    for (const appealId of changed) spread(appealId);
  }
  const sweeping = setInterval(sweep, SWEEP_MS);
  sweeping.unref();

  /* ── Looking ──────────────────────────────────────────── */

  /** This window's next word. @returns null when it speaks too fast: `later` follows then, unless something newer does */
  function takeTurn(socketId: string, windowId: string, later: () => void): (() => boolean) | null {
    const at = Date.now();
    const paces = windows.get(socketId) ?? new Map<string, Pace>();
    windows.set(socketId, paces);
    const pace = paces.get(windowId) ?? { since: at, said: 0, turn: 0, later: undefined };
    paces.set(windowId, pace);
    if (paces.size > MAX_WINDOWS) forgetWindow(socketId, [...paces.keys()][0] ?? windowId);
    if (at - pace.since >= 1_000) Object.assign(pace, { since: at, said: 0 });
    clearTimeout(pace.later);
    pace.said += 1;
    const turn = (pace.turn += 1);
    if (pace.said <= LOOKS_PER_SECOND) return () => pace.turn === turn && deps.isOpen(socketId);
    pace.later = setTimeout(later, pace.since + 1_000 - at).unref();
    return null;
  }

  function forgetWindow(socketId: string, windowId: string): void {
    const paces = windows.get(socketId);
    clearTimeout(paces?.get(windowId)?.later);
    paces?.delete(windowId);
    spread(leave(keyOf(socketId, windowId)));
  }

  /** @throws not_found, forbidden */
  async function allowed(actor: Actor, appealId: string, writes: 'reply' | 'note' | null) {
    const known = await standing(appealId);
    if (!known?.mayRead(actor)) throw fail('not_found', { what: 'appeal' });
    if (writes === 'note' && !known.mayWriteNotes(actor))
      throw fail('forbidden', { right: 'writeNotes' });
    return known;
  }

  async function lookFrom(
    socketId: string,
    actor: Actor,
    input: z.output<typeof Look>,
  ): Promise<AppealPresence | null> {
    const { appealId, writes, windowId = '' } = input;
    const again = () => void lookFrom(socketId, actor, input).catch(() => undefined);
    const isLast = takeTurn(socketId, windowId, again);
    if (!isLast) return null;
    const key = keyOf(socketId, windowId);
    // Wherever this leads, the window is not where it was before.
    if (places.get(key)?.appealId !== appealId) spread(leave(key));
    if (appealId === null) return null;
    const known = await allowed(actor, appealId, writes).catch((error: unknown) => {
      spread(leave(key));
      throw error;
    });
    // The window has said something else meanwhile, or has closed.
    if (!isLast()) return null;
    const own = { actor, socketId, told: '', isAsking: true };
    const place: Place = {
      appealId,
      personId: actor.personId,
      name: actor.name,
      side: actor.side,
      // Who has not said his name cannot send, so he does not write either.
      writes: actor.nameNeeded ? null : writes,
      until: ms() + FORGET_MS,
      writesUntil: ms() + TYPING_MS,
      own,
    };
    spread(places.put(key, place));
    tellSiblings(key, place);
    const view = viewFor(actor, appealId, known);
    own.told = JSON.stringify(view.present);
    spread(appealId);
    // The answer leaves with what is under way now; whatever has changed meanwhile follows it.
    setImmediate(() => {
      own.isAsking = false;
      spread(appealId);
    });
    return view;
  }

  return {
    /**
     * A window says what it has open and whether its person writes there; repeated as a sign of life.
     * @param socketId over HTTP undefined: it is answered who is there, and nothing is remembered, as nobody could be told later
     * @returns who is there; null when no appeal is open, or when this came too soon after the last (it counts a moment later)
     * @throws not_found – no such appeal, or none this actor may see
     * @throws forbidden – a dealer writes no notes
     */
    async look(
      actor: Actor,
      input: z.output<typeof Look>,
      socketId?: string,
    ): Promise<AppealPresence | null> {
      if (socketId !== undefined) return lookFrom(socketId, actor, input);
      if (input.appealId === null) return null;
      const known = await allowed(actor, input.appealId, input.writes);
      return viewFor(actor, input.appealId, known);
    },

    /** A socket of this node is closed. */
    gone(socketId: string): void {
      for (const windowId of [...(windows.get(socketId)?.keys() ?? [])])
        forgetWindow(socketId, windowId);
      windows.delete(socketId);
    },

    /** Everybody at a changed appeal is looked at again, on all nodes; nothing is asked of the database for it. */
    appealChanged(appealId: string, fresh: Standing): void {
      learn(appealId, fresh);
      siblings.tell('presence:changed', { appealId, mark: fresh.mark });
    },

    sweep,
    stop: () => clearInterval(sweeping),
  };
}
