import type {
  Appeal,
  AppealCard,
  Assign,
  ChangeFields,
  ChangeStatus,
  Directories,
  LeaveAppeal,
  LinkOrder,
  OpenAppeal,
  Participant,
  Posted,
  PullIn,
  Reassign,
  Reassigned,
} from '@otklik/shared/appeals';
import type { AppealClocks, ClockKind } from '@otklik/shared/sla';
import { v7 as uuid } from 'uuid';
import type * as z from 'zod';
import type { Db, Tx } from '../../platform/db';
import { AppError, breaksConstraint, fail } from '../../platform/errors';
import { attachmentRepository } from '../attachments';
import { orderRepository } from '../orders';
import { holds, isStaff, rooms, type Actor, type IsOnline } from '../people';
import { clockRepository, clockView, stepView, type SlaService } from '../sla';
import { appealPolicy } from './appeal.policy';
import {
  appealRepository,
  subjectOf,
  type AppealChange,
  type AppealFacts,
  type AppealRow,
  matchedOf,
} from './appeal.repository';
import type { AppealHappening } from './appeal.news';
import { escalate } from './escalation';
import { dealerAppeal, dealerEntry, staffAppeal, staffEntry } from './appeal.view';
import { noticeRepository } from './notice.repository';
import { noticesOf, putQuestions } from './questions';
import { followRules } from './retarget';
import {
  aimLadder,
  append,
  assignTo,
  change,
  climbLadder,
  endQuestions,
  join,
  moveClocks,
  say,
  setStatus,
  type Command,
} from './thread';
import {
  claimFiles,
  contentHash,
  insertLinks,
  linkOrders,
  pullInMentioned,
  refuseMerged,
} from './thread.service';

type OpenInput = z.output<typeof OpenAppeal>;
const SUBJECT_FROM_TEXT = 80;

export interface AppealDeps {
  db: Db;
  sla: SlaService;
  now?: () => Date;
  filesPerMessage: number;
  tell: (happening: AppealHappening) => void;
  /** Left out: nobody is. */
  isOnline?: IsOnline;
}

export type AppealService = ReturnType<typeof createAppealService>;

