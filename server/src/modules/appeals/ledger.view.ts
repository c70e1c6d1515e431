import type {
  DealerClock,
  DealerDispute,
  LedgerCause,
  LedgerStretch,
  StaffClock,
  StaffDispute,
} from '@otklik/shared/ledger';
import { stepView, type Clock, type ClockStep, type Stretch } from '../sla';
import type { Dispute } from './dispute.repository';

/** Everything known of one clock when its ledger is read. */
export interface ClockStory {
  clock: Clock;
  steps: readonly ClockStep[];
  stretches: readonly Stretch[];
  because: LedgerCause | null;
  zone: string;
  canDispute: boolean;
}

const iso = (moment: Date | null) => moment?.toISOString() ?? null;

/** Stretches hold moments and working time only, so they are the same for both sides. */
const stretchView = ({ is, from, to, countedMs, days, skipped }: Stretch): LedgerStretch => ({
  is,
  from: from.toISOString(),
  to: iso(to),
  countedMs,
  days:
    days?.map((day) => ({
      date: day.date,
      countedMs: day.countedMs,
      hours: day.hours.map((hours) => ({
        from: hours.from.toISOString(),
        to: hours.to.toISOString(),
      })),
    })) ?? null,
  skipped: skipped.map((gap) => ({
    from: gap.from.toISOString(),
    to: gap.to.toISOString(),
    why: gap.why,
  })),
});

/** The one builder of what a dealer gets of a clock: every field is named here, nothing passes by itself. */
export function dealerClock(story: ClockStory): DealerClock {
  const { clock, steps, stretches, because, zone, canDispute } = story;
  return {
    kind: clock.kind,
    cycle: clock.cycle,
    state: dealerState(clock),
    startedAt: clock.startedAt.toISOString(),
    endedAt: iso(clock.endedAt),
    because,
    targetMs: clock.targetMs,
    countedMs: clock.countedMs,
    dueAt: iso(clock.dueAt),
    carried: wasCarried(story),
    came: cameBy(story),
    zone,
    stretches: stretches.map(stretchView),
    recounted: steps
      .filter(({ action, reason }) => action === 'retargeted' || reason === 'wait_disproved')
      .map(({ at }) => at.toISOString()),
    canDispute,
  };
}

const CARRIES: readonly string[] = ['merged_away', 'merged_in', 'split_off', 'unmerged'];

/** A missed one ends by its carrying away too, and stays missed. */
function wasCarried({ clock, steps }: ClockStory): boolean {
  return clock.endedAt !== null && CARRIES.includes(steps.at(-1)?.reason ?? '');
}

function cameBy({ steps }: ClockStory): DealerClock['came'] {
  const taken = steps.findLast(({ action }) => action === 'taken_over');
  if (!taken) return null;
  return { at: taken.at.toISOString(), by: taken.reason === 'unmerged' ? 'unmerged' : 'merged_in' };
}

function dealerState({ state, endedAt }: Clock): DealerClock['state'] {
  if (state === 'cancelled' || state === 'carried') return 'called_off';
  if (state === 'breached') return endedAt === null ? 'late' : 'missed';
  return state;
}

export function staffClock(story: ClockStory): StaffClock {
  const { clock, steps, stretches, because, zone, canDispute } = story;
  return {
    kind: clock.kind,
    cycle: clock.cycle,
    state: clock.state,
    startedAt: clock.startedAt.toISOString(),
    endedAt: iso(clock.endedAt),
    because,
    targetMs: clock.targetMs,
    countedMs: clock.countedMs,
    dueAt: iso(clock.dueAt),
    carried: wasCarried(story),
    came: cameBy(story),
    zone,
    stretches: stretches.map(stretchView),
    steps: steps.map(stepView),
    canDispute,
  };
}

/** The one builder of what a dealer gets of a dispute; the staff's own is refused here, whoever asks. */
export function dealerDispute(dispute: Dispute): DealerDispute {
  if (dispute.side !== 'dealer') throw new Error('a dispute of the staff has no dealer view');
  return {
    id: dispute.id,
    kind: dispute.kind,
    cycle: dispute.cycle,
    claim: dispute.claim,
    comment: dispute.comment,
    raisedByName: dispute.raisedByName,
    raisedAt: dispute.raisedAt.toISOString(),
    outcome: dispute.outcome,
    reason: dispute.reason,
    settledAt: iso(dispute.settledAt),
  };
}

export function staffDispute(dispute: Dispute): StaffDispute {
  return {
    id: dispute.id,
    kind: dispute.kind,
    cycle: dispute.cycle,
    side: dispute.side,
    claim: dispute.claim,
    comment: dispute.comment,
    raisedByName: dispute.raisedByName,
    raisedAt: dispute.raisedAt.toISOString(),
    outcome: dispute.outcome,
    reason: dispute.reason,
    settledByName: dispute.settledByName,
    settledAt: iso(dispute.settledAt),
  };
}
