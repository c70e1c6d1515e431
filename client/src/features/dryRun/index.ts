/**
 * Rules on trial: the last weeks by a policy or calendar that is not saved. Needs the texts `dryRun`. Hears nothing.
 */
export { default as DryRunPanel } from './DryRunPanel.vue';
