import * as z from 'zod';
import type { SiblingNodes } from '../../platform/socket';

/** A node says anew who is there this often, and is forgotten when it does not. */
const REPEAT_MS = 20_000;
const FORGET_MS = 50_000;
/** Many come and go at once when a network breaks; they are told together. */
const TELL_AFTER_MS = 100;
const ROOMS_PER_MESSAGE = 2_000;

const Told = z.object({
  node: z.string().max(60),
  came: z.array(z.string().max(60)),
  went: z.array(z.string().max(60)),
});

/** What is needed of this node's socket server: its rooms, and word of those that fill and empty. */
export interface LocalRooms {
  rooms: ReadonlyMap<string, ReadonlySet<string>>;
  on: (event: 'create-room' | 'delete-room', heard: (room: string) => void) => unknown;
}

export interface OnlineDeps {
  node: string;
  local: LocalRooms;
  siblings: SiblingNodes;
  /** Whether other nodes need to know of this room. */
  counts: (room: string) => boolean;
  now: () => number;
}

/** Which sessions and people have an open socket on any node. While Redis is away: on this one, and what is remembered of the others for a while. */
export function createOnline({ node, local, siblings, counts, now }: OnlineDeps) {
  /** Room → node → until when it counts without a repeat. */
  const elsewhere = new Map<string, Map<string, number>>();
  const news = new Map<string, boolean>();
  let telling: NodeJS.Timeout | undefined;

  function note(room: string, isThere: boolean): void {
    if (!counts(room)) return;
    news.set(room, isThere);
    telling ??= setTimeout(() => {
      telling = undefined;
      tell(
        [...news].filter(([, there]) => there).map(([one]) => one),
        'came',
      );
      tell(
        [...news].filter(([, there]) => !there).map(([one]) => one),
        'went',
      );
      news.clear();
    }, TELL_AFTER_MS).unref();
  }
  function tell(rooms: string[], how: 'came' | 'went'): void {
    for (let from = 0; from < rooms.length; from += ROOMS_PER_MESSAGE) {
      const part = rooms.slice(from, from + ROOMS_PER_MESSAGE);
      siblings.tell('online:told', { node, came: [], went: [], [how]: part });
    }
  }
  local.on('create-room', (room) => note(room, true));
  local.on('delete-room', (room) => note(room, false));

  siblings.hear('online:told', (facts) => {
    const { data } = Told.safeParse(facts);
    if (!data) return;
    for (const room of data.came) {
      const nodes = elsewhere.get(room) ?? new Map<string, number>();
      elsewhere.set(room, nodes.set(data.node, now() + FORGET_MS));
    }
    for (const room of data.went) {
      elsewhere.get(room)?.delete(data.node);
      if (elsewhere.get(room)?.size === 0) elsewhere.delete(room);
    }
  });

  const repeating = setInterval(() => {
    tell([...local.rooms.keys()].filter(counts), 'came');
    for (const [room, nodes] of elsewhere) {
      for (const [other, until] of nodes) if (until <= now()) nodes.delete(other);
      if (nodes.size === 0) elsewhere.delete(room);
    }
  }, REPEAT_MS);
  repeating.unref();

  return {
    isOnline(room: string): boolean {
      if ((local.rooms.get(room)?.size ?? 0) > 0) return true;
      for (const until of elsewhere.get(room)?.values() ?? []) if (until > now()) return true;
      return false;
    },
    stop() {
      clearInterval(repeating);
      clearTimeout(telling);
    },
  };
}
