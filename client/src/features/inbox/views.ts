/** The staff's lists; each is an address of its own. */
export const INBOX_VIEWS = ['mine', 'queue', 'mentions', 'all', 'closed'] as const;
export type InboxView = (typeof INBOX_VIEWS)[number];
