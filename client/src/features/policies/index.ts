/**
 * Policies: what is promised to which appeals, which of them no rule reaches, and dealer groups. Hears nothing.
 */
export { routes } from './policies.routes';
/** The group on a dealer's card; needs the texts `policies`. */
export { default as DealerGroupField } from './DealerGroupField.vue';
/** Working time as it is typed and told. */
export { useWorkDay } from './policy.words';
export { parseWorkTime, writeHours, writeWorkTime } from './workTime';
