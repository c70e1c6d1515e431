import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const source = fileURLToPath(new URL('..', import.meta.url));
const tokens = readFileSync(`${source}/styles/tokens.css`, 'utf8');

/** Custom properties that hold a plain colour, by theme; dark inherits what it does not change. */
function colours(theme: 'light' | 'dark'): Map<string, string> {
  const found = new Map<string, string>();
  for (const block of tokens.matchAll(/([^{}]+)\{([^{}]*)\}/g)) {
    const [, selector = '', body = ''] = block;
    const dark = selector.includes("[data-theme='dark']");
    if (dark && theme === 'light') continue;
    if (!dark && !selector.includes(':root')) continue;
    for (const [, name = '', value = ''] of body.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})\s*;/gi)) {
      found.set(name, value);
    }
  }
  return found;
}

function luminance(hex: string): number {
  const channel = (at: number) => {
    const c = parseInt(hex.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}

function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light! + 0.05) / (dark! + 0.05);
}

const surfaces = ['canvas', 'surface', 'raised', 'sunken'];
const texts: [string, string][] = [
  ...['text', 'muted', 'faint'].flatMap((ink) =>
    surfaces.map((surface): [string, string] => [ink, surface]),
  ),
  ...['accent', 'breached', 'needs'].flatMap((ink) =>
    ['canvas', 'surface', 'raised'].map((surface): [string, string] => [ink, surface]),
  ),
  ['accent-on', 'accent'],
  ['accent-on', 'accent-hover'],
  ['accent', 'accent-soft'],
  ['text', 'bubble-own'],
  ['faint', 'bubble-own'],
  ['text', 'bubble-their'],
  ['faint', 'bubble-their'],
  ['muted', 'avatar'],
  ['note-text', 'note-bg'],
  ['breached', 'breached-bg'],
  ['risk', 'risk-bg'],
  ['met', 'met-bg'],
  ['paused', 'paused-bg'],
  ['needs-on', 'needs'],
  ['surface', 'breached'],
];
const marks: [string, string][] = [
  ...surfaces.slice(0, 3).map((surface): [string, string] => ['control', surface]),
  ...surfaces.slice(0, 3).map((surface): [string, string] => ['focus', surface]),
  ['note-edge', 'note-bg'],
  ['needs', 'canvas'],
];

describe.each(['light', 'dark'] as const)('contrast in the %s theme (TOK-2)', (theme) => {
  const palette = colours(theme);
  const colour = (name: string) => {
    const value = palette.get(name);
    if (!value) throw new Error(`No token --${name}`);
    return value;
  };

  test.each(texts)('%s on %s is readable', (ink, surface) => {
    expect(contrast(colour(ink), colour(surface))).toBeGreaterThanOrEqual(4.5);
  });

  test.each(marks)('%s on %s can be seen', (ink, surface) => {
    expect(contrast(colour(ink), colour(surface))).toBeGreaterThanOrEqual(3);
  });
});

describe('styles outside the token file (TOK-1)', () => {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(css|vue)$/.test(file) && !file.endsWith('tokens.css'))
    .map((file) => {
      const text = readFileSync(`${source}/${file}`, 'utf8');
      const styles = file.endsWith('.css')
        ? text
        : [...text.matchAll(/<style[^>]*>([\s\S]*?)<\/style>/g)].map((hit) => hit[1]).join('\n');
      return { file, styles };
    });

  test.each([
    ['a colour by hex', /:[^;{}]*#[0-9a-f]{3,8}\b/gi],
    ['a font size by number', /font(?:-size)?:[^;{}]*\d(?:px|rem)\b/gi],
    ['a layer by number', /z-index:\s*-?\d/gi],
  ])('none names %s', (_what, pattern) => {
    const found = files.flatMap(({ file, styles }) =>
      [...styles.matchAll(pattern)].map((hit) => `${file}: ${hit[0].trim()}`),
    );
    expect(found).toEqual([]);
  });
});
