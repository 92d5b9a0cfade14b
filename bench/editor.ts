import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { InspectorProcess } from '../src/extension/inspector/process';
import type { ExperimentText } from '../src/protocol/inspection';
import { spread, type Spread } from './report';

/** Something that a person waits for in the editor. */
export interface EditorRow {
  name: string;
  /** Milliseconds. */
  milliseconds: Spread;
}

export interface EditorOptions {
  /** The checkout, with dist/. */
  root: string;
  rounds: number;
  /** A Darknet cfg whose picture is taken too, e.g. of YOLOv4; null for none. */
  cfg: string | null;
  tell: (line: string) => void;
}

/** Images that both models are shown. */
const comparedImages = 256;

/**
 * Times what the inspector answers for examples/mnist/fitnet.distill.yaml: new diagnostics after a change of the text
 * or of a model's file, with and without the start of the process, and the similarity of all layers.
 *
 * @throws Error where MNIST is not there, which DISTILLERY_DATA may name.
 */
export async function measureEditor(options: EditorOptions): Promise<EditorRow[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'distillery bench '));
  try {
    await cp(path.join(options.root, 'examples', 'mnist'), folder, { recursive: true });
    return [
      ...(await measurePictures(options, folder)),
      ...(await measureSimilarity(options, folder)),
      ...(options.cfg === null ? [] : [await measureNetwork(options, options.cfg, folder)]),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function measurePictures(options: EditorOptions, folder: string): Promise<EditorRow[]> {
  const experiment = await readExperiment(folder);
  const model = path.join(folder, 'models', 'nets.ts');
  const code = await readFile(model, 'utf8');
  const cold: number[] = [];
  const text: number[] = [];
  const file: number[] = [];
  await repeat(options, 'pictures', async (round) => {
    const inspector = startInspector(options.root, folder);
    try {
      const look = (change: string) => () =>
        inspector.inspect({ ...experiment, text: `${experiment.text}# ${change}\n` });
      cold.push(await timeOf(look('opened')));
      text.push(await timeOf(look('typed')));
      await writeFile(model, `${code}// ${round}\n`);
      file.push(await timeOf(look('typed')));
    } finally {
      inspector.dispose();
    }
  });
  return [
    row('diagnostics and layer tables, with the start of the inspector', cold),
    row('the same after a change of the experiment', text),
    row('the same after a change of the model code', file),
  ];
}

async function measureSimilarity(options: EditorOptions, folder: string): Promise<EditorRow[]> {
  const experiment = await readExperiment(folder);
  const cold: number[] = [];
  const warm: number[] = [];
  await repeat(options, 'similarity', async () => {
    const inspector = startInspector(options.root, folder);
    try {
      const compare = () => inspector.similarity(experiment, 0, comparedImages);
      cold.push(await timeOf(compare));
      warm.push(await timeOf(compare));
    } finally {
      inspector.dispose();
    }
  });
  return [
    row(`similarity of all layers over ${comparedImages} images, with the start of the inspector`, cold),
    row('the same once more', warm),
  ];
}

async function measureNetwork(options: EditorOptions, cfg: string, folder: string): Promise<EditorRow> {
  await cp(cfg, path.join(folder, 'network.cfg'));
  const experiment: ExperimentText = {
    file: path.join(folder, 'network.distill.yaml'),
    // Of no size of images: the network has one of its own.
    text: `data: { dataset: idx, classes: 10, files: { train: { images: a, labels: b }, test: { images: c, labels: d } } }
teacher: { model: ./network.cfg }
student: { model: zoo/resnet20 }
distill: { soft: {} }
`,
  };
  const cold: number[] = [];
  await repeat(options, path.basename(cfg), async () => {
    const inspector = startInspector(options.root, folder);
    try {
      cold.push(
        await timeOf(async () => {
          const { teachers } = await inspector.inspect(experiment);
          const failure = teachers[0]?.failure;
          if (failure) throw new Error(failure.message);
        }),
      );
    } finally {
      inspector.dispose();
    }
  });
  return row(`layer table of ${path.basename(cfg)}, with the start of the inspector`, cold);
}

async function repeat(
  { rounds, tell }: EditorOptions,
  what: string,
  measure: (round: number) => Promise<void>,
): Promise<void> {
  for (let round = 1; round <= rounds; round += 1) {
    tell(`${what}, round ${round} of ${rounds}`);
    await measure(round);
  }
}

function startInspector(root: string, directory: string): InspectorProcess {
  const script = path.join(root, 'dist', 'inspector.js');
  if (!existsSync(script)) throw new Error(`${script} is missing.`);
  const runtime = { executable: process.execPath, environment: {}, version: process.version };
  const start = { runtime, script, directory, timeLimit: 60 };
  return new InspectorProcess({ start: () => Promise.resolve(start) });
}

async function readExperiment(folder: string): Promise<ExperimentText> {
  const file = path.join(folder, 'fitnet.distill.yaml');
  return { file, text: await readFile(file, 'utf8') };
}

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

function row(name: string, milliseconds: readonly number[]): EditorRow {
  return { name, milliseconds: spread(milliseconds) };
}
