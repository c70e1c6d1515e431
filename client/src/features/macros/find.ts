import type { MacroView } from '@otklik/shared/macros';

const LATIN = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`";
const CYRILLIC = 'йцукенгшщзхъфывапролджэячсмитьбюё';
/** More than anybody looks through; typing on finds the rest. */
const MOST = 20;

const typedOn = (from: string, to: string) => (text: string) =>
  [...text].map((sign) => to[from.indexOf(sign)] ?? sign).join('');
const asCyrillic = typedOn(LATIN, CYRILLIC);
const asLatin = typedOn(CYRILLIC, LATIN);

const plain = (text: string) => text.toLocaleLowerCase().replaceAll('ё', 'е').trim();

/** How well a macro fits, 0 best; null: not at all. */
function rank({ name, body }: Pick<MacroView, 'name' | 'body'>, wanted: string): number | null {
  const title = plain(name);
  if (title.startsWith(wanted)) return 0;
  if (title.split(/[\s(«"—-]+/u).some((word) => word.startsWith(wanted))) return 1;
  if (title.includes(wanted)) return 2;
  return wanted.length > 1 && plain(body).includes(wanted) ? 3 : null;
}

/** Macros whose name or text holds the words, best first; also when they were typed on the other keyboard layout. */
export function findMacros<Macro extends Pick<MacroView, 'name' | 'body'>>(
  macros: readonly Macro[],
  query: string,
  most = MOST,
): Macro[] {
  const typed = query.toLocaleLowerCase();
  const ways = [...new Set([typed, asCyrillic(typed), asLatin(typed)].map(plain))];
  return macros
    .flatMap((macro) => {
      const ranks = ways.map((way) => rank(macro, way)).filter((one) => one !== null);
      return ranks.length ? [{ macro, best: Math.min(...ranks) }] : [];
    })
    .sort((a, b) => a.best - b.best)
    .slice(0, most)
    .map(({ macro }) => macro);
}
