import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createVSIX, listFiles } from '@vscode/vsce';
import { buildAll } from './build.mjs';

/**
 * Makes the VSIX for this platform: a production build, what `.vscodeignore` allows, and the binaries of this platform.
 * esbuild, which bundles the model files of an experiment, and onnxruntime, which trains, are native programs, so each
 * platform has its own package.
 *
 *     npm run package
 */

const MEGABYTE = 1024 * 1024;

/** For everything but onnxruntime. */
const OWN_BUDGET = 8 * MEGABYTE;

/**
 * What onnxruntime adds, compressed. It makes a training several times faster than what else is in the package, and
 * whoever installs an extension should not have to install an engine too. Windows' share holds DirectML and a shader
 * compiler. There are no binaries for other platforms: their packages train with WebAssembly.
 */
const RUNTIME_BUDGETS = {
  'linux-x64': 19 * MEGABYTE,
  'linux-arm64': 11 * MEGABYTE,
  'darwin-arm64': 14 * MEGABYTE,
  'win32-x64': 30 * MEGABYTE,
  'win32-arm64': 32 * MEGABYTE,
};

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const target = `${process.platform}-${process.arch}`;
const runtimeFolder = `node_modules/onnxruntime-node/bin/napi-v6/${process.platform}/${process.arch}`;
const hasRuntime = existsSync(join(root, runtimeFolder, 'onnxruntime_binding.node'));
const sizeBudget = OWN_BUDGET + (hasRuntime ? RUNTIME_BUDGETS[target] : 0);

/**
 * @param {string} file Path of the VSIX to write.
 * @returns {Promise<{ file: string, bytes: number, files: string[] }>}
 * @throws {Error} When a part is missing or the package is larger than its budget.
 */
export async function packageExtension(file) {
  await buildAll({ production: true });
  const scratch = await mkdtemp(join(tmpdir(), 'distillery-package-'));
  try {
    const ignoreFile = join(scratch, 'vscodeignore');
    await writeFile(ignoreFile, allowList());
    const files = (await listFiles({ cwd: root, ignoreFile })).sort();
    checkParts(files);
    const isPublished = manifest.repository !== undefined;
    await createVSIX({
      cwd: root,
      packagePath: file,
      target,
      ignoreFile,
      // The README's links lead into the repository, once the manifest names it.
      allowMissingRepository: !isPublished,
      rewriteRelativeLinks: isPublished,
    });
    const { size: bytes } = await stat(file);
    if (bytes > sizeBudget) {
      throw new Error(`${file} is ${megabytes(bytes)}, more than its budget of ${megabytes(sizeBudget)}.`);
    }
    return { file, bytes, files };
  } finally {
    await rm(scratch, { recursive: true, force: true });
    await buildAll(); // the working tree keeps its source maps
  }
}

/**
 * `.vscodeignore` and the binaries of onnxruntime for this platform, by their names: the package of onnxruntime holds
 * those of all platforms, the folder of this one may hold CUDA libraries, and on macOS one library lies there twice.
 */
function allowList() {
  const lines = [readFileSync(join(root, '.vscodeignore'), 'utf8').trimEnd()];
  if (hasRuntime) {
    const binaries = ['onnxruntime_binding.node', 'libonnxruntime.so.1', 'libonnxruntime.1.dylib', '*.dll'];
    lines.push(...binaries.map((name) => `!${runtimeFolder}/${name}`));
  }
  return `${lines.join('\n')}\n`;
}

function checkParts(files) {
  const needed = [
    'package.json',
    'README.md',
    'LICENSE',
    'CHANGELOG.md',
    'dist/extension.js',
    'dist/cli.js',
    'dist/trainer.js',
    'dist/loader.js',
    'dist/inspector.js',
    'dist/watchdog.js',
    'dist/tfjs.js',
    'dist/webview/curves.js',
    'schemas/experiment.schema.json',
    'docs/experiment.md',
    'licenses/onnxruntime/LICENSE',
    'node_modules/esbuild/lib/main.js',
    relative(root, esbuildBinary()).replaceAll('\\', '/'),
    'node_modules/onnxruntime-node/package.json',
    'node_modules/onnxruntime-node/dist/binding.js',
    'node_modules/onnxruntime-common/package.json',
    'node_modules/onnxruntime-common/dist/cjs/index.js',
    ...(hasRuntime ? [`${runtimeFolder}/onnxruntime_binding.node`] : []),
  ];
  const missing = needed.filter((name) => !files.includes(name));
  if (missing.length > 0) throw new Error(`The package lacks ${missing.join(', ')}.`);
}

function esbuildBinary() {
  const require = createRequire(import.meta.url);
  const program = process.platform === 'win32' ? 'esbuild.exe' : 'bin/esbuild';
  return require.resolve(`@esbuild/${target}/${program}`);
}

function megabytes(bytes) {
  return `${(bytes / MEGABYTE).toFixed(1)} MB`;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { file, bytes } = await packageExtension(
    join(root, `${manifest.name}-${manifest.version}-${target}.vsix`),
  );
  console.log(
    `${relative(process.cwd(), file)}: ${megabytes(bytes)} of a budget of ${megabytes(sizeBudget)}`,
  );
  if (!hasRuntime)
    console.log(`onnxruntime has no binary for ${target}: this package trains with WebAssembly.`);
}
