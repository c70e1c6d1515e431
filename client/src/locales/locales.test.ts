import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const here = fileURLToPath(new URL('.', import.meta.url));
const source = fileURLToPath(new URL('..', import.meta.url));

type Tree = { [key: string]: string | Tree };

/** `feature.key` → text, of one language. */
function messages(language: string): Map<string, string> {
  const found = new Map<string, string>();
  const walk = (prefix: string, tree: Tree) => {
    for (const [key, value] of Object.entries(tree)) {
      if (typeof value === 'string') found.set(`${prefix}.${key}`, value);
      else walk(`${prefix}.${key}`, value);
    }
  };
  for (const file of readdirSync(`${here}/${language}`)) {
    const tree: Tree = JSON.parse(readFileSync(`${here}/${language}/${file}`, 'utf8'));
    walk(file.replace('.json', ''), tree);
  }
  return found;
}

/** All code that may name a key. */
const code = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.(vue|ts)$/.test(file) && !/\.test\.ts$/.test(file))
  .map((file) => readFileSync(`${source}/${file}`, 'utf8'))
  .join('\n');

const ru = messages('ru');
const en = messages('en');
const features = readdirSync(`${here}/ru`).map((file) => file.replace('.json', ''));
const anyFeature = features.join('|');

/** Keys written out, as in `t('appeals.title')` or `titleKey: 'appeals.title'`. */
const named = new Set(
  [...code.matchAll(new RegExp(`['"\`]((?:${anyFeature})(?:\\.\\w+)+)['"\`]`, 'g'))].map(
    (hit) => hit[1]!,
  ),
);
/** Keys put together, as in `t(\`errors.\${code}\`)`: whatever starts like that counts as used. */
const prefixes = [...code.matchAll(new RegExp(`\`((?:${anyFeature})\\.[\\w.]*)\\$\\{`, 'g'))].map(
  (hit) => hit[1]!,
);

const placeholders = (text: string) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();

describe('texts of the interface (I18N-1)', () => {
  test('every text exists in both languages', () => {
    expect(
      [...ru.keys()].filter((key) => !en.has(key)),
      'missing in English',
    ).toEqual([]);
    expect(
      [...en.keys()].filter((key) => !ru.has(key)),
      'missing in Russian',
    ).toEqual([]);
  });

  test('every key in the code has a text', () => {
    const asked = [
      ...code.matchAll(new RegExp(`\\bt\\(\\s*['"]((?:${anyFeature})[.\\w]+)['"]`, 'g')),
    ];
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.map((hit) => hit[1]!).filter((key) => !ru.has(key))).toEqual([]);
  });

  test('every text is used in the code', () => {
    const unused = [...ru.keys()].filter(
      (key) => !named.has(key) && !prefixes.some((prefix) => key.startsWith(prefix)),
    );
    expect(unused).toEqual([]);
  });

  test('both languages take the same values', () => {
    const different = [...ru].filter(([key, text]) => {
      const other = en.get(key);
      return other !== undefined && placeholders(text).join() !== placeholders(other).join();
    });
    expect(different.map(([key]) => key)).toEqual([]);
  });

  test('a counted text has three or four Russian forms and two English', () => {
    const forms = (text: string) => text.split(' | ').length;
    const wrong = [...ru.keys()].filter((key) => {
      const [russian, english] = [forms(ru.get(key)!), forms(en.get(key) ?? '')];
      return (russian > 1 || english > 1) && !((russian === 3 || russian === 4) && english === 2);
    });
    expect(wrong).toEqual([]);
  });

  test('no text is left empty', () => {
    const empty = [...ru, ...en].filter(([, text]) => !text.trim()).map(([key]) => key);
    expect(empty).toEqual([]);
  });
});
