export { routes } from './account.routes';
