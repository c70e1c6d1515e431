/** Text inside a line. `href` is always http, https or mailto. */
export type Inline =
  | { kind: 'text'; text: string }
  | { kind: 'bold' | 'italic' | 'strike'; inside: Inline[] }
  | { kind: 'code'; text: string }
  | { kind: 'link'; href: string; inside: Inline[] };

export type Block =
  | { kind: 'paragraph'; lines: Inline[][] }
  | { kind: 'code'; text: string }
  | { kind: 'quote'; blocks: Block[] }
  | { kind: 'list'; ordered: boolean; start: number; items: Inline[][] };

const FENCE = /^\s*```/;
const QUOTE = /^>\s?/;
const BULLET = /^\s{0,3}[-*•]\s+(?=\S)/;
const NUMBERED = /^\s{0,3}(\d{1,4})[.)]\s+(?=\S)/;
const DEEPEST = 4;

/**
 * Parses the subset of Markdown that messages know (CMP): bold, italic, strike, code, code block, quote, lists and
 * links. Everything else stays as typed; nothing is ever HTML.
 */
export function parseMessage(text: string, depth = 0): Block[] {
  const rows = text.replaceAll('\r\n', '\n').split('\n');
  const blocks: Block[] = [];
  let at = 0;
  const take = (fits: (row: string) => boolean): string[] => {
    const from = at;
    while (at < rows.length && fits(rows[at] ?? '')) at += 1;
    return rows.slice(from, at);
  };
  while (at < rows.length) {
    const row = rows[at] ?? '';
    if (!row.trim()) {
      at += 1;
    } else if (FENCE.test(row)) {
      at += 1;
      const code = take((one) => !FENCE.test(one));
      at += 1;
      blocks.push({ kind: 'code', text: code.join('\n') });
    } else if (QUOTE.test(row) && depth < DEEPEST) {
      const quoted = take((one) => QUOTE.test(one)).map((one) => one.replace(QUOTE, ''));
      blocks.push({ kind: 'quote', blocks: parseMessage(quoted.join('\n'), depth + 1) });
    } else if (BULLET.test(row)) {
      const items = take((one) => BULLET.test(one)).map((one) =>
        parseInline(one.replace(BULLET, '')),
      );
      blocks.push({ kind: 'list', ordered: false, start: 1, items });
    } else if (NUMBERED.test(row)) {
      const start = Number(NUMBERED.exec(row)?.[1] ?? 1);
      const items = take((one) => NUMBERED.test(one)).map((one) =>
        parseInline(one.replace(NUMBERED, '')),
      );
      blocks.push({ kind: 'list', ordered: true, start, items });
    } else {
      const plain = take(
        (one) =>
          one.trim() !== '' &&
          !FENCE.test(one) &&
          !(QUOTE.test(one) && depth < DEEPEST) &&
          !BULLET.test(one) &&
          !NUMBERED.test(one),
      );
      blocks.push({ kind: 'paragraph', lines: plain.map((one) => parseInline(one)) });
    }
  }
  return blocks;
}

/** The words of a message without their marks, on one line: for rows and notices. */
export function plainMessage(text: string): string {
  const words = (block: Block): string => {
    switch (block.kind) {
      case 'paragraph':
        return block.lines.map(plainInline).join(' ');
      case 'code':
        return block.text;
      case 'quote':
        return block.blocks.map(words).join(' ');
      case 'list':
        return block.items.map(plainInline).join(', ');
    }
  };
  return parseMessage(text).map(words).join(' ').replace(/\s+/g, ' ').trim();
}
const plainInline = (parts: readonly Inline[]): string =>
  parts.map((part) => ('text' in part ? part.text : plainInline(part.inside))).join('');

const MARKS = [
  { mark: '**', kind: 'bold' },
  { mark: '__', kind: 'bold' },
  { mark: '~~', kind: 'strike' },
  { mark: '*', kind: 'italic' },
  { mark: '_', kind: 'italic' },
] as const;
const LINK = /\[([^\][\n]{1,300})\]\(([^()\s]{1,2000})\)/y;
const BARE = /(?:https?:\/\/|mailto:)[^\s<>"'«»]{1,2000}/iy;
const WORD = /[\p{L}\p{N}]/u;

function parseInline(text: string, depth = 0): Inline[] {
  const out: Inline[] = [];
  let plain = '';
  let at = 0;
  /** Marks that close nowhere in the rest of the line: not looked for again, or a line of marks would take for ever. */
  const unclosed = new Set<string>();
  const flush = () => {
    if (plain) out.push({ kind: 'text', text: plain });
    plain = '';
  };
  const add = (inline: Inline, length: number) => {
    flush();
    out.push(inline);
    at += length;
  };
  while (at < text.length) {
    const found =
      codeAt(text, at, unclosed) ?? linkAt(text, at, depth) ?? markAt(text, at, depth, unclosed);
    if (found) add(found.inline, found.length);
    else {
      plain += text[at];
      at += 1;
    }
  }
  flush();
  return out;
}

interface Found {
  inline: Inline;
  length: number;
}

function codeAt(text: string, at: number, unclosed: Set<string>): Found | null {
  if (text[at] !== '`' || unclosed.has('`')) return null;
  const end = text.indexOf('`', at + 1);
  if (end === -1) unclosed.add('`');
  if (end <= at + 1) return null;
  return { inline: { kind: 'code', text: text.slice(at + 1, end) }, length: end + 1 - at };
}

