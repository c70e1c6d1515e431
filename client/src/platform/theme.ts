import { readonly, ref } from 'vue';

import { onlyLooks } from './looking';

/** What the user chose; `system` follows the device and changes with it. */
export const THEMES = ['system', 'light', 'dark'] as const;
export type ThemeChoice = (typeof THEMES)[number];

const STORED = 'otklik.theme';
const prefersDark = matchMedia('(prefers-color-scheme: dark)');
const choice = ref<ThemeChoice>(readStored());

/** The current choice, to show in settings. */
export const themeChoice = readonly(choice);

/** Switches at once and remembers the choice, unless it is somebody else's, for `public/theme.js`, which runs before the next first paint. */
export function setTheme(next: ThemeChoice): void {
  choice.value = next;
  try {
    if (!onlyLooks()) localStorage.setItem(STORED, next);
  } catch {
    // No storage: the choice lives as long as the page.
  }
  apply();
}

/** Keeps `data-theme` true while the page lives: the system may change, another tab may choose. */
export function startTheme(): void {
  apply();
  prefersDark.addEventListener('change', apply);
  addEventListener('storage', (event) => {
    if (event.key !== STORED) return;
    choice.value = readStored();
    apply();
  });
}

function apply(): void {
  const dark = choice.value === 'dark' || (choice.value === 'system' && prefersDark.matches);
  const root = document.documentElement;
  root.dataset.theme = dark ? 'dark' : 'light';
  const canvas = getComputedStyle(root).getPropertyValue('--canvas').trim();
  if (canvas) document.querySelector('meta[name="theme-color"]')?.setAttribute('content', canvas);
}

function readStored(): ThemeChoice {
  try {
    const stored = localStorage.getItem(STORED);
    return THEMES.find((theme) => theme === stored) ?? 'system';
  } catch {
    return 'system';
  }
}
