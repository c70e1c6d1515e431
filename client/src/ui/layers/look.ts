import type { Component } from 'vue';

/**
 * How an opening button looks: `icon` and `icon-sm` bare icons · `head` the small buttons of a thread's header ·
 * `chip` a pill of the composer · `quiet`, `outline`, `ghost`, `primary` ordinary buttons · `split` the second half of
 * a split button · `field` a form field · `bar` an entry of the phone's bar · `plain` whatever the slot draws.
 */
export type LayerLook =
  | 'icon'
  | 'icon-sm'
  | 'head'
  | 'chip'
  | 'quiet'
  | 'outline'
  | 'ghost'
  | 'primary'
  | 'split'
  | 'field'
  | 'bar'
  | 'plain';

export interface MenuItem {
  /** What `select` emits. */
  key: string;
  label: string;
  icon?: Component;
  /** A second, quieter line. */
  hint?: string;
  kbd?: string;
  danger?: boolean;
  disabled?: boolean;
  /** Shown with a tick: the current choice. */
  checked?: boolean;
  /** One of a set of which exactly one holds; readers hear that of the others too. */
  radio?: boolean;
}
export type MenuEntry = MenuItem | { heading: string } | { separator: true };

export interface SelectOption {
  value: string;
  label: string;
  /** A quieter line under the label. */
  hint?: string;
  /** Quiet text at the end: load, counts. */
  note?: string;
  disabled?: boolean;
}

export type Side = 'top' | 'bottom' | 'left' | 'right';
export type Align = 'start' | 'center' | 'end';
