import type { ListNotices, MarkNotices, NoticePage, UnreadNotices } from '@otklik/shared/notices';
import type * as z from 'zod';
import type { Db } from '../../platform/db';
import { isStaff, type Actor } from '../people';
import { noticeRepository } from './notice.repository';
import { dealerNotice, staffNotice } from './notice.view';

export type NoticeService = ReturnType<typeof createNoticeService>;

/** What a person was told: his own, of appeals that he may see. */
export function createNoticeService({
  db,
  tell,
  now,
}: {
  db: Db;
  /** That these people's notices have changed. */
  tell: (personIds: readonly string[]) => void;
  now?: () => Date;
}) {
  /** Tells what has come to be told; what breaks off before anybody heard of it is found by the next look at the list. */
  async function deliver(): Promise<void> {
    const personIds = await noticeRepository.deliver(db, now?.() ?? null);
    if (personIds.length > 0) tell(personIds);
  }

  async function list(actor: Actor, input: z.output<typeof ListNotices>): Promise<NoticePage> {
    const [rows, unread] = await Promise.all([
      noticeRepository.list(db, actor, { ...input, limit: input.limit + 1 }),
      noticeRepository.unread(db, actor),
    ]);
    const shown = rows.slice(0, input.limit);
    return {
      items: shown.map((row) => (isStaff(actor) ? staffNotice(row) : dealerNotice(row))),
      nextCursor: rows.length > input.limit ? (shown.at(-1)?.id ?? null) : null,
      unread,
    };
  }

  async function mark(
    actor: Actor,
    { noticeIds, read }: z.output<typeof MarkNotices>,
  ): Promise<UnreadNotices> {
    const at = now?.() ?? new Date();
    if (await noticeRepository.mark(db, actor.personId, { noticeIds, read, at }))
      tell([actor.personId]);
    return { unread: await noticeRepository.unread(db, actor) };
  }

  return { deliver, list, mark, sweep: () => noticeRepository.sweep(db) };
}
