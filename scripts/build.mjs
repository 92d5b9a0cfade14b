import { existsSync, readdirSync } from 'node:fs';
import { chmod, copyFile, mkdir, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build, context } from 'esbuild';

/**
 * Builds `dist/`:
 *
 *     extension.js           the extension host's bundle
 *     cli.js, trainer.js     the terminal command and the child process that trains
 *     loader.js              the thread of the trainer that makes batches
 *     inspector.js           the child process that looks at models for the editor
 *     watchdog.js            the thread of the inspector that notices code without an end
 *     tfjs.js, tfjs-*.wasm   TensorFlow.js, once: whoever asks for any @tensorflow package gets this one instance
 *     mozjpeg_*, squoosh_*   the decoders of images, found by src/images
 *     webview/NAME.{js,css}  one bundle for each webview/NAME/main.ts, its workers inside, with the codicons beside it
 *
 * Everything is CommonJS: VS Code loads nothing else as an extension, and a dynamic import() inside a CommonJS bundle
 * runs its module when it is reached, so the commands that need no tfjs never load it.
 *
 *     node scripts/build.mjs [--watch] [--production]
 */

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const output = join(root, 'dist');
const require = createRequire(import.meta.url);

const programs = [
  { name: 'extension', entry: 'src/extension/extension.ts' },
  { name: 'cli', entry: 'src/cli/main.ts', executable: true },
  { name: 'trainer', entry: 'src/trainer/main.ts' },
  { name: 'loader', entry: 'src/data/loaderThread.ts' },
  { name: 'inspector', entry: 'src/inspector/main.ts' },
  { name: 'watchdog', entry: 'src/inspector/watchdogThread.ts' },
];

/** The tfjs packages that the code imports; each is a property of the exports of `dist/tfjs.js`. */
const tfjsPackages = ['@tensorflow/tfjs', '@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-wasm'];
const wasmFiles = ['tfjs-backend-wasm.wasm', 'tfjs-backend-wasm-simd.wasm'];
const decoderFiles = [
  '@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm',
  '@jsquash/png/codec/pkg/squoosh_png_bg.wasm',
];

/**
 * Builds once.
 * @param {{ production?: boolean }} options `production`: minified, without source maps.
 * @throws {AggregateError} After every bundle was tried; esbuild prints its errors itself.
 */
