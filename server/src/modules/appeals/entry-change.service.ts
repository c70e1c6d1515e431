import type {
  DeleteEntry,
  EditEntry,
  Entry,
  EntryId,
  EntryVersions,
  Posted,
} from '@otklik/shared/appeals';
import type * as z from 'zod';
import type { Db, Tx } from '../../platform/db';
import { breaksConstraint, fail } from '../../platform/errors';
import type { Actor } from '../people';
import { appealPolicy } from './appeal.policy';
import { appealRepository, subjectOf, type EntryRow, type Locked } from './appeal.repository';
import type { AppealHappening } from './appeal.news';
import { appealView, entryView } from './appeal.view';
import { isSamePerson } from './guard';
import { change, reword, type Command } from './thread';
import { contentHash, filesOf } from './thread.service';

export interface EntryChangeDeps {
  db: Db;
  /** Fixed in tests and in the demo loader; otherwise the database's clock decides. */
  now?: () => Date;
  /** How long one may change his own message; 0: never. */
  editMinutes: () => Promise<number>;
  /** Called after commit with what happened. */
  tell: (happening: AppealHappening) => void;
}

/** A change as the service works with it: `body` null takes the entry away. */
interface Rewording extends Command {
  appealId: string;
  entryId: string;
  body: string | null;
}

export type EntryChangeService = ReturnType<typeof createEntryChangeService>;

