import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { bindTeachers, findBoundTeachers } from './boundTeachers';
import { resumeRun } from './launch';
import { RUN_FILES } from './record';
import { makeSampleRun } from './sampleRun';

const programs = { nodePath: process.execPath, trainerPath: '/nowhere/trainer.js' };
let workspace: string;
let student: string;
let teacherWeights: string;
let file: string;

beforeEach(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'distillery bound '));
  const teacher = await makeSampleRun(workspace, { id: 'teacher', progress: {}, end: {} });
  teacherWeights = join(teacher, RUN_FILES.bestCheckpoint);
  await writeFile(teacherWeights, 'weights');
  file = join(workspace, 'weights', 'given.safetensors');
  await mkdir(dirname(file));
  await writeFile(file, 'given');
  student = await makeSampleRun(workspace, { id: 'student', progress: {}, end: { state: 'stopped' } });
  await bindTeachers(student, [
    { run: 'teacher', file: teacherWeights },
    { run: null, file },
  ]);
  await writeFile(join(student, RUN_FILES.lastCheckpoint), 'learnt');
});

it('binds a run to the weights that taught it', async () => {
  expect(await findBoundTeachers(student)).toEqual({
    weights: [
      { run: 'teacher', file: teacherWeights },
      { run: null, file },
    ],
    refusal: null,
  });
  const written = await readFile(join(student, RUN_FILES.teachers), 'utf8');
  expect(written).toContain('"weights": ".distillery/runs/teacher/checkpoints/best.safetensors"');
});

it('refuses to resume when the run of the teacher is gone', async () => {
  await rm(dirname(dirname(teacherWeights)), { recursive: true });
  await expect(resumeRun(student, programs)).rejects.toThrow(
    `Run student cannot go on. The weights of the teacher's run teacher are gone: ${teacherWeights} does not exist.`,
  );
  // It stays what it was.
  expect(await readFile(join(student, RUN_FILES.end), 'utf8')).toContain('stopped');
});

it('refuses to resume when weights have changed', async () => {
  await writeFile(file, 'others');
  await expect(resumeRun(student, programs)).rejects.toThrow(
    `The weights of the teacher, ${file}, have changed since this run was started`,
  );
});

it('leaves the choice of the teacher to a run that has learnt nothing yet', async () => {
  await rm(join(student, RUN_FILES.lastCheckpoint));
  await rm(teacherWeights);
  expect(await findBoundTeachers(student)).toEqual({ weights: null, refusal: null });
});

it('refuses a network whose files of weights beside it have changed', async () => {
  const network = join(workspace, 'weights', 'model.json');
  await writeFile(network, JSON.stringify({ weightsManifest: [{ paths: ['shard.bin'] }] }));
  const shard = join(dirname(network), 'shard.bin');
  await writeFile(shard, 'one');
  await bindTeachers(student, [{ run: null, file: network }]);
  expect((await findBoundTeachers(student)).refusal).toBeNull();
  await writeFile(shard, 'two');
  expect((await findBoundTeachers(student)).refusal).toContain('have changed');
});
