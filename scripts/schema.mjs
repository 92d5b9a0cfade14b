import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { format, resolveConfig } from 'prettier';

/**
 * Writes what is generated from the experiment language in src/experiment/schema.ts: the JSON schema for editors and
 * the reference for people.
 *
 *     node scripts/schema.mjs            write both
 *     node scripts/schema.mjs --check    write nothing; exit 1 when one of them is stale
 */

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const stale = [];
for (const [path, text] of Object.entries(await generate())) {
  const file = join(root, path);
  if (sameText(await readFile(file, 'utf8').catch(emptyWhenMissing), text)) continue;
  if (process.argv.includes('--check')) {
    stale.push(path);
  } else {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
    console.log(`wrote ${path}`);
  }
}
if (stale.length > 0) {
  console.error(`Stale: ${stale.join(', ')}. Run \`npm run schema\` and commit what it writes.`);
  process.exitCode = 1;
}

/** @returns {Promise<Record<string, string>>} The texts by their paths in the repository. */
async function generate() {
  const { experimentJsonSchema, experimentReference } = await loadLanguage();
  const schema = experimentJsonSchema();
  const reference = join(root, 'docs', 'experiment.md');
  const style = { ...(await resolveConfig(reference)), filepath: reference };
  return {
    'schemas/experiment.schema.json': `${JSON.stringify(schema, null, 2)}\n`,
    'docs/experiment.md': await format(experimentReference(schema), style),
  };
}

/** Bundles the language in memory, since Node does not run TypeScript. */
async function loadLanguage() {
  const { outputFiles } = await build({
    absWorkingDir: root,
    stdin: {
      contents: `
        export { experimentJsonSchema } from './src/experiment/jsonSchema';
        export { experimentReference } from './src/experiment/reference';
      `,
      resolveDir: root,
    },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    target: 'node20.9',
    logLevel: 'warning',
  });
  const code = Buffer.from(outputFiles[0].contents).toString('base64');
  return import(`data:text/javascript;base64,${code}`);
}

/** Whether two texts are equal but for the line ends that git may have changed. */
function sameText(a, b) {
  return a.replaceAll('\r\n', '\n') === b;
}

function emptyWhenMissing(error) {
  if (error.code === 'ENOENT') return '';
  throw error;
}
