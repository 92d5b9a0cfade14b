import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkExperiment } from '../../experiment/check';
import { parseExperiment } from '../../experiment/parse';
import { fileProbe } from '../../runs/fileProbe';
import { quickCheck } from '../experiments/check';
import { commentLines, datasetChoices, recipes, yamlText } from './pieces';
import {
  baseOf,
  exampleChoice,
  exampleFiles,
  freeBaseName,
  planFiles,
  refuseName,
  type ExperimentChoice,
  type StudentChoice,
  type TeacherChoice,
  type TemplateFile,
} from './plan';
import { zooChoices } from './zooChoices';

const teachers: readonly TeacherChoice[] = [
  ...zooChoices.map((choice) => ({ kind: 'zoo' as const, choice })),
  { kind: 'experiment', file: 'old.distill.yaml', layers: zooChoices[0]!.layers },
  { kind: 'experiment', file: 'deep/old one.distill.yaml', layers: null },
  { kind: 'model', file: 'models/my nets.ts', export: 'teacher' },
];
const students: readonly StudentChoice[] = [
  ...zooChoices.map((choice) => ({ kind: 'zoo' as const, choice })),
  { kind: 'model', file: 'models/nets.ts', export: 'student' },
  { kind: 'starter', file: 'models/student.ts', export: 'student' },
];

/** Everything that the steps can lead to. */
function* everyChoice(): Generator<ExperimentChoice> {
  for (const { name: dataset } of datasetChoices) {
    for (const { name: recipe } of recipes) {
      for (const teacher of recipe === 'plain' ? [null] : teachers) {
        for (const student of students) yield { dataset, recipe, teacher, student };
      }
    }
  }
}

const experiments = (files: readonly TemplateFile[]): TemplateFile[] =>
  files.filter(({ name }) => name.endsWith('.distill.yaml'));

describe('planFiles', () => {
  it('writes experiments without a mistake, whatever is chosen', () => {
    let count = 0;
    for (const choice of everyChoice()) {
      for (const { name, text } of experiments(planFiles(choice, 'experiments/new'))) {
        const parsed = parseExperiment(text, `/folder/${name}`);
        const problems = [...parsed.problems, ...checkExperiment(parsed)];
        expect(problems, `${JSON.stringify(choice)}\n${text}`).toEqual([]);
        expect(Math.max(...text.split('\n').map(({ length }) => length)), text).toBeLessThanOrEqual(120);
        count += 1;
      }
    }
    expect(count).toBeGreaterThan(1_000);
  });

  it('asks for what was chosen', () => {
    const files = planFiles(
      {
        dataset: 'mnist',
        recipe: 'stages',
        teacher: { kind: 'zoo', choice: zooChoices[2]! },
        student: { kind: 'starter', file: 'models/student.ts', export: 'student' },
      },
      'experiments/led-student',
    );
    expect(files.map(({ name }) => name)).toEqual([
      'models/student.ts',
      'experiments/led-teacher.distill.yaml',
      'experiments/led-student.distill.yaml',
    ]);
    const { experiment } = parseExperiment(files[2]!.text, '/folder/x');
    expect(experiment).toMatchObject({
      data: { dataset: 'mnist' },
      teacher: { experiment: './led-teacher.distill.yaml' },
      student: { model: '../models/student.ts#student' },
      distill: { hints: [{ teacher: 'stage2/block9/relu', student: 'conv2', adapter: 'auto' }] },
      train: { stages: [{ only: 'hints' }, { only: ['hard', 'soft'] }] },
    });
  });

  it('leaves the hint open where the layers of a model are not known', () => {
    const choice: ExperimentChoice = { ...exampleChoice, recipe: 'stages', student: students.at(-2)! };
    const text = planFiles(choice, 'open').at(-1)!.text;
    expect(text).toContain('open Pick Hints');
    const { experiment } = parseExperiment(text, '/folder/x');
    expect(experiment?.distill?.hints).toBeUndefined();
    expect(experiment?.train.stages).toHaveLength(1);
    const filled = text
      .replace('  # hints:', '  hints:')
      .replace('  #   - { teacher: LAYER, student: LAYER', '    - { teacher: conv, student: conv')
      .replace('    # - { name: hint', '    - { name: hint');
    expect(parseExperiment(filled, '/folder/x').experiment).toMatchObject({
      distill: { hints: [{ teacher: 'conv' }] },
      train: { stages: [{ only: 'hints' }, {}] },
    });
  });

  it('gives an ensemble three seeds of one experiment', () => {
    const text = planFiles({ ...exampleChoice, recipe: 'ensemble' }, 'many').at(-1)!.text;
    expect(parseExperiment(text, '/folder/x').experiment?.teacher).toEqual(
      [1, 2, 3].map((seed) => ({ experiment: './many-teacher.distill.yaml', seed })),
    );
  });
});

