import { readdir, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keyedRandom } from '../../src/random/keyed';
import { EventTail } from '../../src/runs/eventLog';
import { isMissing } from '../../src/runs/files';
import { readRunFolder, readStanding } from '../../src/runs/folder';
import { resumeRun, startTrainer } from '../../src/runs/launch';
import { RUN_FILES } from '../../src/runs/record';
import { readSafetensors } from '../../src/models/safetensors';
import { hashOfCheckpoint, makeWorkspace, prepareRun, programs, waitForEnd } from './support';

const kills = Number(process.env['DISTILLERY_KILLS'] ?? 20);

/** Everything that a resume could get wrong: batch norms, dropout, augmentation, momentum, a schedule. */
const model = `
import * as tf from '@tensorflow/tfjs';
export function student({ inputShape, classes }: { inputShape: number[]; classes: number }) {
  return tf.sequential({
    layers: [
      tf.layers.conv2d({ inputShape, filters: 4, kernelSize: 3, strides: 2 }),
      tf.layers.batchNormalization({ scale: false }),
      tf.layers.reLU(),
      tf.layers.flatten(),
      tf.layers.dropout({ rate: 0.3 }),
      tf.layers.dense({ units: classes }),
    ],
  });
}
`;
/** Epochs of ten steps, so that checkpoints are many; so many that most of the time is spent training. */
const experiment = `
data: { dataset: digits, trainSize: 320, testSize: 100, augment: { shift: 2 } }
student: { model: ./model.ts#student }
train: { epochs: 24, batch: 32, optimizer: { name: rmsprop, momentum: 0.9 }, schedule: { name: cosine } }
`;

let workspace: string;
let dispose: () => Promise<void>;
let expected: string;
let milliseconds: number;

beforeAll(async () => {
  ({ folder: workspace, dispose } = await makeWorkspace());
  await writeFile(path.join(workspace, 'model.ts'), model);
  const directory = await prepareRun(workspace, 'whole', experiment);
  const started = performance.now();
  await startTrainer(directory, programs);
  expect((await waitForEnd(directory)).end?.state).toBe('finished');
  milliseconds = performance.now() - started;
  expected = await hashOfCheckpoint(directory);
});
afterAll(() => dispose());

/** Every file of a run folder is whole, but for a torn last line of the log. */
async function checkReadable(directory: string): Promise<void> {
  await readRunFolder(directory);
  const tail = new EventTail(path.join(directory, RUN_FILES.events));
  await tail.read();
  expect(tail.skippedLines).toBeLessThanOrEqual(1);
  for (const file of [RUN_FILES.lastCheckpoint, RUN_FILES.bestCheckpoint]) {
    const names = await readdir(path.dirname(path.join(directory, file)));
    if (names.includes(path.basename(file))) await readSafetensors(path.join(directory, file));
  }
}

async function killOnceAndResume(index: number): Promise<string> {
  const directory = await prepareRun(workspace, `killed ${index}`, experiment);
  const { pid } = await startTrainer(directory, programs);
  // Spread over the whole run, and a little beyond the places where a fixed grid would always hit.
  await sleep(((index + keyedRandom('kill', index)()) / kills) * milliseconds);
  kill(pid);
  await checkReadable(directory);
  const { state } = await readStanding(directory);
  if (state === 'running') await waitForEnd(directory);
  if ((await readRunFolder(directory)).end === null) await resumeRun(directory, programs);
  const { end } = await waitForEnd(directory);
  expect(end).toMatchObject({ state: 'finished', reason: null });
  await checkReadable(directory);
  return hashOfCheckpoint(directory);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // The run was quicker than the kill.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH') && !isMissing(error))
      throw error;
  }
}

test(`killed at ${kills} moments and resumed, a run ends with the weights of the uninterrupted one`, async () => {
  const hashes: string[] = [];
  for (let index = 0; index < kills; index += 2) {
    const pair = [index, index + 1].filter((each) => each < kills).map(killOnceAndResume);
    hashes.push(...(await Promise.all(pair)));
  }
  expect(hashes).toEqual(Array<string>(kills).fill(expected));
});
