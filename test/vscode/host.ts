import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostPaths } from '../../scripts/vscode/install-host.mjs';

/** Nothing that opens, asks, updates or calls out by itself. */
const QUIET_SETTINGS = {
  'chat.disableAIFeatures': true,
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'files.simpleDialog.enable': true,
  'git.enabled': false,
  'npm.autoDetect': 'off',
  'telemetry.telemetryLevel': 'off',
  'update.showReleaseNotes': false,
  'workbench.enableExperiments': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.welcomePage.walkthroughs.openOnInstall': false,
};

export interface HostOptions {
  /** VSIX files to install. */
  extensions?: readonly string[];
  settings?: Readonly<Record<string, unknown>>;
  /** Ask whether a folder is trusted, as the desktop does; otherwise every folder is. */
  workspaceTrust?: boolean;
}

/** A VS Code server with its own profile, from `.vscode-host/`. */
export interface Host {
  /** `127.0.0.1:port`. */
  readonly address: string;
  /** What the server printed, for messages. */
  log(): string;
  /** Stops the server and its extension hosts and removes the profile. */
  stop(): Promise<void>;
}

/** Starts the npm-installed VS Code with a fresh profile. Throws with its output when it does not come up. */
export async function startHost(options: HostOptions = {}): Promise<Host> {
  const { node, entry } = hostPaths();
  const profile = mkdtempSync(join(tmpdir(), 'distillery-host-'));
  const user = join(profile, 'user', 'User');
  mkdirSync(user, { recursive: true });
  const trust = options.workspaceTrust === true;
  writeFileSync(
    join(user, 'settings.json'),
    JSON.stringify({ ...QUIET_SETTINGS, 'security.workspace.trust.enabled': trust, ...options.settings }),
  );
  const extensions = join(profile, 'extensions');
  for (const file of options.extensions ?? []) installExtension(file, extensions);
  const server = spawn(
    node,
    [
      entry,
      ...['--config', '/dev/null'],
      ...['--user-data-dir', join(profile, 'user')],
      ...['--extensions-dir', extensions],
      ...['--bind-addr', '127.0.0.1:0', '--auth', 'none'],
      ...['--disable-telemetry', '--disable-update-check', '--disable-getting-started-override'],
      ...['--ignore-last-opened', '--disable-proxy'],
      // Extension hosts would outlive the window by hours.
      ...['--reconnection-grace-time', '5'],
      ...(trust ? [] : ['--disable-workspace-trust']),
    ],
    { env: hostEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const output: string[] = [];
  const stop = async () => {
    if (server.exitCode === null && server.signalCode === null) {
      const exited = once(server, 'exit');
      server.kill();
      await exited;
    }
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const address = await listeningAddress(server, output);
    return { address, log: () => output.join(''), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Unpacks a VSIX into a folder of extensions, as VS Code does. */
export function installExtension(file: string, extensions: string): void {
  const { node, entry } = hostPaths();
  const profile = mkdtempSync(join(tmpdir(), 'distillery-host-'));
  try {
    execFileSync(
      node,
      [
        entry,
        ...['--config', '/dev/null', '--user-data-dir', profile],
        ...['--extensions-dir', extensions, '--install-extension', file],
      ],
      { env: hostEnvironment(), stdio: 'pipe' },
    );
  } finally {
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Without a gallery, which would be asked for updates. */
function hostEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, EXTENSIONS_GALLERY: '{"serviceUrl":""}' };
}

function listeningAddress(server: ChildProcess, output: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output.push(chunk.toString());
      const found = /listening on http:\/\/([\d.:]+)/.exec(output.join(''));
      if (found?.[1] !== undefined) resolve(found[1]);
    };
    server.stdout?.on('data', read);
    server.stderr?.on('data', read);
    server.once('error', reject);
    server.once('exit', (code) => {
      reject(new Error(`The VS Code server ended with ${String(code)}:\n${output.join('')}`));
    });
  });
}
