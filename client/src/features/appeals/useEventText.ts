import type { Entry } from '@otklik/shared/appeals';
import type { Side } from '@otklik/shared/people';
import { useI18n } from 'vue-i18n';

import { useFormat } from '../../platform/useFormat';

/** Words for a value of a changed field, e.g. the topic's name by its id. */
export type FieldText = (field: string, value: unknown) => string;

/** Facts come as open records: what has another shape is left out, never shown raw. */
const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);
function nameOf(value: unknown): { id: string; name: string } | null {
  if (typeof value !== 'object' || value === null) return null;
  if (!('id' in value) || !('name' in value)) return null;
  const { id, name } = value;
  return typeof id === 'string' && typeof name === 'string' ? { id, name } : null;
}
const namesOf = (value: unknown): string =>
  Array.isArray(value)
    ? value
        .map((one) => nameOf(one)?.name)
        .filter(Boolean)
        .join(', ')
    : '';
const FIELDS = new Set(['topic_id', 'type_code', 'priority', 'subject', 'team_id']);
const STATUSES = new Set([
  ...['new', 'in_work', 'approval', 'execution'],
  ...['waiting', 'resolved', 'closed'],
]);
const CLAIMS = new Set(['had_answered', 'owes_nothing']);
const OUTCOMES = new Set(['accepted', 'rejected']);
const KINDS = new Set(['first_response', 'next_response', 'resolution']);

/** Number of the other appeal where two were joined, parted or split. */
export function otherAppealOf(event: Entry['event']): number | null {
  const isAbout = event && /^(merged_into|merged|unmerged|split_off|split_from)$/.test(event.type);
  return isAbout && typeof event.facts.no === 'number' ? event.facts.no : null;
}

interface Change {
  field: string;
  to: unknown;
}
function changesOf(value: unknown): Change[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((one: unknown) =>
    typeof one === 'object' &&
    one !== null &&
    'field' in one &&
    'to' in one &&
    typeof one.field === 'string'
      ? [{ field: one.field, to: one.to }]
      : [],
  );
}

/** Makes plain words of the events of a thread, for the side that reads them. */
export function useEventText(side: () => Side, fieldText?: () => FieldText | undefined) {
  const { t } = useI18n();
  const format = useFormat();

  /** @param short for a list of what happened: without what was promised then */
  function eventText({ event, author }: Entry, { short = false } = {}): string {
    if (!event) return '';
    const { type, facts } = event;
    const who = author?.name ?? '';
    const signed = (key: string, values: Record<string, string> = {}) =>
      who && side() === 'staff'
        ? t(`thread.signedEvents.${key}`, { who, ...values })
        : t(`thread.events.${key}`, values);
    switch (type) {
      case 'opened': {
        const promise = textOf(facts.promise);
        if (promise === null || short) return t('thread.events.opened');
        const when = format.deadlinePhrase(promise);
        return t(
          side() === 'dealer' ? 'thread.events.openedPromise' : 'thread.events.openedForStaff',
          { when },
        );
      }
      case 'status': {
        const to = textOf(facts.to) ?? '';
        if (!STATUSES.has(to)) return '';
        if (to === 'closed' && typeof facts.silentMinutes === 'number') {
          const time = format.number(Math.round(facts.silentMinutes / 6) / 10);
          return side() === 'staff'
            ? t('thread.events.closedSilent', { time })
            : t('thread.statusEvents.closedSilent', { time });
        }
        if (side() === 'staff') {
          return signed('status', { status: t(`thread.statuses.${to}`) });
        }
        if (to === 'in_work' && facts.from === 'waiting') return t('thread.statusEvents.again');
        if (to === 'resolved' && author) return t('thread.events.solvedBy', { who });
        return t(`thread.statusEvents.${to}`);
      }
      // The changed message says so itself.
      case 'edited':
      case 'deleted':
        return '';
      case 'reopened':
        return t('thread.events.reopened');
      case 'assigned': {
        const to = nameOf(facts.to);
        if (facts.by === 'ladder')
          return to
            ? t('thread.events.ladderAssigned', { name: to.name })
            : t('thread.events.ladderUnassigned');
        if (!to) return signed('unassigned');
        if (to.id === author?.id) return t('thread.events.taken', { who });
        return signed('assigned', { name: to.name });
      }
      case 'joined':
        // A dealer knows who of his own people brought them in.
        return author?.side === 'dealer'
          ? t('thread.signedEvents.joined', { who, names: namesOf(facts.persons) })
          : signed('joined', { names: namesOf(facts.persons) });
      case 'left':
        return t('thread.events.left', { names: namesOf(facts.persons) });
      case 'fields': {
        const what = changesOf(facts.changes)
          .filter(({ field }) => FIELDS.has(field))
          .map(({ field, to }) =>
            t('thread.change', {
              field: t(`thread.fields.${field}`),
              value: fieldText?.()?.(field, to) ?? textOf(to) ?? '—',
            }),
          )
          .join('; ');
        return signed('fields', { what });
      }
      case 'order_linked':
      case 'order_unlinked':
        return t(`thread.events.${type}`, { no: format.no(textOf(facts.number) ?? '') });
      case 'no_answer_needed':
        return signed('noAnswerNeeded');
      case 'question_asked': {
        const due = textOf(facts.dueAt);
        const names = namesOf(facts.persons);
        return due
          ? t('thread.events.questionAskedUntil', { who, names, when: format.dayTime(due) })
          : t('thread.events.questionAsked', { who, names });
      }
      case 'question_missed': {
        const due = textOf(facts.dueAt);
        return t('thread.events.questionMissed', {
          name: nameOf(facts.to)?.name ?? '',
          when: due ? format.dayTime(due) : '—',
        });
      }
      case 'question_ended': {
        const names = namesOf(facts.persons);
        if (facts.outcome === 'answered')
          return t('thread.events.questionAnswered', { who, names: namesOf(facts.by) });
        return facts.outcome === 'closed'
          ? t('thread.events.questionClosed', { names })
          : t('thread.events.questionWithdrawn', { names });
      }
      case 'merged_into':
      case 'merged':
      case 'unmerged':
      case 'split_off':
      case 'split_from':
        return signed(type, { no: format.no(otherAppealOf(event) ?? 0) });
      case 'clock_disputed':
      case 'dispute_settled': {
        const claim = textOf(facts.claim) ?? '';
        const kind = textOf(facts.kind) ?? '';
        const outcome = textOf(facts.outcome) ?? '';
        if (!CLAIMS.has(claim) || !KINDS.has(kind)) return '';
        const text = t(`thread.events.${type}`, {
          who,
          kind: t(`thread.clockKinds.${kind}`),
          claim: t(`thread.disputeClaims.${claim}`),
          outcome: OUTCOMES.has(outcome) ? t(`thread.disputeOutcomes.${outcome}`) : '',
          words: textOf(type === 'clock_disputed' ? facts.comment : facts.reason) ?? '',
        });
        return text.trim();
      }
      case 'sla_warned':
      case 'sla_breached': {
        const kind = textOf(facts.kind) ?? '';
        const due = textOf(facts.dueAt);
        return t(`thread.events.${type}`, {
          kind: KINDS.has(kind) ? t(`thread.clockKinds.${kind}`) : '',
          when: due ? format.dayTime(due) : '—',
        });
      }
    }
  }

  return { eventText };
}
