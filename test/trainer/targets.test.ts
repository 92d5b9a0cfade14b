import { open, readdir, stat, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requestStop } from '../../src/runs/control';
import { readSafetensors } from '../../src/models/safetensors';
import { TargetsWriter } from '../../src/targets/file';
import { resumeRun, startTrainer } from '../../src/runs/launch';
import { isAlive } from '../../src/runs/process';
import { targetsFolder } from '../../src/runs/workspace';
import {
  eventsOf,
  hashOfCheckpoint,
  makeWorkspace,
  ofType,
  prepareRun,
  programs,
  train,
  waitForEnd,
  waitForStep,
} from './support';

const data = 'dataset: digits, trainSize: 500, testSize: 200';
const teacher = (seed: number): string => `
seed: ${seed}
data: { ${data} }
student: { model: zoo/conv-thin, options: { width: 8 } }
train: { epochs: 2, batch: 32, optimizer: { name: adam, lr: 0.01 } }
`;

interface Changes {
  augment?: string;
  cache?: string;
  teacher?: string;
  epochs?: [hints: number, rest: number];
}

/** Two teachers, two hints, two stages, and a last batch that is smaller: everything that targets are made of. */
function student({
  augment = '',
  cache = 'auto',
  teacher: file = 'one',
  epochs = [2, 4],
}: Changes = {}): string {
  return `
seed: 3
data: { ${data}${augment} }
teacher: [{ experiment: ./${file}.distill.yaml }, { experiment: ./two.distill.yaml }]
student: { model: zoo/conv-thin, options: { width: 4 } }
distill:
  cache: ${cache}
  hard: {}
  soft: {}
  hints: [{ teacher: block2/relu, student: block2/relu }, { teacher: block1/relu, student: block1/relu, member: 1 }]
train: { batch: 32, stages: [{ only: hints, epochs: ${epochs[0]} }, { epochs: ${epochs[1]} }] }
`;
}

