/**
 * Drafts: what a person is writing and has not sent, on all his sessions and on nobody else's.
 *
 * Tables: `draft` (reads session, person, appeal, entry).
 * Tells: `draft:news` over the socket, to the live sessions of the same writer.
 * Hears: the job `sweepDrafts`.
 */
export { draftRoutes } from './draft.routes';
export { createDraftService, type DraftService } from './draft.service';
