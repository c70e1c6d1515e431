import type { DraftContent, DraftView } from '@otklik/shared/drafts';
import type { Me } from '@otklik/shared/people';
import { shallowReactive, shallowRef } from 'vue';

/** Words not sent yet. For a new appeal also what was chosen beside them. */
export type Draft = DraftContent;
export type DraftMode = 'reply' | 'note';
/** Stands in for the appeal's id in the draft of a new appeal (mode `reply`). */
export const NEW_APPEAL = 'new';

/** Which draft of a person. */
export interface DraftPlace {
  /** Or `NEW_APPEAL`. */
  appealId: string;
  mode: DraftMode;
}

/** A draft as this browser holds it. */
export interface HeldDraft {
  /** Null: taken away. */
  draft: Draft | null;
  /** Revision of the server that the words stand on; 0: the server never had it. */
  rev: number;
  /** Typed here and not known to the server yet. */
  unsaved: boolean;
}

/** What drafts need of localStorage. */
export type DraftStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>;

export interface Drafts {
  get(appealId: string, mode: DraftMode): Draft | null;
  /** What the person types. Null or nothing typed takes the draft away. */
  set(appealId: string, mode: DraftMode, draft: Draft | null): void;
  /** Writes what waits; called when the page is hidden. */
  flush(): void;
  /** Shows this owner's drafts and nobody else's; see `draftOwner`. */
  belongTo(owner: string | null): void;

  /** The field that has the focus, so that its text is not changed under the hands. */
  writeIn(place: DraftPlace | null): void;
  /** Another session changed the draft while it is being written here: take its words or leave them (CMP-2). */
  isChangedElsewhere(appealId: string, mode: DraftMode): boolean;
  resolve(appealId: string, mode: DraftMode, choice: 'take' | 'leave'): void;

  /** For the exchange with the server. */
  held(place: DraftPlace): HeldDraft;
  unsaved(): DraftPlace[];
  /** Called with every change made here. */
  onChange(heard: (place: DraftPlace) => void): void;
  /**
   * A draft as the server tells it; a lower revision changes nothing. Words typed here and not saved yet stay, and are sent.
   * @param echo it is what this page has just sent
   */
  merge(view: DraftView, echo?: boolean): void;
  /** The server answered a save of `sent`. */
  saved(place: DraftPlace, sent: Draft | null, rev: number): void;
  /** Messages under way from the person's other devices, by client id. */
  readonly elsewhere: Map<string, DraftView>;
}

const SAVE_MS = 250;
const PREFIX = 'otklik.draft';
const NOTHING: HeldDraft = { draft: null, rev: 0, unsaved: false };

/**
 * Whose drafts a session shows: the person's, and with a login that several people share those of the name the session gave.
 * Null: nobody's.
 */
export function draftOwner(
  me: (Pick<Me, 'person' | 'session'> & Partial<Pick<Me, 'viewing'>>) | null,
): string | null {
  if (me === null || me.session.nameNeeded || me.viewing) return null;
  const { id, name } = me.person;
  // A dot ends the owner in the names of the storage.
  return me.session.shared ? `${id}~${encodeURIComponent(name).replaceAll('.', '%2E')}` : id;
}

