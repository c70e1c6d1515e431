export interface Device {
  /** "Chrome, Windows"; a program calls itself by its first word. */
  name: string;
  kind: 'phone' | 'computer';
}

// The first match wins: browsers name their relatives too, so the most particular come first.
const BROWSERS: readonly [RegExp, string][] = [
  [/YaBrowser\//, 'Yandex Browser'],
  [/EdgA?\/|EdgiOS\//, 'Edge'],
  [/OPR\/|OPT\//, 'Opera'],
  [/SamsungBrowser\//, 'Samsung Internet'],
  [/Firefox\/|FxiOS\//, 'Firefox'],
  [/Chrome\/|CriOS\/|Chromium\//, 'Chrome'],
  [/Safari\//, 'Safari'],
];
const SYSTEMS: readonly [RegExp, string][] = [
  [/iPhone/, 'iPhone'],
  [/iPad/, 'iPad'],
  [/Android/, 'Android'],
  [/Windows/, 'Windows'],
  [/CrOS/, 'ChromeOS'],
  [/Macintosh|Mac OS X/, 'macOS'],
  [/Linux/, 'Linux'],
];
const LONGEST = 60;

/** What a session list shows for a `User-Agent` header. Only for people: nothing is decided by it. */
export function deviceOf(userAgent: string | undefined): Device {
  const text = userAgent ?? '';
  const found = (list: typeof BROWSERS) => list.find(([mark]) => mark.test(text))?.[1];
  const parts = [found(BROWSERS), found(SYSTEMS)].filter((part) => part !== undefined);
  const program = text.split(/[/\s]/)[0]?.slice(0, LONGEST);
  return {
    name: parts.join(', ') || program || '—',
    kind:
      /iPhone|iPod|Mobile|Android(?!.*Tablet)/.test(text) && !/iPad/.test(text)
        ? 'phone'
        : 'computer',
  };
}
