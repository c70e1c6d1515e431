/**
 * Rights: the page "who may do what" for admins; it shows the table the server decides by. Hears nothing.
 */
export { routes } from './rights.routes';
