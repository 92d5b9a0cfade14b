import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { prepareCheckout, root } from './setup.mjs';

/**
 * `npm test`: everything that is checked, in stages that all run; the last line is `N passed, N failed`.
 * Starts on a fresh clone: nothing outside Node is imported before the dependencies are there. docs/testing.md says
 * what each stage proves.
 *
 *     npm test [-- --only types,unit] [-- --allow-missing]
 *
 * A stage that lacks what it needs here (Chromium, a VS Code) is told loudly and counts as failed, unless
 * `--allow-missing` is given.
 */

const results = join(root, 'test-results');

/** @typedef {{ passed: number, failed: number, skipped?: number, missing?: string }} Counts */

/** Each stage runs something and returns its counts. */
const stages = {
  build: () => one(node('scripts/build.mjs')),
  types: () =>
    one(
      node('node_modules/typescript/bin/tsc', '--noEmit') &&
        node('node_modules/typescript/bin/tsc', '--noEmit', '-p', 'webview'),
    ),
  lint: () => {
    const clean = node('node_modules/eslint/bin/eslint.js', '.', '--max-warnings', '0');
    return one(
      node('node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.') && clean,
    );
  },
  schema: () => {
    const current = node('scripts/schema.mjs', '--check');
    return one(node('scripts/onnx.mjs', '--check') && current);
  },
  unit: () => vitest('unit'),
  specs: () => coreSpecs(),
  webgpu: async () => (await vulkanMissing()) ?? vitest('webgpu'),
  trainer: () => vitest('trainer'),
  webview: async () => (await chromiumMissing()) ?? vitest('webview'),
  vscode: async () => (await chromiumMissing()) ?? suiteInVSCode(),
  e2e: async () => (await chromiumMissing()) ?? (await hostMissing()) ?? vitest('e2e'),
};

const { values: options } = parseArgs({
  options: { only: { type: 'string' }, 'allow-missing': { type: 'boolean', default: false } },
});
process.chdir(root);
process.exitCode = await main();

async function main() {
  const chosen = options.only?.split(',') ?? Object.keys(stages);
  const unknown = chosen.filter((name) => !Object.hasOwn(stages, name));
  if (unknown.length > 0) {
    console.error(`There is no stage ${unknown.join(', ')}. The stages: ${Object.keys(stages).join(', ')}.`);
    return 2;
  }
  if (!prepareCheckout()) {
    console.error('Nothing was tested.\n0 passed, 1 failed');
    return 1;
  }
  const lines = [];
  const total = { passed: 0, failed: 0 };
  for (const [name, run] of Object.entries(stages)) {
    // Every stage that starts a program needs dist/.
    if (!chosen.includes(name) && name !== 'build') continue;
    console.log(`\n━━━ ${name} ${'━'.repeat(90 - name.length)}`);
    const started = performance.now();
    const counts = await run();
    const seconds = ((performance.now() - started) / 1000).toFixed(1).padStart(6);
    total.passed += counts.passed;
    total.failed += counts.failed;
    const notes = [counts.skipped ? `${counts.skipped} skipped` : '', counts.missing ?? ''].filter(Boolean);
    lines.push(
      `${name.padEnd(8)} ${seconds} s  ${counts.passed} passed, ${counts.failed} failed${notes.map((note) => `  (${note})`).join('')}`,
    );
    console.log(lines.at(-1));
  }
  console.log(`\n${lines.join('\n')}\n`);
  console.log(`${total.passed} passed, ${total.failed} failed`);
  return total.failed === 0 && total.passed > 0 ? 0 : 1;
}

/** Runs a script with this Node; true when it succeeded. */
function node(script, ...arguments_) {
  if (!existsSync(script)) {
    console.error(`${script} does not exist.`);
    return false;
  }
  return spawnSync(process.execPath, [script, ...arguments_], { stdio: 'inherit' }).status === 0;
}

/** @returns {Counts} */
function one(succeeded) {
  return succeeded ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

/** @returns {Counts} */
function vitest(project) {
  const report = join(results, `${project}.json`);
  rmSync(report, { force: true });
  const succeeded = node(
    'node_modules/vitest/vitest.mjs',
    ...['run', '--project', project],
    ...['--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
  );
  if (!existsSync(report)) return { passed: 0, failed: 1 };
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = readReport(report);
  // A file that could not be loaded has no tests that failed.
  const brokenFiles = testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  ).length;
  return settle(succeeded, {
    passed: numPassedTests,
    failed: numFailedTests + brokenFiles,
    skipped: numPendingTests + numTodoTests,
  });
}

/** @returns {Counts} */
function coreSpecs() {
  const succeeded = node('test/core-specs/run.mjs');
  const report = join(results, 'specs.json');
  if (!existsSync(report)) return { passed: 0, failed: 1 };
  const { passed, failed, excluded } = readReport(report);
  return settle(succeeded, {
    passed,
    failed: failed.length,
    skipped: Object.values(excluded).flat().length,
  });
}

/** @returns {Counts} */
function suiteInVSCode() {
  const folder = join(results, 'vscode');
  rmSync(folder, { recursive: true, force: true });
  const succeeded = node('test/vscode/run.mjs');
  const reports = existsSync(folder) ? readdirSync(folder).map((name) => readReport(join(folder, name))) : [];
  const sum = (key) => reports.reduce((total, report) => total + report[key], 0);
  return settle(succeeded, { passed: sum('passed'), failed: sum('failed'), skipped: sum('pending') });
}

/** A run that failed without a failing test (an unhandled error, no tests at all) still counts. */
function settle(succeeded, counts) {
  const complete = counts.passed + counts.failed > 0 && (succeeded || counts.failed > 0);
  return complete ? counts : { ...counts, failed: counts.failed + 1 };
}

async function chromiumMissing() {
  const { findChromium, CHROMIUM_MISSING } = await import('./vscode/chromium.mjs');
  return findChromium() === null ? missing('no Chromium', CHROMIUM_MISSING) : undefined;
}

async function vulkanMissing() {
  const { vulkanEnvironment, VULKAN_MISSING } = await import('../test/webgpu/vulkan.mjs');
  return vulkanEnvironment() === null ? missing('no Vulkan driver', VULKAN_MISSING) : undefined;
}

async function hostMissing() {
  const { installHost } = await import('./vscode/install-host.mjs');
  try {
    await installHost();
    return undefined;
  } catch (error) {
    return missing('no VS Code host', error.message);
  }
}

/** @returns {Counts} */
function missing(what, reason) {
  const line = '!'.repeat(96);
  console.error(`${line}\nNOT RUN: ${reason}\n${line}`);
  return { passed: 0, failed: options['allow-missing'] ? 0 : 1, missing: `NOT RUN: ${what}` };
}

function readReport(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}
