import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { ImageSet } from '../src/data/dataset';
import { generateDigits } from '../src/data/digits';
import { encodeIdxHeader } from '../src/data/idx';
import { selectEngine } from '../src/engine/select';
import type { ExperimentInput } from '../src/experiment/schema';
import { writeSafetensors } from '../src/models/safetensors';
import { modelWeights, storeTensors } from '../src/models/weights';
import { zooModel } from '../src/models/zoo/zoo';
import { distilleryFolder } from '../src/runs/workspace';
import { CLASSES, COEFFICIENTS } from './cases/case';

/** A teacher and a student of the zoo; bench/torch/train.py has the same. */
export interface Pair {
  name: string;
  teacher: { model: string; options: Record<string, number> };
  student: { model: string; options: Record<string, number> };
  /** Layers that a hint would join. */
  hint: { teacher: string; student: string };
}

export const PAIRS: readonly Pair[] = [
  {
    name: 'conv',
    teacher: { model: 'conv-wide', options: {} },
    student: { model: 'conv-thin', options: { width: 16 } },
    hint: { teacher: 'block2/relu', student: 'block2/relu' },
  },
  {
    name: 'resnet',
    teacher: { model: 'resnet56', options: {} },
    student: { model: 'resnet20', options: {} },
    hint: { teacher: 'stage2/block9/relu', student: 'stage2/block3/relu' },
  },
];

/** What is trained. */
export interface Subject {
  pair: Pair;
  images: number;
  testImages: number;
  epochs: number;
  batch: number;
  hints: boolean;
}

const SIDE = 28;
const FILES = {
  train: { images: 'train-images.idx', labels: 'train-labels.idx' },
  test: { images: 'test-images.idx', labels: 'test-labels.idx' },
};

/** A folder of its own with data, experiments and weights, where trainings are measured. */
export class Laboratory {
  private constructor(readonly folder: string) {}

  /** Writes the images, which both sides read: the generated digits, enlarged to the 28×28 pixels of MNIST. */
  static async open({ images, testImages }: Subject): Promise<Laboratory> {
    const laboratory = new Laboratory(await mkdtemp(join(tmpdir(), 'distillery-bench-')));
    await laboratory.writeSplit('train', enlarge(generateDigits('train', images)));
    await laboratory.writeSplit('test', enlarge(generateDigits('test', testImages)));
    return laboratory;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Writes the experiment that trains the teacher, and gives its path. */
  async writeTeacher({ pair, batch }: Subject, epochs: number): Promise<string> {
    return this.writeExperiment('teacher', {
      seed: 1,
      data: { dataset: 'idx', files: FILES, classes: CLASSES },
      student: { model: `zoo/${pair.teacher.model}`, options: pair.teacher.options },
      train: { epochs, batch, optimizer: { name: 'adam', lr: COEFFICIENTS.learningRate } },
    });
  }

  /** Writes the experiment that distils the student from `teacher.safetensors`, and gives its path. */
  async writeStudent({ pair, batch, epochs, hints }: Subject): Promise<string> {
    const { hard, soft, hint, temperature } = COEFFICIENTS;
    return this.writeExperiment('student', {
      seed: 1,
      data: { dataset: 'idx', files: FILES, classes: CLASSES },
      teacher: {
        model: `zoo/${pair.teacher.model}`,
        options: pair.teacher.options,
        weights: './teacher.safetensors',
      },
      student: { model: `zoo/${pair.student.model}`, options: pair.student.options },
      distill: {
        hard: { weight: hard },
        soft: { temperature, weight: soft },
        ...(hints ? { hints: [{ ...pair.hint, adapter: 'conv1x1', weight: hint }] } : {}),
      },
      train: { epochs, batch, optimizer: { name: 'adam', lr: COEFFICIENTS.learningRate } },
      evaluate: { every: 1, batch: 250 },
    });
  }

  /** Takes the weights of a checkpoint for the teacher's. */
  async keepTeacher(checkpoint: string): Promise<void> {
    await copyFile(checkpoint, this.path('teacher.safetensors'));
  }

  /** Writes weights for the teacher as they are before any training. */
  async inventTeacher({ teacher }: Pair): Promise<void> {
    await selectEngine('cpu', this.folder);
    const context = { inputShape: [SIDE, SIDE, 1] as [number, number, number], classes: CLASSES };
    const model = zooModel(teacher.model).build({ ...context, options: teacher.options });
    const bytes = writeSafetensors(await storeTensors(modelWeights(model)));
    model.dispose();
    await writeFile(this.path('teacher.safetensors'), bytes);
  }

  /** Forgets all runs, and whatever was remembered for the next one. */
  async clear(): Promise<void> {
    await rm(this.path(distilleryFolder), { recursive: true, force: true });
    await mkdir(this.path(distilleryFolder));
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  private async writeExperiment(name: string, experiment: ExperimentInput): Promise<string> {
    const file = this.path(`${name}.distill.yaml`);
    await writeFile(file, stringify({ name: `bench-${name}`, ...experiment }));
    return file;
  }

  private async writeSplit(split: keyof typeof FILES, set: ImageSet): Promise<void> {
    const { count, height, width, images, labels } = set;
    const write = (name: string, shape: number[], bytes: Uint8Array): Promise<void> =>
      writeFile(this.path(name), Buffer.concat([encodeIdxHeader(shape), bytes]));
    await write(FILES[split].images, [count, height, width], images);
    await write(FILES[split].labels, [count], labels);
  }
}

/** Repeats pixels until an image has 28×28 of them. */
function enlarge(set: ImageSet): ImageSet {
  const images = new Uint8Array(set.count * SIDE * SIDE);
  let place = 0;
  for (let image = 0; image < set.count; image += 1) {
    for (let row = 0; row < SIDE; row += 1) {
      const line = (image * set.height + Math.floor((row * set.height) / SIDE)) * set.width;
      for (let column = 0; column < SIDE; column += 1) {
        images[place] = set.images[line + Math.floor((column * set.width) / SIDE)]!;
        place += 1;
      }
    }
  }
  return { ...set, height: SIDE, width: SIDE, images };
}
