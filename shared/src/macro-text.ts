// What both sides need of a macro's words; without any validator, so that the browser bundle stays small.

/**
 * What a macro may ask for with `{{name}}`, in the order of the picker:
 * `dealer` the dealer's name · `visitor` who is answered: the dealer's person who wrote last, else who opened the appeal ·
 * `appealNo` `orderNo` numbers without a sign; several orders are joined with a comma · `manager` who answers for the appeal, else the writer ·
 * `promise` the moment by which the next answer, else the solution, is due.
 */
export const MACRO_VARIABLES = [
  'dealer',
  'visitor',
  'appealNo',
  'orderNo',
  'manager',
  'promise',
] as const;
export type MacroVariable = (typeof MACRO_VARIABLES)[number];
/** What is known of an appeal; a variable without a value stays as it is written. */
export type MacroValues = Partial<Record<MacroVariable, string>>;

/** Characters of a macro's text. */
export const MACRO_MAX = 4_000;
export const MACRO_NAME_MAX = 80;

/** Linear whatever is typed: a mark holds no brace. */
const MARK = /\{\{([^{}]*)\}\}/g;
const isVariable = (name: string): name is MacroVariable =>
  (MACRO_VARIABLES as readonly string[]).includes(name);

export const markOf = (variable: MacroVariable): string => `{{${variable}}}`;

/** Names in braces that mean nothing: misspelt variables, and empty braces. */
export const unknownVariables = (text: string): string[] => [
  ...new Set(
    [...text.matchAll(MARK)]
      .map(([, name = '']) => name.trim())
      .filter((name) => !isVariable(name)),
  ),
];

/** The text with what is known put in; the rest stays as marks, each written the same way. */
export const filled = (text: string, values: MacroValues): string =>
  text.replace(MARK, (mark, inner: string) => {
    const name = inner.trim();
    return isVariable(name) ? values[name]?.trim() || markOf(name) : mark;
  });

/** A variable that stands in a text without a value. */
export interface Gap {
  variable: MacroVariable;
  from: number;
  to: number;
}
/** What must be filled or taken out before the text may go to anybody. */
export const gapsIn = (text: string): Gap[] =>
  [...text.matchAll(MARK)].flatMap(({ 0: mark, 1: inner = '', index }) => {
    const variable = inner.trim();
    return isVariable(variable) ? [{ variable, from: index, to: index + mark.length }] : [];
  });
