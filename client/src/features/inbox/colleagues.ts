import type { Colleague } from '@otklik/shared/people';

/** Lower case with ё as е, so that a search finds both spellings (KEY-2). */
export const spellingOf = (text: string): string => text.toLowerCase().replaceAll('ё', 'е');

/** The viewer, then who is online, then the rest; each by name. */
export function meFirst(people: readonly Colleague[], meId: string): Colleague[] {
  const rank = (person: Colleague) => (person.id === meId ? 0 : person.online ? 1 : 2);
  return [...people].sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
}
