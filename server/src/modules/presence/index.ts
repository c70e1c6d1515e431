/**
 * Presence: who is at an appeal, who writes there, and who is online at all. Hints only, in memory; nothing depends on them.
 *
 * Tables: none.
 * Tells: `presence:news` over the socket, to those who have the appeal open; `presence:told`, `presence:changed`, `online:told` between nodes.
 * Hears: changes of appeals (`appealChanged`), closed sockets (`gone`).
 */
export { createOnline } from './online';
export { presenceRoutes } from './presence.routes';
export { createPresenceService, type PresenceService } from './presence.service';
