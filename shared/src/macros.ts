import * as z from 'zod';
import { MACRO_MAX, MACRO_NAME_MAX } from './macro-text';
import { PersonRef } from './people';
import { clientId, moment, typed } from './text';

/** Who has it: its owner alone, everybody of a team, all staff. Dealers never. */
export const MacroScope = z.enum(['own', 'team', 'everybody']);
export type MacroScope = z.infer<typeof MacroScope>;

/** What the appeal becomes in the same step as the message: `thenStatus` of a post. */
export const MacroAction = z.enum(['waiting', 'resolved']);
export type MacroAction = z.infer<typeof MacroAction>;

export const MacroView = z.object({
  id: z.uuid(),
  name: z.string(),
  /** With variables as `{{name}}`, see `macro-text.ts`. */
  body: z.string(),
  thenStatus: MacroAction.nullable(),
  scope: MacroScope,
  /** Of scope `team` only. */
  teamId: z.uuid().nullable(),
  /** Who wrote it as it is now. */
  changedBy: PersonRef,
  changedAt: moment,
  /** Grows with every change; a change names the one it was made from. */
  rev: z.number().int(),
  deleted: z.boolean(),
  can: z.object({ change: z.boolean() }),
});
export type MacroView = z.infer<typeof MacroView>;

export const MacroList = z.object({
  items: z.array(MacroView),
  /** `share`: may make and change macros of teams and of everybody. */
  can: z.object({ share: z.boolean() }),
});
export type MacroList = z.infer<typeof MacroList>;

const fields = {
  name: typed(MACRO_NAME_MAX),
  body: typed(MACRO_MAX),
  thenStatus: MacroAction.nullable().default(null),
  scope: MacroScope,
  teamId: z.uuid().nullable().default(null),
};
const rev = z.number().int().min(1).max(2_000_000_000);

export const CreateMacro = z.strictObject({ clientId, ...fields });
export type CreateMacro = z.input<typeof CreateMacro>;
/** The whole macro as it shall be, made from revision `rev`. */
export const ChangeMacro = z.strictObject({ macroId: z.uuid(), rev, ...fields });
export type ChangeMacro = z.input<typeof ChangeMacro>;
/** Takes a deletion back; `rev` as it was before. */
export const MacroAt = z.strictObject({ macroId: z.uuid(), rev });
export type MacroAt = z.infer<typeof MacroAt>;
/** The same for a deletion, whose input stands in the address. */
export const DeleteMacro = z.strictObject({
  macroId: z.uuid(),
  rev: z.coerce.number().int().min(1).max(2_000_000_000),
});
