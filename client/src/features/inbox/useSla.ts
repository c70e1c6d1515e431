import type { ClockView } from '@otklik/shared/sla';
import { useI18n } from 'vue-i18n';

import { useFormat } from '../../platform/useFormat';
import type { SlaState } from '../appeals';

/** A state that has a mark; `none` draws nothing. */
export type MarkedSla = Exclude<SlaState, 'none'>;

const MINUTE = 60_000;

/** Words and numbers of deadlines; all of it follows the minute and the language. */
export function useSla() {
  const { t } = useI18n();
  const format = useFormat();

  /** Working time: "27 ч", "1 ч 22 мин", "38 мин". Never days: a working day has no fixed length. */
  function work(ms: number): string {
    const whole = Math.floor(Math.max(0, ms) / MINUTE);
    const [hours, minutes] = [Math.floor(whole / 60), whole % 60];
    if (!hours) return t('inbox.work.minutes', { minutes });
    return minutes ? t('inbox.work.both', { hours, minutes }) : t('inbox.work.hours', { hours });
  }

  /** How long a duty took, from the start of its clock to its end. */
  const taken = (clock: ClockView): string =>
    format.remaining(Date.parse(clock.endedAt ?? clock.startedAt) - Date.parse(clock.startedAt));

  /** What stands in a chip (SLA-3): time to the deadline, time taken, or that it is paused. */
  function chip(clock: ClockView): string {
    if (clock.state === 'met') return taken(clock);
    if (clock.state === 'paused' || clock.dueAt === null) return t('inbox.sla.paused');
    return format.remainingTo(clock.dueAt);
  }

  /** The same in the panel; a paused clock says what is left of it, frozen (SLA-6). */
  function left(clock: ClockView): string {
    return clock.state === 'paused' && clock.remainingMs !== null
      ? work(clock.remainingMs)
      : chip(clock);
  }

  const stateWord = (state: MarkedSla): string => t(`inbox.sla.${state}`);
  const kindWord = (kind: ClockView['kind']): string => t(`inbox.kind.${kind}`);

  return { work, chip, left, stateWord, kindWord };
}
