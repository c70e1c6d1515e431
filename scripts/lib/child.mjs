// One long-running child: signals reach it exactly once, and its end is ours.
import { spawn } from 'node:child_process';
import os from 'node:os';
import { fileURLToPath } from 'node:url';
import { root } from './shell.mjs';

const LIFELINE = new URL('./lifeline.mjs', import.meta.url).href;
/** A terminal's Ctrl+C comes twice: to the whole group, and again from npm. */
const SAME_PRESS_MS = 500;

/**
 * Runs `node …args` until it ends, passing on SIGINT, SIGTERM and SIGHUP.
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<number>} its exit code; 128 + number of the signal that ended it
 */
export function runToEnd(args, env = {}) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--import', LIFELINE, ...args], {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
      // Its own group, so that only what is passed on here arrives.
      detached: process.platform !== 'win32',
    });
    let lastPass = -Infinity;
    /** @param {NodeJS.Signals} signal */
    const pass = (signal) => {
      if (performance.now() - lastPass < SAME_PRESS_MS) return;
      lastPass = performance.now();
      child.kill(signal);
    };
    for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
      process.on(signal, pass);
    }
    child.once('error', (error) => {
      console.error(`✗ ${fileURLToPath(import.meta.url)}: ${error.message}`);
      resolve(1);
    });
    child.once('exit', (code, signal) => {
      resolve(code ?? 128 + (signal ? os.constants.signals[signal] : 0));
    });
  });
}
