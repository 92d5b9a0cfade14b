import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { z } from 'zod';
import { installExtension } from '../vscode/host';
import { Laboratory } from './laboratory';

const checkReport = z.object({
  ok: z.boolean(),
  problems: z.array(z.object({ line: z.int(), suggestion: z.string().optional() })),
});
const runReport = z.object({
  runs: z.array(z.object({ id: z.string(), role: z.string(), state: z.string(), metric: z.number() })),
});
const engineReport = z.object({
  engines: z.array(z.object({ name: z.string(), available: z.boolean(), chosen: z.boolean() })),
});
/** There is no onnxruntime for Intel Macs. */
const engine = `${process.platform}-${process.arch}` === 'darwin-x64' ? 'wasm' : 'compiled';

/** The command line as it is inside the installed extension: with its own packages and nobody else's. */
describe('the package', () => {
  const laboratory = new Laboratory();
  const extensions = mkdtempSync(join(tmpdir(), 'distillery-extensions-'));
  let commandLine: string;

  beforeAll(() => {
    installExtension(inject('vsix').file, extensions);
    const folder = readdirSync(extensions).find((name) => name.startsWith('distillery.'));
    commandLine = join(extensions, folder ?? '', 'dist', 'cli.js');
  });

  afterAll(() => {
    rmSync(extensions, { recursive: true, force: true });
    laboratory.dispose();
  });

  function distillery(...parameters: string[]): string {
    return execFileSync(process.execPath, [commandLine, ...parameters], {
      cwd: laboratory.folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  }

  it('holds what runs, and no sources, tests or settings of ours', () => {
    const strangers = inject('vsix').files.filter(
      (name) =>
        !/^(?:dist|docs|licenses|media|schemas|node_modules\/(?:@?esbuild|onnxruntime-(?:node|common)))\/|^(?:package\.json|[A-Z]+(?:\.md)?)$/.test(
          name,
        ),
    );
    expect(strangers).toEqual([]);
    const binaries = inject('vsix').files.filter((name) => name.includes('/bin/napi-v'));
    expect(binaries.filter((name) => !name.includes(`/${process.platform}/${process.arch}/`))).toEqual([]);
    expect(inject('vsix').files.filter((name) => /\.(?:map|ts|vsix)$/.test(name))).toEqual([]);
  });

  it('has the engine that is fastest here', () => {
    const { engines } = engineReport.parse(JSON.parse(distillery('engines', '--json')));
    expect(engines.find(({ chosen }) => chosen)).toMatchObject({ name: engine, available: true });
  });

  it('checks an experiment', () => {
    const report = checkReport.parse(JSON.parse(distillery('check', 'teacher.distill.yaml', '--json')));
    expect(report).toEqual({ ok: true, problems: [] });
  });

  it('trains a model that is written in TypeScript, with that engine', () => {
    laboratory.write(
      'model.ts',
      `import * as tf from '@tensorflow/tfjs';
      export function tiny({ inputShape, classes }: { inputShape: number[]; classes: number }): tf.LayersModel {
        const input = tf.input({ shape: inputShape });
        const flat = tf.layers.flatten().apply(input);
        const logits = tf.layers.dense({ units: classes, name: 'logits' }).apply(flat) as tf.SymbolicTensor;
        return tf.model({ inputs: input, outputs: logits });
      }`,
    );
    laboratory.write(
      'tiny.distill.yaml',
      `data: { dataset: digits, trainSize: 320, testSize: 100 }
student: { model: ./model.ts#tiny }
train: { epochs: 2, batch: 32 }
`,
    );
    const lastLine = distillery('run', 'tiny.distill.yaml', '--json').trim().split('\n').at(-1) ?? '';
    const { runs } = runReport.parse(JSON.parse(lastLine));
    expect(runs).toMatchObject([{ role: 'student', state: 'finished' }]);
    const shown = JSON.parse(distillery('show', runs[0]?.id ?? '', '--json')) as unknown;
    expect(shown).toMatchObject({ engine: { name: engine, precision: 'f32' } });
  });
});
