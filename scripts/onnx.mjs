import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Writes src/onnx/onnx_pb.ts, the messages of ONNX, from src/onnx/proto/onnx.proto with buf and protoc-gen-es.
 *
 *     node scripts/onnx.mjs            write it
 *     node scripts/onnx.mjs --check    write nothing; exit 1 when it is stale
 */

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const generated = 'src/onnx/onnx_pb.ts';

const text = generate();
const file = join(root, generated);
// git may have changed the ends of the lines
const isCurrent = readFileSync(file, 'utf8').replaceAll('\r\n', '\n') === text;
if (process.argv.includes('--check')) {
  if (!isCurrent) {
    console.error(`Stale: ${generated}. Run \`npm run onnx\` and commit what it writes.`);
    process.exitCode = 1;
  }
} else if (!isCurrent) {
  writeFileSync(file, text);
  console.log(`wrote ${generated}`);
}

/** @returns {string} The file as it should be. */
function generate() {
  const buf = createRequire(import.meta.url).resolve('@bufbuild/buf/bin/buf');
  const proto = join(root, 'src', 'onnx', 'proto');
  const output = mkdtempSync(join(tmpdir(), 'distillery-onnx-'));
  try {
    execFileSync(
      process.execPath,
      [buf, 'generate', proto, '--template', join(proto, 'buf.gen.yaml'), '-o', output],
      {
        stdio: 'inherit',
        // buf looks for protoc-gen-es on the PATH.
        env: {
          ...process.env,
          PATH: `${join(root, 'node_modules', '.bin')}${delimiter}${process.env['PATH']}`,
        },
      },
    );
    return readFileSync(join(output, generated), 'utf8');
  } finally {
    rmSync(output, { recursive: true, force: true });
  }
}