function linkAt(text: string, at: number, depth: number): Found | null {
  if (text[at] === '[' && depth < DEEPEST) {
    LINK.lastIndex = at;
    const hit = LINK.exec(text);
    const href = hit?.[2] === undefined ? null : safeHref(hit[2]);
    if (hit?.[1] === undefined || href === null) return null;
    const inside: Inline[] = [{ kind: 'text', text: hit[1] }];
    return { inline: { kind: 'link', href, inside }, length: hit[0].length };
  }
  if (!/[hm]/i.test(text[at] ?? '') || WORD.test(text[at - 1] ?? '')) return null;
  BARE.lastIndex = at;
  const hit = BARE.exec(text);
  if (!hit) return null;
  // A full stop or a bracket at the end belongs to the sentence.
  const typed = hit[0].replace(/[.,;:!?)\]}*_~]+$/u, '');
  const href = safeHref(typed);
  if (href === null) return null;
  return {
    inline: { kind: 'link', href, inside: [{ kind: 'text', text: typed }] },
    length: typed.length,
  };
}

function markAt(text: string, at: number, depth: number, unclosed: Set<string>): Found | null {
  if (depth >= DEEPEST) return null;
  const used = MARKS.find(({ mark }) => text.startsWith(mark, at));
  if (!used) return null;
  const { mark, kind } = used;
  if (unclosed.has(mark)) return null;
  const inner = at + mark.length;
  // "5 * 3", "part_no_7": a mark opens before a word and not inside one.
  if (/\s/.test(text[inner] ?? ' ') || WORD.test(text[at - 1] ?? '')) return null;
  let end = text.indexOf(mark, inner + 1);
  while (end !== -1) {
    const closes = !/\s/.test(text[end - 1] ?? ' ') && !WORD.test(text[end + mark.length] ?? '');
    const longer = mark.length === 1 && text[end + 1] === mark;
    if (closes && !longer) break;
    end = text.indexOf(mark, end + (longer ? 2 : 1));
  }
  if (end === -1) {
    unclosed.add(mark);
    return null;
  }
  const inside = parseInline(text.slice(inner, end), depth + 1);
  return { inline: { kind, inside }, length: end + mark.length - at };
}

/** The address when it may be followed, else null: only http, https and mailto. */
export function safeHref(typed: string): string | null {
  if (!URL.canParse(typed)) return null;
  const url = new URL(typed);
  return ['http:', 'https:', 'mailto:'].includes(url.protocol) ? url.href : null;
}
