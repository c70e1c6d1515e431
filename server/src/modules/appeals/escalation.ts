/** What steps of the ladder do: who is told, and when; to whom the appeal goes. */
import type { LadderAction } from '@otklik/shared/ladder';
import type { Tx } from '../../platform/db';
import { nextOpening, type Clock, type LadderStep, type SlaService } from '../sla';
import type { AppealChange } from './appeal.repository';
import { noticeRepository, type NewNotice } from './notice.repository';
import { assignTo } from './thread';

interface Colleague {
  id: string;
  name: string;
  teamIds: string[];
}

/** Somebody to be told, and of what. */
interface Telling {
  to: Colleague;
  kind: 'reminder' | 'given' | 'taken';
  action: LadderAction;
}

/**
 * Does the steps in their order, within the transaction that marks them on their clocks: each is written down once
 * per clock and cycle, and a second attempt breaks off as a whole.
 */
export async function escalate(
  tx: Tx,
  sla: Pick<SlaService, 'hoursOfStaff'>,
  work: AppealChange,
  reached: readonly { clock: Clock; step: LadderStep }[],
  at: Date,
): Promise<void> {
  const appealId = work.facts.row.id;
  for (const { clock, step } of reached) {
    await tx.query(
      `INSERT INTO ladder_fired (appeal_id, kind, cycle, step_id, at) VALUES ($1, $2, $3, $4, $5)`,
      [appealId, clock.kind, clock.cycle, step.id, at],
    );
    const notices: NewNotice[] = [];
    for (const { to, kind, action } of await act(tx, work, step.action, at)) {
      const showAt = step.urgent ? at : await opening(sla, to, at);
      const { kind: clockKind, cycle, dueAt } = clock;
      if (dueAt === null) throw new Error('a clock that is not paused has a deadline');
      const about = { kind, stepId: step.id, action, clockKind, cycle, dueAt };
      notices.push({ personId: to.id, appealId, madeAt: at, showAt, about });
    }
    await noticeRepository.add(tx, notices);
  }
}

async function act(tx: Tx, work: AppealChange, action: LadderAction, at: Date): Promise<Telling[]> {
  const { row } = work.facts;
  const remind = (people: Colleague[], as: LadderAction): Telling[] =>
    people.map((to) => ({ to, kind: 'reminder', action: as }));
  switch (action) {
    case 'remind_owner':
      return remind(await owner(tx, work), action);
    case 'remind_team':
      return remind(await team(tx, work), action);
    case 'remind_supervisor':
      return remind(await overseers(tx), action);
    case 'reassign_team': {
      if (row.assignee_id === null) return remind(await team(tx, work), 'remind_team');
      const [before] = await colleagues(tx, [row.assignee_id]);
      const others = (await team(tx, work)).filter(({ id }) => id !== before?.id);
      assignTo(work, null, null, at);
      return [...taken(before, action), ...remind(others, action)];
    }
    case 'reassign_next': {
      const next = await leastBusy(tx, work);
      // There is nobody else: then it is the supervisor's to decide.
      if (next === null) return remind(await overseers(tx), 'remind_supervisor');
      const [before] = row.assignee_id === null ? [] : await colleagues(tx, [row.assignee_id]);
      assignTo(work, null, next, at);
      return [...taken(before, action), { to: next, kind: 'given', action }];
    }
  }
}

const taken = (to: Colleague | undefined, action: LadderAction): Telling[] =>
  to ? [{ to, kind: 'taken', action }] : [];

/** When somebody works: now, or at the next opening of one of his teams, else of the company. */
export async function opening(
  sla: Pick<SlaService, 'hoursOfStaff'>,
  { teamIds }: Colleague,
  at: Date,
): Promise<Date> {
  const opens = (await sla.hoursOfStaff(teamIds)).flatMap((hours) => {
    try {
      return [nextOpening(at, hours).getTime()];
    } catch (error) {
      // Hours that never open keep nobody from being told.
      if (error instanceof RangeError) return [];
      throw error;
    }
  });
  return opens.length === 0 ? at : new Date(Math.min(...opens));
}

const COLLEAGUE = `SELECT p.id, p.name, ARRAY(SELECT t.team_id FROM person_team t WHERE t.person_id = p.id ORDER BY 1) AS "teamIds"
  FROM person p WHERE p.role <> 'dealer' AND p.access_allowed`;

/** Those of the staff who have access. */
export const colleagues = (tx: Tx, ids: readonly string[]) =>
  tx.query<Colleague>(`${COLLEAGUE} AND p.id = ANY($1::uuid[])`, [ids]);

/** Who is in charge, else the manager of the dealer, else the team. */
async function owner(tx: Tx, work: AppealChange): Promise<Colleague[]> {
  const { row, dealerManagerId } = work.facts;
  const id = row.assignee_id ?? dealerManagerId;
  const found = id === null ? [] : await colleagues(tx, [id]);
  return found.length > 0 ? found : team(tx, work);
}

async function team(tx: Tx, work: AppealChange): Promise<Colleague[]> {
  const found = await tx.query<Colleague>(
    `${COLLEAGUE} AND EXISTS (SELECT 1 FROM person_team m WHERE m.person_id = p.id AND m.team_id = $1) ORDER BY p.id`,
    [work.facts.row.team_id],
  );
  return found.length > 0 ? found : overseers(tx);
}

/** The supervisors; where there are none, the admins. */
export async function overseers(tx: Tx): Promise<Colleague[]> {
  return tx.query<Colleague>(
    `${COLLEAGUE} AND p.role = CASE WHEN EXISTS (SELECT 1 FROM person s WHERE s.role = 'supervisor' AND s.access_allowed)
       THEN 'supervisor' ELSE 'admin' END ORDER BY p.id`,
  );
}

/** Of the team, besides who has it now, the one with the fewest open appeals. */
async function leastBusy(tx: Tx, work: AppealChange): Promise<Colleague | null> {
  const { team_id: teamId, assignee_id: assigneeId } = work.facts.row;
  const [found] = await tx.query<Colleague>(
    `${COLLEAGUE} AND EXISTS (SELECT 1 FROM person_team m WHERE m.person_id = p.id AND m.team_id = $1) AND p.id IS DISTINCT FROM $2
     ORDER BY (SELECT count(*) FROM appeal a WHERE a.assignee_id = p.id AND a.status NOT IN ('resolved', 'closed')), p.id LIMIT 1`,
    [teamId, assigneeId],
  );
  return found ?? null;
}
