import { rm, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requestStop } from '../../src/runs/control';
import { resumeRun, startTrainer } from '../../src/runs/launch';
import { RUN_FILES } from '../../src/runs/record';
import {
  eventsOf,
  hashOfCheckpoint,
  holdingPrograms,
  makeWorkspace,
  ofType,
  prepareRun,
  programs,
  tensorsOf,
  train,
  waitForEnd,
  waitForStepEvent,
} from './support';

const data = 'data: { dataset: digits, trainSize: 640, testSize: 200 }';
const teacher = `${data}
student: { model: zoo/conv-thin, options: { width: 8 } }
train: { epochs: 3, batch: 32, optimizer: { name: adam, lr: 0.01 } }
`;
/** Augmentation, a schedule, batch norms, adapters, two stages, each with its optimizer. */
const thorough = `
seed: 3
data: { dataset: digits, trainSize: 640, testSize: 200, augment: { shift: 1, flip: true } }
teacher: { experiment: ./teacher.distill.yaml }
student: { model: zoo/conv-thin, options: { width: 4 } }
distill: { hard: {}, soft: {}, hints: [{ teacher: block2/relu, student: block2/relu }] }
train:
  batch: 32
  optimizer: { name: adamw }
  schedule: { name: cosine, warmup: 1 }
  clip: 5
  stages: [{ only: hints, epochs: 1 }, { only: [hard, soft], epochs: 3 }]
`;

