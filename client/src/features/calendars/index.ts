/**
 * Calendars: working hours of the company, teams and dealers, for admins. Hears nothing.
 */
export { routes } from './calendars.routes';
