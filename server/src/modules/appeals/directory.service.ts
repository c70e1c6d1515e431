import type { DirectoryLists, MoveTopic, SaveTeam, SaveTopic } from '@otklik/shared/directories';
import type { FieldProblem } from '@otklik/shared/errors';
import type * as z from 'zod';
import type { Db, Tx } from '../../platform/db';
import { fail } from '../../platform/errors';
import {
  changedFields,
  holds,
  isStaff,
  personRepository,
  recordChange,
  type Actor,
} from '../people';
import { announceRules } from '../sla';
import { directoryRepository, type TeamRow, type TopicRow } from './directory.repository';

export type DirectoryService = ReturnType<typeof createDirectoryService>;

/** Topics and teams as admins keep them. What is in use is archived, nothing is deleted. */
export function createDirectoryService({ db, now }: { db: Db; now: () => Date }) {
  /** @throws not_found – for dealers; @throws forbidden – only admins keep the directories */
  async function lists(actor: Actor): Promise<DirectoryLists> {
    allow(actor);
    return directoryRepository.lists(db);
  }

  /**
   * Adds a topic or gives it other content. Given to another team, it takes its appeals along: whoever saw them because of the
   * old team loses them with the commit, on every node, and open clocks follow the hours of the new one.
   * @throws not_found, forbidden – as {@link lists}; not_found also for a topic that is not there
   * @throws conflict – somebody has changed it since `rev`
   * @throws invalid_input – the name is taken, the team is unknown or archived, or no topic would be left to choose
   */
  async function saveTopic(
    actor: Actor,
    { topicId, ...content }: z.output<typeof SaveTopic>,
  ): Promise<DirectoryLists> {
    return changing(actor, async (tx, { topics, teams }) => {
      const before = topics.find(({ id }) => id === topicId) ?? null;
      if (!isNews('topic', before, content)) return;
      const after: TopicRow = { id: topicId, ...content, rev: content.rev + 1 };
      refuse([
        ...takenNames(after, topics),
        ...teamProblems(after, before, teams),
        ...(after.active || topics.some(({ id, active }) => active && id !== topicId)
          ? []
          : [{ path: 'active', rule: 'last', message: 'no topic would be left to choose' }]),
      ]);
      await directoryRepository.saveTopic(tx, after);
      const appeals =
        before !== null && before.teamId !== after.teamId
          ? await move(tx, actor, before, after)
          : 0;
      await record(tx, actor, 'topic', before && wordsOf(before, teams), wordsOf(after, teams), {
        ...(appeals > 0 && { appeals }),
      });
    });
  }

  async function move(tx: Tx, actor: Actor, before: TopicRow, after: TopicRow): Promise<number> {
    // First, so that locks are taken in the order of the walk over open clocks.
    await announceRules(tx);
    const moved = await directoryRepository.moveAppeals(tx, actor, {
      ...{ topicId: after.id, from: before.teamId, to: after.teamId, at: now() },
    });
    if (moved === 0) return 0;
    const [losing, gaining] = [
      await directoryRepository.managersOf(tx, before.teamId),
      await directoryRepository.managersOf(tx, after.teamId),
    ];
    for (const personId of losing) await personRepository.changeRights(tx, personId);
    // To them it is news: their next look brings it, and they look when their sockets come back.
    for (const personId of gaining)
      if (!losing.includes(personId)) await personRepository.reconnect(tx, personId);
    return moved;
  }

  /**
   * Puts a topic right after another one, or first. The same place twice changes nothing.
   * @throws not_found, forbidden – as {@link saveTopic}
   */
  async function moveTopic(
    actor: Actor,
    { topicId, afterId }: z.output<typeof MoveTopic>,
  ): Promise<DirectoryLists> {
    return changing(actor, async (tx, { topics }) => {
      const order = topics.map(({ id }) => id);
      for (const id of [topicId, ...(afterId === null ? [] : [afterId])])
        if (!order.includes(id)) throw fail('not_found', { what: 'topic' });
      if (topicId === afterId) return;
      const others = order.filter((id) => id !== topicId);
      others.splice(afterId === null ? 0 : others.indexOf(afterId) + 1, 0, topicId);
      if (others.every((id, place) => id === order[place])) return;
      await directoryRepository.order(tx, others);
      const place = (list: string[]) => ({ place: list.indexOf(topicId) + 1 });
      const subject = topics.find(({ id }) => id === topicId)?.nameRu ?? '';
      await recordChange(tx, {
        ...{ by: actor, at: now(), action: 'topic.moved', dealerId: null, subjectId: topicId },
        ...{ subject, before: place(order), after: place(others) },
      });
    });
  }

  /**
   * Adds a team or gives it other content. Who is in it is set where people are managed.
   * @throws not_found, forbidden, conflict – as {@link saveTopic}
   * @throws invalid_input – the name is taken, or topics that can be chosen still belong to it
   */
  async function saveTeam(
    actor: Actor,
    { teamId, ...content }: z.output<typeof SaveTeam>,
  ): Promise<DirectoryLists> {
    return changing(actor, async (tx, { topics, teams }) => {
      const before = teams.find(({ id }) => id === teamId) ?? null;
      if (!isNews('team', before, content)) return;
      const after: TeamRow = { id: teamId, ...content, rev: content.rev + 1 };
      refuse([
        ...takenNames(after, teams),
        ...(after.active || !topics.some((topic) => topic.active && topic.teamId === teamId)
          ? []
          : [{ path: 'active', rule: 'in_use', message: 'still has topics that can be chosen' }]),
      ]);
      await directoryRepository.saveTeam(tx, after);
      await record(tx, actor, 'team', before && { ...before }, { ...after });
    });
  }

  /** Load and lock → `run` decides and writes → every node hears of it. */
  async function changing(
    actor: Actor,
    run: (tx: Tx, held: { topics: TopicRow[]; teams: TeamRow[] }) => Promise<void>,
  ): Promise<DirectoryLists> {
    allow(actor);
    return db.transaction(async (tx) => {
      await run(tx, await directoryRepository.lock(tx));
      await directoryRepository.announce(tx);
      return directoryRepository.lists(tx);
    });
  }

  async function record(
    tx: Tx,
    actor: Actor,
    kind: 'topic' | 'team',
    before: Record<string, unknown> | null,
    { id, rev: _rev, ...after }: Record<string, unknown>,
    more: Record<string, unknown> = {},
  ): Promise<void> {
    const changed = before && changedFields(before, after);
    await recordChange(tx, {
      ...{ by: actor, at: now(), dealerId: null, subjectId: String(id) },
      subject: String(before?.nameRu ?? after.nameRu),
      action: before === null ? `${kind}.added` : `${kind}.changed`,
      before: changed?.before ?? null,
      after: { ...(changed?.after ?? after), ...more },
    });
  }

  return { lists, saveTopic, moveTopic, saveTeam };
}

