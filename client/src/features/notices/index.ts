/**
 * Notices: what the person was told by the escalation ladder, or that the company waits for his answer.
 * Hears `notice:news`, which says only that there is something to fetch.
 */
export { routes } from './notices.routes';
export { useNotices } from './notices.store';