describe('the trainer', () => {
  let workspace: string;
  let dispose: () => Promise<void>;
  beforeAll(async () => {
    ({ folder: workspace, dispose } = await makeWorkspace());
  });
  afterAll(() => dispose());

  test('trains a student alone, and it learns', async () => {
    const directory = await train(workspace, 'teacher', teacher);
    const { end, progress } = await waitForEnd(directory);
    expect(end).toMatchObject({ state: 'finished', reason: null, step: 60 });
    expect(progress).toMatchObject({ step: 60, totalSteps: 60, epoch: 3, phase: 'finished' });
    expect(progress?.last?.accuracy).toBeGreaterThan(0.3);
    const events = await eventsOf(directory);
    const losses = ofType(events, 'step').map((event) => event.losses['total']!);
    expect(losses).toHaveLength(60);
    expect(losses.at(-1)).toBeLessThan(losses[0]! * 0.7);
    expect(ofType(events, 'evaluate').map(({ step }) => step)).toEqual([20, 40, 60]);
  });

  test('the same seed gives the same weights, another seed others', async () => {
    const same = await train(workspace, 'again', teacher);
    const other = await train(workspace, 'other', `seed: 2\n${teacher}`);
    const first = await train(workspace, 'first', teacher);
    expect(await hashOfCheckpoint(same)).toBe(await hashOfCheckpoint(first));
    expect(await hashOfCheckpoint(other)).not.toBe(await hashOfCheckpoint(first));
  });

  test('trains its teacher first, then every stage, and stops and resumes to the same weights', async () => {
    const whole = await train(workspace, 'whole', thorough);
    expect((await waitForEnd(whole)).end).toMatchObject({ state: 'finished', reason: null });
    const events = await eventsOf(whole);
    const [taught] = ofType(events, 'model').filter(({ which }) => which === 'teacher');
    expect(taught?.metrics?.accuracy).toBeGreaterThan(0.3);
    expect(taught?.run).not.toBeNull();
    const steps = ofType(events, 'step');
    expect(Object.keys(steps[0]!.losses).sort()).toEqual(['hint 1', 'total']);
    expect(Object.keys(steps.at(-1)!.losses).sort()).toEqual(['hard', 'soft', 'total']);
    expect(ofType(events, 'evaluate').map(({ step }) => step)).toEqual([40, 60, 80]);

    const stopped = await prepareRun(workspace, 'stopped', thorough);
    await startTrainer(stopped, await holdingPrograms(workspace, 30));
    await waitForStepEvent(stopped, 30);
    await requestStop(stopped, 'the test');
    const { end } = await waitForEnd(stopped);
    expect(end).toMatchObject({ state: 'stopped', reason: 'Stopped by the test.', step: 30 });
    await resumeRun(stopped, programs);
    expect((await waitForEnd(stopped)).end?.state).toBe('finished');
    expect(await hashOfCheckpoint(stopped)).toBe(await hashOfCheckpoint(whole));
    expect(await hashOfCheckpoint(stopped, RUN_FILES.bestCheckpoint)).toBe(
      await hashOfCheckpoint(whole, RUN_FILES.bestCheckpoint),
    );
    const losses = (list: typeof steps) => list.map(({ step, losses: values }) => [step, values['total']]);
    expect(losses(ofType(await eventsOf(stopped), 'step'))).toEqual(losses(steps));
  });

  test('goes on with the teacher that it began with, or not at all', async () => {
    const text = thorough.replace('seed: 3', 'seed: 4');
    const directory = await prepareRun(workspace, 'bound', text);
    await startTrainer(directory, await holdingPrograms(workspace, 5));
    await waitForStepEvent(directory, 5);
    const [taught] = ofType(await eventsOf(directory), 'model').filter(({ which }) => which === 'teacher');
    // A newer run of the same teacher, and another architecture in its file.
    await train(workspace, 'teacher', teacher);
    await writeFile(path.join(workspace, 'teacher.distill.yaml'), teacher.replace('width: 8', 'width: 6'));
    await requestStop(directory, 'the test');
    expect((await waitForEnd(directory)).end).toMatchObject({ state: 'stopped', step: 5 });
    await resumeRun(directory, await holdingPrograms(workspace, 10));
    await waitForStepEvent(directory, 10);
    await requestStop(directory, 'the test');
    await waitForEnd(directory);
    const events = await eventsOf(directory);
    const runs = ofType(events, 'model').flatMap(({ which, run }) => (which === 'teacher' ? [run] : []));
    expect(runs).toEqual([taught!.run, taught!.run]);
    expect(ofType(events, 'warning').map(({ message }) => message)).toEqual([
      expect.stringContaining('have changed since the run was started'),
    ]);

    await rm(path.join(path.dirname(directory), taught!.run!), { recursive: true });
    await expect(resumeRun(directory, programs)).rejects.toThrow(
      `The weights of the teacher's run ${taught!.run!} are gone`,
    );
    await writeFile(path.join(workspace, 'teacher.distill.yaml'), teacher);
  });

  test('can be stopped before its first step', async () => {
    const directory = await prepareRun(workspace, 'early', teacher.replace('epochs: 3', 'epochs: 1'));
    await requestStop(directory, 'the test');
    await startTrainer(directory, programs);
    expect((await waitForEnd(directory)).end).toMatchObject({ state: 'stopped', step: 0 });
    await resumeRun(directory, programs);
    expect((await waitForEnd(directory)).end).toMatchObject({ state: 'finished', step: 20 });
  });

  test('a hints-only stage moves the student up to its guided layer, and the adapter, and nothing else', async () => {
    const text = (epochs: number) => `
${data}
teacher: { experiment: ./teacher.distill.yaml }
student: { model: zoo/conv-thin, options: { width: 4 } }
distill: { hints: [{ teacher: block2/relu, student: block2/relu }] }
train: { batch: 640, optimizer: { name: sgd, weightDecay: 0.1 }, stages: [{ only: hints, epochs: ${epochs} }] }
`;
    const before = await tensorsOf(await train(workspace, 'hints 1', text(1)), RUN_FILES.lastCheckpoint);
    const after = await tensorsOf(await train(workspace, 'hints 2', text(2)), RUN_FILES.lastCheckpoint);
    const moved = [...after].filter(([name, values]) =>
      values.some((value, index) => value !== before.get(name)![index]),
    );
    const names = moved.map(([name]) => name).filter((name) => !name.startsWith('optimizer/'));
    expect(names).toContain('student/block2/conv1/kernel');
    expect(names.some((name) => name.startsWith('adapter-1/'))).toBe(true);
    expect(names.filter((name) => /block3|logits/.test(name))).toEqual([]);
  });

  test('a diverging run fails at its step and names the term that broke', async () => {
    const directory = await train(
      workspace,
      'diverging',
      `${data}
student: { model: zoo/mlp }
train: { epochs: 3, batch: 32, optimizer: { name: sgd, lr: 1.0e+30 } }
`,
    );
    const { end } = await waitForEnd(directory);
    expect(end?.state).toBe('failed');
    expect(end?.reason).toMatch(
      /^The (loss term "hard"|gradient) became (NaN|Infinity) at step \d+ \(epoch 0\.\d+\)\. Lower/,
    );
  });

  test('weights that are not finite after a finite loss are not kept', async () => {
    const directory = await train(
      workspace,
      'overflowing',
      `${data}
student: { model: zoo/mlp }
train: { batch: 640, stages: [{ epochs: 2 }, { epochs: 2, optimizer: { name: sgd, lr: 1.0e+39 } }] }
`,
    );
    const { end } = await waitForEnd(directory);
    expect(end?.state).toBe('failed');
    expect(end?.reason).toMatch(
      /^The variable "student\/.*" became (NaN|-?Infinity) at step 2 \(epoch 2\.00\)/,
    );
    const kept = [...(await tensorsOf(directory, RUN_FILES.lastCheckpoint)).values()];
    expect(kept.every((values) => values.every(Number.isFinite))).toBe(true);
    expect(ofType(await eventsOf(directory), 'checkpoint').at(-1)).toMatchObject({ step: 2, kind: 'last' });
  });

  test('learns from unlabelled images, with a class left out', async () => {
    const directory = await train(
      workspace,
      'unlabelled',
      `
data: { dataset: digits, trainSize: 640, testSize: 200, train: { labels: false, exclude: [3] } }
teacher: [{ experiment: ./teacher.distill.yaml }, { experiment: ./teacher.distill.yaml, seed: 2 }]
student: { model: zoo/conv-thin, options: { width: 4 } }
distill: { soft: { ensemble: logits } }
train: { epochs: 1, batch: 32 }
`,
    );
    expect((await waitForEnd(directory)).end).toMatchObject({ state: 'finished' });
    const events = await eventsOf(directory);
    expect(ofType(events, 'step').every(({ trainAccuracy }) => trainAccuracy === null)).toBe(true);
    const teachers = ofType(events, 'model').filter(({ which }) => which === 'teacher');
    // The teacher with seed 2 was trained already, under another name.
    expect(teachers.map(({ name }) => name)).toEqual(['teacher', 'other', 'ensemble of 2']);
  });

  test('what cannot be trained fails with the reason in its end record', async () => {
    const directory = await train(workspace, 'broken', `${data}\nstudent: { model: ./missing.ts#student }\n`);
    const { end } = await waitForEnd(directory);
    expect(end?.state).toBe('failed');
    expect(end?.reason).toContain(`${path.join(workspace, 'missing.ts')} does not exist.`);
  });
});
