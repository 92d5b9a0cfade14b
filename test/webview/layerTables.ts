import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs';
import { keyedRandom } from '../../src/random/keyed';
import type { LayerRow, LayerTable } from '../../src/layers/table';
import { layerTable } from '../../src/models/table';
import { zooModel } from '../../src/models/zoo/zoo';
import type { SimilarityMatrix } from '../../src/protocol/inspection';
import { rankCandidates } from '../../src/layers/candidates';

/** The table of a model of the zoo, as the inspector would make it, its lines in a file that there might be. */
export async function zooTable(
  name: string,
  inputShape: readonly [number, number, number],
  file: string | null = null,
): Promise<LayerTable> {
  await tf.setBackend('cpu');
  const model = zooModel(name).build({ inputShape: [...inputShape], classes: 10, options: {} });
  const rows = layerTable(model).map((row, index): LayerRow => ({
    ...row,
    source:
      file === null
        ? null
        : { ...placeIn(file, index), chain: [{ ...placeIn(file, index), function: name }] },
  }));
  model.dispose();
  return tableOf(`zoo/${name}`, rows, [...inputShape], ['logits'], file);
}

function placeIn(file: string, index: number) {
  return { file, line: index + 10, column: 9 };
}

function tableOf(
  label: string,
  rows: LayerRow[],
  input: number[],
  outputs: string[],
  file: string | null = null,
): LayerTable {
  const files = file === null ? [] : [file];
  const definition = file === null ? null : { file, line: 1, column: 1 };
  return { label, format: 'code', input, rows, outputs, definition, files, notes: [] };
}

/** Builds tables layer by layer, as a network is written down. */
class Sketch {
  readonly rows: LayerRow[] = [];
  last = '';

  constructor(private shape: [height: number, width: number, channels: number]) {}

  add(
    kind: string,
    name: string,
    channels: number,
    inputs: readonly string[] = this.inputs(),
    factor = 1,
  ): string {
    const from = this.rows.find((row) => row.name === inputs[0])?.shape ?? this.shape;
    const shape = [
      Math.max(1, Math.round(from[0]! * factor)),
      Math.max(1, Math.round(from[1]! * factor)),
      channels,
    ];
    const isConvolution = kind === 'Conv2D';
    const parameters = isConvolution
      ? 9 * from[2]! * channels
      : kind === 'BatchNormalization'
        ? 2 * channels
        : 0;
    this.rows.push({
      name,
      kind,
      shape,
      parameters,
      multiplyAdds: isConvolution ? parameters * shape[0]! * shape[1]! : 0,
      receptiveField: null,
      inputs: [...inputs],
      uses: 1,
      source: null,
    });
    this.last = name;
    return name;
  }

  private inputs(): string[] {
    return this.last === '' ? [] : [this.last];
  }
}

/** A residual net of about that many layers, as its author would not group them: convolution, norm, activation, sum. */
export function deepTable(layers: number): LayerTable {
  const sketch = new Sketch([64, 64, 3]);
  sketch.add('Conv2D', 'stem/conv', 16);
  const perBlock = 8;
  const blocks = Math.floor((layers - 3) / perBlock);
  for (let block = 0; block < blocks; block += 1) {
    const stage = Math.floor((block * 4) / blocks);
    const isFirst = block > 0 && stage !== Math.floor(((block - 1) * 4) / blocks);
    const before = sketch.last;
    const name = `stage${stage + 1}/block${block + 1}`;
    const channels = 16 * 2 ** stage;
    sketch.add('Conv2D', `${name}/conv1`, channels, [before], isFirst ? 0.5 : 1);
    sketch.add('BatchNormalization', `${name}/bn1`, channels);
    sketch.add('ReLU', `${name}/relu1`, channels);
    sketch.add('Conv2D', `${name}/conv2`, channels);
    const end = sketch.add('BatchNormalization', `${name}/bn2`, channels);
    const skip = isFirst ? sketch.add('Conv2D', `${name}/shortcut`, channels, [before], 0.5) : before;
    sketch.add('Add', `${name}/add`, channels, [end, skip]);
    sketch.add('ReLU', `${name}/relu2`, channels);
    if (!isFirst) sketch.add('Dropout', `${name}/dropout`, channels);
  }
  while (sketch.rows.length < layers - 1) sketch.add('ReLU', `tail/relu${sketch.rows.length}`, 128);
  const logits = sketch.add('Conv2D', 'logits', 10);
  return tableOf(`deep-${layers}`, sketch.rows, [64, 64, 3], [logits]);
}