/** Drafts of one browser, by person, appeal and mode (CMP-2). `storage` null: they live as long as the page. */
export function createDrafts(storage: DraftStorage | null): Drafts {
  const drafts = shallowReactive(new Map<string, HeldDraft>());
  /** What another session wrote meanwhile, until the person decides. */
  const theirs = shallowReactive(new Map<string, { draft: Draft | null }>());
  const elsewhere = shallowReactive(new Map<string, DraftView>());
  const unstored = new Set<string>();
  const listeners: ((place: DraftPlace) => void)[] = [];
  const writing = shallowRef<string | null>(null);
  let owner: string | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const nameOf = (appealId: string, mode: DraftMode) => `${appealId}.${mode}`;
  const held = ({ appealId, mode }: DraftPlace) => drafts.get(nameOf(appealId, mode)) ?? NOTHING;
  const get = (appealId: string, mode: DraftMode) => held({ appealId, mode }).draft;

  function keep(name: string, next: HeldDraft): void {
    drafts.set(name, next);
    unstored.add(name);
    timer ??= setTimeout(flush, SAVE_MS);
  }
  function change(place: DraftPlace, draft: Draft | null): void {
    const name = nameOf(place.appealId, place.mode);
    keep(name, { ...held(place), draft, unsaved: true });
    for (const heard of listeners) heard(place);
  }

  function set(appealId: string, mode: DraftMode, draft: Draft | null): void {
    if (owner === null) return;
    const next = draft === null || isEmpty(draft) ? null : { ...draft };
    if (isSame(next, get(appealId, mode))) return;
    // Sent or emptied here: what the other session wrote meanwhile must not go with it.
    const other = theirs.get(nameOf(appealId, mode));
    if (next === null && other?.draft) resolve(appealId, mode, 'take');
    else change({ appealId, mode }, next);
  }

  function resolve(appealId: string, mode: DraftMode, choice: 'take' | 'leave'): void {
    const name = nameOf(appealId, mode);
    const other = theirs.get(name);
    if (!other) return;
    theirs.delete(name);
    const mine = held({ appealId, mode });
    if (choice === 'take') keep(name, { ...mine, draft: other.draft, unsaved: false });
    else change({ appealId, mode }, mine.draft);
  }

  function merge(view: DraftView, echo = false): void {
    const place = { appealId: view.appealId ?? NEW_APPEAL, mode: view.mode };
    const name = nameOf(place.appealId, place.mode);
    const mine = held(place);
    if (owner === null || view.pendingId !== null || view.rev <= mine.rev) return;
    const { rev, content } = view;
    if (isSame(mine.draft, content)) {
      theirs.delete(name);
      keep(name, { ...mine, rev, unsaved: false });
    } else if (echo) {
      keep(name, { ...mine, rev, unsaved: true });
    } else if (writing.value === name && mine.draft?.body.trim()) {
      theirs.set(name, { draft: content });
      keep(name, { ...mine, rev });
    } else {
      theirs.delete(name);
      keep(name, mine.unsaved ? { ...mine, rev } : { draft: content, rev, unsaved: false });
    }
  }

  function saved(place: DraftPlace, sent: Draft | null, rev: number): void {
    const mine = held(place);
    // Another session came after this save: the words here have to be told once more.
    const overtaken = rev < mine.rev;
    keep(nameOf(place.appealId, place.mode), {
      draft: mine.draft,
      rev: Math.max(rev, mine.rev),
      unsaved: overtaken || !isSame(mine.draft, sent),
    });
  }

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    for (const name of unstored) {
      const one = drafts.get(name) ?? NOTHING;
      const stored = `${PREFIX}.${owner ?? ''}.${name}`;
      try {
        // That a draft was taken away has to outlive the page only until the server knows.
        if (one.draft || (one.unsaved && one.rev > 0))
          storage?.setItem(stored, JSON.stringify(one));
        else storage?.removeItem(stored);
      } catch (error) {
        console.warn('drafts cannot be stored in this browser', error);
      }
    }
    unstored.clear();
  }

  function belongTo(next: string | null): void {
    if (next === owner) return;
    flush();
    drafts.clear();
    theirs.clear();
    elsewhere.clear();
    owner = next;
    if (next === null || storage === null) return;
    const prefix = `${PREFIX}.${next}.`;
    for (let index = 0; index < storage.length; index += 1) {
      const name = storage.key(index);
      if (!name?.startsWith(prefix)) continue;
      const one = parse(storage.getItem(name));
      if (one) drafts.set(name.slice(prefix.length), one);
    }
  }

  function unsaved(): DraftPlace[] {
    return [...drafts].flatMap(([name, one]) => {
      const place = placeOf(name);
      return one.unsaved && place ? [place] : [];
    });
  }

  return {
    get,
    set,
    flush,
    belongTo,
    writeIn: (place) => {
      writing.value = place && nameOf(place.appealId, place.mode);
    },
    isChangedElsewhere: (appealId, mode) => theirs.has(nameOf(appealId, mode)),
    resolve,
    held,
    unsaved,
    onChange: (heard) => void listeners.push(heard),
    merge,
    saved,
    elsewhere,
  };
}

function placeOf(name: string): DraftPlace | null {
  const [appealId = '', mode] = name.split('.');
  return mode === 'reply' || mode === 'note' ? { appealId, mode } : null;
}

function isEmpty({ body, orderNumbers, mentions, thenStatus: _along, ...chosen }: Draft): boolean {
  return (
    body.trim() === '' &&
    !orderNumbers?.length &&
    !mentions?.length &&
    Object.values(chosen).every((value) => !value)
  );
}

/** Fields that are not there, or empty, say the same. */
const wordsOf = (draft: Draft) =>
  JSON.stringify(
    Object.entries(draft)
      .filter(([, value]) => value !== undefined && (!Array.isArray(value) || value.length > 0))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
/** Whether two drafts say the same. */
export const isSame = (a: Draft | null, b: Draft | null) =>
  a === null || b === null ? a === b : wordsOf(a) === wordsOf(b);

/** Another version of the product, or a person with the console open, may have written something else. */
function parse(text: string | null): HeldDraft | null {
  try {
    const value: unknown = JSON.parse(text ?? 'null');
    if (isHeld(value)) return value;
    // As the first version of the product kept them.
    return isDraft(value) ? { draft: value, rev: 0, unsaved: true } : null;
  } catch {
    return null;
  }
}
const isDraft = (value: unknown): value is Draft =>
  typeof value === 'object' && value !== null && 'body' in value && typeof value.body === 'string';
const isHeld = (value: unknown): value is HeldDraft =>
  typeof value === 'object' &&
  value !== null &&
  'draft' in value &&
  (value.draft === null || isDraft(value.draft)) &&
  'rev' in value &&
  typeof value.rev === 'number' &&
  'unsaved' in value &&
  typeof value.unsaved === 'boolean';
