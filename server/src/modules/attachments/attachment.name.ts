const MAX_CHARACTERS = 200;
/** What stands in for a name that says nothing. */
const NAMELESS = 'file';

// Control characters, and marks that turn the direction of text so that "exe.jpg" may be read as "gpj.exe", or that nobody sees.
const UNSEEN =
  /[\p{Cc}\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/gu;

/**
 * A file name that is safe to store and to show: without folders and unseen characters, at most 200 characters with
 * the extension kept, never empty.
 */
export function cleanName(sent: string): string {
  const name = sent
    .toWellFormed()
    .normalize('NFC')
    .replace(UNSEEN, '')
    .replace(/^.*[/\\]/s, '')
    .trim()
    // Windows drops final dots, which would change the extension after we judged it.
    .replace(/[. ]+$/, '');
  const extension = extensionOf(name);
  const ending = extension === '' ? '' : name.slice(-extension.length - 1);
  const base = name.slice(0, name.length - ending.length).trim() || NAMELESS;
  return [...base].slice(0, Math.max(1, MAX_CHARACTERS - [...ending].length)).join('') + ending;
}

/** What follows the last dot, in small letters; empty when there is none, or it is too long to be one. */
export function extensionOf(name: string): string {
  return /\.([^.\s]{1,20})$/u.exec(name)?.[1]?.toLowerCase() ?? '';
}
