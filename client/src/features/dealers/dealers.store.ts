import type {
  AuditLine,
  ChangeDealer,
  ChangeVisitor,
  CreateDealer,
  DealerCard,
  DealerRow,
  DealerSession,
  InviteVisitor,
  InvitedVisitor,
  VisitorView,
} from '@otklik/shared/dealers';
import { dealersApi } from '@otklik/shared/dealers.api';
import type { Done } from '@otklik/shared/people';
import { defineStore } from 'pinia';
import { shallowRef, watch } from 'vue';

import { call } from '../../platform/api';
import { createLoader } from '../../platform/loading';
import { attempt, type Outcome } from '../../platform/problem';
import { on, onConnected } from '../../platform/socket';
import { useSession } from '../session';

/** Dealers for staff: the list, and one dealer's card with visitors, sessions and log. An open card follows changes by others. */
export const useDealers = defineStore('dealers', () => {
  const session = useSession();
  const rows = shallowRef<DealerRow[]>([]);
  const cursor = shallowRef<string | null>(null);
  const dealerId = shallowRef<string | null>(null);
  const card = shallowRef<DealerCard | null>(null);
  const visitors = shallowRef<VisitorView[]>([]);
  const sessions = shallowRef<DealerSession[]>([]);
  const log = shallowRef<AuditLine[]>([]);
  const logCursor = shallowRef<string | null>(null);
  const loaders = {
    list: createLoader(),
    more: createLoader(),
    card: createLoader(),
    visitors: createLoader(),
    sessions: createLoader(),
    log: createLoader(),
  };
  let query: string | undefined;
  let listTurn = 0;

  /* ── List ─────────────────────────────────────────────── */

  async function load(q = ''): Promise<void> {
    query = q.trim() || undefined;
    listTurn += 1;
    loaders.more.reset();
    await loaders.list.run(
      () => call(dealersApi.list, { q: query }),
      (page) => {
        rows.value = page.items;
        cursor.value = page.nextCursor;
      },
    );
  }
  async function loadMore(): Promise<void> {
    const after = cursor.value;
    const mine = listTurn;
    if (after === null || loaders.more.is.busy || loaders.list.is.busy) return;
    await loaders.more.run(
      () => call(dealersApi.list, { q: query, cursor: after }),
      (page) => {
        if (mine !== listTurn) return;
        rows.value = [...rows.value, ...page.items];
        cursor.value = page.nextCursor;
      },
    );
  }

  /** Adds a dealer; the list is read again when it is shown. */
  const create = (input: CreateDealer): Promise<Outcome<DealerCard>> =>
    attempt(() => call(dealersApi.create, input));

  /* ── One dealer ───────────────────────────────────────── */

  /** Chooses the dealer whose card is shown; the data of another one goes at once. */
  async function open(id: string): Promise<void> {
    if (dealerId.value !== id) forgetDealer();
    dealerId.value = id;
    await loaders.card.run(
      () => call(dealersApi.card, { dealerId: id }),
      (answer) => {
        card.value = answer;
      },
    );
  }
  const loadVisitors = () =>
    ofDealer(async (id) => {
      await loaders.visitors.run(
        () => call(dealersApi.visitors, { dealerId: id }),
        ({ items }) => {
          visitors.value = items;
        },
      );
    });
  const loadSessions = () =>
    ofDealer(async (id) => {
      await loaders.sessions.run(
        () => call(dealersApi.sessions, { dealerId: id }),
        ({ items }) => {
          sessions.value = items;
        },
      );
    });
  /** The newest lines; `loadMoreLog` goes back in time. */
  const loadLog = () =>
    ofDealer(async (id) => {
      await loaders.log.run(
        () => call(dealersApi.log, { dealerId: id }),
        (page) => {
          log.value = page.items;
          logCursor.value = page.nextCursor;
        },
      );
    });
  const loadMoreLog = () =>
    ofDealer(async (id) => {
      const after = logCursor.value;
      if (after === null || loaders.log.is.busy) return;
      await loaders.log.run(
        () => call(dealersApi.log, { dealerId: id, cursor: after }),
        (page) => {
          log.value = [...log.value, ...page.items];
          logCursor.value = page.nextCursor;
        },
      );
    });

  async function ofDealer(run: (id: string) => Promise<void>): Promise<void> {
    if (dealerId.value !== null) await run(dealerId.value);
  }

  /** Changes the card. `sessionsNow` and the visitors' limits may change with it: both are read again. */
  async function change(fields: Omit<ChangeDealer, 'dealerId'>): Promise<Outcome<DealerCard>> {
    const id = dealerId.value ?? '';
    const answer = await attempt(() => call(dealersApi.change, { ...fields, dealerId: id }));
    if (answer.ok && dealerId.value === id) {
      card.value = answer.value;
      refreshPeople();
    }
    return answer;
  }

  /** The answer holds the link to set a password: it is shown once and kept nowhere. */
  async function inviteVisitor(
    input: Omit<InviteVisitor, 'dealerId'>,
  ): Promise<Outcome<InvitedVisitor>> {
    const id = dealerId.value ?? '';
    const answer = await attempt(() => call(dealersApi.inviteVisitor, { ...input, dealerId: id }));
    if (answer.ok && dealerId.value === id) {
      visitors.value = [...visitors.value, answer.value.visitor];
      refreshPeople();
    }
    return answer;
  }

  async function changeVisitor(input: ChangeVisitor): Promise<Outcome<VisitorView>> {
    const answer = await attempt(() => call(dealersApi.changeVisitor, input));
    if (answer.ok) {
      putVisitor(answer.value);
      refreshPeople();
    }
    return answer;
  }
  const makeLink = (visitorId: string): Promise<Outcome<InvitedVisitor>> =>
    attempt(() => call(dealersApi.makeLink, { visitorId }));
  async function endSession(sessionId: string): Promise<Outcome<Done>> {
    const id = dealerId.value ?? '';
    const answer = await attempt(() => call(dealersApi.endSession, { dealerId: id, sessionId }));
    // Ended already by somebody else is what was wanted too.
    if (answer.ok || answer.trouble.code === 'not_found') {
      sessions.value = sessions.value.filter((one) => one.id !== sessionId);
      refreshPeople();
    }
    return answer;
  }

  function putVisitor(visitor: VisitorView): void {
    visitors.value = visitors.value.map((one) => (one.id === visitor.id ? visitor : one));
  }

  /** Numbers and sessions that a change may have moved; only what has been loaded. */
  function refreshPeople(): void {
    const id = dealerId.value;
    if (id === null) return;
    void open(id);
    if (loaders.visitors.is.state === 'ready') void loadVisitors();
    if (loaders.sessions.is.state === 'ready') void loadSessions();
  }

  /** The card has changed, or may have while nobody could tell. */
  function readAgain(): void {
    const id = dealerId.value;
    if (id === null || loaders.card.is.state !== 'ready') return;
    void open(id);
    if (loaders.visitors.is.state === 'ready') void loadVisitors();
    if (loaders.log.is.state === 'ready') void loadLog();
  }
  on('dealer:news', (news) => void (news.dealerId === dealerId.value && readAgain()));
  onConnected(readAgain);

  function forgetDealer(): void {
    dealerId.value = null;
    card.value = null;
    visitors.value = [];
    sessions.value = [];
    log.value = [];
    logCursor.value = null;
    const { card: own, visitors: people, sessions: open, log: lines } = loaders;
    for (const loader of [own, people, open, lines]) loader.reset();
  }

  watch(
    () => session.personId,
    () => {
      forgetDealer();
      rows.value = [];
      cursor.value = null;
      listTurn += 1;
      loaders.list.reset();
      loaders.more.reset();
    },
    { flush: 'sync' },
  );

  return {
    rows,
    hasMore: () => cursor.value !== null,
    dealerId,
    card,
    visitors,
    sessions,
    log,
    hasMoreLog: () => logCursor.value !== null,
    listLoading: loaders.list.is,
    moreLoading: loaders.more.is,
    cardLoading: loaders.card.is,
    visitorsLoading: loaders.visitors.is,
    sessionsLoading: loaders.sessions.is,
    logLoading: loaders.log.is,
    load,
    loadMore,
    create,
    open,
    loadVisitors,
    loadSessions,
    loadLog,
    loadMoreLog,
    change,
    inviteVisitor,
    changeVisitor,
    makeLink,
    endSession,
  };
});
