/**
 * Notices: what the person was told by the escalation ladder, that a dealer has changed his contacts, or that the company waits for
 * his answer.
 * Hears `notice:news`, which says only that there is something to fetch.
 */
export { noticePlace } from './notice.words';
export { routes } from './notices.routes';
export { useNotices } from './notices.store';
