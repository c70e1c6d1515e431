import type { ListNotices, MarkNotices, NoticePage, UnreadNotices } from '@otklik/shared/notices';
import type * as z from 'zod';
import type { Db } from '../../platform/db';
import { isStaff, type Actor } from '../people';
import { NOTICES_CHANGED, noticeRepository } from './notice.repository';
import { dealerNotice, staffNotice } from './notice.view';

export type NoticeService = ReturnType<typeof createNoticeService>;

/** What a person was told: his own, of appeals that he may see. */
export function createNoticeService({
  db,
  tell,
  now,
}: {
  db: Db;
  /** That these people's notices have changed: to their sockets on this node. Every node hears of it. */
  tell: (personIds: readonly string[]) => void;
  now?: () => Date;
}) {
  /** Hears from now on of what any node has told. @returns ends it */
  const start = () => db.listen(NOTICES_CHANGED, (personIds) => tell(personIds.split(',')));

  /** Tells what has come to be told; whoever misses that finds it with his next look at the list. */
  const deliver = () => noticeRepository.deliver(db, now?.() ?? null);

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
    await noticeRepository.mark(db, actor.personId, { noticeIds, read, at });
    return { unread: await noticeRepository.unread(db, actor) };
  }

  return { start, deliver, list, mark, sweep: () => noticeRepository.sweep(db) };
}
