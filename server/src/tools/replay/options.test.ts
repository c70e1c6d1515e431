import path from 'node:path';
import { expect, it } from 'vitest';
import { readOptions, Refusal } from './options';

const env = { INIT_CWD: path.resolve('/somewhere') };

it('takes a file from where the caller stands, and defaults for the rest', () => {
  expect(readOptions(['talks.jsonl'], env)).toEqual({
    file: path.resolve('/somewhere/talks.jsonl'),
    target: undefined,
    concurrency: 8,
    limit: Number.MAX_SAFE_INTEGER,
  });
});

it('takes a server with a password from the environment', () => {
  const options = readOptions(['a.jsonl', '--url', 'http://host/portal', '--concurrency=2'], {
    ...env,
    REPLAY_PASSWORD: 'secret',
  });
  expect(options.concurrency).toBe(2);
  expect(options.target?.url.href).toBe('http://host/portal/');
  expect(options.target?.password).toBe('secret');
});

it.each([
  [[], 'Which file?'],
  [['a', 'b'], 'Only one file'],
  [['a', '--fast'], '--fast'],
  [['a', '--concurrency', '0'], '--concurrency "0"'],
  [['a', '--limit', 'many'], '--limit "many"'],
  [['a', '--url', 'host:3000', '--password', 'x'], '--url "host:3000"'],
  [['a', '--url', 'http://host'], 'needs --password'],
])('refuses %j with a sentence', (args, sentence) => {
  expect(() => readOptions(args, env)).toThrow(Refusal);
  expect(() => readOptions(args, env)).toThrow(sentence);
});
