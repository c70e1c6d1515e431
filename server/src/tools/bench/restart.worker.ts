import { io, type Socket } from 'socket.io-client';
import * as z from 'zod';
import { inTurns } from './ground';
import { ask } from './people';
import { Order, type Told } from './restart.messages';

/**
 * A process of clients, each with one open appeal. They do over a reconnection what the browser's client does: come back by the
 * same rules, sync the rows from their cursor, fetch the open thread from its last number when its row is ahead.
 */
type Plan = Extract<Order, { do: 'connect' }>['clients'][number];

const PAGE = 100;
const SYNC_AGAIN_MS = 3_000;
const RETURN_MS = 1_000;
const Numbered = z.object({ seq: z.number().optional(), publicSeq: z.number().nullable() });
const Row = z.object({ id: z.string(), lastPublicSeq: z.number(), lastSeq: z.number().optional() });
const Synced = z.object({ items: z.array(Row), cursor: z.string(), more: z.boolean() });
const Page = z.object({ entries: z.array(Numbered), hasMore: z.boolean() });
const News = z.object({ appeal: Row, entries: z.array(Numbered) });

const tell = (told: Told) => void process.send?.(told);
let expected: Extract<Order, { do: 'expect' }>['last'] | null = null;
const clients: ReturnType<typeof aClient>[] = [];

function aClient(url: string, { cookie, appealId, side }: Plan) {
  let cursor: string | undefined;
  /** Last number of the thread that is held without a gap, and what the row speaks of. */
  let top = 0;
  let rowSays = 0;
  let isBack = false;
  let isLevel = false;
  const socket: Socket = io(url, {
    transports: ['websocket', 'polling'],
    tryAllTransports: true,
    forceNew: true,
    reconnectionDelay: 500,
    reconnectionDelayMax: 10_000,
    randomizationFactor: 0.5,
    timeout: 8_000,
    extraHeaders: { cookie, origin: url },
  });

  function takeRow({ id, lastPublicSeq, lastSeq }: z.infer<typeof Row>): void {
    if (id === appealId) rowSays = Math.max(rowSays, lastSeq ?? lastPublicSeq);
  }
  function takeEntries(entries: z.infer<typeof Numbered>[]): void {
    for (const { seq, publicSeq } of entries) {
      const number = seq ?? publicSeq ?? 0;
      if (number === top + 1) top = number;
    }
  }

  async function catchUp(): Promise<void> {
    for (let more = true; more;) {
      const query = cursor === undefined ? '' : `?cursor=${encodeURIComponent(cursor)}`;
      const answer = Synced.parse(await ask(url, cookie, 'GET', `/sync${query}`));
      answer.items.forEach(takeRow);
      ({ cursor, more } = answer);
    }
    for (let more = rowSays > top; more;) {
      const path = `/appeals/${appealId}/entries?afterSeq=${top}&limit=${PAGE}`;
      const page = Page.parse(await ask(url, cookie, 'GET', path));
      takeEntries(page.entries);
      more = page.hasMore;
    }
  }
  async function wake(): Promise<void> {
    while (socket.connected) {
      try {
        await catchUp();
        return look();
      } catch {
        await new Promise((resolve) => setTimeout(resolve, SYNC_AGAIN_MS));
      }
    }
  }

  function look(): void {
    const last = expected?.[appealId]?.[side];
    if (isLevel || !isBack || last === undefined || top < last) return;
    isLevel = true;
    tell({ told: 'level', at: Date.now(), exact: top === last });
  }

  socket.on('appeal:news', (news: unknown) => {
    const { appeal, entries } = News.parse(news);
    takeRow(appeal);
    if (appeal.id === appealId) takeEntries(entries);
    look();
  });
  // A refused handshake, or a goodbye of the server, is final for the library.
  const comeBack = (delayMs: number) => setTimeout(() => socket.connect(), delayMs);
  socket.on('connect_error', () => {
    if (!socket.active) comeBack(RETURN_MS * (1 + 2 * Math.random()));
  });
  socket.on('disconnect', (reason) => {
    isBack = false;
    if (reason === 'io server disconnect') comeBack(RETURN_MS * (0.2 + Math.random()));
    tell({ told: 'lost' });
  });
  const first = new Promise<void>((resolve) => {
    socket.on('connect', () => {
      isBack = true;
      if (expected) tell({ told: 'back', at: Date.now() });
      void wake().then(resolve);
    });
  });
  return { first, look };
}

process.on('message', (message) => {
  const order = Order.parse(message);
  if (order.do === 'connect') {
    void inTurns(order.clients, 16, async (plan) => {
      const client = aClient(order.url, plan);
      clients.push(client);
      await client.first;
      tell({ told: 'connected' });
    });
  } else {
    expected = order.last;
    for (const client of clients) client.look();
  }
});
// The bench is gone.
process.once('disconnect', () => process.exit(0));
