/**
 * Rights: the page "who may do what" for admins; it shows the table the server decides by, and the roles made of it. Hears nothing.
 */
export { routes } from './rights.routes';
export { useRoles } from './roles.store';
