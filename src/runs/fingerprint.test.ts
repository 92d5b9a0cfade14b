import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { parseExperiment } from '../experiment/parse';
import { fingerprintsOf, type Fingerprints } from './fingerprint';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'distillery fingerprint '));
});

async function put(name: string, text: string): Promise<void> {
  await writeFile(join(folder, name), text);
}

/** The fingerprints of an experiment on digits with this text, as if it lay in a file of the folder. */
async function fingerprints(text: string, name = 'x.distill.yaml'): Promise<Fingerprints> {
  const file = join(folder, name);
  const { experiment, problems } = parseExperiment(`data: { dataset: digits }\n${text}`, file);
  if (experiment === null) throw new Error(problems.map(({ message }) => message).join());
  return fingerprintsOf(experiment, file);
}

const teacherText = 'data: { dataset: digits }\nstudent: { model: zoo/mlp }\n';
const taught = 'teacher: { experiment: teacher.distill.yaml }\nstudent: { model: zoo/mlp }\n';

describe('fingerprintsOf', () => {
  it('does not depend on names, comments and spelt-out defaults', async () => {
    const short = await fingerprints('student: { model: zoo/mlp }');
    const long = await fingerprints('# hello\nname: other\nseed: 1\nstudent:\n  model: zoo/mlp\n');
    expect(long).toEqual(short);
    expect(await fingerprints('seed: 2\nstudent: { model: zoo/mlp }')).not.toEqual(short);
  });

  it('is the baseline of its distilled twins', async () => {
    const alone = await fingerprints('student: { model: zoo/mlp }');
    expect(alone.baselineFingerprint).toBe(alone.fingerprint);
    await put('teacher.distill.yaml', teacherText);
    const distilled = await fingerprints(`${taught}distill: { hard: {}, soft: {} }`);
    expect(distilled.fingerprint).not.toBe(alone.fingerprint);
    expect(distilled.baselineFingerprint).toBe(alone.fingerprint);
  });

  it('changes with the code of the model and with what that imports', async () => {
    const text = 'student: { model: "./model.ts#student" }';
    await put('model.ts', "import { block } from './blocks.js';\nexport function student() {}");
    await put('blocks.ts', "export { size } from './size'; export function block() {}");
    await put('size.ts', 'export const size = 3;');
    const before = await fingerprints(text);
    await put('size.ts', 'export const size = 4;');
    const after = await fingerprints(text);
    expect(after.fingerprint).not.toBe(before.fingerprint);
    expect(after.baselineFingerprint).not.toBe(before.baselineFingerprint);
    await put('size.ts', 'export const size = 3;');
    expect(await fingerprints(text)).toEqual(before);
    expect(await fingerprints('student: { model: "./model.ts#other" }')).not.toEqual(before);
  });

  it('survives files that import each other', async () => {
    await put('model.ts', "import './other';");
    await put('other.ts', "import './model';");
    expect((await fingerprints('student: { model: "./model.ts#s" }')).fingerprint).toHaveLength(64);
  });

  it('does not depend on where the files lie', async () => {
    await mkdir(join(folder, 'elsewhere'));
    await put('model.ts', 'export const a = 1;');
    await put('elsewhere/copy.ts', 'export const a = 1;');
    const here = await fingerprints('student: { model: "./model.ts#a" }');
    expect(await fingerprints('student: { model: "./copy.ts#a" }', 'elsewhere/x.distill.yaml')).toEqual(here);
    expect(await fingerprints('student: { model: "../model.ts#a" }', 'elsewhere/x.distill.yaml')).toEqual(
      here,
    );
    await put('elsewhere/model.ts', 'export const a = 2;');
    expect(await fingerprints('student: { model: "./model.ts#a" }', 'elsewhere/x.distill.yaml')).not.toEqual(
      here,
    );
  });

  it('changes when the experiment of the teacher means something else, and only then', async () => {
    await put('teacher.distill.yaml', teacherText);
    const before = await fingerprints(taught);
    await put('teacher.distill.yaml', `# a comment\n${teacherText}`);
    expect(await fingerprints(taught)).toEqual(before);
    await put('teacher.distill.yaml', `${teacherText}train: { epochs: 3 }\n`);
    const after = await fingerprints(taught);
    expect(after.fingerprint).not.toBe(before.fingerprint);
    expect(after.baselineFingerprint).toBe(before.baselineFingerprint);
  });

  it('takes a teacher with another seed for another teacher', async () => {
    await put('teacher.distill.yaml', teacherText);
    const withSeed = (seed: number) => fingerprints(taught.replace('.yaml }', `.yaml, seed: ${seed} }`));
    expect((await withSeed(1)).fingerprint).toBe((await fingerprints(taught)).fingerprint);
    expect((await withSeed(2)).fingerprint).not.toBe((await withSeed(1)).fingerprint);
  });

  it('changes with the bytes of weights and of data', async () => {
    const weights = 'teacher: { model: zoo/mlp, weights: w.safetensors }\nstudent: { model: zoo/mlp }';
    await put('w.safetensors', 'a');
    const before = await fingerprints(weights);
    await put('w.safetensors', 'b');
    expect((await fingerprints(weights)).fingerprint).not.toBe(before.fingerprint);
  });

  it('does not fail for files that are missing or teachers that go round in a circle', async () => {
    await put('a.distill.yaml', `${teacherText}teacher: { experiment: a.distill.yaml }\n`);
    expect((await fingerprints('student: { model: "./no.ts#x" }')).fingerprint).toHaveLength(64);
    expect((await fingerprints(taught)).fingerprint).toHaveLength(64);
    const circle = 'teacher: { experiment: a.distill.yaml }\nstudent: { model: zoo/mlp }\n';
    expect((await fingerprints(circle)).fingerprint).toHaveLength(64);
  });
});
