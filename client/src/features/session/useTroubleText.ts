import { computed, onScopeDispose, ref, watch, type ComputedRef } from 'vue';
import { useI18n } from 'vue-i18n';

import type { Trouble } from '../../platform/problem';
import { useFormat } from '../../platform/useFormat';
import { closedWords } from './closed.words';

/** One sentence for a refused sign-in; with too many tries it counts the time left. Null: nothing to say. */
export function useTroubleText(trouble: () => Trouble | null): ComputedRef<string | null> {
  const { t } = useI18n();
  const format = useFormat();
  const left = useSecondsLeft(() => {
    const facts = trouble()?.facts;
    return facts && 'retryAfterSeconds' in facts ? facts.retryAfterSeconds : 0;
  });

  return computed(() => {
    const now = trouble();
    switch (now?.code) {
      case undefined:
        return null;
      case 'access_closed':
        return t('login.accessClosed');
      case 'rate_limited':
        if (left.value === 0) return t('login.tryNow');
        return t('login.tooOften', { time: waitTime(left.value) });
      case 'portal_closed':
        return `${t('common.portalClosed.title')}. ${'message' in now.facts ? closedWords(now.facts.message) : ''}`;
      case 'offline':
        return t('login.offline');
      case 'timeout':
      case 'database_away':
      case 'stopping':
        return t('login.noAnswer');
      default:
        return t('login.broken', { id: now?.requestId ?? '' });
    }
  });

  function waitTime(seconds: number): string {
    if (seconds < 60) return t('login.seconds', { n: seconds });
    // Rounded up: who comes back after the minutes named must not be refused again.
    return format.remaining(Math.ceil(seconds / 60) * 60_000);
  }
}

/** Counts down from the number of seconds told, once it is told. */
function useSecondsLeft(told: () => number) {
  const left = ref(0);
  let timer: ReturnType<typeof setInterval> | undefined;
  watch(
    told,
    (seconds) => {
      clearInterval(timer);
      left.value = Math.ceil(seconds);
      if (seconds <= 0) return;
      const endsAt = performance.now() + seconds * 1_000;
      timer = setInterval(() => {
        left.value = Math.max(0, Math.ceil((endsAt - performance.now()) / 1_000));
        if (left.value === 0) clearInterval(timer);
      }, 1_000);
    },
    { immediate: true },
  );
  onScopeDispose(() => clearInterval(timer));
  return left;
}
