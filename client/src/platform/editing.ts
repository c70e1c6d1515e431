import { computed, ref, type Ref } from 'vue';

/** A form that stays open while somebody else may change what it is about. */
export interface Editing<Form> {
  /** As it is typed. */
  form: Ref<Form>;
  /** The values it stands on: the newest that are known. */
  begun: Ref<Form>;
  isChanged: Readonly<Ref<boolean>>;
  /** Fields typed here whose values somebody else has changed since, to something else. */
  meanwhile: Readonly<Ref<(keyof Form & string)[]>>;
  /** Newer values: what was typed stays, everything else follows. */
  follow(next: Form): void;
  /** `sent` has been saved, and the values are now `next`: what was typed since stays. */
  saved(sent: Form, next: Form): void;
  /** Back to the values it stands on, or to `next`. */
  reset(next?: Form): void;
}

export function createEditing<Fields extends { [Field in keyof Fields]: string }>(
  empty: Fields,
): Editing<Fields> {
  const names = Object.keys(empty) as (keyof Fields & string)[];
  const form = ref({ ...empty }) as Ref<Fields>;
  const begun = ref({ ...empty }) as Ref<Fields>;
  const overtaken = ref([]) as Ref<(keyof Fields & string)[]>;
  const isTyped = (name: keyof Fields) => form.value[name] !== begun.value[name];

  return {
    form,
    begun,
    isChanged: computed(() => names.some(isTyped)),
    meanwhile: computed(() => overtaken.value.filter(isTyped)),
    follow(next) {
      const news = names.filter((name) => next[name] !== begun.value[name]);
      overtaken.value = names.filter(
        (name) => isTyped(name) && (news.includes(name) || overtaken.value.includes(name)),
      );
      const typed = names.filter(isTyped);
      begun.value = { ...next };
      form.value = { ...next, ...only(form.value, typed) };
    },
    saved(sent, next) {
      const since = names.filter((name) => form.value[name] !== sent[name]);
      overtaken.value = [];
      begun.value = { ...next };
      form.value = { ...next, ...only(form.value, since) };
    },
    reset(next = begun.value) {
      overtaken.value = [];
      begun.value = { ...next };
      form.value = { ...next };
    },
  };
}

function only<Form extends object>(form: Form, names: readonly (keyof Form)[]): Partial<Form> {
  const some: Partial<Form> = {};
  for (const name of names) some[name] = form[name];
  return some;
}
