import type { DealerSession, InvitedVisitor, VisitorView } from '@otklik/shared/dealers';
import { computed, reactive, shallowRef, type ComputedRef } from 'vue';
import { useI18n } from 'vue-i18n';

import type { Outcome } from '../../platform/problem';
import { showToast } from '../../ui/toast/toast';
import { troubleWords } from '../session';
import { useDealers } from './dealers.store';
import { endingUnder, ruleKey, ruleOf, type DealerRule } from './session.rules';

/** Asked before sessions end. */
export interface Question {
  title: string;
  text: string;
  /** What the dangerous button says. */
  action: string;
  ending: DealerSession[];
}

/**
 * The switches and rules of the visitors' tab: they ask where sessions end (ADM-2, ADM-3), save at once, and offer a
 * way back for 10 s (ADM-1). What is refused shows its true value again, with the reason.
 */
export function useVisitorRules() {
  const dealers = useDealers();
  const { t } = useI18n();
  const question = shallowRef<Question | null>(null);
  let decide: (yes: boolean) => void = () => undefined;
  /** Where a switch or rule is going while it is being saved: visitor id, or `several` of the dealer → value. */
  const going = reactive(new Map<string, boolean | string>());
  const several: ComputedRef<boolean> = computed(() => {
    const next = going.get('several');
    return typeof next === 'boolean' ? next : (dealers.card?.severalSessions ?? false);
  });

  function ask(next: Question): Promise<boolean> {
    question.value = next;
    return new Promise((resolve) => (decide = resolve));
  }
  function answer(yes: boolean): void {
    question.value = null;
    decide(yes);
  }

  async function save<Value>(
    key: string,
    value: boolean | string,
    run: () => Promise<Outcome<Value>>,
  ): Promise<boolean> {
    going.set(key, value);
    const outcome = await run();
    going.delete(key);
    if (!outcome.ok) showToast({ text: troubleWords(outcome.trouble), tone: 'bad' });
    return outcome.ok;
  }

  async function setAccess(visitor: VisitorView, on: boolean): Promise<void> {
    const { name } = visitor;
    if (!on) {
      await dealers.loadSessions();
      const ending = dealers.sessions.filter((one) => one.visitor.id === visitor.id);
      const yes = await ask({
        title: t('admin.ask.access', { name }),
        text: `${endingWords(ending.length)} ${t('admin.ask.kept')}`,
        action: t('admin.ask.closeAccess'),
        ending,
      });
      if (!yes) return;
    }
    const change = (accessAllowed: boolean) =>
      save(visitor.id, accessAllowed, () =>
        dealers.changeVisitor({ visitorId: visitor.id, accessAllowed }),
      );
    if (!(await change(on))) return;
    showToast({
      text: t(on ? 'admin.done.accessOn' : 'admin.done.accessOff', { name }),
      undo: { run: () => void change(!on) },
    });
  }

  async function setRule(visitor: VisitorView, key: string): Promise<void> {
    const before = ruleKey(visitor);
    const { card } = dealers;
    if (key === before || !card) return;
    const yes = await askIfEnding(card, [{ id: visitor.id, ...ruleOf(key) }], () =>
      t('admin.ask.rule', { name: visitor.name }),
    );
    if (!yes) return;
    const change = (to: string) =>
      save(visitor.id, to, () => dealers.changeVisitor({ visitorId: visitor.id, ...ruleOf(to) }));
    if (!(await change(key))) return;
    showToast({
      text: t('admin.done.rule', { name: visitor.name }),
      undo: { run: () => void change(before) },
    });
  }

  async function setSeveral(on: boolean): Promise<void> {
    const { card } = dealers;
    if (!card) return;
    if (!on) {
      await dealers.loadSessions();
      const rule = { severalSessions: false, maxSessions: card.maxSessions };
      const ending = endingUnder(rule, dealers.visitors, dealers.sessions);
      const yes = await ask({
        title: t('admin.ask.oneEach'),
        text: `${endingWords(ending.length)} ${t('admin.ask.newestStays')}`,
        action: t('admin.ask.leaveOne'),
        ending,
      });
      if (!yes) return;
    }
    const change = (severalSessions: boolean) =>
      save('several', severalSessions, () => dealers.change({ severalSessions }));
    if (!(await change(on))) return;
    showToast({
      text: t(on ? 'admin.done.severalOn' : 'admin.done.severalOff'),
      undo: { run: () => void change(!on) },
    });
  }

  async function setMax(max: number): Promise<void> {
    const { card } = dealers;
    if (!card || max === card.maxSessions) return;
    const before = card.maxSessions;
    const yes = await askIfEnding({ ...card, maxSessions: max }, dealers.visitors, () =>
      t('admin.ask.max', { n: max }, max),
    );
    if (!yes) return;
    const change = (maxSessions: number) =>
      save('max', String(maxSessions), () => dealers.change({ maxSessions }));
    if (!(await change(max))) return;
    showToast({
      text: t('admin.done.max', { n: max }, max),
      undo: { run: () => void change(before) },
    });
  }

  /** A tighter rule asks only when it ends somebody's session. */
  async function askIfEnding(
    rule: DealerRule,
    visitors: Parameters<typeof endingUnder>[1],
    title: () => string,
  ): Promise<boolean> {
    await dealers.loadSessions();
    const ending = endingUnder(rule, visitors, dealers.sessions);
    if (ending.length === 0) return true;
    return ask({
      title: title(),
      text: `${endingWords(ending.length)} ${t('admin.ask.newestStays')}`,
      action: t('admin.ask.end'),
      ending,
    });
  }

  /** A link by which he sets a new password; null when it was refused. */
  async function makeLink(visitor: VisitorView): Promise<InvitedVisitor | null> {
    const made = await dealers.makeLink(visitor.id);
    if (made.ok) return made.value;
    showToast({ text: troubleWords(made.trouble), tone: 'bad' });
    return null;
  }

  function endingWords(n: number): string {
    return n ? t('admin.ask.ending', { n }, n) : t('admin.ask.endingNone');
  }

  return {
    question,
    answer,
    going,
    several,
    setAccess,
    setRule,
    setSeveral,
    setMax,
    makeLink,
  };
}
