import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { idxBytes } from '../fixtures/data/idx';
import { startHost, type Host } from '../vscode/host';
import { Laboratory } from './laboratory';
import { DistilleryWorkbench } from './workbench';

const data = process.env['DISTILLERY_DATA'];

/** A student for images of any size: five halvings, so that its last maps are those of detectors' largest level. */
const small = `import * as tf from '@tensorflow/tfjs';

const stages = [8, 16, 32, 64, 96];

/** A plain net that halves the image five times. */
export function small({ inputShape, classes }: { inputShape: number[]; classes: number }) {
  const input = tf.input({ shape: inputShape });
  let maps = input;
  for (const [index, filters] of stages.entries()) maps = stage(maps, \`stage\${index + 1}\`, filters);
  const pooled = tf.layers.globalAveragePooling2d({ name: 'pool' }).apply(maps);
  const logits = tf.layers.dense({ name: 'logits', units: classes }).apply(pooled);
  return tf.model({ inputs: input, outputs: logits as tf.SymbolicTensor });
}

function stage(maps: tf.SymbolicTensor, name: string, filters: number): tf.SymbolicTensor {
  const options = { filters, kernelSize: 3, strides: 2, padding: 'same', useBias: false } as const;
  const halved = tf.layers.conv2d({ ...options, name: \`\${name}/conv\` }).apply(maps);
  const normal = tf.layers.batchNormalization({ name: \`\${name}/bn\` }).apply(halved);
  return tf.layers.reLU({ name: \`\${name}/relu\` }).apply(normal) as tf.SymbolicTensor;
}
`;

/** Experiments whose images are in generated IDX files of that size. */
function detection(teacher: string, size: number): string {
  return `data:
  dataset: idx
  files:
    train: { images: ./images-${size}.idx, labels: ./labels.idx }
    test: { images: ./images-${size}.idx, labels: ./labels.idx }
teacher: ${teacher}
student: { model: ./small.ts#small }
distill:
  hints:
`;
}

const experiments: Record<string, string> = {
  mnist: `data: { dataset: mnist }
teacher: { experiment: ./mnist-teacher.distill.yaml }
student: { model: zoo/fitnet }
distill:
  soft: { temperature: 4 }
  hints:
    - { teacher: block2/relu, student: relu11 } # the middle of both
`,
  'mnist-teacher': `data: { dataset: mnist }
student: { model: zoo/conv-wide }
`,
  resnet: `data: { dataset: digits }
teacher: { experiment: ./resnet-teacher.distill.yaml }
student: { model: zoo/resnet20, options: { width: 8 } }
distill:
  hints:
    - { teacher: stage1/block9/relu, student: stage1/block3/relu }
    - { teacher: stage2/block9/relu, student: stage2/block3/relu, adapter: conv1x1, weight: 0.5 }
`,
  'resnet-teacher': `data: { dataset: digits }
student: { model: zoo/resnet56 }
`,
  yolo: `${detection('{ model: ./yolo-fastest-1.1-xl.cfg, weights: ./yolo-fastest-1.1-xl.weights }', 320)}    - { teacher: 81/conv, student: stage4/relu }
`,
  yolov4: `${detection('{ model: ./yolov4.cfg, weights: ./yolov4.weights }', 608)}    - { teacher: 54/conv, student: stage3/relu, adapter: conv1x1 }
    - { teacher: 85/conv, student: stage4/relu, adapter: conv1x1 }
    - { teacher: 104/conv, student: stage5/relu, adapter: conv1x1 }
`,
};

/** The picker with real models, each once: what is drawn is for people to look at, in test-results/screenshots. */
describe.skipIf(data === undefined)('the hint picker with large models', () => {
  const laboratory = new Laboratory();
  let host: Host;
  let workbench: DistilleryWorkbench;

  beforeAll(async () => {
    laboratory.write('small.ts', small);
    for (const [name, text] of Object.entries(experiments)) laboratory.write(`${name}.distill.yaml`, text);
    for (const name of ['yolo-fastest-1.1-xl.cfg', 'yolo-fastest-1.1-xl.weights']) {
      copyFileSync(join(data!, 'yolo-fastest', name), join(laboratory.folder, name));
    }
    copyFileSync(join(data!, 'darknet-cfg/yolov4.cfg'), join(laboratory.folder, 'yolov4.cfg'));
    for (const size of [320, 608]) {
      const images = idxBytes([2, size, size, 3], new Uint8Array(2 * size * size * 3));
      writeFileSync(join(laboratory.folder, `images-${size}.idx`), images);
    }
    writeFileSync(join(laboratory.folder, 'labels.idx'), idxBytes([2], [0, 1]));
    host = await startHost({
      extensions: [inject('vsix').file],
      settings: { 'workbench.colorTheme': 'Default Dark Modern', 'workbench.editor.limit.enabled': false },
    });
    workbench = await DistilleryWorkbench.open(host, laboratory.folder, { width: 1600, height: 1000 });
    await workbench.window.command('View: Toggle Primary Side Bar Visibility');
  });

  afterAll(async () => {
    await workbench.close();
    await host.stop();
    laboratory.dispose();
  });

  it.each([
    ['mnist', 20, 1],
    ['resnet', 60, 2],
    ['yolo', 100, 1],
    ['yolov4', 160, 3],
  ])('shows %s', async (name, layers, hints) => {
    await workbench.window.openFile(`${name}.distill.yaml`);
    await workbench.command('Pick Hints');
    const startedAt = performance.now();
    const picker = workbench.hints;
    const patiently = { timeout: 90_000, interval: 250 };
    await expect.poll(() => picker.layers('teacher').count(), patiently).toBeGreaterThan(layers / 4);
    await picker.aside.getByText(hints === 1 ? '1 hint' : `${hints} hints`).waitFor();
    // For docs/performance.md; nothing is asserted of it.
    console.info(`${name} was shown ${Math.round(performance.now() - startedAt)} ms after the command`);
    await workbench.screenshot(`hints-${name}`);
    await workbench.window.command('View: Close All Editors');
  });
});