export function createAppealService({
  db,
  sla,
  now,
  filesPerMessage,
  tell,
  isOnline = () => false,
}: AppealDeps) {
  const view = (actor: Actor, facts: AppealFacts): Appeal =>
    isStaff(actor) ? staffAppeal(facts) : dealerAppeal(facts);
  const clocksAt = (row: AppealRow, at: Date) => sla.context(matchedOf(row), at);

  function tellAfter(tx: Tx, work: AppealChange): void {
    tx.afterCommit(() =>
      tell({
        facts: work.facts,
        public: work.public,
        entries: work.entries.map((row) => ({ row, attachments: [] })),
      }),
    );
  }

  /** Load and lock → may he see it? → `run` decides and changes → write → tell. */
  async function changing(
    actor: Actor,
    appealId: string,
    run: (work: AppealChange, at: Date, tx: Tx) => Promise<void> | void,
    /** What else is locked, before the appeal. */
    first?: (tx: Tx) => Promise<unknown>,
  ): Promise<Appeal> {
    if (actor.nameNeeded) throw fail('name_needed', {});
    return db.transaction(async (tx) => {
      await first?.(tx);
      const locked = await appealRepository.lock(tx, {
        appealIds: [appealId],
        sessionIds: [actor.sessionId],
        sent: [],
      });
      if (!locked.liveSessions.has(actor.sessionId))
        throw fail('session_ended', { reason: 'expired' });
      const facts = locked.appeals.get(appealId);
      if (!facts || !appealPolicy.read(actor, subjectOf(facts)))
        throw fail('not_found', { what: 'appeal' });
      const work = change(facts);
      await run(work, now?.() ?? locked.now, tx);
      if (
        work.entries.length + work.clocks.length + work.marks.length + work.participants.length ===
          0 &&
        !work.public
      )
        return view(actor, facts);
      await appealRepository.save(tx, [work]);
      tellAfter(tx, work);
      return view(actor, facts);
    });
  }

  /** @throws not_found – not a colleague with access */
  async function colleague(tx: Tx, id: string): Promise<{ id: string; name: string }> {
    const [person] = await tx.query<{ id: string; name: string }>(
      `SELECT id, name FROM person WHERE id = $1 AND role <> 'dealer' AND access_allowed`,
      [id],
    );
    if (!person) throw fail('not_found', { what: 'person' });
    return person;
  }

  /** Has this command been served before? @throws same_id_other_content */
  async function wasDone(tx: Tx, actor: Actor, { clientId, contentHash: hash }: Command) {
    const [sent] = await tx.query<{ content_hash: string | null }>(
      `SELECT content_hash FROM entry WHERE author_id = $1 AND client_id = $2`,
      [actor.personId, clientId],
    );
    const known = sent
      ? sent.content_hash
      : await appealRepository.idleCommand(tx, actor.personId, clientId);
    if (!sent && known === null) return false;
    if (known !== hash) throw fail('same_id_other_content', { clientId });
    return true;
  }

  /** Checks directory entries and the dealer, and makes the row of a new appeal. */
  async function newAppeal(tx: Tx, actor: Actor, input: OpenInput): Promise<AppealFacts> {
    const dealerId = actor.dealerId ?? input.dealerId;
    if (dealerId === undefined)
      throw fail('invalid_input', {
        fields: [{ path: 'dealerId', rule: 'needed', message: 'say for which dealer' }],
      });
    const [found] = await tx.query<{
      dealer_name: string | null;
      manager_id: string | null;
      type: string | null;
      topic: string | null;
      team_id: string | null;
      no: number;
      now: Date;
    }>(
      // Held, so that the topic goes to no other team before this appeal can go along.
      `WITH topic AS MATERIALIZED (SELECT code, team_id, active FROM topic WHERE id = $3 FOR SHARE)
       SELECT (SELECT name FROM dealer WHERE id = $1) AS dealer_name, (SELECT manager_id FROM dealer WHERE id = $1) AS manager_id,
         (SELECT code FROM appeal_type WHERE code = $2) AS type,
         (SELECT code FROM topic WHERE active) AS topic, (SELECT team_id FROM topic) AS team_id,
         nextval('appeal_no')::int AS no, clock_timestamp() AS now`,
      [dealerId, input.typeCode, input.topicId],
    );
    if (!found || found.dealer_name === null) throw fail('not_found', { what: 'dealer' });
    const wrong = (path: string) =>
      fail('invalid_input', {
        fields: [{ path, rule: 'unknown', message: 'is not in the directory' }],
      });
    if (found.type === null) throw wrong('typeCode');
    if (found.topic === null) throw wrong('topicId');
    const at = (now?.() ?? found.now).toISOString();
    const row: AppealRow = {
      id: uuid(),
      no: found.no,
      client_id: input.clientId,
      content_hash: openHash(input),
      dealer_id: dealerId,
      opened_by: actor.personId,
      opened_by_name: actor.name,
      type_code: input.typeCode,
      topic_id: input.topicId,
      subject: input.subject ?? subjectFrom(input.body, found.type),
      status: 'new',
      solved: null,
      priority: input.priority ?? 'normal',
      source: input.source ?? 'portal',
      contact_name: input.contactName ?? null,
      assignee_id: null,
      team_id: found.team_id,
      answer_owed_by: 'staff',
      last_seq: 0,
      last_public_seq: 0,
      messages: 0,
      public_messages: 0,
      seen_by_staff: 0,
      seen_by_dealer: 0,
      last_word: null,
      public_last_word: null,
      last_at: at,
      public_last_at: at,
      spoke: { staff: [], dealer: [] },
      merged_into: null,
      rev: 0,
      public_rev: 0,
      created_at: at,
    };
    return {
      row,
      dealerName: found.dealer_name,
      dealerManagerId: found.manager_id,
      assigneeName: null,
      members: [],
      mentions: [],
      clocks: [],
      questions: [],
    };
  }

  /** True when this person used the id for something, be it in another appeal. */
  async function hasWritten(actor: Actor, clientId: string): Promise<boolean> {
    const found = await db.query(`SELECT 1 FROM entry WHERE author_id = $1 AND client_id = $2`, [
      actor.personId,
      clientId,
    ]);
    return found.length > 0;
  }

  async function openedBefore(actor: Actor, input: OpenInput): Promise<Posted | null> {
    const opened = await appealRepository.findOpened(db, actor.personId, input.clientId);
    if (!opened) return null;
    if (opened.content_hash !== openHash(input))
      throw fail('same_id_other_content', { clientId: input.clientId });
    const [facts] = await appealRepository.facts(db, [opened.id]);
    const [first] = await db.query<{ id: string }>(
      `SELECT id FROM entry WHERE author_id = $1 AND client_id = $2`,
      [actor.personId, input.clientId],
    );
    const entry = first && (await appealRepository.entry(db, first.id));
    if (!facts || !entry) throw new Error('an opened appeal has its first message');
    const attachments = (await attachmentRepository.ofEntries(db, [entry.id])).get(entry.id) ?? [];
    return {
      appeal: view(actor, facts),
      entry: isStaff(actor) ? staffEntry(entry, attachments) : dealerEntry(entry, attachments),
    };
  }

  return {
    /**
     * Opens an appeal with its first message, files and orders; its clocks start.
     * Staff may open on behalf of a dealer; the words then count as the dealer's.
     * A second call with the same `clientId` gives the first answer again.
     * @throws not_found – no such dealer, order or upload
     * @throws invalid_input – unknown type or topic, nothing said
     * @throws same_id_other_content – the id was used for something else
     */
    async open(actor: Actor, input: OpenInput): Promise<Posted> {
      if (actor.nameNeeded) throw fail('name_needed', {});
      if (input.body === '' && input.attachmentIds.length === 0) {
        throw fail('invalid_input', {
          fields: [{ path: 'body', rule: 'too_small', message: 'say something or attach a file' }],
        });
      }
      if (input.attachmentIds.length > filesPerMessage)
        throw fail('too_many_files', { limit: filesPerMessage });
      const onBehalf = isStaff(actor);
      if (
        !appealPolicy.openFor(actor) &&
        (onBehalf ||
          input.dealerId !== undefined ||
          input.source !== undefined ||
          input.priority !== undefined ||
          input.contactName !== undefined)
      ) {
        throw fail('forbidden', { right: 'openFor' });
      }
      const before = await openedBefore(actor, input);
      if (before) return before;
      try {
        return await db.transaction(async (tx) => {
          const facts = await newAppeal(tx, actor, input);
          const at = new Date(facts.row.created_at);
          const clocks = await clocksAt(facts.row, at);
          const work = change(facts, { isNew: true });
          const orders = await linkOrders(tx, work, actor, input.orderNumbers, at);
          const entry = say(
            work,
            actor,
            {
              kind: 'message',
              clientId: input.clientId,
              contentHash: facts.row.content_hash,
              body: input.body,
              files: input.attachmentIds.length,
              orders,
              mentions: [],
              onBehalf,
            },
            at,
            clocks,
          );
          const promise = facts.clocks.find((clock) => clock.kind !== 'resolution')?.dueAt ?? null;
          append(work, null, 'opened', { promise: promise?.toISOString() ?? null }, at, true);
          await appealRepository.save(tx, [work]);
          if (orders.length > 0) {
            const linked = await orderRepository.findByNumbers(tx, facts.row.dealer_id, orders);
            await insertLinks(
              tx,
              facts.row.id,
              linked.map((order) => order.id),
              actor,
              at,
            );
          }
          const attachments = await claimFiles(tx, actor, entry, input.attachmentIds);
          tx.afterCommit(() =>
            tell({
              facts,
              public: true,
              entries: work.entries.map((row) => ({
                row,
                attachments: row.id === entry.id ? attachments : [],
              })),
            }),
          );
          return {
            appeal: view(actor, facts),
            entry: isStaff(actor)
              ? staffEntry(entry, attachments)
              : dealerEntry(entry, attachments),
          };
        });
      } catch (error) {
        // The same press arrived twice at once: the loser of the race gives the winner's answer.
        const raced = await openedBefore(actor, input);
        if (raced) return raced;
        if (await hasWritten(actor, input.clientId))
          throw fail('same_id_other_content', { clientId: input.clientId }, { cause: error });
        throw error;
      }
    },

    /** @throws not_found, forbidden */
    assign: (actor: Actor, { appealId, assigneeId }: z.output<typeof Assign>) =>
      changing(actor, appealId, async (work, at, tx) => {
        if (!appealPolicy.assign(actor)) throw fail('forbidden', { right: 'assign' });
        const to = assigneeId === null ? null : await colleague(tx, assigneeId);
        assignTo(work, actor, to, at);
      }),

    /**
     * Hands over many appeals, each in a transaction of its own and with its own answer. An appeal that somebody else has
     * handed over meanwhile stays with whom he chose. Sent again, what was done is not done twice.
     * @throws forbidden
     * @throws not_found – somebody in `to` is no colleague with access: then nothing is done
     */
    async reassign(actor: Actor, { items }: z.output<typeof Reassign>): Promise<Reassigned> {
      if (!holds(actor, 'staff.work')) throw fail('not_found', { what: 'path' });
      if (!appealPolicy.reassign(actor)) throw fail('forbidden', { right: 'assign' });
      const people = new Map<string, { id: string; name: string }>();
      await db.transaction(async (tx) => {
        for (const id of new Set(items.flatMap(({ to }) => to ?? [])))
          people.set(id, await colleague(tx, id));
      });
      const answers: Reassigned['items'] = [];
      for (const { clientId, appealId, from, to } of items) {
        const command = {
          clientId,
          contentHash: contentHash(['reassign', appealId, from, to]),
        };
        let isDone = true;
        const appeal = await changing(actor, appealId, async (work, at, tx) => {
          const { assignee_id: now } = work.facts.row;
          if (now === to || (await wasDone(tx, actor, command))) return;
          isDone = now === from;
          if (!isDone) return;
          const person = to === null ? null : (people.get(to) ?? null);
          assignTo(work, actor, person, at, command);
        }).catch((error: unknown) => {
          if (error instanceof AppError && error.code === 'not_found') return null;
          if (breaksConstraint(error, 'entry_once'))
            throw fail('same_id_other_content', { clientId });
          throw error;
        });
        if (appeal?.audience === 'staff')
          answers.push({ appealId, result: isDone ? 'done' : 'changed', appeal });
        else answers.push({ appealId, result: 'not_found' });
      }
      return { items: answers };
    },

    /**
     * With a `clientId` a repeat changes nothing, even when the status has moved on since, and answers the appeal as it is now.
     * @throws not_found, forbidden
     * @throws same_id_other_content – the id was used for something else
     */
    changeStatus: (
      actor: Actor,
      { appealId, status, solved, clientId }: z.output<typeof ChangeStatus>,
    ) =>
      changing(actor, appealId, async (work, at, tx) => {
        const subject = subjectOf(work.facts);
        const command =
          clientId === undefined
            ? null
            : {
                clientId,
                contentHash: contentHash(['status', appealId, status, solved ?? null]),
              };
        if (command && (await wasDone(tx, actor, command))) return;
        // Solved twice is solved; of any other status a dealer does not even learn that it is so already.
        const isSolved = status === 'resolved' && subject.status === status;
        const asked = isSolved ? { ...subject, status: 'in_work' as const } : subject;
        if (!appealPolicy.changeStatus(actor, asked, status))
          throw fail('forbidden', { right: 'changeStatus' });
        if (subject.status === status) {
          if (command) await appealRepository.addIdleCommand(tx, actor.personId, command);
          return;
        }
        refuseMerged(work.facts);
        setStatus(
          work,
          actor,
          status,
          at,
          await clocksAt(work.facts.row, at),
          solved ?? (isStaff(actor) ? null : true),
          command,
        );
      }).catch((error: unknown) => {
        // The id was being used elsewhere at this very moment.
        if (clientId && breaksConstraint(error, 'entry_once'))
          throw fail('same_id_other_content', { clientId });
        throw error;
      }),

    /**
     * Topic, type, priority, subject, team. A new topic hands the appeal to its team; topic, type and priority choose the policy anew.
     * @throws not_found, forbidden, invalid_input
     */
    changeFields: (actor: Actor, input: z.output<typeof ChangeFields>) =>
      changing(
        actor,
        input.appealId,
        async (work, at, tx) => {
          if (!appealPolicy.changeFields(actor)) throw fail('forbidden', { right: 'changeFields' });
          const { row } = work.facts;
          const changes: { field: string; from: unknown; to: unknown }[] = [];
          const set = <Field extends 'topic_id' | 'type_code' | 'priority' | 'subject' | 'team_id'>(
            field: Field,
            to: AppealRow[Field] | undefined,
          ) => {
            if (to === undefined || row[field] === to) return;
            changes.push({ field, from: row[field], to });
            row[field] = to;
          };
          const unknown = (path: string) =>
            fail('invalid_input', {
              fields: [{ path, rule: 'unknown', message: 'is not in the directory' }],
            });
          const [known] = await tx.query<{
            type: boolean;
            topic: boolean;
            team: boolean;
            topic_team: string | null;
          }>(
            // What is archived may stay, but is not chosen any more.
            `SELECT EXISTS (SELECT 1 FROM appeal_type WHERE code = $1) AS type,
             EXISTS (SELECT 1 FROM topic WHERE id = $2 AND (active OR id = $4)) AS topic,
             EXISTS (SELECT 1 FROM team WHERE id = $3 AND (active OR id = $5)) AS team,
             (SELECT team_id FROM topic WHERE id = $2) AS topic_team`,
            [
              ...[input.typeCode ?? null, input.topicId ?? null, input.teamId ?? null],
              ...[row.topic_id, row.team_id],
            ],
          );
          if (input.typeCode !== undefined && !known?.type) throw unknown('typeCode');
          if (input.topicId !== undefined && !known?.topic) throw unknown('topicId');
          if (input.teamId !== undefined && input.teamId !== null && !known?.team)
            throw unknown('teamId');
          const teamBefore = row.team_id;
          set('subject', input.subject);
          set('topic_id', input.topicId);
          set(
            'team_id',
            input.teamId ?? (input.topicId === undefined ? undefined : (known?.topic_team ?? null)),
          );
          set('type_code', input.typeCode);
          set('priority', input.priority);
          if (changes.length === 0) return;
          append(work, actor, 'fields', { changes }, at, false);
          // Subject, topic and type are the dealer's to see; priority and team are not.
          if (
            changes.some(
              ({ field }) => field === 'subject' || field === 'topic_id' || field === 'type_code',
            )
          )
            work.public = true;
          const chooses = ['topic_id', 'type_code', 'priority', 'team_id'];
          if (changes.some(({ field }) => chooses.includes(field))) {
            followRules(work, await clocksAt(row, at));
          }
          if (teamBefore !== row.team_id && teamBefore !== null)
            await forgetForTeam(tx, teamBefore);
        },
        (tx) => tx.query(`SELECT FROM topic WHERE id = $1 FOR SHARE`, [input.topicId ?? null]),
      ),

    /**
     * Brings colleagues in. Of staff with an optional question: it becomes a note to them and is open for each of them, whoever was in
     * already too, until he writes or it is withdrawn. Only staff see any of it;
     * a chief visitor brings in people of his dealer, and both sides see it.
     * @throws not_found – no such appeal or no such colleague with access
     * @throws forbidden – a visitor who is no chief
     * @throws invalid_input – a visitor asks a question: he has the thread for it; or somebody asks himself
     */
    pullIn: (actor: Actor, { appealId, clientId, personIds, question }: z.output<typeof PullIn>) =>
      changing(actor, appealId, async (work, at, tx) => {
        if (!appealPolicy.pullIn(actor)) throw fail('forbidden', { right: 'pullIn' });
        if (actor.dealerId !== null) {
          if (question !== '')
            throw fail('invalid_input', {
              fields: [{ path: 'question', rule: 'too_big', message: 'is for staff' }],
            });
          await bringVisitors(tx, work, actor, { dealerId: actor.dealerId, personIds, at });
          return;
        }
        if (question !== '' && personIds.includes(actor.personId))
          throw fail('invalid_input', {
            fields: [{ path: 'personIds', rule: 'yourself', message: 'nobody asks himself' }],
          });
        const people = await pullInMentioned(tx, work, actor, personIds, at);
        if (question === '') return;
        refuseMerged(work.facts);
        const [sent] = await tx.query<{ content_hash: string }>(
          `SELECT content_hash FROM entry WHERE author_id = $1 AND client_id = $2`,
          [actor.personId, clientId],
        );
        const hash = contentHash([appealId, personIds, question]);
        if (sent && sent.content_hash !== hash) throw fail('same_id_other_content', { clientId });
        if (sent) return;
        const note = say(
          work,
          actor,
          {
            kind: 'note',
            clientId,
            contentHash: hash,
            body: question,
            files: 0,
            orders: [],
            mentions: [...new Set(personIds)],
          },
          at,
          null,
        );
        const clocks = await clocksAt(work.facts.row, at);
        const { questions, event } = putQuestions(work, note, people, clocks);
        append(work, actor, event.type, event.facts, at, false);
        await noticeRepository.add(tx, noticesOf('question_asked', questions, at));
      }).catch((error: unknown) => {
        // The id was being used elsewhere at this very moment.
        if (breaksConstraint(error, 'entry_once'))
          throw fail('same_id_other_content', { clientId });
        throw error;
      }),

    /**
     * Somebody leaves the appeal, or is taken off it by his own side; who is not on it stays so.
     * That a dealer's people come and go is for both sides to see; of staff only staff.
     * @throws not_found, forbidden
     */
    leave: (actor: Actor, { appealId, personId }: z.output<typeof LeaveAppeal>) =>
      changing(actor, appealId, async (work, at, tx) => {
        const subject = subjectOf(work.facts);
        if (!appealPolicy.removeMember(actor, subject, personId))
          throw fail('forbidden', { right: 'removeMember' });
        const ownSide = isStaff(actor) ? subject.staffIds : subject.visitorIds;
        if (!ownSide.includes(personId)) return;
        const [person] = await tx.query<{ id: string; name: string }>(
          `SELECT id, name FROM person WHERE id = $1`,
          [personId],
        );
        if (!person) throw fail('not_found', { what: 'person' });
        work.facts.members = work.facts.members.filter((member) => member.id !== personId);
        endQuestions(work, actor, 'withdrawn', (one) => one.asked_to === personId, at);
        work.participants.push({
          appeal_id: appealId,
          person_id: personId,
          side: actor.side,
          joined_at: at.toISOString(),
          left_at: at.toISOString(),
          wrote_publicly: false,
        });
        append(work, actor, 'left', { persons: [person] }, at, !isStaff(actor));
        // He may have seen the appeal only because he was on it.
        await tx.query(`UPDATE person SET rights_version = rights_version + 1 WHERE id = $1`, [
          personId,
        ]);
        await tx.query(`SELECT pg_notify('rights_changed', $1)`, [personId]);
      }),

    /** @throws not_found – no such order of this dealer */
    linkOrder: (actor: Actor, { appealId, number }: z.output<typeof LinkOrder>) =>
      changing(actor, appealId, async (work, at, tx) => {
        await linkOrders(tx, work, actor, [number], at);
      }),

    /** @throws not_found – the order is not linked */
    unlinkOrder: (actor: Actor, { appealId, number }: z.output<typeof LinkOrder>) =>
      changing(actor, appealId, async (work, at, tx) => {
        const removed = await tx.query(
          `DELETE FROM appeal_order l USING dealer_order o WHERE o.id = l.order_id AND l.appeal_id = $1 AND o.number = $2 RETURNING 1 AS one`,
          [appealId, number],
        );
        if (removed.length === 0) throw fail('not_found', { what: 'order' });
        append(work, actor, 'order_unlinked', { number }, at, true);
      }),

    /** The side that owes the answer says that none is needed: the wait ends without a fake reply. */
    noAnswerNeeded: (actor: Actor, { appealId }: { appealId: string }) =>
      changing(actor, appealId, async (work, at) => {
        if (!appealPolicy.write(actor)) throw fail('forbidden', { right: 'write' });
        const { row } = work.facts;
        if (row.answer_owed_by !== actor.side) return;
        row.answer_owed_by = null;
        append(work, actor, 'no_answer_needed', {}, at, !isStaff(actor));
        work.public = true;
        if (isStaff(actor)) moveClocks(work, { type: 'no_answer_needed' }, await clocksAt(row, at));
      }),

    /**
     * One poll of due moments for one appeal: warnings and breaches that are still true become events, and what has come
     * of the ladder is done.
     * @returns the clocks whose breach was written now, by this call
     */
    async tick(
      appealId: string,
      due: {
        kind: ClockKind;
        cycle: number;
        moment: 'warn' | 'due' | 'ladder';
      }[],
    ): Promise<ClockKind[]> {
      return db.transaction(async (tx) => {
        const locked = await appealRepository.lock(
          tx,
          { appealIds: [appealId], sessionIds: [], sent: [] },
          { skipLocked: true },
        );
        const facts = locked.appeals.get(appealId);
        if (!facts) return [];
        const at = now?.() ?? locked.now;
        const clocks = await clocksAt(facts.row, at);
        const work = change(facts);
        for (const { kind, cycle, moment } of due) {
          moveClocks(
            work,
            { type: moment === 'warn' ? 'warn_reached' : 'due_reached', kind, cycle },
            clocks,
          );
        }
        const reached = climbLadder(work, clocks);
        await escalate(tx, sla, work, reached, at);
        if (reached.length > 0) aimLadder(work, clocks);
        if (work.steps.length + work.clocks.length === 0) return [];
        await appealRepository.save(tx, [work]);
        tellAfter(tx, work);
        return work.steps.filter(({ action }) => action === 'breached').map(({ kind }) => kind);
      });
    },

    /**
     * Everything beside the thread itself: participants, orders, files, what the viewer may do.
     * @throws not_found – no such appeal, or none this actor may see
     */
    async card(actor: Actor, key: { appealId: string } | { no: number }): Promise<AppealCard> {
      const [facts] = await appealRepository.select(
        db,
        'appealId' in key ? 'WHERE a.id = $1' : 'WHERE a.no = $1',
        ['appealId' in key ? key.appealId : key.no],
      );
      if (!facts || !appealPolicy.read(actor, subjectOf(facts)))
        throw fail('not_found', { what: 'appeal' });
      const appealId = facts.row.id;
      const [participants, orders, attachments, mark] = await Promise.all([
        participantsFor(actor, facts),
        orderRepository.ofAppeal(db, appealId),
        attachmentRepository.ofAppeal(db, appealId, { publicOnly: !isStaff(actor) }),
        db.query<{ seq: number; messages: number; rev: number }>(
          `SELECT seq, messages, rev FROM read_mark WHERE appeal_id = $1 AND person_id = $2`,
          [appealId, actor.personId],
        ),
      ]);
      const subject = subjectOf(facts);
      const done = subject.status === 'resolved' || subject.status === 'closed';
      return {
        appeal: view(actor, facts),
        mark: { appealId, ...(mark[0] ?? { seq: 0, messages: 0, rev: 0 }) },
        participants,
        orders,
        attachments,
        can: {
          reply: facts.row.merged_into === null && appealPolicy.write(actor),
          note: appealPolicy.writeNote(actor),
          assign: appealPolicy.assign(actor),
          changeStatus: facts.row.merged_into === null && appealPolicy.setStatus(actor),
          merge: appealPolicy.merge(actor),
          changeFields: appealPolicy.changeFields(actor),
          pullIn: appealPolicy.pullIn(actor),
          linkOrder: appealPolicy.linkOrder(actor),
          noAnswerNeeded: facts.row.answer_owed_by === actor.side && appealPolicy.write(actor),
          resolve: !done && appealPolicy.changeStatus(actor, subject, 'resolved'),
        },
      };
    },

    changing,
    wasDone,
    newAppeal,

    /**
     * The clocks with their lines, for staff; a dealer reads the ledger.
     * @throws not_found, forbidden
     */
    async clocks(actor: Actor, { appealId }: { appealId: string }): Promise<AppealClocks> {
      const [facts] = await appealRepository.facts(db, [appealId]);
      if (!facts || !appealPolicy.read(actor, subjectOf(facts)))
        throw fail('not_found', { what: 'appeal' });
      if (!appealPolicy.seeClocks(actor)) throw fail('forbidden', { right: 'seeClocks' });
      const [clocks, steps] = await Promise.all([
        clockRepository.clocksOf(db, appealId),
        clockRepository.stepsOf(db, appealId),
      ]);
      const last = clocks.at(-1);
      return {
        ...(await sla.about(last?.policyId ?? null, last?.calendarId ?? null)),
        clocks: clocks.map(clockView),
        steps: steps.map(stepView),
      };
    },

    async directories(actor: Actor): Promise<Directories> {
      const [types, topics, teams] = await Promise.all([
        db.query<{ code: string; name_ru: string; name_en: string }>(
          `SELECT code, name_ru, name_en FROM appeal_type ORDER BY position, code`,
        ),
        db.query<{
          id: string;
          code: string;
          name_ru: string;
          name_en: string;
          team_id: string | null;
          active: boolean;
        }>(
          `SELECT id, code, name_ru, name_en, team_id, active FROM topic ORDER BY position, name_ru`,
        ),
        isStaff(actor)
          ? db.query<{ id: string; name_ru: string; name_en: string; active: boolean }>(
              `SELECT id, name_ru, name_en, active FROM team ORDER BY name_ru`,
            )
          : [],
      ]);
      const name = (row: { name_ru: string; name_en: string }) => ({
        ru: row.name_ru,
        en: row.name_en,
      });
      return {
        types: types.map((type) => ({ code: type.code, name: name(type) })),
        topics: topics.map((topic) => ({
          id: topic.id,
          code: topic.code,
          name: name(topic),
          teamId: isStaff(actor) ? topic.team_id : null,
          active: topic.active,
        })),
        teams: teams.map((team) => ({ id: team.id, name: name(team), active: team.active })),
      };
    },

    /** For file downloads: may this person see the entry a file belongs to? Files of a deleted one are given to nobody. */
    async mayReadEntry(actor: Actor, entryId: string): Promise<boolean> {
      const entry = await appealRepository.entry(db, entryId);
      if (!entry || entry.deleted_at !== null || !appealPolicy.readEntry(actor, entry))
        return false;
      // A message that was split off has its files here, and may be read there.
      const copies = await appealRepository.copiesOf(db, entryId);
      const shown = [entry, ...copies.filter(({ deleted_at }) => deleted_at === null)];
      const facts = await appealRepository.facts(
        db,
        shown.map(({ appeal_id }) => appeal_id),
      );
      return facts.some((one) => appealPolicy.read(actor, subjectOf(one)));
    },
  };

  /** Staff are shown everybody; a dealer his own people, the assignee, and staff who spoke to him. */
  async function participantsFor(actor: Actor, facts: AppealFacts): Promise<Participant[]> {
    const staff = isStaff(actor);
    const people = await db.query<{
      id: string;
      name: string;
      job_title: string;
      side: 'dealer' | 'staff';
      joined_at: Date;
      wrote_publicly: boolean;
      read: number | null;
      last_seen_at: Date | null;
    }>(
      `SELECT p.id, p.name, p.job_title, m.side, m.joined_at, m.wrote_publicly, r.public_seq AS read,
         (SELECT max(s.last_seen_at) FROM session s WHERE s.person_id = p.id) AS last_seen_at
       FROM participant m JOIN person p ON p.id = m.person_id
       LEFT JOIN read_mark r ON r.appeal_id = m.appeal_id AND r.person_id = m.person_id
       WHERE m.appeal_id = $1 AND m.left_at IS NULL ORDER BY m.side DESC, m.joined_at, p.id`,
      [facts.row.id],
    );
    const assigneeId = facts.row.assignee_id;
    const subject = subjectOf(facts);
    const own = people.filter(({ side }) => side === actor.side);
    const online = new Map(
      await Promise.all(
        own.map(async ({ id }): Promise<[string, boolean]> => [
          id,
          await isOnline(rooms.person(id)),
        ]),
      ),
    );
    return people
      .filter(
        (person) =>
          staff || person.side === 'dealer' || person.wrote_publicly || person.id === assigneeId,
      )
      .map((person) => ({
        id: person.id,
        name: person.name,
        jobTitle: person.job_title,
        side: person.side,
        role:
          person.id === assigneeId
            ? 'assignee'
            : person.id === facts.row.opened_by
              ? 'opener'
              : 'member',
        joinedAt: person.joined_at.toISOString(),
        // Dealers learn that the company has read, not who.
        readPublicSeq: staff || person.side === 'dealer' ? (person.read ?? 0) : null,
        online: online.get(person.id) ?? null,
        lastSeenAt:
          person.side === actor.side ? (person.last_seen_at?.toISOString() ?? null) : null,
        canRemove:
          person.side === actor.side &&
          person.id !== assigneeId &&
          appealPolicy.removeMember(actor, subject, person.id),
      }));
  }
}

