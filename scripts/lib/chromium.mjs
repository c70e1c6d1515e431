// Finds a Chromium for the browser tests, or installs one.
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { binary, run, say, Stop, withProgress } from './shell.mjs';

/**
 * @returns {Promise<string>} path of a Chromium that starts
 * @throws Stop when there is none and none can be installed
 */
export async function findOrInstallChromium() {
  const given = process.env.CHROMIUM_PATH;
  if (given) {
    if (await starts(given)) return given;
    throw new Stop(`CHROMIUM_PATH=${given} does not start.`);
  }
  const found = await find();
  if (found) return found;
  say('No Chromium found, the browser tests need one.');
  const log = await install();
  const installed = await find();
  if (installed) return installed;
  throw new Stop(`Chromium could not be installed. Set CHROMIUM_PATH to one.\n${log}`);
}

async function find() {
  for (const candidate of [...usualPlaces(), ...(await playwrightPlaces())]) {
    if (await starts(candidate)) return candidate;
  }
  return undefined;
}

function usualPlaces() {
  if (process.platform === 'darwin') {
    return ['Chromium', 'Google Chrome'].map(
      (app) => `/Applications/${app}.app/Contents/MacOS/${app}`,
    );
  }
  if (process.platform === 'win32') {
    return [process.env.PROGRAMFILES, process.env['PROGRAMFILES(X86)'], process.env.LOCALAPPDATA]
      .filter((folder) => folder !== undefined)
      .map((folder) => path.join(folder, 'Google/Chrome/Application/chrome.exe'));
  }
  const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
  return ['/usr/bin', '/usr/local/bin', '/snap/bin'].flatMap((folder) =>
    names.map((name) => path.join(folder, name)),
  );
}

/** Playwright keeps one folder per version; the newest comes first. */
async function playwrightPlaces() {
  const home = os.homedir();
  const cache =
    process.env.PLAYWRIGHT_BROWSERS_PATH ??
    {
      darwin: path.join(home, 'Library/Caches/ms-playwright'),
      win32: path.join(process.env.LOCALAPPDATA ?? home, 'ms-playwright'),
    }[process.platform + ''] ??
    path.join(process.env.XDG_CACHE_HOME ?? path.join(home, '.cache'), 'ms-playwright');
  const programs = [
    'chrome-linux64/chrome',
    'chrome-linux/chrome',
    'chrome-mac-arm64/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing',
    'chrome-mac-x64/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing',
    'chrome-mac/Chromium.app/Contents/MacOS/Chromium',
    'chrome-win64/chrome.exe',
    'chrome-win/chrome.exe',
  ];
  const versions = (await fs.readdir(cache).catch(() => []))
    .filter((name) => /^chromium-\d+$/.test(name))
    .sort((a, b) => Number(b.slice(9)) - Number(a.slice(9)));
  return versions.flatMap((version) =>
    programs.map((program) => path.join(cache, version, program)),
  );
}

/** A file alone proves little: Ubuntu's is a stub, a downloaded one may lack system libraries. */
async function starts(/** @type {string} */ file) {
  if (
    !(await fs.access(file).then(
      () => true,
      () => false,
    ))
  )
    return false;
  if (process.platform === 'win32') return true; // Chrome prints no version there
  return (await run(file, ['--version'], { quiet: true })).code === 0;
}

/** @returns {Promise<string>} what the installers said */
async function install() {
  let log = '';
  const isRoot = process.getuid?.() === 0;
  const isDebian = await fs.access('/etc/debian_version').then(
    () => true,
    () => false,
  );
  if (isRoot && isDebian) {
    await withProgress('Installing Chromium (apt-get install chromium)', async () => {
      const env = { DEBIAN_FRONTEND: 'noninteractive' };
      log += (await run('apt-get', ['update'], { quiet: true, env })).output;
      log += (await run('apt-get', ['install', '-y', 'chromium'], { quiet: true, env })).output;
    });
    if (await find()) return log;
    say('The package gave no Chromium that starts.');
  }
  await withProgress('Installing Chromium (npx playwright-core install chromium)', async () => {
    const args = ['install', ...(isRoot ? ['--with-deps'] : []), 'chromium'];
    log += (await run(process.execPath, [binary('playwright-core'), ...args], { quiet: true }))
      .output;
  });
  return log;
}
