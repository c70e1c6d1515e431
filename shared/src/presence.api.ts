import type { AppealPresence, Look } from './presence';
import { route } from './route';

export const presenceApi = {
  /** Answers who is there now. */
  look: route<Look, AppealPresence | null>('POST', '/presence', 'appeal.read', {
    socket: 'presence:look',
  }),
};
