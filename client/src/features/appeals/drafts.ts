import { shallowReactive } from 'vue';

/** Words not sent yet. For a new appeal also what was chosen beside them. */
export interface Draft {
  body: string;
  mentions?: string[];
  orderNumbers?: string[];
  typeCode?: string;
  topicId?: string;
  dealerId?: string;
  subject?: string;
}
export type DraftMode = 'reply' | 'note';
/** Stands in for the appeal's id in the draft of a new appeal (mode `reply`). */
export const NEW_APPEAL = 'new';

/** What drafts need of localStorage. */
export type DraftStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>;

export interface Drafts {
  get(appealId: string, mode: DraftMode): Draft | null;
  /** Null or nothing typed takes the draft away. */
  set(appealId: string, mode: DraftMode, draft: Draft | null): void;
  /** Writes what waits; called when the page is hidden. */
  flush(): void;
  /** Shows this person's drafts and nobody else's. */
  belongTo(personId: string | null): void;
}

const SAVE_MS = 250;
const PREFIX = 'otklik.draft';

/** Drafts of one browser, by person, appeal and mode (CMP-2). `storage` null: they live as long as the page. */
export function createDrafts(storage: DraftStorage | null): Drafts {
  const held = shallowReactive(new Map<string, Draft>());
  const unsaved = new Set<string>();
  let person: string | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const nameOf = (appealId: string, mode: DraftMode) =>
    `${PREFIX}.${person ?? ''}.${appealId}.${mode}`;

  function get(appealId: string, mode: DraftMode): Draft | null {
    return held.get(nameOf(appealId, mode)) ?? null;
  }

  function set(appealId: string, mode: DraftMode, draft: Draft | null): void {
    if (person === null) return;
    const name = nameOf(appealId, mode);
    if (draft === null || isEmpty(draft)) held.delete(name);
    else held.set(name, { ...draft });
    unsaved.add(name);
    timer ??= setTimeout(flush, SAVE_MS);
  }

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    for (const name of unsaved) {
      const draft = held.get(name);
      try {
        if (draft) storage?.setItem(name, JSON.stringify(draft));
        else storage?.removeItem(name);
      } catch (error) {
        console.warn('drafts cannot be stored in this browser', error);
      }
    }
    unsaved.clear();
  }

  function belongTo(personId: string | null): void {
    flush();
    held.clear();
    person = personId;
    if (personId === null || storage === null) return;
    for (let index = 0; index < storage.length; index += 1) {
      const name = storage.key(index);
      if (!name?.startsWith(`${PREFIX}.${personId}.`)) continue;
      const draft = parse(storage.getItem(name));
      if (draft) held.set(name, draft);
    }
  }

  return { get, set, flush, belongTo };
}

function isEmpty({ body, orderNumbers, mentions, ...chosen }: Draft): boolean {
  return (
    body.trim() === '' &&
    !orderNumbers?.length &&
    !mentions?.length &&
    Object.values(chosen).every((value) => !value)
  );
}

/** Another version of the product, or a person with the console open, may have written something else. */
function parse(text: string | null): Draft | null {
  try {
    const value: unknown = JSON.parse(text ?? 'null');
    return isDraft(value) ? value : null;
  } catch {
    return null;
  }
}
const isDraft = (value: unknown): value is Draft =>
  typeof value === 'object' && value !== null && 'body' in value && typeof value.body === 'string';
