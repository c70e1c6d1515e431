import type { Component } from 'vue';
import type { RouteLocationRaw } from 'vue-router';

/** One entry of the navigation. */
export interface ShellItem {
  /** Stays the same in all languages; also tells which entry is the current one. */
  key: string;
  to: RouteLocationRaw;
  icon: Component;
  label: string;
  badge?: number;
  /** The badge counts answers owed: it is the coloured one. */
  needs?: boolean;
  /** The badge in words, for screen readers: "нужен ваш ответ: 2". */
  badgeLabel?: string;
  kbd?: string;
  /** `second` stands below a line, `foot` at the bottom of the rail. */
  place?: 'second' | 'foot';
  /** `never` keeps it out of the phone's bar, `only` is for the phone alone. */
  phone?: 'never' | 'only';
}

export interface ShellPerson {
  name: string;
  /** Under the name in the wide navigation: the dealer's short name, a role. */
  detail: string;
  side: 'dealer' | 'staff';
}
