import { stat } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createVSIX, listFiles } from '@vscode/vsce';
import { buildAll } from './build.mjs';

/**
 * Makes the VSIX for this platform: a production build, and what `.vscodeignore` allows. esbuild, which bundles the
 * model files of an experiment, is a native program, so each platform has its own package.
 *
 *     npm run package
 */

const SIZE_BUDGET = 8 * 1024 * 1024;

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const target = `${process.platform}-${process.arch}`;

/**
 * @param {string} file Path of the VSIX to write.
 * @returns {Promise<{ file: string, bytes: number, files: string[] }>}
 * @throws {Error} When a part is missing or the package is larger than its budget.
 */
export async function packageExtension(file) {
  await buildAll({ production: true });
  try {
    const files = (await listFiles({ cwd: root })).sort();
    checkParts(files);
    const isPublished = manifest.repository !== undefined;
    await createVSIX({
      cwd: root,
      packagePath: file,
      target,
      // The README's links lead into the repository, once the manifest names it.
      allowMissingRepository: !isPublished,
      rewriteRelativeLinks: isPublished,
    });
    const { size: bytes } = await stat(file);
    if (bytes > SIZE_BUDGET) {
      throw new Error(`${file} is ${megabytes(bytes)}, more than its budget of ${megabytes(SIZE_BUDGET)}.`);
    }
    return { file, bytes, files };
  } finally {
    await buildAll(); // the working tree keeps its source maps
  }
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
    'dist/tfjs.js',
    'dist/webview/curves.js',
    'schemas/experiment.schema.json',
    'docs/experiment.md',
    'node_modules/esbuild/lib/main.js',
    relative(root, esbuildBinary()).replaceAll('\\', '/'),
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
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { file, bytes } = await packageExtension(
    join(root, `${manifest.name}-${manifest.version}-${target}.vsix`),
  );
  console.log(
    `${relative(process.cwd(), file)}: ${megabytes(bytes)} of a budget of ${megabytes(SIZE_BUDGET)}`,
  );
}
