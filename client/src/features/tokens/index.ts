/**
 * Tokens: keys by which other systems sign in without a person, for admins. Hears nothing.
 */
export { routes } from './tokens.routes';
