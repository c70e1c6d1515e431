/**
 * Calendars: working hours of the company, teams and dealers, for admins. Hears nothing.
 */
import { defineAsyncComponent } from 'vue';

export { routes } from './calendars.routes';
export const MissingYears = defineAsyncComponent(() => import('./MissingYears.vue'));
