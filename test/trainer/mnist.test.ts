import { cp, readFile, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventsOf, makeWorkspace, ofType, train, waitForEnd } from './support';

const examples = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../examples/mnist');
const dataFolder = process.env['DISTILLERY_DATA'];
const present =
  dataFolder !== undefined && existsSync(path.join(dataFolder, 'mnist/train-images-idx3-ubyte.gz'));

/** The same experiment, tested on fewer images and for one epoch a stage. */
function shortened(text: string): string {
  return text
    .replace('train: { limit: 5000 } }', 'train: { limit: 5000 }, test: { limit: 1000 } }')
    .replace('  train: { limit: 5000 }\n', '  train: { limit: 5000 }\n  test: { limit: 1000 }\n')
    .replace(/epochs: \d+/g, 'epochs: 1')
    .replace(/warmup: [\d.]+/g, 'warmup: 0');
}

describe.skipIf(!present)('the MNIST examples, shortened (needs DISTILLERY_DATA with mnist/)', () => {
  let workspace: string;
  let dispose: () => Promise<void>;
  beforeAll(async () => {
    ({ folder: workspace, dispose } = await makeWorkspace());
    await cp(examples, workspace, { recursive: true });
    for (const name of ['hinton-teacher', 'conv-teacher']) {
      const file = path.join(workspace, `${name}.distill.yaml`);
      await writeFile(file, shortened(await readFile(file, 'utf8')));
    }
  });
  afterAll(() => dispose());

  test.each([
    ['hinton', 1, ['hard', 'soft', 'total']],
    ['fitnet', 1, ['hard', 'soft', 'total']],
    ['ensemble', 4, ['hard', 'soft', 'total']],
  ])('%s trains its teachers and learns from them', async (name, teachers, terms) => {
    const text = shortened(await readFile(path.join(examples, `${name}.distill.yaml`), 'utf8'));
    expect(text).toContain('test: { limit: 1000 }');
    const directory = await train(workspace, name, text, 'auto');
    const { end, progress } = await waitForEnd(directory);
    expect(end).toMatchObject({ state: 'finished', reason: null });
    expect(progress?.last?.accuracy).toBeGreaterThan(0.6);
    const events = await eventsOf(directory);
    const taught = ofType(events, 'model').filter(({ which }) => which === 'teacher');
    expect(taught).toHaveLength(teachers);
    expect(Math.min(...taught.map(({ metrics }) => metrics!.accuracy))).toBeGreaterThan(0.6);
    expect(Object.keys(ofType(events, 'step').at(-1)!.losses).sort()).toEqual(terms);
  });
});
