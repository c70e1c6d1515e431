import { EntryPage, type Directories, type Posted } from '@otklik/shared/appeals';
import { appealsApi } from '@otklik/shared/appeals.api';
import type { Side } from '@otklik/shared/people';
import { compareThread, type ReadLine, type SentMessage, type Verdict } from './compare';
import type { Conversation, Turn } from './conversations';
import { newClientId, type Session } from './session';

/** Two sessions of each side: conversations take turns in who writes, the other one watches. */
export type Cast = Record<Side, readonly [Session, Session]>;

/** What an appeal needs besides its words. */
export interface Terms {
  typeCode: string;
  topicId: string;
  dealerId: string;
}

export interface Sent extends SentMessage {
  side: Side;
  /** Who sent it, for telling the other sessions apart. */
  by: Session;
  sentAt: number;
  /** Null: never acknowledged. */
  answeredAt: number | null;
}

export interface Played {
  /** Null: not even the first message was acknowledged. */
  appealId: string | null;
  sent: Sent[];
  /** Why it did not come to its end. */
  failure: unknown;
}

const PAGE = 100;

/** A topic that belongs to no team is seen by all staff. */
export function termsOf({ types, topics }: Directories, dealerId: string): Terms {
  const type = types.find(({ code }) => code === 'question') ?? types[0];
  const topic =
    topics.find((one) => one.active && one.code === 'other') ?? topics.find((one) => one.active);
  if (type === undefined || topic === undefined) {
    throw new Error('the server has no type or topic to open an appeal with');
  }
  return { typeCode: type.code, topicId: topic.id, dealerId };
}

/**
 * Plays one conversation through the public API, each turn when the one before is acknowledged.
 * @param turn which of the two sessions of each side writes
 * @param cancelled asked before each turn
 */
export async function play(
  { turns }: Conversation,
  {
    cast,
    terms,
    turn,
    cancelled,
  }: { cast: Cast; terms: Terms; turn: number; cancelled: () => boolean },
): Promise<Played> {
  const played: Played = { appealId: null, sent: [], failure: null };
  for (const { side, text } of turns) {
    if (cancelled()) break;
    const by = cast[side][turn % 2 === 0 ? 0 : 1];
    const clientId = newClientId();
    const sent: Sent = {
      ...{ clientId, text, side, by, entryId: null },
      ...{ sentAt: performance.now(), answeredAt: null },
    };
    played.sent.push(sent);
    try {
      const { entry, appeal } = await say(by, { side, text }, clientId, played.appealId, terms);
      sent.answeredAt = performance.now();
      sent.entryId = entry.id;
      played.appealId = appeal.id;
    } catch (error) {
      played.failure = error;
      break;
    }
  }
  return played;
}

/** The first message opens the appeal: a dealer's own, or one that staff took down on the phone. */
function say(
  by: Session,
  { side, text }: Turn,
  clientId: string,
  appealId: string | null,
  { dealerId, ...about }: Terms,
): Promise<Posted> {
  if (appealId !== null) return by.post({ appealId, clientId, body: text });
  const onBehalf = side === 'staff' ? ({ dealerId, source: 'phone' } as const) : {};
  return by.open({ clientId, body: text, ...about, ...onBehalf });
}

/** Whose sockets of a side should have told of a message: all but the sender's own. */
export const witnesses = (cast: Cast, side: Side, { by }: Sent): Session[] =>
  cast[side].filter((session) => session !== by);

/** Reads the whole thread from the start and lays it beside what was sent. */
export async function check(reader: Session, { appealId, sent }: Played): Promise<Verdict> {
  const lines: ReadLine[] = [];
  for (let more = appealId !== null; more && appealId !== null;) {
    const afterSeq = lines.at(-1)?.number ?? 0;
    const page = await reader.read(appealsApi.entries, EntryPage, {
      appealId,
      afterSeq,
      limit: PAGE,
    });
    for (const entry of page.entries) {
      const { id, clientId, body } = entry;
      lines.push({
        number: entry.audience === 'staff' ? entry.seq : entry.publicSeq,
        message: entry.kind === 'message' ? { id, clientId, text: body } : null,
      });
    }
    more = page.hasMore && page.entries.length > 0;
  }
  return compareThread(sent, lines);
}