/** The 162 sections of YOLOv4 (Bochkovskiy et al. 2020): CSPDarknet-53, spatial pyramid pooling, path aggregation. */
export function yolo4Table(size = 800): LayerTable {
  const sketch = new Sketch([size, size, 3]);
  let section = 0;
  const add = (kind: string, channels: number, inputs?: readonly string[], factor = 1): string => {
    const name = `${section}_${kind === 'Conv2D' ? 'convolutional' : kind.toLowerCase()}`;
    section += 1;
    return sketch.add(kind, name, channels, inputs ?? (sketch.last === '' ? [] : [sketch.last]), factor);
  };
  const convolution = (channels: number, inputs?: readonly string[], factor = 1) =>
    add('Conv2D', channels, inputs, factor);
  const stage = (channels: number, blocks: number, half: number): string => {
    const down = convolution(channels, undefined, 0.5);
    const side = convolution(half, [down]);
    add('Route', channels, [down]);
    convolution(half);
    for (let block = 0; block < blocks; block += 1) {
      const before = sketch.last;
      convolution(channels === 64 ? 32 : half);
      const end = convolution(half);
      add('Shortcut', half, [end, before]);
    }
    const main = convolution(half);
    add('Route', 2 * half, [main, side]);
    return convolution(channels);
  };
  convolution(32);
  stage(64, 1, 64);
  stage(128, 2, 64);
  const small = stage(256, 8, 128);
  const middle = stage(512, 8, 256);
  stage(1024, 4, 512);
  for (const channels of [512, 1024, 512]) convolution(channels);
  const pooled = sketch.last;
  const first = add('MaxPool', 512, [pooled]);
  add('Route', 512, [pooled]);
  const second = add('MaxPool', 512);
  add('Route', 512, [pooled]);
  const third = add('MaxPool', 512);
  add('Route', 2048, [third, second, first, pooled]);
  const five = (channels: number): string => {
    for (let index = 0; index < 5; index += 1) convolution(index % 2 === 0 ? channels : 2 * channels);
    return sketch.last;
  };
  for (const channels of [512, 1024, 512]) convolution(channels);
  const deep = sketch.last;
  const upward = (lateral: string, channels: number): string => {
    convolution(channels);
    const up = add('Upsample', channels, undefined, 2);
    add('Route', 512, [lateral]);
    const beside = convolution(channels);
    add('Route', 2 * channels, [beside, up]);
    return five(channels);
  };
  const mediumNeck = upward(middle, 256);
  const smallNeck = upward(small, 128);
  const outputs: string[] = [];
  const head = (channels: number): void => {
    convolution(channels);
    convolution(255);
    outputs.push(add('Yolo', 255));
  };
  head(256);
  add('Route', 128, [smallNeck]);
  const down = convolution(256, undefined, 0.5);
  add('Route', 512, [down, mediumNeck]);
  const medium = five(256);
  head(512);
  add('Route', 256, [medium]);
  const downAgain = convolution(512, undefined, 0.5);
  add('Route', 1024, [downAgain, deep]);
  five(512);
  head(1024);
  return tableOf('yolov4.cfg', sketch.rows, [size, size, 3], outputs);
}

/** What a comparison of two models might find: layers are the more alike, the nearer their depths and sizes are. */
export function fabricateSimilarity(teacher: LayerTable, student: LayerTable): SimilarityMatrix {
  const random = keyedRandom('fabricated', 'similarity');
  const teacherLayers = teacher.rows.map(({ name }) => name);
  const studentLayers = student.rows.map(({ name }) => name);
  const values = new Float32Array(teacherLayers.length * studentLayers.length);
  teacherLayers.forEach((_, row) => {
    studentLayers.forEach((_other, column) => {
      const apart = row / teacherLayers.length - column / studentLayers.length;
      values[row * studentLayers.length + column] = Math.max(
        0.02,
        Math.exp(-9 * apart ** 2) * (0.8 + 0.18 * random()),
      );
    });
  });
  const picked = [0.25, 0.5, 0.8].map((at) => teacher.rows[Math.floor(at * teacher.rows.length)]!.name);
  const suggestions = picked.flatMap((layer) => {
    const [best] = rankCandidates({ role: 'teacher', table: teacher, layer }, student);
    return best?.plan == null
      ? []
      : [{ teacher: layer, student: best.layer, similarity: 0.9, reason: 'the most alike of their stage.' }];
  });
  return {
    teacherLayers,
    studentLayers,
    values,
    images: 128,
    suggestions,
    notes: ['The student has not been trained yet.'],
  };
}
