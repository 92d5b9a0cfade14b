import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkFiles, checkTeacherChain, referencedFiles, splitModelReference, type FileProbe } from './files';
import { lineOf, parse, SMALLEST } from './parse.fixture';

/** A file system of these files, with POSIX paths. */
function probe(files: Readonly<Record<string, string>>): FileProbe {
  const folders = Object.keys(files).flatMap((file) => ancestorsOf(file));
  return {
    resolve: (file, reference) => posix.resolve(posix.dirname(file), reference),
    exists: (path) => path in files || folders.includes(path),
    list: (folder) =>
      Object.keys(files).flatMap((file) => (posix.dirname(file) === folder ? posix.basename(file) : [])),
    read: (file) => files[file] ?? null,
  };
}

function ancestorsOf(path: string): string[] {
  const folder = posix.dirname(path);
  return folder === path ? [] : [folder, ...ancestorsOf(folder)];
}

/** An experiment that is taught by others. */
function taughtBy(...teachers: string[]): string {
  const list = teachers.map((experiment) => `{ experiment: ${experiment} }`).join(', ');
  return `${SMALLEST}teacher: [${list}]\ndistill: { soft: {} }\n`;
}

describe('splitModelReference', () => {
  it.each([
    ['zoo/conv-thin', { kind: 'zoo', name: 'conv-thin' }],
    ['./models/a.ts#thin', { kind: 'file', path: './models/a.ts', export: 'thin' }],
    ['C:\\lab #2\\a.js#thin', { kind: 'file', path: 'C:\\lab #2\\a.js', export: 'thin' }],
  ])('%s', (reference, expected) => {
    expect(splitModelReference(reference)).toEqual(expected);
  });
  it('refuses what is neither', () => {
    expect(() => splitModelReference('a.ts')).toThrow(RangeError);
  });
});

describe('referencedFiles', () => {
  it('lists every file with its place, and no built-in model', () => {
    const { experiment } = parse(`data:
  dataset: idx
  files: { train: { images: a, labels: b }, test: { images: c, labels: d } }
teacher:
  - { experiment: t.yaml }
  - { model: zoo/mlp, weights: w.safetensors }
  - { model: m.ts#teacher, weights: v.safetensors }
student: { model: ./s.ts#student }
`);
    expect(
      referencedFiles(experiment!).map(({ path, file, suffix, kind }) => [
        path.join('.'),
        file + suffix,
        kind,
      ]),
    ).toEqual([
      ['data.files.train.images', 'a', 'idx'],
      ['data.files.train.labels', 'b', 'idx'],
      ['data.files.test.images', 'c', 'idx'],
      ['data.files.test.labels', 'd', 'idx'],
      ['teacher.0.experiment', 't.yaml', 'experiment'],
      ['teacher.1.weights', 'w.safetensors', 'weights'],
      ['teacher.2.model', 'm.ts#teacher', 'model'],
      ['teacher.2.weights', 'v.safetensors', 'weights'],
      ['student.model', './s.ts#student', 'model'],
    ]);
  });

  it('places the one teacher that is in no list, and the folder of the data', () => {
    const { experiment } = parse(
      'data: { dataset: mnist, path: ../data }\nteacher: { experiment: t.yml }\nstudent: { model: zoo/mlp }\n',
    );
    expect(referencedFiles(experiment!).map(({ path, kind }) => [path.join('.'), kind])).toEqual([
      ['data.path', 'folder'],
      ['teacher.experiment', 'experiment'],
    ]);
  });
});

describe('checkFiles', () => {
  const check = (text: string, files: Readonly<Record<string, string>>): string[] =>
    checkFiles(parse(text), probe(files)).map(lineOf);

  it('is silent when everything is there', () => {
    const text = `data: { dataset: mnist, path: ../data/mnist/ }\nteacher: { experiment: t.yaml }\nstudent: { model: models/a.ts#b }\n`;
    const files = { '/data/mnist/x': '', '/lab/t.yaml': '', '/lab/models/a.ts': '' };
    expect(check(text, files)).toEqual([]);
  });

  it('names every file that is not there, with the nearest beside it as it would be written', () => {
    const text = `data: { dataset: mnist, path: ../data/mnits/ }
teacher:
  - { experiment: ./teachr.distill.yaml }
  - { model: nowhere/m.ts#teacher, weights: w.safetensors }
student: { model: ./models/student.js#thin }
`;
    const files = {
      '/data/mnist': '',
      '/lab/teacher.distill.yaml': '',
      '/lab/models/student.ts': '',
      '/lab/models/resnet.ts': '',
    };
    expect(check(text, files)).toEqual([
      '1:31 missing-file /data/mnits does not exist. Did you mean `../data/mnist`? → ../data/mnist',
      '3:19 missing-file /lab/teachr.distill.yaml does not exist. Did you mean `./teacher.distill.yaml`? → ./teacher.distill.yaml',
      '4:14 missing-file /lab/nowhere/m.ts does not exist, nor does the folder /lab/nowhere.',
      '4:45 missing-file /lab/w.safetensors does not exist.',
      '5:19 missing-file /lab/models/student.js does not exist. Did you mean `./models/student.ts`? → ./models/student.ts#thin',
    ]);
  });

  it('looks behind other mistakes, and at nothing in a text that cannot be understood', () => {
    expect(check(`${SMALLEST}teachr: { experiment: t.yaml }\n`, { '/lab/x': '' })).toEqual([
      '3:23 missing-file /lab/t.yaml does not exist.',
    ]);
    expect(check('- a\n', {})).toEqual([]);
  });
});

describe('checkTeacherChain', () => {
  const check = (text: string, files: Readonly<Record<string, string>>): string[] =>
    checkTeacherChain(parse(text), probe(files)).map(lineOf);

  it('lets teachers be taught, also twice by the same', () => {
    const files = {
      '/lab/a.yaml': taughtBy('c.yaml'),
      '/lab/b.yaml': taughtBy('c.yaml'),
      '/lab/c.yaml': SMALLEST,
    };
    expect(check(taughtBy('a.yaml', 'b.yaml', 'missing.yaml'), files)).toEqual([]);
  });

  it('finds the way back to the experiment, however it is spelt', () => {
    expect(check(taughtBy('../lab/kd.distill.yaml'), {})).toEqual([
      '3:25 cyclic-teacher This teacher would have to be trained before itself: /lab/kd.distill.yaml → /lab/kd.distill.yaml.',
    ]);
    const files = { '/lab/a.yaml': taughtBy('b/b.yaml'), '/lab/b/b.yaml': taughtBy('../kd.distill.yaml') };
    expect(check(taughtBy('a.yaml'), files)).toEqual([
      '3:25 cyclic-teacher This teacher would have to be trained before itself: /lab/kd.distill.yaml → /lab/a.yaml → /lab/b/b.yaml → /lab/kd.distill.yaml.',
    ]);
  });

  it('finds teachers that teach each other', () => {
    const files = { '/lab/a.yaml': taughtBy('b.yaml'), '/lab/b.yaml': taughtBy('a.yaml') };
    expect(check(taughtBy('a.yaml'), files)).toEqual([
      '3:25 cyclic-teacher This teacher would have to be trained before itself: /lab/a.yaml → /lab/b.yaml → /lab/a.yaml.',
    ]);
  });
});
