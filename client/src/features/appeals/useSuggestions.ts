import type { LinkedOrder } from '@otklik/shared/orders';
import { computed, ref, shallowRef, watch } from 'vue';
import { useI18n } from 'vue-i18n';

import { askedBefore, matching, type Asked, type Mentionable } from './suggestions';
import type { ComposerMacros, MacroOffer } from './useMacroGaps';

/** A list of macros that could not be fetched is asked for again, while somebody waits for it. */
const AGAIN_MS = 2_000;

export type Suggestion =
  | { kind: 'order'; key: string; heading: string; order: LinkedOrder }
  | { kind: 'person'; key: string; heading: string; person: Mentionable }
  | { kind: 'macro'; key: string; heading: string; macro: MacroOffer }
  | { kind: 'to_note'; key: string; heading: string };

/** What is offered for the words at the caret, and the keys that move in the list. */
export function useSuggestions(options: {
  findOrders: (prefix: string) => Promise<readonly LinkedOrder[]>;
  colleagues: () => readonly Mentionable[];
  /** In notes "@" names a colleague; in a reply of staff it offers a note; for dealers it is a letter. */
  mentions: () => 'people' | 'offer_note' | 'off';
  /** Undefined: "/" is a letter. */
  macros: () => Pick<ComposerMacros, 'want' | 'state' | 'find'> | undefined;
  pick: (suggestion: Suggestion, asked: Asked) => void;
}) {
  const { t } = useI18n();
  const asked = shallowRef<Asked | null>(null);
  const orders = shallowRef<readonly LinkedOrder[]>([]);
  const finding = ref(false);
  const current = ref(0);
  let turn = 0;
  /** Closed with Esc: stays closed until the sign is typed anew. */
  let dismissedAt: number | null = null;

  const macros = computed(() => (asked.value?.kind === 'macro' ? options.macros() : undefined));
  const busy = computed(() =>
    macros.value ? ['idle', 'loading'].includes(macros.value.state) : finding.value,
  );
  watch(
    () => macros.value?.state === 'error',
    (failed, _before, onCleanup) => {
      if (!failed) return;
      const timer = setInterval(() => macros.value?.want(), AGAIN_MS);
      onCleanup(() => clearInterval(timer));
    },
  );

  const suggestions = computed<Suggestion[]>(() => {
    if (!asked.value) return [];
    if (asked.value.kind === 'order') {
      return orders.value.map((order) => ({ kind: 'order', key: order.id, heading: '', order }));
    }
    if (asked.value.kind === 'macro') {
      const found = macros.value?.find(asked.value.query) ?? [];
      return found.map((macro) => ({ kind: 'macro', key: macro.id, heading: '', macro }));
    }
    if (options.mentions() === 'offer_note') return [{ kind: 'to_note', key: 'note', heading: '' }];
    return matching(options.colleagues(), asked.value.query).map((person) => ({
      kind: 'person',
      key: person.id,
      heading: t(person.inside ? 'thread.composer.inside' : 'thread.composer.outside'),
      person,
    }));
  });
  // A list that is fetched anew may have become shorter.
  watch(
    () => suggestions.value.length,
    (count) => {
      if (current.value >= count) current.value = 0;
    },
    { flush: 'sync' },
  );
  const isOpen = computed(() => asked.value !== null);

  /** Looks at the text anew, after every change of text or caret. */
  function look(text: string, caret: number): void {
    const next = askedBefore(text, caret);
    if (!next) dismissedAt = null;
    const off =
      (next?.kind === 'mention' && options.mentions() === 'off') ||
      (next?.kind === 'macro' && !options.macros());
    if (!next || off) {
      close();
      return;
    }
    if (dismissedAt === next.from) return;
    dismissedAt = null;
    const same = asked.value?.kind === next.kind && asked.value.query === next.query;
    asked.value = next;
    if (same) return;
    current.value = 0;
    if (next.kind === 'macro') macros.value?.want();
    if (next.kind === 'order') void findOrders(next.query);
  }

  async function findOrders(query: string): Promise<void> {
    const mine = ++turn;
    finding.value = true;
    const found = await options.findOrders(query);
    if (mine !== turn) return;
    orders.value = found;
    finding.value = false;
  }

  function close(): void {
    turn += 1;
    asked.value = null;
    orders.value = [];
    finding.value = false;
  }

  function choose(place = current.value): void {
    const suggestion = suggestions.value[place];
    const what = asked.value;
    if (!suggestion || !what) return;
    close();
    options.pick(suggestion, what);
  }

  /** Takes the keys of the open list. @returns true when the key was used */
  function onKey(event: KeyboardEvent): boolean {
    if (!isOpen.value) return false;
    const count = suggestions.value.length;
    if (event.key === 'Escape') {
      dismissedAt = asked.value?.from ?? null;
      close();
    } else if (event.key === 'ArrowDown' && count) current.value = (current.value + 1) % count;
    else if (event.key === 'ArrowUp' && count) current.value = (current.value + count - 1) % count;
    else if ((event.key === 'Enter' || event.key === 'Tab') && count && !event.isComposing)
      choose();
    // What is on its way must not be sent as words.
    else if (!(event.key === 'Enter' && busy.value && asked.value?.kind === 'macro')) return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  return { asked, suggestions, isOpen, busy, current, look, close, choose, onKey };
}
