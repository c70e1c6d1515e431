/** What the words before the caret ask for: an order by number, a colleague by name, a macro by its words. */
export interface Asked {
  kind: 'order' | 'mention' | 'macro';
  /** Digits, letters of a name, or words. */
  query: string;
  /** Where the sign stands; the choice replaces everything from here to the caret. */
  from: number;
}

const ORDER = /(?:^|[\s(«"])([№#](\d{1,20}))$/u;
const MENTION = /(?:^|[\s(«"])(@([\p{L}][\p{L} .-]{0,30})?)$/u;
/** At the start of a line; an address or a path is none. */
const MACRO = /(?:^|\n)(\/((?:[^\s/][^\n/]{0,40})?))$/u;

/** Reads the text before the caret (CMP-5, CMP-6, CMP-7). */
export function askedBefore(text: string, caret: number): Asked | null {
  const before = text.slice(0, caret);
  const order = ORDER.exec(before);
  if (order?.[1] && order[2] !== undefined) {
    return { kind: 'order', query: order[2], from: caret - order[1].length };
  }
  const mention = MENTION.exec(before);
  if (mention?.[1]) {
    return { kind: 'mention', query: mention[2] ?? '', from: caret - mention[1].length };
  }
  const macro = MACRO.exec(before);
  if (macro?.[1]) {
    return { kind: 'macro', query: macro[2] ?? '', from: caret - macro[1].length };
  }
  return null;
}

/** Puts a choice in place of what was typed. Answers the text and where the caret goes. */
export function withChoice(
  text: string,
  asked: Pick<Asked, 'from'>,
  caret: number,
  choice: string,
): { text: string; caret: number } {
  const after = text.slice(caret);
  const gap = choice && !/^\s/.test(after) ? ' ' : '';
  return {
    text: text.slice(0, asked.from) + choice + gap + after,
    caret: asked.from + choice.length + gap.length,
  };
}

export interface Mentionable {
  id: string;
  name: string;
  /** Under the name: team, presence. */
  detail: string;
  /** Takes part already; others are pulled in by the mention. */
  inside: boolean;
}

const MOST = 8;
const plain = (text: string) => text.toLocaleLowerCase().replaceAll('ё', 'е').trim();

/** Colleagues whose first or last name begins like the query, participants first. */
export function matching(people: readonly Mentionable[], query: string): Mentionable[] {
  const wanted = plain(query);
  return people
    .filter(
      ({ name }) =>
        plain(name).startsWith(wanted) ||
        plain(name)
          .split(' ')
          .some((word) => word.startsWith(wanted)),
    )
    .sort((a, b) => Number(b.inside) - Number(a.inside))
    .slice(0, MOST);
}

/** Who is named with "@" in a finished note. */
export const mentionedIn = (body: string, people: readonly Mentionable[]): string[] =>
  people.filter(({ name }) => body.includes(`@${name}`)).map(({ id }) => id);
