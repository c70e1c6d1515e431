import { expect, it } from 'vitest';
import { findRawValues } from './check-tokens.mjs';

const found = (/** @type {string} */ text) => findRawValues(text).map(({ what }) => what);

it.each([
  ['color: #fff;', ['hex colour']],
  ['background: #1a2B3c80;', ['hex colour']],
  ["const brand = '#aabbcc';", ['hex colour']],
  ['font-size: 14px;', ['font size in px']],
  ['font: 600 14px/20px var(--font);', ['font size in px']],
  ['z-index: 10;', ['z-index number']],
  ['style: { zIndex: 10 }', ['z-index number']],
  ['<div style="z-index:-1">', ['z-index number']],
])('%s is a raw value', (text, expected) => {
  expect(found(text)).toEqual(expected);
});

it.each([
  'color: var(--ink);',
  'z-index: var(--z-dialog);',
  'font-size: var(--text-m);',
  'line-height: 20px;',
  '<a href="#top">',
  '<use href="/icons.svg#add" />',
  '<template #header>',
  '<template #add>',
  '&#169;',
  '/* was #fff */',
  '// appeal #123 was wrong',
  'appeal #12345',
])('%s is fine', (text) => {
  expect(found(text)).toEqual([]);
});

it('tells the line', () => {
  expect(findRawValues('/* one\n two */\n.a {\n  color: #fff;\n}')).toEqual([
    { line: 4, what: 'hex colour', found: '#fff' },
  ]);
});