function allow(actor: Actor): void {
  if (!isStaff(actor)) throw fail('not_found', { what: 'directory' });
  if (!holds(actor, 'topic.manage')) throw fail('forbidden', { right: 'manageDirectories' });
}

/** @returns false when it says already what is sent. @throws not_found, conflict – or it is not what the sender has seen */
function isNews<Row extends TeamRow>(
  what: 'topic' | 'team',
  before: Row | null,
  { rev, ...content }: Omit<Row, 'id'>,
): boolean {
  if (before !== null && changedFields({ ...before }, content) === null) return false;
  if (before === null && rev > 0) throw fail('not_found', { what });
  if (before !== null && before.rev !== rev) throw fail('conflict', { what });
  return true;
}

function refuse(fields: FieldProblem[]): void {
  if (fields.length > 0) throw fail('invalid_input', { fields });
}

/** Two that can be chosen have different names, in both languages. */
function takenNames(after: TeamRow, all: readonly TeamRow[]): FieldProblem[] {
  const others = all.filter(({ id, active }) => active && after.active && id !== after.id);
  return (['nameRu', 'nameEn'] as const)
    .filter((name) =>
      others.some((one) => one[name].toLocaleLowerCase() === after[name].toLocaleLowerCase()),
    )
    .map((path) => ({ path, rule: 'taken', message: 'is taken' }));
}

/** A topic that can be chosen belongs to no archived team. */
function teamProblems(
  after: TopicRow,
  before: TopicRow | null,
  teams: readonly TeamRow[],
): FieldProblem[] {
  if (after.teamId === null) return [];
  const team = teams.find(({ id }) => id === after.teamId);
  const problem = (rule: string, message: string) => [{ path: 'teamId', rule, message }];
  if (team === undefined) return problem('unknown', 'is no team');
  if (team.active || (!after.active && before?.teamId === after.teamId)) return [];
  return problem('archived', 'is archived');
}

/** As the log tells of it: the team by its name. */
function wordsOf({ teamId, ...rest }: TopicRow, teams: readonly TeamRow[]) {
  return { ...rest, team: teams.find(({ id }) => id === teamId)?.nameRu ?? null };
}
