/**
 * Staff: the supplier's people as admins manage them, and the ticket with the link that lets somebody set a password.
 * Hears nothing.
 */
export { default as LinkDialog } from './LinkDialog.vue';
export { routes } from './staff.routes';
