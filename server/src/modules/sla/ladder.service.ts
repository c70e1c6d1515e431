import { isDeepStrictEqual } from 'node:util';
import type { FieldProblem } from '@otklik/shared/errors';
import type { Ladder, LadderStepView, SaveLadder } from '@otklik/shared/ladder';
import type * as z from 'zod';
import type { Db } from '../../platform/db';
import { fail } from '../../platform/errors';
import { recordChange, type Actor } from '../people';
import { ladderRepository, type StoredStep } from './ladder.repository';
import { mayManage, slaPolicy } from './sla.policy';

/** The log names subjects by id; the ladder is the only one of its kind. */
const LADDER_ID = '00000000-0000-0000-0000-000000000000';

export type LadderService = ReturnType<typeof createLadderService>;

/** The steps of escalation, and changing them. */
export function createLadderService({
  db,
  now,
  forgetRules,
}: {
  db: Db;
  now: () => Date;
  /** The next question of this node looks at the database. */
  forgetRules: () => void;
}) {
  /** @throws not_found – a dealer asks */
  async function ladder(actor: Actor): Promise<Ladder> {
    if (!slaPolicy.read(actor)) throw fail('not_found', { what: 'ladder' });
    const { rev, steps } = await ladderRepository.find(db);
    return { rev, steps: viewOf(steps) };
  }

  /**
   * Gives the ladder other steps. The same steps twice are one change. A step that is new, stands elsewhere or comes back
   * concerns what is reached from now on.
   * @throws not_found, forbidden – only admins manage the rules
   * @throws invalid_input – a step has no place or two, or stands there twice
   * @throws conflict – somebody has changed it since `rev`
   */
  async function save(actor: Actor, input: z.output<typeof SaveLadder>): Promise<Ladder> {
    mayManage(actor, 'ladder');
    const problems = problemsOf(input.steps);
    if (problems.length > 0) throw fail('invalid_input', { fields: problems });
    return db.transaction(async (tx) => {
      const before = await ladderRepository.lock(tx);
      const steps = input.steps.map((step) => ({
        ...step,
        kinds: [...new Set(step.kinds)].sort(),
      }));
      const wanted = viewOf(steps);
      const held = viewOf(before.steps);
      if (isDeepStrictEqual(wanted, held)) return { rev: before.rev, steps: held };
      if (before.rev !== input.rev) throw fail('conflict', { what: 'ladder' });
      const at = now();
      const sinceOf = (step: LadderStepView) => {
        const known = before.steps.find(({ id }) => id === step.id);
        return known && !known.deleted && samePlace(known, step) ? known.since : at;
      };
      await ladderRepository.save(
        tx,
        wanted.map((step) => ({ ...step, since: sinceOf(step) })),
      );
      await recordChange(tx, {
        by: actor,
        at,
        action: 'ladder.changed',
        dealerId: null,
        subjectId: LADDER_ID,
        subject: 'ladder',
        before: { steps: held },
        after: { steps: wanted },
      });
      tx.afterCommit(forgetRules);
      return { rev: before.rev + 1, steps: wanted };
    });
  }

  return { ladder, save };
}

function samePlace(a: StoredStep, b: LadderStepView): boolean {
  return (
    a.offsetMinutes === b.offsetMinutes &&
    a.percent === b.percent &&
    isDeepStrictEqual([...a.kinds].sort(), [...b.kinds].sort())
  );
}

/** The ones that hold, by id, so that equal ladders are equal. */
function viewOf(steps: readonly (Omit<StoredStep, 'since' | 'deleted'> & { deleted?: boolean })[]) {
  return steps
    .filter(({ deleted }) => !deleted)
    .map(({ id, kinds, offsetMinutes, percent, action, urgent }): LadderStepView => ({
      ...{ id, kinds: [...kinds].sort(), offsetMinutes, percent, action, urgent },
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

function problemsOf(steps: readonly LadderStepView[]): FieldProblem[] {
  return steps.flatMap((step, index): FieldProblem[] => {
    if ((step.offsetMinutes === null) === (step.percent === null)) {
      const message = 'minutes from the deadline or a share of the time, not both';
      return [{ path: `steps.${index}.offsetMinutes`, rule: 'one_of', message }];
    }
    const earlier = steps.slice(0, index);
    if (earlier.some(({ id }) => id === step.id))
      return [{ path: `steps.${index}.id`, rule: 'taken', message: 'stands there twice' }];
    const twin = earlier.some(
      (other) =>
        other.action === step.action &&
        other.offsetMinutes === step.offsetMinutes &&
        other.percent === step.percent &&
        other.kinds.some((kind) => step.kinds.includes(kind)),
    );
    const message = 'the same is done at the same moment already';
    return twin ? [{ path: `steps.${index}.action`, rule: 'taken', message }] : [];
  });
}
