import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { posix, win32 } from 'node:path';

/** The oldest Node.js that runs the command line and the trainer, as in `engines` of package.json. */
const oldest = [20, 9] as const;
const probeTimeoutMilliseconds = 10_000;

/** How to start a script on Node.js. */
export interface NodeRuntime {
  /** Absolute path of the executable. */
  executable: string;
  /** Added to the environment of the child. */
  environment: Readonly<Record<string, string>>;
  version: string;
}

/** No Node.js was found, or the one that was asked for cannot be used; the message says what to do. */
export class NodeNotFoundError extends Error {
  override readonly name = 'NodeNotFoundError';
}

/** What the search looks at; given explicitly so that tests can stand on any system. */
export interface NodeSearch {
  platform: NodeJS.Platform;
  environment: Readonly<Record<string, string | undefined>>;
  home: string;
  /** Names in a folder; none when it cannot be read. */
  list: (folder: string) => Promise<string[]>;
  /** The version that an executable prints, e.g. `v20.9.0`; null when it does not run. */
  version: (executable: string, environment?: Readonly<Record<string, string>>) => Promise<string | null>;
  /** The executable of this very process; inside VS Code, Electron. */
  own: string;
}

/** The search on this machine. */
export function nodeSearch(): NodeSearch {
  return {
    platform: process.platform,
    environment: process.env,
    home: homedir(),
    list: async (folder) => {
      try {
        return await readdir(folder);
      } catch {
        // A version manager that is not installed; there is nothing to find in it.
        return [];
      }
    },
    version: printedVersion,
    own: process.execPath,
  };
}

/**
 * Finds the Node.js that runs experiments: the one of the setting, else `node` on the PATH or in a usual place (an
 * editor started from a desktop has a poor PATH), else the one inside VS Code.
 * @param setting Value of `distillery.nodePath`; may begin with `~`.
 * @throws {NodeNotFoundError} When the setting names nothing usable, or nothing was found.
 */
export async function findNode(setting: string, search: NodeSearch): Promise<NodeRuntime> {
  const asked = setting.trim();
  if (asked !== '') return askedNode(asked, search);
  for (const executable of await nodeCandidates(search)) {
    const version = await search.version(executable);
    if (version !== null && isNewEnough(version)) return { executable, environment: {}, version };
  }
  const environment = { ELECTRON_RUN_AS_NODE: '1' };
  const version = await search.version(search.own, environment);
  if (version !== null && isNewEnough(version)) return { executable: search.own, environment, version };
  throw new NodeNotFoundError(
    `No Node.js ${oldest.join('.')} or newer was found. Install it from https://nodejs.org, or name its executable in the setting "distillery.nodePath".`,
  );
}

/** Executables that may be Node.js, the likeliest first, each once: the PATH, then the usual places. */
export async function nodeCandidates(search: NodeSearch): Promise<string[]> {
  const { platform, environment } = search;
  const path = platform === 'win32' ? win32 : posix;
  const name = platform === 'win32' ? 'node.exe' : 'node';
  const onPath = (environment['PATH'] ?? environment['Path'] ?? '')
    .split(path.delimiter)
    .map((folder) => folder.replace(/^"(.*)"$/, '$1'))
    // A relative entry would name a program of whatever folder is open.
    .filter((folder) => path.isAbsolute(folder));
  const usual = platform === 'win32' ? windowsFolders(search) : await unixFolders(search);
  return [...new Set([...onPath, ...usual].map((folder) => path.join(folder, name)))];
}

/** Whether `v20.9.0` or `20.9.0` is recent enough. */
export function isNewEnough(version: string): boolean {
  const match = /^v?(\d+)\.(\d+)\./.exec(version);
  if (match === null) return false;
  const [major, minor] = [Number(match[1]), Number(match[2])];
  return major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);
}

async function askedNode(asked: string, search: NodeSearch): Promise<NodeRuntime> {
  const path = search.platform === 'win32' ? win32 : posix;
  const executable = /^~[/\\]/.test(asked) ? path.join(search.home, asked.slice(2)) : asked;
  const advice = 'Correct the setting "distillery.nodePath", or empty it to have Node.js searched.';
  if (!path.isAbsolute(executable)) {
    throw new NodeNotFoundError(`"${asked}" is not an absolute path. ${advice}`);
  }
  const version = await search.version(executable);
  if (version === null) {
    throw new NodeNotFoundError(`"${executable}" could not be run as Node.js. ${advice}`);
  }
  if (!isNewEnough(version)) {
    throw new NodeNotFoundError(
      `"${executable}" is Node.js ${version}; ${oldest.join('.')} or newer is needed. ${advice}`,
    );
  }
  return { executable, environment: {}, version };
}

function windowsFolders({ environment }: NodeSearch): string[] {
  const inside = (variable: string, ...parts: string[]): string[] => {
    const folder = environment[variable];
    return folder === undefined || folder === '' ? [] : [win32.join(folder, ...parts)];
  };
  return [
    ...inside('NVM_SYMLINK'),
    ...inside('ProgramFiles', 'nodejs'),
    ...inside('LOCALAPPDATA', 'Programs', 'nodejs'),
    ...inside('ProgramFiles', 'Volta'),
    ...inside('USERPROFILE', 'scoop', 'apps', 'nodejs', 'current'),
    ...inside('USERPROFILE', 'scoop', 'apps', 'nodejs-lts', 'current'),
  ];
}

async function unixFolders({ platform, environment, home, list }: NodeSearch): Promise<string[]> {
  const nvm = posix.join(environment['NVM_DIR'] ?? posix.join(home, '.nvm'), 'versions', 'node');
  const versions = (await list(nvm)).toSorted((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  const fnm =
    platform === 'darwin'
      ? posix.join(home, 'Library', 'Application Support', 'fnm')
      : posix.join(home, '.local', 'share', 'fnm');
  return [
    ...versions.map((version) => posix.join(nvm, version, 'bin')),
    posix.join(home, '.volta', 'bin'),
    posix.join(fnm, 'aliases', 'default', 'bin'),
    posix.join(home, '.local', 'share', 'mise', 'shims'),
    posix.join(home, '.asdf', 'shims'),
    '/opt/homebrew/bin',
    '/usr/local/bin',
    '/usr/bin',
    posix.join(home, '.local', 'bin'),
    '/snap/bin',
  ];
}

function printedVersion(
  executable: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<string | null> {
  return new Promise((resolve) => {
    execFile(
      executable,
      ['--version'],
      { env: { ...process.env, ...environment }, timeout: probeTimeoutMilliseconds, windowsHide: true },
      (error, stdout) => {
        resolve(error === null ? stdout.trim() : null);
      },
    );
  });
}
