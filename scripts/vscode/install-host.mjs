import { execFileSync, execSync } from 'node:child_process';
import { chmod, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Installs a VS Code that needs nothing but the npm registry, for machines where VS Code itself cannot be downloaded:
 * `code-server` (VS Code's workbench and server) and the Node it wants, into `.vscode-host/` (or VSCODE_HOST_DIR), once.
 * Needs npm, a C++ compiler, make and Python 3 for one native module; about a minute and 500 MB.
 */

const CODE_SERVER = '4.139.1';
export const HOST_VERSION = '1.139.1';
const NODE = '24.21.0'; // what code-server's engines.node asks for
const STAMP = `${CODE_SERVER}/${NODE}/1`;

/** Dependencies of VS Code's server that a test host never loads and that are large, or do not install everywhere. */
const UNUSED = [
  '@devcontainers/cli',
  '@github/copilot-sdk',
  '@microsoft/mxc-sdk',
  '@vscode/copilot-api',
  '@vscode/sandbox-runtime',
  '@vscode/sqlite3',
  '@vscode/windows-process-tree',
  '@vscode/windows-registry',
  'kerberos',
  'ssh2',
  'tar',
  'zod',
];

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const nodePackage = `node-linux-${process.arch}`;

/** The host's folder and the two files that start it: `node entry`. */
export function hostPaths() {
  const directory = resolve(process.env['VSCODE_HOST_DIR'] ?? join(root, '.vscode-host'));
  return {
    directory,
    node: join(directory, 'node_modules', nodePackage, 'bin', 'node'),
    entry: join(directory, 'node_modules', 'code-server', 'out', 'node', 'entry.js'),
  };
}

export function hostIsInstalled() {
  const stamp = join(hostPaths().directory, '.stamp');
  return existsSync(stamp) && readFileSync(stamp, 'utf8').trim() === STAMP;
}

/**
 * Installs the host unless it is there.
 * @throws {Error} Says what this machine lacks.
 */
export async function installHost() {
  if (hostIsInstalled()) return;
  checkMachine();
  const { directory, node, entry } = hostPaths();
  console.log(
    `Installing VS Code ${HOST_VERSION} (code-server ${CODE_SERVER}, Node ${NODE}) in ${directory} …`,
  );
  for (const name of ['node_modules', 'package-lock.json', '.stamp']) {
    await rm(join(directory, name), { recursive: true, force: true });
  }
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'package.json'), '{ "private": true }\n');

  const nodeHome = dirname(dirname(node));
  const npm = npmIn(directory, nodeHome);
  // node-linux-* is the official Node archive, headers included, as an npm package.
  npm('install', '--ignore-scripts', '--save-exact', `${nodePackage}@${NODE}`, `code-server@${CODE_SERVER}`);

  const server = join(directory, 'node_modules', 'code-server', 'lib', 'vscode');
  const manifestFile = join(server, 'package.json');
  const manifest = JSON.parse(await readFile(manifestFile, 'utf8'));
  for (const name of UNUSED) delete manifest.dependencies[name];
  delete manifest.overrides;
  delete manifest.allowScripts;
  await writeFile(manifestFile, JSON.stringify(manifest, null, 2));
  const npmOfServer = npmIn(server, nodeHome);
  npmOfServer('install', '--omit=dev', '--ignore-scripts');
  // Compiled here: log files and output channels need it. The other native modules come prebuilt.
  npmOfServer('rebuild', '@vscode/spdlog', '@vscode/native-watchdog');
  await link('code-linux.sh', join(server, 'bin', 'remote-cli', 'code-server'));
  await link('browser-linux.sh', join(server, 'bin', 'helpers', 'browser.sh'));
  await rm(join(server, 'extensions', 'copilot'), { recursive: true, force: true });

  await chmod(node, 0o755);
  execFileSync(node, [entry, '--config', '/dev/null', '--version'], { stdio: 'ignore' });
  await writeFile(join(directory, '.stamp'), `${STAMP}\n`);
}

function checkMachine() {
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) {
    throw new Error(
      `The npm-installed VS Code runs on Linux (x64, arm64); this is ${process.platform} ${process.arch}. ` +
        'Here the tests need the VS Code that @vscode/test-electron downloads.',
    );
  }
  const missing = ['g++', 'make', 'python3'].filter((tool) => {
    try {
      execSync(`command -v ${tool}`, { stdio: 'ignore' });
      return false;
    } catch {
      return true; // `command -v` has no other way to say so
    }
  });
  if (missing.length > 0) {
    throw new Error(
      `The npm-installed VS Code compiles one module, and this machine lacks ${missing.join(', ')} ` +
        '(Debian: `apt-get install g++ make python3`).',
    );
  }
}

/** npm in a folder, run by the host's own Node once that is installed, so that native modules fit it. */
function npmIn(cwd, nodeHome) {
  const env = {
    ...process.env,
    PATH: `${join(nodeHome, 'bin')}${delimiter}${process.env['PATH'] ?? ''}`,
    npm_config_nodedir: nodeHome,
    // `npm test` hands on the setting of this repository, with which nothing would be compiled.
    npm_config_ignore_scripts: 'false',
  };
  return (...arguments_) => {
    try {
      execFileSync('npm', [...arguments_, '--no-audit', '--no-fund', '--loglevel=error'], {
        cwd,
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
        encoding: 'utf8',
      });
    } catch (error) {
      throw new Error(`npm ${arguments_.join(' ')} failed:\n${error.stdout ?? ''}${error.stderr ?? ''}`, {
        cause: error,
      });
    }
  };
}

async function link(target, file) {
  await rm(file, { force: true });
  await symlink(target, file);
}
