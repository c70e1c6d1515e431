import type { Ledger, OpenDisputes, RaiseDispute, SettleDispute } from '@otklik/shared/ledger';
import { ledgerApi } from '@otklik/shared/ledger.api';
import { defineStore } from 'pinia';
import { v7 as uuid } from 'uuid';
import { shallowReactive, shallowRef, watch } from 'vue';

import { call } from '../../platform/api';
import { attempt, type Outcome, type Trouble } from '../../platform/problem';
import { on, onConnected } from '../../platform/socket';
import { useSession } from '../session';

/** Ledgers of appeals that are on the screen, and the open disputes of all appeals for who settles them. */
export const useLedgers = defineStore('ledgers', () => {
  const session = useSession();
  const byAppeal = shallowReactive(new Map<string, Ledger>());
  const troubles = shallowReactive(new Map<string, Trouble>());
  const open = shallowRef<OpenDisputes | null>(null);
  /** How many parts of the screen show a ledger. */
  const shown = new Map<string, number>();
  let listShown = false;
  /** The last question asked of each appeal: an answer that was overtaken is dropped. */
  const asked = new Map<string, number>();

  async function load(appealId: string): Promise<void> {
    const person = session.personId;
    const turn = (asked.get(appealId) ?? 0) + 1;
    asked.set(appealId, turn);
    const answer = await attempt(() => call(ledgerApi.ledger, { appealId }));
    if (session.personId !== person || asked.get(appealId) !== turn) return;
    take(appealId, answer);
  }
  function take(appealId: string, answer: Outcome<Ledger>): void {
    troubles.delete(appealId);
    if (answer.ok) byAppeal.set(appealId, answer.value);
    else if (!byAppeal.has(appealId)) troubles.set(appealId, answer.trouble);
  }

  /** A part of the screen shows this ledger from now on; it follows the news until `release`. */
  function hold(appealId: string): void {
    shown.set(appealId, (shown.get(appealId) ?? 0) + 1);
    void load(appealId);
  }
  function release(appealId: string): void {
    const left = (shown.get(appealId) ?? 1) - 1;
    if (left > 0) {
      shown.set(appealId, left);
      return;
    }
    shown.delete(appealId);
    byAppeal.delete(appealId);
    troubles.delete(appealId);
  }

  /** The same press keeps its id until it is answered: pressing again repeats, never doubles. */
  const pressed = new Map<string, string>();
  async function send(
    appealId: string,
    content: object,
    run: (clientId: string) => Promise<Ledger>,
  ): Promise<Outcome<Ledger>> {
    const person = session.personId;
    const key = JSON.stringify(content);
    const clientId = pressed.get(key) ?? uuid();
    pressed.set(key, clientId);
    const answer = await attempt(() => run(clientId));
    if (session.personId !== person) return answer;
    if (answer.ok || answer.trouble.status !== 0) pressed.delete(key);
    if (answer.ok && shown.has(appealId)) take(appealId, answer);
    if (listShown) void loadOpen();
    return answer;
  }
  const dispute = (input: Omit<RaiseDispute, 'clientId'>) =>
    send(input.appealId, input, (clientId) => call(ledgerApi.dispute, { ...input, clientId }));
  const settle = (input: Omit<SettleDispute, 'clientId'>) =>
    send(input.appealId, input, (clientId) => call(ledgerApi.settle, { ...input, clientId }));

  /* ── The supervisor's list ────────────────────────────── */

  async function loadOpen(): Promise<void> {
    const person = session.personId;
    const answer = await attempt(() => call(ledgerApi.openDisputes, {}));
    if (answer.ok && session.personId === person) open.value = answer.value;
  }
  function showOpen(): void {
    listShown = true;
    void loadOpen();
  }
  function hideOpen(): void {
    listShown = false;
  }

  on('appeal:news', ({ appeal, entries }) => {
    if (shown.has(appeal.id) && entries.some(({ kind }) => kind !== 'note')) void load(appeal.id);
    const disputed = entries.some(({ event }) =>
      ['clock_disputed', 'dispute_settled'].includes(event?.type ?? ''),
    );
    if (listShown && disputed) void loadOpen();
  });
  onConnected(() => {
    for (const appealId of shown.keys()) void load(appealId);
    if (listShown) void loadOpen();
  });
  watch(
    () => session.personId,
    () => {
      byAppeal.clear();
      troubles.clear();
      shown.clear();
      pressed.clear();
      open.value = null;
      listShown = false;
    },
    { flush: 'sync' },
  );

  return {
    ledger: (appealId: string) => byAppeal.get(appealId) ?? null,
    trouble: (appealId: string) => troubles.get(appealId) ?? null,
    hold,
    release,
    load,
    dispute,
    settle,
    open,
    showOpen,
    hideOpen,
  };
});
