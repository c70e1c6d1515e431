import type { Actor } from '../people';
import type { Watcher } from './presence.view';

export interface OwnWindow {
  actor: Actor;
  socketId: string;
  /** Who was there when it was told last, so that it is not told again. */
  told: string;
  /** Its question is being answered: news must not overtake the answer. */
  isAsking: boolean;
}

/** One window of one session at one appeal; its socket may be at another node. */
export interface Place extends Watcher {
  appealId: string;
  /** Moments, ms: until when it counts without a repeat. */
  until: number;
  writesUntil: number;
  /** Of a window of this node, which is told what happens there. */
  own: OwnWindow | null;
}

/** All windows that have an appeal open, found by window and by appeal. */
export function createPlaces() {
  const byWindow = new Map<string, Place>();
  const byAppeal = new Map<string, Map<string, Place>>();

  /** @returns the appeal it was at */
  function remove(key: string): string | null {
    const place = byWindow.get(key);
    if (!place) return null;
    byWindow.delete(key);
    const there = byAppeal.get(place.appealId);
    there?.delete(key);
    if (there?.size === 0) byAppeal.delete(place.appealId);
    return place.appealId;
  }

  return {
    get: (key: string) => byWindow.get(key),
    at: (appealId: string): Iterable<[string, Place]> => byAppeal.get(appealId) ?? [],
    all: (): Iterable<[string, Place]> => byWindow,
    remove,
    /** @returns the other appeal it was at before */
    put(key: string, place: Place): string | null {
      const before = byWindow.get(key)?.appealId;
      const left = before === undefined || before === place.appealId ? null : remove(key);
      byWindow.set(key, place);
      const there = byAppeal.get(place.appealId);
      if (there) there.set(key, place);
      else byAppeal.set(place.appealId, new Map([[key, place]]));
      return left;
    },
  };
}
