import { setTimeout as sleep } from 'node:timers/promises';
import type { Side } from '@otklik/shared/people';
import { addVerdicts } from './compare';
import type { Conversation } from './conversations';
import { check, play, witnesses, type Cast, type Played, type Sent, type Terms } from './play';
import { createBar, type Screen } from './progress';
import type { Results } from './table';

export interface ReplayDeps {
  cast: Cast;
  terms: Terms;
  concurrency: number;
  screen: Screen;
  cancelled: () => boolean;
}

/** News may be on its way when the last answer is there. */
const LAST_NEWS_MS = 5_000;

/** Plays all conversations, then reads every thread afresh as both sides. Cancelled, it judges what was played until then. */
export async function replay(
  conversations: readonly Conversation[],
  { cast, terms, concurrency, screen, cancelled }: ReplayDeps,
): Promise<{ results: Results; failures: unknown[] }> {
  const begun = performance.now();
  const bar = createBar(screen, 'Replaying', conversations.length);
  const played: Played[] = [];
  await atOnce(concurrency, conversations, cancelled, async (conversation, turn) => {
    played.push(await play(conversation, { cast, terms, turn, cancelled }));
    bar.step();
  });
  const seconds = (performance.now() - begun) / 1000;
  bar.end();

  const answered = played.flatMap(({ sent }) => sent).filter(({ entryId }) => entryId !== null);
  const isSeen = (side: Side, sent: Sent) => seenAfter(cast, side, sent).every((ms) => ms !== null);
  const allSeen = () => answered.every((sent) => isSeen('dealer', sent) && isSeen('staff', sent));
  for (let waited = 0; waited < LAST_NEWS_MS && !allSeen(); waited += 100) await sleep(100);

  const reading = createBar(screen, 'Reading again', played.length);
  const verdicts: Record<Side, ReturnType<typeof addVerdicts>[]> = { dealer: [], staff: [] };
  await atOnce(
    concurrency,
    played,
    () => false,
    async (one) => {
      for (const side of ['dealer', 'staff'] as const) {
        verdicts[side].push(await check(cast[side][1], one));
      }
      reading.step();
    },
  );
  reading.end();

  const failures = played.flatMap(({ failure }) => (failure === null ? [] : [failure]));
  const results: Results = {
    conversations: played.length,
    broken: failures.length,
    sent: played.reduce((sum, { sent }) => sum + sent.length, 0),
    acknowledged: answered.length,
    seenLive: {
      dealer: answered.filter((sent) => isSeen('dealer', sent)).length,
      staff: answered.filter((sent) => isSeen('staff', sent)).length,
    },
    verdict: { dealer: addVerdicts(verdicts.dealer), staff: addVerdicts(verdicts.staff) },
    sendToAcknowledged: answered.flatMap(({ sentAt, answeredAt }) =>
      answeredAt === null ? [] : [answeredAt - sentAt],
    ),

    sendToSeen: answered
      .flatMap((sent) => [...seenAfter(cast, 'dealer', sent), ...seenAfter(cast, 'staff', sent)])
      .filter((ms) => ms !== null),
    seconds,
  };
  return { results, failures };
}

/** Milliseconds from sending until each of the side's other sockets told of it; null: it did not. */
function seenAfter(cast: Cast, side: Side, sent: Sent): (number | null)[] {
  return witnesses(cast, side, sent).map(({ heard }) => {
    const at = sent.entryId === null ? undefined : heard.get(sent.entryId);
    return at === undefined ? null : at - sent.sentAt;
  });
}

/** Runs the work over all items in their order, so many at a time, until told to stop taking more. */
async function atOnce<Item>(
  limit: number,
  items: readonly Item[],
  stop: () => boolean,
  work: (item: Item, index: number) => Promise<void>,
): Promise<void> {
  const queue = items.entries();
  const worker = async () => {
    for (const [index, item] of queue) {
      if (stop()) return;
      await work(item, index);
    }
  };
  await Promise.all(Array.from({ length: limit }, worker));
}
