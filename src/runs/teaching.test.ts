import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { isTeacherInWorkspace } from './teaching';

let workspace: string;
let teacher: string;

beforeEach(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'distillery teaching '));
  await mkdir(join(workspace, 'students'));
  await mkdir(join(workspace, 'node_modules'));
  teacher = join(workspace, 'teacher.distill.yaml');
  await writeFile(teacher, 'data: { dataset: digits }\nstudent: { model: zoo/conv-wide }\n');
});

const student = (experiment: string) =>
  `data: { dataset: digits }\r\nteacher: { experiment: ${experiment} }\r\nstudent: { model: zoo/mlp }\r\n`;

it('finds a student anywhere in the workspace', async () => {
  expect(await isTeacherInWorkspace(teacher, workspace)).toBe(false);
  await writeFile(join(workspace, 'students', 'a.distill.yaml'), student('../teacher.distill.yaml'));
  expect(await isTeacherInWorkspace(teacher, workspace)).toBe(true);
});

it('is not misled by others', async () => {
  await writeFile(join(workspace, 'students', 'a.distill.yaml'), student('./teacher.distill.yaml'));
  await writeFile(
    join(workspace, 'b.distill.yaml'),
    `# not teacher.distill.yaml\n${student('./c.distill.yaml')}`,
  );
  await writeFile(join(workspace, 'broken.distill.yaml'), '{ teacher.distill.yaml');
  await writeFile(join(workspace, 'node_modules', 'd.distill.yaml'), student('../teacher.distill.yaml'));
  expect(await isTeacherInWorkspace(teacher, workspace)).toBe(false);
  expect(await isTeacherInWorkspace(join(workspace, 'none', 'teacher.distill.yaml'), workspace)).toBe(false);
});
