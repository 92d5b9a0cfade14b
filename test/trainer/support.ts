import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseExperiment } from '../../src/experiment/parse';
import { readSafetensors } from '../../src/models/safetensors';
import { createRun } from '../../src/runs/create';
import { readEvents } from '../../src/runs/eventLog';
import type { RunEvent } from '../../src/runs/events';
import { readStanding, type RunFolder } from '../../src/runs/folder';
import { startTrainer, type TrainerPrograms } from '../../src/runs/launch';
import { RUN_FILES } from '../../src/runs/record';

const trainerPath = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../dist/trainer.js');
if (!existsSync(trainerPath)) throw new Error(`${trainerPath} is missing: run \`npm run build\` first.`);

export const programs: TrainerPrograms = { nodePath: process.execPath, trainerPath };

/**
 * A trainer that holds after a step until it is asked to stop, so that a stop finds it exactly there, however fast it
 * trains. Steps must be few enough an epoch (below 200) that each is a point of the curves: their event is the hold.
 */
export async function holdingPrograms(workspace: string, step: number): Promise<TrainerPrograms> {
  const file = path.join(workspace, `hold at ${step}.cjs`);
  await writeFile(
    file,
    `const fs = require('node:fs');
const path = require('node:path');
const request = path.join(process.argv[process.argv.indexOf('--run') + 1], ${JSON.stringify(RUN_FILES.stopRequest)});
const sleep = (milliseconds) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
const write = fs.writeSync;
fs.writeSync = (descriptor, bytes, ...rest) => {
  const written = write(descriptor, bytes, ...rest);
  if (/^{"type":"step",.*"step":${step},/.test(bytes.toString())) {
    while (!fs.existsSync(request)) sleep(20);
    // The trainer looks for requests five times a second at most.
    sleep(300);
  }
  return written;
};
require(${JSON.stringify(trainerPath)});
`,
  );
  return { nodePath: process.execPath, trainerPath: file };
}

/** A workspace of its own, in a folder whose name has a space, removed by `dispose`. */
export async function makeWorkspace(): Promise<{ folder: string; dispose: () => Promise<void> }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'distillery trainer '));
  return { folder, dispose: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }) };
}

/** Writes an experiment file and makes its run, not started. @returns the run folder. */
export async function prepareRun(
  workspace: string,
  name: string,
  text: string,
  engine = 'auto',
): Promise<string> {
  const file = path.join(workspace, `${name}.distill.yaml`);
  await writeFile(file, text);
  const { experiment, problems } = parseExperiment(text, file);
  if (!experiment) throw new Error(problems.map(({ message }) => message).join('\n'));
  const run = await createRun({ experiment, text, path: file, workspace, engine });
  return run.directory;
}

/** Makes and trains a run to its end. @returns the run folder, whatever the end was. */
export async function train(workspace: string, name: string, text: string, engine?: string): Promise<string> {
  const directory = await prepareRun(workspace, name, text, engine);
  await startTrainer(directory, programs);
  await waitForEnd(directory);
  return directory;
}

/** Waits until a run does not run any more. */
export async function waitForEnd(directory: string): Promise<RunFolder> {
  for (;;) {
    const { folder, state } = await readStanding(directory);
    if (state !== 'running') return folder;
    await sleep(50);
  }
}

/** Waits until a run has told of a step in its event log. */
export async function waitForStepEvent(directory: string, step: number): Promise<void> {
  while (!ofType(await eventsOf(directory), 'step').some((event) => event.step >= step)) {
    const { folder, state } = await readStanding(directory);
    if (state !== 'running') throw new Error(`The run ended: ${folder.end?.reason ?? 'interrupted'}`);
    await sleep(50);
  }
}

/** Waits until the heartbeat of a run tells so many steps. */
export async function waitForStep(directory: string, step: number): Promise<void> {
  for (;;) {
    const { folder, state } = await readStanding(directory);
    if ((folder.progress?.step ?? 0) >= step) return;
    if (state !== 'running') throw new Error(`The run ended: ${folder.end?.reason ?? 'interrupted'}`);
    await sleep(20);
  }
}

export async function eventsOf(directory: string): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of readEvents(path.join(directory, RUN_FILES.events))) events.push(event);
  return events;
}

/** The events of one type. */
export function ofType<Type extends RunEvent['type']>(
  events: readonly RunEvent[],
  type: Type,
): Extract<RunEvent, { type: Type }>[] {
  return events.filter((event): event is Extract<RunEvent, { type: Type }> => event.type === type);
}

/** sha256 over the names, shapes and bytes of all tensors of a checkpoint: weights and optimizer state. */
export async function hashOfCheckpoint(
  directory: string,
  file: string = RUN_FILES.lastCheckpoint,
): Promise<string> {
  const { tensors } = await readSafetensors(path.join(directory, file));
  const hash = createHash('sha256');
  for (const [name, { shape, data }] of [...tensors].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`${name} ${shape.join(',')}\n`);
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}

/** Tensors of a checkpoint as plain arrays. */
export async function tensorsOf(directory: string, file: string): Promise<Map<string, number[]>> {
  const { tensors } = await readSafetensors(path.join(directory, file));
  return new Map([...tensors].map(([name, { data }]) => [name, Array.from(data, Number)]));
}
