import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { OpenAppeal, PostEntry } from '@otklik/shared/appeals';
import type { Config } from '../../config';
import type { Db } from '../../platform/db';
import { createLocalFiles } from '../../platform/files';
import { createAppealService, createThreadService } from '../appeals';
import { createAttachmentService } from '../attachments';
import { workMsBetween, type SlaService, type WorkCalendar } from '../sla';
import { supplier } from './demo.content';
import type { DemoAppeal, DemoAttachment, DemoStep, PersonKey } from './demo.content';
import { fillDates } from './demo.dates';
import { planMoments } from './demo.moments';
import type { DemoWorld } from './demo.people';
import { demoRepository, type DueMoment } from './demo.repository';
import type { Shelf } from './demo.shelf';

export interface StageDeps {
  db: Db;
  sla: SlaService;
  config: Pick<Config, 'uploadsDir' | 'fileMaxBytes' | 'uploadTtlMs' | 'uploadsPerHour'>;
  calendar: WorkCalendar;
  now: Date;
  world: DemoWorld;
  shelf: Shelf;
  done: () => void;
}

/** One appeal on its way from the first message to now. Call the parts in this order. */
export interface Play {
  appeal: DemoAppeal;
  /** Uploads the files of the first message; needs no number, so many may run at once. */
  upload(): Promise<void>;
  /** Opens the appeal, which takes the next number. */
  open(): Promise<void>;
  /** Everything after the first message, deadlines that passed included. Answers the appeal's id. */
  goOn(): Promise<string>;
}

/** More than any demo message carries, whatever the setting for people is. */
const FILES_PER_MESSAGE = 20;
/** The supervisor sorts new appeals within this time. */
const SORTING_MS = 4 * 60_000;
/** The poller looks once a second. */
const POLLER_MS = 1_000;

/**
 * Prepares an appeal to be played: the services run on a clock of its own, which is set to the moment of each step.
 * Nobody is told anything, because nobody is there yet.
 */
export function rehearse(appeal: DemoAppeal, deps: StageDeps): Play {
  const { db, sla, config, calendar, now, world, shelf, done } = deps;
  const { actors } = world;
  const moments = planMoments(appeal.steps, now, (from, to) => workMsBetween(from, to, calendar));
  const [first, ...later] = appeal.steps;
  if (first?.do !== 'message') throw new Error(`the appeal ${appeal.key} begins with no message`);
  const opening = first;

  let at = momentOf(0);
  const clock = () => at;
  const telling = { tell: () => undefined, tellMark: () => undefined };
  const shared = { db, sla, now: clock, filesPerMessage: FILES_PER_MESSAGE, ...telling };
  const appeals = createAppealService(shared);
  const threads = createThreadService(shared);
  const attachments = createAttachmentService({
    db,
    config,
    storage: createLocalFiles(config.uploadsDir),
    now: clock,
    mayReadEntry: appeals.mayReadEntry,
  });
  let uploaded: string[] = [];
  let appealId = '';

  function momentOf(step: number): Date {
    const moment = moments[step];
    if (moment === undefined) throw new Error(`step ${step} of ${appeal.key} has no moment`);
    return moment;
  }
  const said = (text: string) => fillDates(text, at, supplier.zone);

  async function uploadFiles(person: PersonKey, files: readonly DemoAttachment[]) {
    return Promise.all(
      files.map(async (file) => {
        const received = await attachments.receive(Readable.from([await shelf.bytesOf(file)]));
        const upload = { clientId: randomUUID(), name: file.name, received };
        return (await attachments.add(actors[person], upload)).id;
      }),
    );
  }

  /** Time passes: what falls due on the way is written down when the poller would have seen it. */
  async function goTo(moment: Date): Promise<void> {
    const due = await demoRepository.dueMoments(db, appealId, moment);
    for (const one of due) await fallDue(one, moment);
    at = moment;
  }

  async function fallDue({ kind, cycle, moment, at: past }: DueMoment, limit: Date) {
    at = new Date(Math.min(past.getTime() + POLLER_MS, limit.getTime()));
    await appeals.tick(appealId, [{ kind, cycle, moment }]);
  }

  /** Dealers choose no priority; the supervisor does, soon after and before anything else happens. */
  async function sortIn(): Promise<void> {
    if (appeal.priority === 'normal') return;
    const next = later.length > 0 ? momentOf(1) : now;
    const pauseMs = Math.min(SORTING_MS, (next.getTime() - momentOf(0).getTime()) / 2);
    await goTo(new Date(momentOf(0).getTime() + pauseMs));
    await appeals.changeFields(actors.ezhova, { appealId, priority: appeal.priority });
  }

  /** @returns true when the next step, a change of status, was done together with this message */
  async function speak(
    step: Extract<DemoStep, { do: 'message' | 'note' }>,
    next: DemoStep | undefined,
  ): Promise<boolean> {
    const thenStatus = step.do === 'message' ? statusSentAlong(step, next) : undefined;
    const isNote = step.do === 'note';
    const input = PostEntry.parse({
      appealId,
      clientId: randomUUID(),
      kind: step.do,
      body: said(step.text),
      attachmentIds: await uploadFiles(step.person, step.files),
      mentions: isNote ? step.mentions.map((key) => actors[key].personId) : [],
      thenStatus,
    });
    await threads.post(actors[step.person], input);
    return thenStatus !== undefined;
  }

  /** @returns as {@link speak} */
  async function act(step: DemoStep, next: DemoStep | undefined): Promise<boolean> {
    const actor = actors[step.person];
    switch (step.do) {
      case 'message':
      case 'note':
        return speak(step, next);
      case 'assign':
        await appeals.assign(actor, { appealId, assigneeId: actors[step.to].personId });
        break;
      case 'invite': {
        const personIds = [actors[step.colleague].personId];
        const question = said(step.question ?? '');
        await appeals.pullIn(actor, { appealId, clientId: randomUUID(), personIds, question });
        break;
      }
      case 'status':
        await appeals.changeStatus(actor, {
          ...{ appealId, status: step.to },
          ...(step.to === 'resolved' ? { solved: true } : {}),
        });
        break;
      case 'no_answer_needed':
        await appeals.noAnswerNeeded(actor, { appealId });
        break;
      case 'link_order':
        await appeals.linkOrder(actor, { appealId, number: String(step.order) });
        break;
    }
    return false;
  }

  return {
    appeal,
    async upload() {
      uploaded = await uploadFiles(opening.person, opening.files);
    },
    async open() {
      const input = OpenAppeal.parse({
        clientId: randomUUID(),
        typeCode: appeal.type,
        topicId: world.topicIds[appeal.topic],
        subject: said(appeal.subject),
        body: said(opening.text),
        attachmentIds: uploaded,
        orderNumbers: appeal.orders.map(String),
      });
      appealId = (await appeals.open(actors[opening.person], input)).appeal.id;
      done();
    },
    async goOn() {
      await sortIn();
      let together = false;
      for (const [index, step] of later.entries()) {
        if (together) together = false;
        else {
          await goTo(momentOf(index + 1));
          together = await act(step, later[index + 1]);
        }
        done();
      }
      await goTo(now);
      return appealId;
    },
  };
}

/** "Send and wait" and "send and resolve" are one press of a button. */
function statusSentAlong(step: DemoStep, next: DemoStep | undefined) {
  if (next?.do !== 'status' || next.person !== step.person || next.ago !== step.ago)
    return undefined;
  return next.to === 'waiting' || next.to === 'resolved' ? next.to : undefined;
}
