import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startHost, type Host } from '../vscode/host';
import { Laboratory } from './laboratory';
import { oneAfterAnother } from './steps';
import { DistilleryWorkbench } from './workbench';

const network = `import * as tf from '@tensorflow/tfjs';

export function small({ inputShape, classes }: { inputShape: number[]; classes: number }) {
  const model = tf.sequential();
  model.add(tf.layers.conv2d({ name: 'first', inputShape, filters: 4, kernelSize: 3, padding: 'same' }));
  model.add(tf.layers.maxPooling2d({ name: 'halved', poolSize: 2 }));
  model.add(tf.layers.conv2d({ name: 'second', filters: 8, kernelSize: 3, padding: 'same' }));
  model.add(tf.layers.globalAveragePooling2d({ name: 'pool' }));
  model.add(tf.layers.dense({ name: 'logits', units: classes }));
  return model;
}
`;

const experiment = `name: picked # by hand
data: { dataset: digits, trainSize: 640, testSize: 200 }
teacher: { experiment: ./teacher.distill.yaml }
student: { model: ./small.ts#small }
distill:
  soft: { temperature: 4 } # as Hinton does
train: { epochs: 1, batch: 32 }
`;

/** Hints are picked on the picture of both models: each test goes on where the one before it ended. */
describe('the hint picker in the workbench', () => {
  const laboratory = new Laboratory();
  const patiently = { timeout: 60_000, interval: 250 };
  const text = () => readFileSync(join(laboratory.folder, 'picked.distill.yaml'), 'utf8');
  let host: Host;
  let workbench: DistilleryWorkbench;

  beforeAll(async () => {
    laboratory.write('small.ts', network);
    laboratory.write('picked.distill.yaml', experiment);
    host = await startHost({
      extensions: [inject('vsix').file],
      settings: { 'workbench.colorTheme': 'Default Dark Modern', 'workbench.editor.limit.enabled': false },
    });
    workbench = await DistilleryWorkbench.open(host, laboratory.folder);
  });

  oneAfterAnother((step) => workbench.screenshot(`failed-${step}`));

  afterAll(async () => {
    await workbench.close();
    await host.stop();
    laboratory.dispose();
  });

  it('opens beside the experiment and shows the layers of both models', async () => {
    await workbench.window.openFile('picked.distill.yaml');
    await workbench.command('Pick Hints');
    const { hints } = workbench;
    await hints.tree('teacher').waitFor({ state: 'attached', timeout: 60_000 });
    await hints.tree('student').waitFor({ state: 'attached' });
    await expect.poll(() => hints.layers('student').count(), patiently).toBeGreaterThan(3);
    await workbench.screenshot('hints-dark');
  });

  it('writes the pair that is clicked into the text, and nothing else', async () => {
    const { hints } = workbench;
    await hints.click('teacher', 'block2/relu');
    await hints.aside.getByText('Candidates in the student').waitFor();
    await hints.click('student', 'second');
    await workbench.screenshot('hints-pair-dark');
    await hints.aside.getByText('Add hint').click();
    await hints.aside.getByText('1 hint').waitFor();
    await workbench.window.focusEditor('picked.distill.yaml');
    await workbench.window.page.keyboard.press('ControlOrMeta+s');
    await expect
      .poll(text, patiently)
      .toBe(
        experiment.replace(
          'Hinton does\n',
          'Hinton does\n  hints:\n    - { teacher: block2/relu, student: second }\n',
        ),
      );
    await workbench.screenshot('hints-added-dark');
  });

  it('takes it back with one undo', async () => {
    const { hints } = workbench;
    await workbench.window.focusEditor('picked.distill.yaml');
    await workbench.window.page.keyboard.press('ControlOrMeta+z');
    await hints.aside.getByText('No hints yet').waitFor();
    await workbench.window.page.keyboard.press('ControlOrMeta+s');
    await expect.poll(text, patiently).toBe(experiment);
  });

  it('goes to the source of a layer in the column of the texts, and leaves the picture where it is', async () => {
    const { hints } = workbench;
    await hints.click('student', 'second');
    await hints.aside.getByRole('button', { name: /Go to source of second: small\.ts:7/ }).click();
    await workbench.window.page.getByRole('tab', { name: /small\.ts/ }).waitFor();
    const groups = workbench.window.page.locator('.editor-group-container');
    expect(await groups.count()).toBe(2);
    expect(
      await groups
        .first()
        .getByRole('tab', { name: /small\.ts/ })
        .count(),
    ).toBe(1);
    expect(
      await groups
        .last()
        .getByRole('tab', { name: /Hints: picked/ })
        .count(),
    ).toBe(1);
    await expect
      .poll(
        () => workbench.window.page.locator('.editor-statusbar-item, .statusbar-item').allTextContents(),
        patiently,
      )
      .toContainEqual(expect.stringContaining('Ln 7'));
    await workbench.screenshot('hints-source-dark');
  });
});
