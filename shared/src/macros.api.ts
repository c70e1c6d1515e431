import type { ChangeMacro, CreateMacro, MacroAt, MacroList, MacroView } from './macros';
import type { Nothing } from './people';
import { route } from './route';

export const macrosApi = {
  list: route<Nothing, MacroList>('GET', '/macros'),
  create: route<CreateMacro, MacroView>('POST', '/macros'),
  change: route<ChangeMacro, MacroView>('PUT', '/macros/:macroId'),
  remove: route<MacroAt, MacroView>('DELETE', '/macros/:macroId'),
  restore: route<MacroAt, MacroView>('POST', '/macros/:macroId/restore'),
};
