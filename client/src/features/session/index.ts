/**
 * Session: who is signed in here, what he may do and how he likes it.
 *
 * Hears `session:ended`. Everybody else builds on it and forgets all data when `personId` changes.
 */
export { startSettings } from './session.settings';
export { useSession, type SignInResult } from './session.store';
