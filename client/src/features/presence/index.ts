/**
 * Presence: who else is at the open appeal and who writes there. Hints by the socket, kept nowhere.
 *
 * Hears `presence:news`. A page of an appeal calls `usePresence(() => appealId)`, shows `TypingLine` above its field, and says `typed` and `stopped`.
 */
export { default as PersonSeen } from './PersonSeen.vue';
export { default as PresenceStack } from './PresenceStack.vue';
export { default as TypingLine } from './TypingLine.vue';
export { usePresence } from './usePresence';
