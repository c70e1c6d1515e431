// TOK-1: colours, type sizes and layers have names. A hex colour, a font size in pixels or a z-index
// number may stand only in client/src/styles/tokens.css.
import fs from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { main, root } from './lib/shell.mjs';

const HOME_OF_TOKENS = 'client/src/styles/tokens.css';
const RULES = [
  {
    what: 'hex colour',
    pattern: /(?<![\w&/#-]|<template )#(?:[\da-f]{8}|[\da-f]{6}|[\da-f]{3,4})(?![\w-])/gi,
  },
  { what: 'font size in px', pattern: /font(?:-size|Size)?\s*:[^;}\n]*?\d(?:\.\d+)?px/gi },
  { what: 'z-index number', pattern: /z-?index["']?\s*:\s*["']?-?\d/gi },
];

/**
 * @param {string} text
 * @returns {{ line: number, what: string, found: string }[]}
 */
export function findRawValues(text) {
  const code = withoutComments(text);
  return RULES.flatMap(({ what, pattern }) =>
    [...code.matchAll(pattern)].map((match) => ({
      line: code.slice(0, match.index).split('\n').length,
      what,
      found: match[0],
    })),
  ).sort((a, b) => a.line - b.line);
}

/**
 * Comments become blank, lines stay where they are.
 * @param {string} text
 */
function withoutComments(text) {
  const blank = (/** @type {string} */ comment) => comment.replace(/[^\n]/g, ' ');
  return text
    .replace(/\/\*[\s\S]*?\*\//g, blank)
    .replace(/<!--[\s\S]*?-->/g, blank)
    .replace(/(^|[\s;{}])\/\/[^\n]*/g, blank);
}

async function check() {
  const folder = path.join(root, 'client/src');
  const files = (await fs.readdir(folder, { recursive: true }))
    .map((name) => path.posix.join('client/src', name.replaceAll(path.sep, '/')))
    .filter((file) => /\.(vue|css|ts)$/.test(file) && file !== HOME_OF_TOKENS)
    .sort();
  let count = 0;
  for (const file of files) {
    for (const { line, what, found } of findRawValues(
      await fs.readFile(path.join(root, file), 'utf8'),
    )) {
      console.log(`${file}:${line}: ${what} outside tokens.css: ${found}`);
      count += 1;
    }
  }
  return count === 0 ? 0 : 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main(check);
