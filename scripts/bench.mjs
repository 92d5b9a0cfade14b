import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { prepareCheckout, root } from './setup.mjs';

/**
 * `npm run bench -- step | train | start`: measures Distillery beside PyTorch; `editor`: what a person waits for in the
 * editor (docs/performance.md). Starts on a fresh
 * clone; builds dist/, bundles bench/ into dist/bench/ and runs it.
 */

process.exitCode = await main();

async function main() {
  if (!prepareCheckout()) return 1;
  const { build } = await import('esbuild');
  // What is built goes to standard error, since standard output may be JSON.
  const built = spawnSync(process.execPath, [join(root, 'scripts', 'build.mjs')], {
    stdio: ['ignore', process.stderr, process.stderr],
  });
  if (built.status !== 0) return 1;
  const output = join(root, 'dist', 'bench');
  await build({
    absWorkingDir: root,
    entryPoints: ['main', 'worker'].map((name) => `bench/${name}.ts`),
    outdir: output,
    bundle: true,
    platform: 'node',
    target: 'node20.9',
    format: 'cjs',
    keepNames: true,
    logLevel: 'warning',
    // They find their binaries beside themselves, and must be loaded once only.
    external: ['@tensorflow/*', 'onnxruntime-*', 'esbuild'],
    define: { 'import.meta.url': 'bundleUrl' },
    banner: { js: "const bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
  });
  const { status } = spawnSync(process.execPath, [join(output, 'main.js'), ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, DISTILLERY_ROOT: root },
  });
  return status ?? 1;
}
