/**
 * Board: the supervisor's columns of deadlines. Hears `appeal:news`.
 */
export { useBoard } from './board.store';