export async function buildAll({ production = false } = {}) {
  const started = performance.now();
  // Development builds overwrite in place: a trainer that is being started from dist/ must find its file.
  if (production) await rm(output, { recursive: true, force: true });
  const jobs = buildJobs(production);
  const results = await Promise.allSettled([...jobs.map((job) => build(job)), copyAssets()]);
  await finishPrograms();
  const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  if (failures.length > 0) throw new AggregateError(failures, 'The build failed; dist/ is not complete.');
  console.log(`built dist/ in ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

async function watchAll() {
  const contexts = await Promise.all(
    buildJobs(false).map((job) =>
      context({ ...job, logLevel: 'info', plugins: [...(job.plugins ?? []), markExecutable] }),
    ),
  );
  await copyAssets();
  await Promise.all(contexts.map((each) => each.watch()));
}

/** The esbuild options of every bundle whose entry exists. */
function buildJobs(production) {
  const shared = {
    absWorkingDir: root,
    bundle: true,
    minify: production,
    sourcemap: production ? false : 'linked',
    sourcesContent: false,
    logLevel: 'warning',
    legalComments: production ? 'linked' : 'none',
  };
  const node = { ...shared, platform: 'node', target: 'node20.9', format: 'cjs', keepNames: true };
  const jobs = present(programs).map(({ name, entry, executable }) => ({
    ...node,
    entryPoints: { [name]: entry },
    outdir: output,
    external: ['vscode', 'esbuild', 'onnxruntime-node', 'onnxruntime-common'],
    plugins: [oneTfjs],
    // The sources say import.meta.url, which CommonJS lacks; a bundle is its own file there.
    define: { 'import.meta.url': 'bundleUrl' },
    banner: {
      js: `${executable ? '#!/usr/bin/env node\n' : ''}const bundleUrl = require('node:url').pathToFileURL(__filename).href;`,
    },
  }));
  jobs.push({
    ...node,
    stdin: {
      contents: tfjsPackages
        .map((name) => `Object.defineProperty(exports, '${name}', { get: () => require('${name}') });`)
        .join('\n'),
      resolveDir: root,
      sourcefile: 'tfjs.cjs',
    },
    // The rollups that Node would load (`main`), not the thousand module files.
    mainFields: ['main'],
    sourcemap: false,
    outfile: join(output, 'tfjs.js'),
  });
  const webviews = present(webviewEntries());
  if (webviews.length > 0) {
    jobs.push({
      ...shared,
      entryPoints: Object.fromEntries(webviews.map(({ name, entry }) => [name, entry])),
      outdir: join(output, 'webview'),
      platform: 'browser',
      target: 'es2022',
      format: 'iife',
      loader: { '.ttf': 'file', '.svg': 'text' },
      plugins: [workersAsText(shared)],
    });
  }
  return jobs;
}

function webviewEntries() {
  return readdirSync(join(root, 'webview'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => ({ name, entry: `webview/${name}/main.ts` }))
    .filter(({ entry }) => existsSync(join(root, entry)));
}

function present(entries) {
  return entries.filter(({ entry }) => {
    const exists = existsSync(join(root, entry));
    if (!exists) console.warn(`skipped ${entry}: it does not exist`);
    return exists;
  });
}

/** Every import of a tfjs package becomes a property of the one shared `dist/tfjs.js`. */
const oneTfjs = {
  name: 'one-tfjs',
  setup(bundle) {
    bundle.onResolve({ filter: /^@tensorflow\// }, ({ path, importer }) =>
      tfjsPackages.includes(path)
        ? { path, namespace: 'one-tfjs' }
        : {
            errors: [
              { text: `${relative(root, importer)} imports ${path}, which dist/tfjs.js does not hold` },
            ],
          },
    );
    bundle.onResolve({ filter: /^\.\/tfjs\.js$/, namespace: 'one-tfjs' }, ({ path }) => ({
      path,
      external: true,
    }));
    bundle.onLoad({ filter: /.*/, namespace: 'one-tfjs' }, ({ path }) => ({
      contents: `module.exports = require('./tfjs.js')[${JSON.stringify(path)}];`,
    }));
  },
};

/**
 * `import { code } from 'worker:./file'` gives the bundle of that file as text. A webview may start workers only from
 * blobs, so their code travels inside of the page's own script.
 */
function workersAsText(shared) {
  return {
    name: 'workers-as-text',
    setup(bundle) {
      bundle.onResolve({ filter: /^worker:/ }, ({ path, resolveDir }) => ({
        path: join(resolveDir, `${path.slice('worker:'.length)}.ts`),
        namespace: 'worker',
      }));
      bundle.onLoad({ filter: /.*/, namespace: 'worker' }, async ({ path }) => {
        const { outputFiles, metafile } = await build({
          ...shared,
          entryPoints: [path],
          platform: 'browser',
          target: 'es2022',
          format: 'iife',
          minify: true,
          sourcemap: false,
          legalComments: shared.legalComments === 'none' ? 'none' : 'inline',
          metafile: true,
          write: false,
        });
        const watchFiles = Object.keys(metafile.inputs).map((file) => join(root, file));
        const contents = `export const code = ${JSON.stringify(outputFiles[0].text)};`;
        return { contents, loader: 'js', watchFiles };
      });
    },
  };
}

const markExecutable = {
  name: 'mark-executable',
  setup(bundle) {
    bundle.onEnd(finishPrograms);
  },
};

async function finishPrograms() {
  for (const { name, executable } of programs) {
    const file = join(output, `${name}.js`);
    if (executable && existsSync(file)) await chmod(file, 0o755);
  }
}

async function copyAssets() {
  const wasm = dirname(require.resolve('@tensorflow/tfjs-backend-wasm'));
  const codicons = dirname(require.resolve('@vscode/codicons/dist/codicon.css'));
  await mkdir(join(output, 'webview'), { recursive: true });
  await Promise.all([
    // The Emscripten loader looks for them beside the file it is in.
    ...wasmFiles.map((name) => copyFile(join(wasm, name), join(output, name))),
    ...decoderFiles.map((name) => copyFile(require.resolve(name), join(output, basename(name)))),
    ...['codicon.css', 'codicon.ttf'].map((name) =>
      copyFile(join(codicons, name), join(output, 'webview', name)),
    ),
  ]);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values } = parseArgs({
    options: {
      watch: { type: 'boolean', default: false },
      production: { type: 'boolean', default: false },
    },
  });
  if (values.watch) await watchAll();
  else {
    await buildAll({ production: values.production }).catch((error) => {
      // esbuild has told its errors, each with its place.
      for (const cause of error.errors ?? [error]) if (cause.errors === undefined) console.error(cause);
      console.error(error.message);
      process.exitCode = 1;
    });
  }
}
