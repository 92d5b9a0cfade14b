import { existsSync } from 'node:fs';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { InspectorProcess } from '../../src/extension/inspector/process';

const script = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../dist/inspector.js');
if (!existsSync(script)) throw new Error(`${script} is missing: run \`npm run build\` first.`);

/** For what comes soon, also on a machine that is busy with something else. */
export const patient = { timeout: 120_000 };

/** A folder of its own with an experiment and its model, and an inspector for it. */
export class Bench {
  /** What the inspector and code of models printed. */
  readonly output: string[] = [];
  readonly inspector: InspectorProcess;

  private constructor(
    readonly folder: string,
    timeLimit: number,
    environment: Readonly<Record<string, string>>,
  ) {
    this.inspector = new InspectorProcess({
      start: () =>
        Promise.resolve({
          runtime: { executable: process.execPath, environment, version: process.version },
          script,
          directory: folder,
          timeLimit,
        }),
      onOutput: (line) => this.output.push(line),
    });
  }

  /** @param timeLimit seconds that code of a model may take: plenty, unless it is what is tested. */
  static async make(timeLimit = 120, environment: Readonly<Record<string, string>> = {}): Promise<Bench> {
    const folder = await mkdtemp(path.join(tmpdir(), 'distillery inspector '));
    return new Bench(await realpath(folder), timeLimit, environment);
  }

  path(name: string): string {
    return path.join(this.folder, name);
  }

  async write(name: string, text: string): Promise<string> {
    await writeFile(this.path(name), text);
    return this.path(name);
  }

  async dispose(): Promise<void> {
    this.inspector.dispose();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A sound model. */
export const soundModel = `import * as tf from '@tensorflow/tfjs';

export function student({ inputShape, classes }) {
  return tf.sequential({
    layers: [
      tf.layers.conv2d({ name: 'conv1', inputShape, filters: 4, kernelSize: 3, activation: 'relu' }),
      tf.layers.flatten(),
      tf.layers.dense({ name: 'logits', units: classes }),
    ],
  });
}
`;

/** A sound experiment with the export `student` of model.ts. */
export const soundExperiment = `data: { dataset: digits, trainSize: 100, testSize: 50 }
student: { model: ./model.ts#student }
train: { epochs: 1 }
`;