/** Changing what was said: the words and the files go, the place in the thread and a trace for the staff stay. */
export function createEntryChangeService({ db, now, editMinutes, tell }: EntryChangeDeps) {
  /** May he do it now? @throws not_found, forbidden, conflict, edit_window_over, invalid_input */
  async function check(actor: Actor, entry: EntryRow, body: string | null, at: Date) {
    if (entry.kind === 'event' || !appealPolicy.changeEntry(actor, isOwn(actor, entry)))
      throw fail('forbidden', { right: 'changeEntry' });
    if (entry.deleted_at !== null) throw fail('conflict', { what: 'deleted message' });
    const minutes = await editMinutes();
    if (at.getTime() - Date.parse(entry.created_at) > minutes * 60_000 || minutes === 0)
      throw fail('edit_window_over', { minutes });
    if (body === '' && entry.files === 0) {
      throw fail('invalid_input', {
        fields: [{ path: 'body', rule: 'too_small', message: 'say something' }],
      });
    }
  }

  /** The entry, when this person may see it. @throws not_found */
  async function visibleEntry(
    q: Pick<Db, 'query'>,
    actor: Actor,
    { appealId, entryId }: { appealId: string; entryId: string },
  ): Promise<EntryRow> {
    const entry = await appealRepository.entry(q, entryId);
    if (!entry || entry.appeal_id !== appealId || !appealPolicy.readEntry(actor, entry))
      throw fail('not_found', { what: 'entry' });
    return entry;
  }

  const withFiles = async (q: Pick<Db, 'query'>, row: EntryRow) => ({
    row,
    attachments: (await filesOf(q, [row])).get(row.id) ?? [],
  });

  async function rewording(actor: Actor, wanted: Rewording): Promise<Posted> {
    if (actor.nameNeeded) throw fail('name_needed', {});
    return db.transaction(async (tx) => {
      const { appealId, clientId, body } = wanted;
      const locked = await appealRepository.lock(tx, {
        appealIds: [appealId],
        sessionIds: [actor.sessionId],
        sent: [{ authorId: actor.personId, clientId }],
      });
      if (!locked.liveSessions.has(actor.sessionId))
        throw fail('session_ended', { reason: 'expired' });
      const facts = locked.appeals.get(appealId);
      if (!facts || !appealPolicy.read(actor, subjectOf(facts)))
        throw fail('not_found', { what: 'appeal' });
      const done = await answered(tx, actor, wanted, locked);
      if (done) {
        const { row, attachments } = await withFiles(tx, done);
        return { entry: entryView(actor, row, attachments), appeal: appealView(actor, facts) };
      }
      const at = now?.() ?? locked.now;
      const entry = await visibleEntry(tx, actor, wanted);
      await check(actor, entry, body, at);
      const work = change(facts);
      const shows = await appealRepository.isLastWord(tx, entry);
      const changed = reword(work, actor, entry, body, at, wanted, shows);
      await appealRepository.save(tx, [work]);
      const { row, attachments } = await withFiles(tx, changed);
      tx.afterCommit(() =>
        tell({
          facts,
          public: work.public,
          entries: work.entries.map((event) => ({ row: event, attachments: [] })),
          changed: [{ row, attachments }],
        }),
      );
      return { entry: entryView(actor, row, attachments), appeal: appealView(actor, facts) };
    });
  }

  /** The entry as it is now, when this command needs no second doing. @throws same_id_other_content */
  async function answered(
    tx: Tx,
    actor: Actor,
    { appealId, entryId, clientId, contentHash: hash, body }: Rewording,
    locked: Locked,
  ): Promise<EntryRow | null> {
    const sent = locked.sent.get(`${actor.personId}:${clientId}`);
    if (sent && sent.content_hash !== hash) throw fail('same_id_other_content', { clientId });
    if (sent) return visibleEntry(tx, actor, { appealId, entryId });
    if (body !== null) return null;
    // Gone for good: a second wish to delete, from another device, is fulfilled already.
    const entry = await appealRepository.entry(tx, entryId);
    return entry?.appeal_id === appealId && entry.deleted_at !== null && isOwn(actor, entry)
      ? entry
      : null;
  }

  /** Two commands with one id at the same moment in two appeals: the second look sees the first. */
  const twice = (actor: Actor, wanted: Rewording) =>
    rewording(actor, wanted).catch((error: unknown) => {
      if (breaksConstraint(error, 'entry_once')) return rewording(actor, wanted);
      throw error;
    });

  return {
    /**
     * Gives one's own message or note other words; what it said stays for the staff to see.
     * A second call with the same `clientId` and content changes nothing and answers the entry as it is now.
     * @throws not_found – no such appeal or entry, or none this actor may see
     * @throws forbidden – somebody else wrote it, or it is an event
     * @throws conflict – it is deleted
     * @throws edit_window_over – too late by the company's rule
     * @throws invalid_input – nothing would be left of it
     * @throws same_id_other_content – the id was used for something else
     */
    edit: (actor: Actor, { appealId, entryId, clientId, body }: z.output<typeof EditEntry>) =>
      twice(actor, {
        appealId,
        entryId,
        clientId,
        body,
        contentHash: contentHash(['edit', appealId, entryId, body]),
      }),

    /** Takes one's own message or note away: a stub stays in its place. @throws as `edit` */
    delete: (actor: Actor, { appealId, entryId, clientId }: z.output<typeof DeleteEntry>) =>
      twice(actor, {
        appealId,
        entryId,
        clientId,
        body: null,
        contentHash: contentHash(['delete', appealId, entryId]),
      }),

    /** @throws not_found – no such appeal or entry, or none this actor may see */
    async get(actor: Actor, wanted: z.output<typeof EntryId>): Promise<Entry> {
      await mayRead(actor, wanted.appealId);
      const { row, attachments } = await withFiles(db, await visibleEntry(db, actor, wanted));
      return entryView(actor, row, attachments);
    },

    /** What an entry said before, a deleted one too. @throws not_found – as `get`, and for every dealer */
    async versions(actor: Actor, wanted: z.output<typeof EntryId>): Promise<EntryVersions> {
      if (!appealPolicy.seeHistory(actor)) throw fail('not_found', { what: 'entry' });
      await mayRead(actor, wanted.appealId);
      const entry = await visibleEntry(db, actor, wanted);
      const versions = await appealRepository.versions(db, entry.id);
      return {
        items: versions.map(({ at, until, ...said }) => ({
          ...said,
          at: at.toISOString(),
          until: until.toISOString(),
        })),
      };
    },
  };

  async function mayRead(actor: Actor, appealId: string): Promise<void> {
    const [facts] = await appealRepository.facts(db, [appealId]);
    if (!facts || !appealPolicy.read(actor, subjectOf(facts)))
      throw fail('not_found', { what: 'appeal' });
  }
}

/** Written by this person, not only under his login. */
const isOwn = (actor: Actor, entry: EntryRow) =>
  entry.author_id !== null &&
  isSamePerson({ personId: entry.author_id, name: entry.author_name }, actor);
