import type { ChangeMacro, CreateMacro, MacroAt, MacroList, MacroView } from './macros';
import type { Nothing } from './people';
import { route } from './route';

export const macrosApi = {
  list: route<Nothing, MacroList>('GET', '/macros', 'macro.use'),
  create: route<CreateMacro, MacroView>('POST', '/macros', 'macro.use'),
  change: route<ChangeMacro, MacroView>('PUT', '/macros/:macroId', 'macro.change'),
  remove: route<MacroAt, MacroView>('DELETE', '/macros/:macroId', 'macro.change'),
  restore: route<MacroAt, MacroView>('POST', '/macros/:macroId/restore', 'macro.change'),
};
