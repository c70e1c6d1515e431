import type { Entry } from '@otklik/shared/appeals';
import { isCourtesyReply } from '@otklik/shared/courtesy';

/**
 * The dealer's last message when all he has said since the staff's last answer thanks and asks for nothing; else null.
 * A first message is never one: without an answer there is nothing to thank for.
 */
export function onlyThanks(entries: readonly Entry[]): Entry | null {
  const messages = entries.filter(({ kind }) => kind === 'message');
  const answered = messages.findLastIndex(({ author }) => author?.side === 'staff');
  const since = messages.slice(answered + 1).filter(({ deletedAt }) => deletedAt === null);
  const last = since.at(-1);
  if (answered < 0 || !last) return null;
  const thanks = since.every(
    ({ body, attachments }) => attachments.length === 0 && isCourtesyReply(body),
  );
  return thanks ? last : null;
}
