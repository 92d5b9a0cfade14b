import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseExperiment, type ParsedExperiment } from '../experiment/parse';
import { fingerprintsOf } from '../runs/fingerprint';
import { makeSampleRun } from '../runs/sampleRun';
import { findWeakTeachers } from './weakTeacher';

const data = 'data: { dataset: digits }\n';
const teacherText = `${data}student: { model: zoo/conv-wide }\n`;
const text = `${data}teacher: { experiment: ./teacher.distill.yaml }
student: { model: zoo/mlp }
distill: { soft: {} }
`;

let folder: string;
let parsed: ParsedExperiment;
let baseline: string;
let teacher: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'distillery weak '));
  const teacherFile = path.join(folder, 'teacher.distill.yaml');
  await writeFile(teacherFile, teacherText);
  const file = path.join(folder, 'a.distill.yaml');
  parsed = parseExperiment(text, file);
  baseline = (await fingerprintsOf(parsed.experiment!, file)).baselineFingerprint;
  teacher = (await fingerprintsOf(parseExperiment(teacherText, teacherFile).experiment!, teacherFile))
    .fingerprint;
});

afterEach(() => rm(folder, { recursive: true, force: true }));

/** A run that has finished, with one accuracy throughout. */
async function finish(id: string, fingerprint: string, accuracy: number): Promise<void> {
  const measured = { step: 50, epoch: 1, accuracy };
  await makeSampleRun(folder, {
    id,
    fingerprint,
    progress: { best: measured, last: measured },
    end: { state: 'finished' },
  });
}

describe('findWeakTeachers', () => {
  test('says nothing where nothing is known', async () => {
    expect(await findWeakTeachers(parsed)).toEqual([]);
    await finish('20261123-142501-teacher-aaaa', teacher, 0.5);
    expect(await findWeakTeachers(parsed)).toEqual([]);
  });

  test('says nothing of a teacher that is better', async () => {
    await finish('20261123-142501-teacher-aaaa', teacher, 0.97);
    await finish('20261123-142502-student-bbbb', baseline, 0.95);
    expect(await findWeakTeachers(parsed)).toEqual([]);
  });

  test('warns of a teacher that is no better, with both accuracies', async () => {
    await finish('20261123-142501-teacher-aaaa', teacher, 0.9412);
    await finish('20261123-142502-student-bbbb', baseline, 0.95);
    expect(await findWeakTeachers(parsed)).toEqual([
      {
        path: ['teacher'],
        part: 'key',
        severity: 'warning',
        code: 'weak-teacher',
        message:
          'The teacher is no better than the student that was trained alone: 94.12 % against 95.00 % of the test images. Train a better teacher first.',
      },
    ]);
  });
});
