import {
  ChangeMacro,
  CreateMacro,
  DeleteMacro,
  MacroAt,
  MacroList,
  MacroView,
} from '@otklik/shared/macros';
import { macrosApi } from '@otklik/shared/macros.api';
import { Nothing } from '@otklik/shared/people';
import type { Api } from '../../platform/http';
import type { Actor } from '../people';
import type { MacroService } from './macro.service';

export function macroRoutes({ mount }: Pick<Api<Actor>, 'mount'>, macros: MacroService): void {
  mount(macrosApi.list, { input: Nothing, output: MacroList }, macros.list);
  mount(macrosApi.create, { input: CreateMacro, output: MacroView }, macros.create);
  mount(macrosApi.change, { input: ChangeMacro, output: MacroView }, macros.change);
  mount(macrosApi.remove, { input: DeleteMacro, output: MacroView }, macros.remove);
  mount(macrosApi.restore, { input: MacroAt, output: MacroView }, macros.restore);
}
