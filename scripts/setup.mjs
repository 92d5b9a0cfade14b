import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What the commands of the README need before anything outside Node can be imported. */

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * Checks the version of Node and installs the dependencies unless node_modules holds what the lockfile asks for.
 *
 * @returns {boolean} false when something is missing; it has been said on stderr.
 */
export function prepareCheckout() {
  return checkNode() && installDependencies();
}

function checkNode() {
  const wanted = readJson('package.json').engines.node.replace('>=', '');
  if (versionNumber(process.versions.node) >= versionNumber(wanted)) return true;
  console.error(`Node ${wanted} or newer is needed; this is ${process.versions.node}.`);
  return false;
}

function versionNumber(version) {
  return version.split('.').reduce((sum, part, place) => sum + Number(part) * 1000 ** (2 - place), 0);
}

function installDependencies() {
  if (dependenciesAreCurrent()) return true;
  console.error('node_modules/ does not hold what package-lock.json asks for: npm ci');
  // npm is a .cmd file on Windows, which only a shell starts; under `npm run` its script is known.
  const npm = process.env['npm_execpath'];
  const options = { stdio: 'inherit', cwd: root };
  const { status } =
    npm === undefined
      ? spawnSync('npm ci', { ...options, shell: true })
      : spawnSync(process.execPath, [npm, 'ci'], options);
  if (status !== 0) console.error('npm ci failed.');
  return status === 0;
}

function dependenciesAreCurrent() {
  const installedFile = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installedFile)) return false;
  const installed = readJson('node_modules/.package-lock.json').packages;
  return Object.entries(readJson('package-lock.json').packages).every(
    ([place, { version, optional }]) =>
      place === '' || (installed[place] === undefined ? optional : installed[place].version === version),
  );
}

function readJson(file) {
  return JSON.parse(readFileSync(join(root, file), 'utf8'));
}