/** People of a dealer join an appeal of his; the event is public. @throws not_found – somebody who is not his, or has no access */
async function bringVisitors(
  tx: Tx,
  work: AppealChange,
  actor: Actor,
  { dealerId, personIds, at }: { dealerId: string; personIds: string[]; at: Date },
): Promise<void> {
  const people = await tx.query<{ id: string; name: string }>(
    `SELECT id, name FROM person WHERE id = ANY($1::uuid[]) AND dealer_id = $2 AND access_allowed ORDER BY lower(name), id`,
    [personIds, dealerId],
  );
  if (people.length !== new Set(personIds).size) throw fail('not_found', { what: 'person' });
  const joined = people.filter((person) => join(work, { id: person.id, side: 'dealer' }, at));
  if (joined.length > 0) append(work, actor, 'joined', { persons: joined }, at, true);
}

function openHash({
  typeCode,
  topicId,
  subject,
  body,
  attachmentIds,
  orderNumbers,
  dealerId,
  source,
  priority,
  contactName,
}: OpenInput): string {
  return contentHash([
    'open',
    typeCode,
    topicId,
    subject ?? null,
    body,
    attachmentIds,
    orderNumbers,
    dealerId ?? null,
    source ?? null,
    priority ?? null,
    contactName ?? null,
  ]);
}

/** First line of the text, cut at a word; a message of files only is named after its type. */
function subjectFrom(body: string, type: string): string {
  const line =
    body
      .split('\n')
      .find((part) => part.trim() !== '')
      ?.trim() ?? '';
  if (line === '')
    return { complaint: 'Рекламация', error: 'Ошибка', question: 'Вопрос' }[type] ?? type;
  if (line.length <= SUBJECT_FROM_TEXT) return line;
  const cut = line.slice(0, SUBJECT_FROM_TEXT);
  return `${cut
    .slice(0, Math.max(cut.lastIndexOf(' '), SUBJECT_FROM_TEXT / 2))
    .trim()
    .toWellFormed()}…`;
}

/** People of a team that no longer holds an appeal start their sync afresh. */
async function forgetForTeam(tx: Tx, teamId: string): Promise<void> {
  const people = await tx.query<{ person_id: string }>(
    `WITH changed AS (
       UPDATE person SET rights_version = rights_version + 1
       WHERE id IN (SELECT person_id FROM person_team WHERE team_id = $1) RETURNING id)
     SELECT id AS person_id FROM changed`,
    [teamId],
  );
  for (const { person_id } of people)
    await tx.query(`SELECT pg_notify('rights_changed', $1)`, [person_id]);
}