describe('targets of teachers', () => {
  let workspace: string;
  let dispose: () => Promise<void>;
  beforeAll(async () => {
    ({ folder: workspace, dispose } = await makeWorkspace());
    await train(workspace, 'one', teacher(1));
    await train(workspace, 'two', teacher(2));
    await train(workspace, 'other', teacher(3));
  });
  afterAll(() => dispose());

  const files = async (): Promise<string[]> => (await readdir(targetsFolder(workspace))).sort();
  const targetsOf = async (directory: string) => ofType(await eventsOf(directory), 'targets');

  test('teach from the cache what the teachers would teach in each step', async () => {
    const uncached = await train(workspace, 'uncached', student({ cache: 'off' }));
    const cached = await train(workspace, 'cached', student());
    expect((await waitForEnd(cached)).end).toMatchObject({ state: 'finished', reason: null });
    const losses = async (directory: string) =>
      ofType(await eventsOf(directory), 'step').flatMap((event) => Object.values(event.losses));
    const [expected, found] = [await losses(uncached), await losses(cached)];
    expect(found).toHaveLength(expected.length);
    for (const [index, loss] of found.entries()) {
      expect(Math.abs(loss - expected[index]!)).toBeLessThanOrEqual(1e-4 * Math.abs(expected[index]!));
    }
    const accuracy = async (directory: string) => (await waitForEnd(directory)).progress!.last!.accuracy;
    expect(Math.abs((await accuracy(cached)) - (await accuracy(uncached)))).toBeLessThanOrEqual(0.01);

    const [told] = await targetsOf(cached);
    expect(told).toMatchObject({ state: 'built', bytes: (10 + 10 + 8 * 8 * 16 + 16 * 16 * 8) * 4 * 500 });
    expect(told!.targets.map(({ teacher: name, layer, state }) => [name, layer, state])).toEqual([
      ['one', null, 'built'],
      ['two', null, 'built'],
      ['one', 'block2/relu', 'built'],
      ['two', 'block1/relu', 'built'],
    ]);
    expect(told!.seconds).toBeGreaterThan(0);
    expect(told!.teacherMilliseconds).toBeGreaterThan(0);
    expect(await targetsOf(uncached)).toMatchObject([
      { state: 'refused', bytes: 0, teacherMilliseconds: null },
    ]);
    expect(await files()).toHaveLength(4);

    const again = await train(workspace, 'again', student());
    expect(await targetsOf(again)).toMatchObject([{ state: 'reused' }]);
    expect(await hashOfCheckpoint(again)).toBe(await hashOfCheckpoint(cached));
  });

  test('come with the batches from a thread, which ends with the run; the waiting for them is told', async () => {
    const directory = await train(workspace, 'told', student({ augment: ', augment: { shift: 1 }' }));
    const { progress } = await waitForEnd(directory);
    expect(progress?.batches?.made).toBe('Made on a thread of their own, one ahead.');
    expect(progress?.batches?.stallShare).toBeLessThan(1);
    for (const { stallMilliseconds } of ofType(await eventsOf(directory), 'step')) {
      expect(stallMilliseconds).toBeGreaterThan(0);
    }
    while ((await isAlive(progress!.process)) === 'alive') await sleep(50);
  });

  test('end the run with a reason when they cannot be read any more', async () => {
    const loader = path.join(path.dirname(programs.trainerPath), 'loader.js');
    const failingLoader = path.join(workspace, 'failing loader.cjs');
    // Two hints are read whole in the first stage; the second stage meets a disk that is gone.
    await writeFile(
      failingLoader,
      `const fs = require('node:fs');
const { readSync } = fs;
let reads = 0;
fs.readSync = (...given) => {
  reads += 1;
  if (reads > 2) throw new Error('EIO: i/o error, read');
  return readSync(...given);
};
require(${JSON.stringify(loader)});
`,
    );
    const trainerPath = path.join(workspace, 'failing trainer.cjs');
    await writeFile(
      trainerPath,
      `const threads = require('node:worker_threads');
const { Worker } = threads;
threads.Worker = function (program, options) {
  return new Worker(${JSON.stringify(failingLoader)}, options);
};
require(${JSON.stringify(programs.trainerPath)});
`,
    );
    const directory = await prepareRun(workspace, 'failing', student());
    await startTrainer(directory, { ...programs, trainerPath });
    const { end } = await waitForEnd(directory);
    expect(end).toMatchObject({ state: 'failed', reason: 'A batch could not be made: EIO: i/o error, read' });
  });

  test('lead a stopped and resumed run to the same weights', async () => {
    // Long enough to be stopped within, whatever trains it: the heartbeat tells of its steps once a second.
    const long = student({ epochs: [2, 120] });
    const whole = await train(workspace, 'whole', long);
    const stopped = await prepareRun(workspace, 'stopped', long);
    await startTrainer(stopped, programs);
    await waitForStep(stopped, 20);
    await requestStop(stopped, 'the test');
    await waitForEnd(stopped);
    await resumeRun(stopped, programs);
    expect((await waitForEnd(stopped)).end?.state).toBe('finished');
    expect(await hashOfCheckpoint(stopped)).toBe(await hashOfCheckpoint(whole));
  });

  test('are computed anew where a file is damaged, and never used', async () => {
    const before = await train(workspace, 'before', student());
    for (const [index, name] of (await files()).entries()) {
      const file = path.join(targetsFolder(workspace), name);
      const { size } = await stat(file);
      const handle = await open(file, 'r+');
      if (index === 0) await handle.truncate(size - 5);
      else await handle.write(Buffer.of(255), 0, 1, 4096 + index * 4 + 3);
      await handle.close();
    }
    const after = await train(workspace, 'after', student());
    const events = await eventsOf(after);
    const warnings = ofType(events, 'warning').map(({ message }) => message);
    expect(warnings).toHaveLength(4);
    for (const warning of warnings) expect(warning).toMatch(/(is damaged|bytes instead of).*computed anew/);
    expect(ofType(events, 'targets')).toMatchObject([{ state: 'built' }]);
    expect(await hashOfCheckpoint(after)).toBe(await hashOfCheckpoint(before));
    expect(await targetsOf(await train(workspace, 'at last', student()))).toMatchObject([
      { state: 'reused' },
    ]);
  });

  test('are computed anew where a whole file is not what the teacher says', async () => {
    const before = await train(workspace, 'right', student());
    const directory = targetsFolder(workspace);
    const [name] = await files();
    const { tensors } = await readSafetensors(path.join(directory, name!));
    const { shape, data: rows } = tensors.get('targets')!;
    const writer = await TargetsWriter.create(
      path.join(directory, name!),
      { key: name!.replace('.safetensors', ''), shape },
      'of a teacher whose change the key did not see',
    );
    await writer.append(Float32Array.from(rows as Float32Array, (value) => 1.1 * value + 0.1));
    await writer.finish();
    const after = await train(workspace, 'right again', student());
    const warnings = ofType(await eventsOf(after), 'warning').map(({ message }) => message);
    expect(warnings).toEqual([expect.stringMatching(/are not the teacher's. They are computed anew/)]);
    expect(await hashOfCheckpoint(after)).toBe(await hashOfCheckpoint(before));
  });

  test('of another teacher are other targets', async () => {
    const before = await files();
    const directory = await train(workspace, 'taught by another', student({ teacher: 'other' }));
    const [told] = await targetsOf(directory);
    expect(told!.targets.map(({ state }) => state)).toEqual(['built', 'reused', 'built', 'reused']);
    expect(await files()).toHaveLength(before.length + 2);
  });

  test('are not cached for augmented images, nor for a single epoch, and the events say why', async () => {
    const augmented = await train(workspace, 'augmented', student({ augment: ', augment: { shift: 1 }' }));
    const [told] = await targetsOf(augmented);
    expect(told!.state).toBe('refused');
    for (const { reason } of told!.targets) expect(reason).toMatch(/augmented.*other views.*every epoch/);
    expect((await waitForEnd(augmented)).progress?.targets).toMatch(
      'The teacher runs in every step. The images are',
    );

    const short = await train(workspace, 'short', student({ epochs: [1, 1] }));
    const [partly] = await targetsOf(short);
    expect(partly!.targets.map(({ state }) => state)).toEqual(['refused', 'refused', 'reused', 'reused']);
    expect(partly!.targets[0]!.reason).toMatch('single epoch');
    expect((await waitForEnd(short)).end?.state).toBe('finished');
  });
});
