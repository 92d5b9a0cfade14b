import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { downloadAndUnzipVSCode, runTests } from '@vscode/test-electron';
import { build } from 'esbuild';
import { CHROMIUM_MISSING, findChromium } from '../../scripts/vscode/chromium.mjs';
import { HOST_VERSION, hostPaths, installHost } from '../../scripts/vscode/install-host.mjs';

/**
 * Runs the mocha suite inside VS Code: in the oldest version that the manifest promises and in the newest stable one,
 * downloaded by @vscode/test-electron; where that is impossible, in the npm-installed VS Code, and says so.
 * The counts go to `test-results/vscode/VERSION.json`.
 *
 *     node test/vscode/run.mjs          needs dist/ (npm run build)
 */

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const bundles = join(root, '.vscode-test', 'build');
const results = join(root, 'test-results', 'vscode');

if (process.platform === 'linux' && !process.env['DISPLAY'] && hasXvfb()) {
  const again = spawnSync('xvfb-run', ['-a', process.execPath, ...process.argv.slice(1)], {
    stdio: 'inherit',
  });
  process.exit(again.status ?? 1);
}
rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });
await buildSuite();
const targets = await desktopTargets().catch(async (error) => [await hostTarget(error)]);
let failed = false;
for (const target of targets) failed = !(await runSuite(target)) || failed;
process.exitCode = failed ? 1 : 0;

async function buildSuite() {
  rmSync(bundles, { recursive: true, force: true });
  const shared = {
    bundle: true,
    platform: 'node',
    target: 'node20',
    sourcemap: 'inline',
    packages: 'external',
  };
  const suite = join(root, 'test', 'vscode', 'suite');
  await build({
    ...shared,
    entryPoints: readdirSync(suite)
      .filter((name) => /^index\.ts$|\.test\.ts$/.test(name))
      .map((name) => join(suite, name)),
    external: ['vscode'],
    format: 'cjs',
    outdir: join(bundles, 'suite'),
  });
  await build({
    ...shared,
    entryPoints: [join(root, 'test', 'vscode', 'codeStandIn.ts')],
    format: 'esm',
    banner: { js: '#!/usr/bin/env node' },
    outfile: join(bundles, 'code.mjs'),
  });
  chmodSync(join(bundles, 'code.mjs'), 0o755);
}

/** The VS Code versions to download; throws the reason when that cannot be done here. */
async function desktopTargets() {
  const oldest = manifest.engines.vscode.replace(/^\^/, '');
  const targets = [];
  for (const version of [oldest, 'stable']) {
    const executable = await downloadAndUnzipVSCode({
      version,
      cachePath: join(root, '.vscode-test'),
      timeout: 30_000,
    });
    targets.push({ name: version, executable });
  }
  if (process.platform === 'linux' && !process.env['DISPLAY']) {
    throw new Error('it has no display here (install xvfb)');
  }
  return targets;
}

async function hostTarget(reason) {
  const line = '!'.repeat(100);
  console.warn(
    `${line}\nVS Code itself cannot be used here: ${reason.message ?? reason}.\n` +
      `The suite runs in the npm-installed VS Code ${HOST_VERSION} instead: a real workbench and a real Node extension host, ` +
      `but not Electron, and not VS Code ${manifest.engines.vscode.replace('^', '')}, the oldest that the manifest promises.\n${line}`,
  );
  if (findChromium() === null) throw new Error(CHROMIUM_MISSING);
  await installHost();
  return { name: `host-${HOST_VERSION}`, executable: join(bundles, 'code.mjs') };
}

function hasXvfb() {
  return spawnSync('xvfb-run', ['--help'], { stdio: 'ignore' }).status === 0;
}

async function runSuite({ name, executable }) {
  const report = join(results, `${name}.json`);
  const workspace = mkdtempSync(join(tmpdir(), 'distillery-suite-'));
  console.log(`\nVS Code ${name}`);
  try {
    await runTests({
      vscodeExecutablePath: executable,
      extensionDevelopmentPath: root,
      extensionTestsPath: join(bundles, 'suite', 'index.js'),
      launchArgs: [workspace, '--disable-extensions'],
      extensionTestsEnv: { DISTILLERY_TEST_REPORT: report, VSCODE_HOST_DIR: hostPaths().directory },
    });
    return true;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return false;
  } finally {
    if (!existsSync(report)) console.error(`VS Code ${name} ended without a report.`);
    rmSync(workspace, { recursive: true, force: true, maxRetries: 5 });
  }
}
