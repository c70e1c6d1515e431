/**
 * Macros: ready texts of the staff, with variables and what the appeal becomes along with them.
 *
 * Tables: macro (reads person, team). Filling in the variables is the browser's work, by `shared/src/macro-text.ts`: what is
 * sent is an ordinary message.
 * Publishes nothing, hears nothing.
 */
export { macroRoutes } from './macro.routes';
export { createMacroService, type MacroService } from './macro.service';
