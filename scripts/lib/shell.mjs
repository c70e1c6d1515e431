// What every script here needs: short lines on the terminal, and child processes.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The top folder of the project. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** @param {string} line */
export const say = (line) => console.log(`• ${line}`);

/** Ends the script with a sentence instead of a stack. */
export class Stop extends Error {}

/**
 * Runs the body of a script: a `Stop` becomes one line, its number the exit code.
 * @param {() => Promise<number | void>} body
 */
export async function main(body) {
  try {
    process.exitCode = (await body()) ?? 0;
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    console.error(`✗ ${error.message}`);
    process.exitCode = 1;
  }
}

/**
 * Runs a program to its end.
 * @param {string} file
 * @param {string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, quiet?: boolean }} [options] quiet: output is kept, not shown
 * @returns {Promise<{ code: number, output: string }>} 127 when there is no such program
 */
export function run(file, args, { env, quiet = false } = {}) {
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit',
      shell: process.platform === 'win32' && !path.isAbsolute(file),
    });
    /** @type {Buffer[]} */
    const chunks = [];
    child.stdout?.on('data', (chunk) => chunks.push(chunk));
    child.stderr?.on('data', (chunk) => chunks.push(chunk));
    child.once('error', (error) => resolve({ code: 127, output: error.message }));
    child.once('close', (code) =>
      resolve({ code: code ?? 1, output: Buffer.concat(chunks).toString('utf8') }),
    );
  });
}

/**
 * Does a long piece of work and shows that it goes on: a running clock on a terminal, else a line
 * every ten seconds.
 * @template Result
 * @param {string} name
 * @param {() => Promise<Result>} work
 * @returns {Promise<Result>}
 */
export async function withProgress(name, work) {
  const begun = Date.now();
  const seconds = () => `${((Date.now() - begun) / 1000).toFixed(process.stdout.isTTY ? 0 : 1)} s`;
  const live = process.stdout.isTTY === true;
  if (!live) say(`${name} …`);
  const timer = setInterval(
    () =>
      live ? process.stdout.write(`\r• ${name} … ${seconds()} `) : say(`${name} … ${seconds()}`),
    live ? 200 : 10_000,
  );
  try {
    const result = await work();
    console.log(`${live ? '\r' : ''}✓ ${name}: ${seconds()}   `);
    return result;
  } catch (error) {
    if (live) process.stdout.write('\n');
    throw error;
  } finally {
    clearInterval(timer);
  }
}

/**
 * The file behind a command of an installed package, to be run with `node`.
 * @param {string} name package
 * @param {string} [command] when the package has several
 * @param {string} [workspace] whose package it is
 */
export function binary(name, command = name, workspace = '.') {
  const require = createRequire(path.join(root, workspace, 'package.json'));
  const home = packageFolder(require, name);
  const { bin } = require(path.join(home, 'package.json'));
  return path.join(home, typeof bin === 'string' ? bin : bin[command]);
}

/**
 * Many packages do not export their package.json, so the folder is looked for.
 * @param {NodeJS.Require} require
 * @param {string} name
 */
function packageFolder(require, name) {
  for (const folder of require.resolve.paths(name) ?? []) {
    try {
      return path.dirname(require.resolve(path.join(folder, name, 'package.json')));
    } catch {
      // not in this folder, try the one above
    }
  }
  throw new Stop(`The package ${name} is not installed; run npm ci.`);
}