describe('the example', () => {
  it('has nothing wrong with it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'example-'));
    try {
      const files = exampleFiles('digits');
      expect(files.map(({ name }) => name)).toEqual([
        'digits-teacher.distill.yaml',
        'digits-student.distill.yaml',
      ]);
      for (const { name, text } of files) {
        await mkdir(dirname(join(folder, name)), { recursive: true });
        await writeFile(join(folder, name), text);
      }
      for (const { name, text } of files) {
        const probe = fileProbe(() => undefined);
        expect(quickCheck(text, join(folder, name), probe)).toEqual({ schema: [], meaning: [] });
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('says where its teacher is when that is missing', () => {
    const student = exampleFiles('digits').at(-1)!;
    const line =
      student.text.split('\n').findIndex((each) => each.includes('experiment: ./digits-teacher')) + 1;
    const { meaning } = quickCheck(
      student.text,
      join(tmpdir(), 'nowhere', student.name),
      fileProbe(() => undefined),
    );
    expect(meaning).toMatchObject([{ code: 'missing-file', line }]);
  });
});

describe('freeBaseName', () => {
  it('never overwrites a file', () => {
    const filesOf = (base: string): string[] => [`${base}-teacher`, `${base}-student`];
    expect(freeBaseName('digits', filesOf, new Set())).toBe('digits');
    expect(freeBaseName('digits', filesOf, new Set(['digits-student']))).toBe('digits-2');
    expect(freeBaseName('digits', filesOf, new Set(['digits-teacher', 'digits-2-teacher']))).toBe('digits-3');
  });
});

describe('refuseName', () => {
  const filesOf = (base: string): string[] => [`${base}-teacher.distill.yaml`, `${base}.distill.yaml`];
  const refuse = (typed: string): string | undefined =>
    refuseName(typed, filesOf, new Set(['a-teacher.distill.yaml']));

  it('accepts what can be a file of the folder', () => {
    for (const name of ['b', 'mnist 2.1', './deep/er/b_c', 'b.distill.yaml', 'größe']) {
      expect(refuse(name)).toBeUndefined();
    }
    expect(baseOf(' ./deep/b.distill.yaml ')).toBe('deep/b');
    expect(baseOf('b.yaml')).toBe('b');
  });

  it('refuses what is there, or is none', () => {
    expect(refuse('a')).toBe('a-teacher.distill.yaml is there already. Choose another name.');
    expect(refuse(' ')).toBe('Give the experiment a name.');
    for (const name of ['../a', '/a', 'a/', 'a\\b', 'a:b', 'a.', 'C:/a', 'a//b']) {
      expect(refuse(name), name).toMatch(/^A name has letters/);
    }
  });
});

describe('pieces of text', () => {
  it('quotes what YAML would read otherwise', () => {
    expect(yamlText('./models/a b.ts#net')).toBe('./models/a b.ts#net');
    expect(yamlText('./a, b.ts')).toBe('"./a, b.ts"');
    expect(yamlText('./a #b.ts')).toBe('"./a #b.ts"');
    expect(yamlText('./ü.ts#net')).toBe('"./ü.ts#net"');
  });

  it('breaks comments between words', () => {
    const lines = commentLines('word '.repeat(60).trim());
    expect(lines).toHaveLength(3);
    expect(lines.every((line) => line.startsWith('# word') && line.length <= 118)).toBe(true);
  });
});
