/**
 * Ledger: how a deadline was counted, day by day, for either side, and disputes about it.
 *
 * Owns what it has read of ledgers and the supervisor's list of disputes. Hears `appeal:news`.
 */
export { default as ClockStory } from './ClockStory.vue';
export { default as CourtesyLine } from './CourtesyLine.vue';
export { default as DisputeLine } from './DisputeLine.vue';
export { default as OpenDisputeList } from './OpenDisputeList.vue';
export { useLedger } from './useLedger';
