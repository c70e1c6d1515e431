import { createI18n } from 'vue-i18n';

import { LANGUAGES, isLanguage, type Language } from './languages';
import { onlyLooks } from './looking';
import { pluralForm } from './plurals';

export { LANGUAGES, isLanguage, type Language };

/** One file of messages per feature and language: `locales/<language>/<feature>.json`, read as `feature.key`. */
export const MESSAGE_FILES = [
  'common',
  'login',
  'account',
  'contacts',
  'appeals',
  'thread',
  'proof',
  'inbox',
  'ledger',
  'board',
  'orders',
  'admin',
  'audit',
  'seats',
  'company',
  'rights',
  'macros',
  'calendars',
  'reports',
  'policies',
  'ladder',
  'merges',
  'notices',
  'staff',
  'tokens',
  'topics',
  'dryRun',
] as const;
export type MessageFile = (typeof MESSAGE_FILES)[number];

const STORED = 'otklik.language';

// Messages are compiled by the build; each file is a small chunk that the routes which need it ask for.
const files = import.meta.glob<Record<string, never>>('../locales/*/*.json', { import: 'default' });

export const i18n = createI18n({
  legacy: false,
  globalInjection: true,
  locale: 'ru',
  fallbackLocale: false,
  messages: { ru: {}, en: {} },
  pluralRules: {
    ru: (count: number, forms: number) => pluralForm('ru', count, forms),
    en: (count: number, forms: number) => pluralForm('en', count, forms),
  },
  // A key without text is a mistake that must be seen: loud while developing, the bare key otherwise.
  missing: (language, key) => {
    if (!import.meta.env.DEV) return key;
    console.error(`No text for "${key}" in "${language}"`);
    return `⟦${key}⟧`;
  },
});

const wanted = new Set<MessageFile>(['common']);
const loaded = new Set<string>();

async function loadFile(language: Language, file: MessageFile): Promise<void> {
  const name = `${language}/${file}`;
  if (loaded.has(name)) return;
  const load = files[`../locales/${name}.json`];
  if (!load) throw new Error(`No messages file ${name}`);
  const messages = await load();
  if (loaded.has(name)) return;
  loaded.add(name);
  i18n.global.mergeLocaleMessage(language, { [file]: messages });
}

/**
 * Makes the texts of the named features ready in the current language, and keeps them ready in any
 * language chosen later. Rejects when a file does not arrive.
 */
export async function loadMessages(wantedFiles: readonly MessageFile[]): Promise<void> {
  for (const file of wantedFiles) wanted.add(file);
  const language = currentLanguage();
  await Promise.all([...wanted].map((file) => loadFile(language, file)));
}

export const currentLanguage = (): Language => i18n.global.locale.value;

/** The language a visitor starts with: his own setting, else the last choice here, else the browser's. */
function preferredLanguage(setting?: string | null): Language {
  if (isLanguage(setting)) return setting;
  const stored = readStored();
  if (stored) return stored;
  const known = navigator.languages
    .map((tag) => tag.slice(0, 2).toLowerCase())
    .find((tag) => isLanguage(tag));
  return isLanguage(known) ? known : 'ru';
}

/** Switches the whole interface without a reload; the choice is remembered in this browser, unless it is somebody else's. */
export async function setLanguage(language: Language): Promise<void> {
  await Promise.all([...wanted].map((file) => loadFile(language, file)));
  i18n.global.locale.value = language;
  document.documentElement.lang = language;
  try {
    if (!onlyLooks()) localStorage.setItem(STORED, language);
  } catch {
    // No storage: the choice lives as long as the page.
  }
}

/** Before the first render: picks the language and its shared texts. */
export async function startLanguage(): Promise<void> {
  const language = preferredLanguage();
  await Promise.all([...wanted].map((file) => loadFile(language, file)));
  i18n.global.locale.value = language;
  document.documentElement.lang = language;
}

function readStored(): Language | null {
  try {
    const stored = localStorage.getItem(STORED);
    return isLanguage(stored) ? stored : null;
  } catch {
    return null;
  }
}
