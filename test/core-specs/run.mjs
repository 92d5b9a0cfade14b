import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/**
 * Runs tfjs-core's own suite on the compiling backend and prints what failed. Counts and failures are left in
 * test-results/specs.json.
 *
 *     npm run specs [-- 'part of the name of a spec']
 */

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const results = join(root, 'test-results');
const bundle = join(results, 'core-specs.cjs');
const reportFile = join(results, 'specs.json');
const SHOWN = 60;

mkdirSync(results, { recursive: true });
rmSync(reportFile, { force: true });
await build({
  absWorkingDir: root,
  entryPoints: ['test/core-specs/specs.ts'],
  outfile: bundle,
  bundle: true,
  platform: 'node',
  target: 'node20.9',
  format: 'cjs',
  // The specs import the module files of tfjs-core, so everybody must: two instances would not know each other's tensors.
  mainFields: ['module', 'main'],
  // The package calls its specs free of side effects; they would be left out.
  ignoreAnnotations: true,
  external: ['onnxruntime-node', 'onnxruntime-common', 'jasmine-core'],
  define: { 'import.meta.url': 'bundleUrl' },
  banner: { js: `const bundleUrl = require('node:url').pathToFileURL(__filename).href;` },
  logLevel: 'error',
});
const { status } = spawnSync(process.execPath, [bundle, reportFile, ...process.argv.slice(2)], {
  // The specs print what they profile.
  stdio: ['ignore', 'ignore', 'inherit'],
});
process.exitCode = existsSync(reportFile) && status === 0 ? show() : 1;

/** @returns the exit code: 0 when all went well. */
function show() {
  const { passed, failed, excluded, idle } = JSON.parse(readFileSync(reportFile, 'utf8'));
  for (const { name, messages } of failed.slice(0, SHOWN)) {
    console.error(`✗ ${name}\n    ${messages[0]?.split('\n')[0]}`);
  }
  if (failed.length > SHOWN) console.error(`… and ${failed.length - SHOWN} more in ${reportFile}`);
  for (const pattern of idle) console.error(`The exclusion /${pattern}/ meets no spec.`);
  const left = Object.values(excluded).flat().length;
  console.log(`${passed} passed, ${failed.length} failed, ${left} excluded`);
  return failed.length + idle.length === 0 && passed > 0 ? 0 : 1;
}
