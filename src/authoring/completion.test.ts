import { describe, expect, it } from 'vitest';
import { WORKED_EXAMPLE } from '../experiment/reference';
import { completionsAt } from './completion';
import type { Completion } from './completionSite';
import { atMark, surroundings } from './surroundings.fixture';

function complete(marked: string, beyondSchema = false): Completion[] {
  const { text, offset } = atMark(marked);
  return completionsAt(text, offset, surroundings(), beyondSchema);
}

function labels(marked: string): string[] {
  return complete(marked).map(({ label }) => label);
}

/** The text after a completion was taken. */
function taken(marked: string, label: string): string {
  const { text } = atMark(marked);
  const item = complete(marked).find((each) => each.label === label);
  if (item === undefined) return expect.fail(`no ${label} among ${labels(marked).join(', ')}`);
  return text.slice(0, item.start) + item.insert + text.slice(item.cursor);
}

const head = 'data: { dataset: digits }\nstudent: { model: zoo/mlp }\n';

describe('keys', () => {
  it('at the top: those that are needed first, those that are there left out', () => {
    expect(labels('|').slice(0, 2)).toEqual(['data', 'student']);
    expect(labels(`${head}|`)).toEqual([
      'version',
      'name',
      'task',
      'seed',
      'teacher',
      'distill',
      'train',
      'evaluate',
    ]);
    expect(labels(`${head}te|\ntrain: {}\n`)).toContain('teacher');
    expect(labels(`${head}te|\ntrain: {}\n`)).not.toContain('train');
  });

  it('tell their type and default, and what they are for', () => {
    const temperature = complete('distill: { soft: { | } }').find(({ label }) => label === 'temperature');
    expect(temperature?.detail).toBe('number > 0 · default 4');
    expect(temperature?.documentation).toMatch(/^T, divides the logits/);
    expect(complete('train:\n  stages:\n    - |').find(({ label }) => label === 'epochs')?.detail).toMatch(
      /· required$/,
    );
  });

  it.each([
    ['in brackets', 'distill: { soft: { weight: 1, | } }'],
    ['in brackets, begun', 'distill: { soft: { weight: 1, te| } }'],
    ['in brackets that are not closed', 'distill: { soft: { weight: 1, te|\ntrain: {}\n'],
    ['before the others', 'distill: { soft: { te| weight: 1 } }'],
    ['on a line', 'distill:\n  soft:\n    weight: 1\n    |\ntrain: {}\n'],
    ['on a line, begun', 'distill:\n  soft:\n    weight: 1\n    te|\n    ensemble: logits\n'],
    ['on the first line', 'distill:\n  soft:\n    |'],
    ['on the first line, before others', 'distill:\n  soft:\n    te|\n    weight: 1\n'],
    ['with broken text before', 'seed: [1\ndata: "x\ndistill: { soft: { te| } }'],
    ['with broken text behind', 'distill: { soft: { te| } }\nseed: [1\n  x: : y\n"'],
  ])('of soft targets %s', (_, marked) => {
    const found = labels(marked);
    expect(found).toContain('temperature');
    expect(found).not.toContain('data');
    if (atMark(marked).text.includes('weight: 1')) expect(found).not.toContain('weight');
  });

  it.each([
    ['in brackets', '    - { | }'],
    ['behind a dash', '    - |'],
    ['on the second line', '    - teacher: a\n      |'],
    ['in brackets that are not closed', '    - { teacher: a, '.concat('|')],
    ['of a second item', '    - { teacher: a }\n    - { st|'],
  ])('of a hint %s', (_, line) => {
    expect(labels(`distill:\n  hints:\n${line}\n`)).toContain('student');
  });

  it('of the form that is meant', () => {
    expect(labels('data: { | }')).toEqual(['dataset', 'train', 'test', 'augment']);
    expect(labels('data: { dataset: digits, | }')).toEqual([
      'trainSize',
      'testSize',
      'train',
      'test',
      'augment',
    ]);
    expect(labels('teacher:\n  |').slice(0, 2)).toEqual(['experiment', 'model']);
    expect(labels('teacher:\n  model: zoo/mlp\n  |')).toEqual(['options', 'weights', 'normalize']);
    expect(labels('teacher:\n  - |').slice(0, 1)).toEqual(['experiment']);
    expect(labels('train: { optimizer: { name: sgd, | } }')).toContain('nesterov');
    expect(labels('train: { schedule: { name: cosine, | } }')).not.toContain('milestones');
  });

  it('of the options of a model of the zoo', () => {
    expect(labels('student: { model: zoo/conv-thin, options: { depth: 2, | } }')).toEqual([
      'width',
      'blocks',
    ]);
    expect(labels('student:\n  model: ./a.ts#b\n  options:\n    |\n')).toEqual([]);
  });

  it('bring their colon, and the brackets and lines that their value needs', () => {
    expect(taken('see|', 'seed')).toBe('seed: ');
    expect(taken('se|: 5', 'seed')).toBe('seed: 5');
    expect(taken('distill: { so| }', 'soft')).toBe('distill: { soft: { $0 } }');
    expect(taken('dis|', 'distill')).toBe('distill:\n  $0');
    expect(taken('distill:\n  hi|', 'hints')).toBe('distill:\n  hints:\n  - { teacher: $1, student: $2 }');
    expect(taken('distill: { hi| }', 'hints')).toBe('distill: { hints: [{ teacher: $1, student: $2 }] }');
    expect(taken('da|', 'data')).toBe('data: { dataset: $1 }');
  });
});

describe('values', () => {
  it.each<[string, string[]]>([
    ['distill: { soft: { divergence: | } }', ['kl', 'cross-entropy']],
    ['distill: { soft: { divergence: cr|', ['kl', 'cross-entropy']],
    ['distill:\n  soft:\n    divergence: |\n', ['kl', 'cross-entropy']],
    ['distill:\n  soft:\n    divergence: "|"\n', ['kl', 'cross-entropy']],
    ['data: { dataset: | }', ['digits', 'mnist', 'fashion-mnist', 'idx']],
    ['data:\n  dataset: mn|', ['digits', 'mnist', 'fashion-mnist', 'idx']],
    ['data: { train: { labels: | } }', ['true', 'false']],
    ['data: { dataset: digits, train: { labels: f| } }', ['true', 'false']],
    ['distill: { soft: { temperature: | } }', ['4']],
    ['train: { stages: [{ only: | }] }', ['hard', 'soft', 'hints', '[…]']],
    ['train: { stages: [{ only: [hints, |] }] }', ['hard', 'soft']],
    ['train: { optimizer: { name: | } }', ['sgd', 'adam', 'adamw', 'rmsprop']],
    ['# comment |', []],
    ['name: |', []],
    ['seed: 1 # |', []],
    ['seed: 1\n      |', []],
  ])('%s', (marked, expected) => {
    expect(labels(marked)).toEqual(expected);
  });

  it('right behind a colon come with their blank', () => {
    expect(taken('distill: { soft: { divergence:|', 'kl')).toBe('distill: { soft: { divergence: kl');
    expect(taken('distill:\n  soft:\n    ensemble:|\n', 'logits')).toBe(
      'distill:\n  soft:\n    ensemble: logits\n',
    );
  });

  it('replace the word that the cursor stands in', () => {
    const item = complete('distill: { soft: { divergence: cr|oss } }').find(({ label }) => label === 'kl');
    expect([item?.start, item?.cursor, item?.end]).toEqual([31, 33, 36]);
  });

  it('that are mappings come as such', () => {
    expect(labels('teacher: |').length).toBe(3);
    expect(taken('data: |', '{ dataset: mnist }')).toBe('data: { dataset: mnist }');
    expect(labels('distill:\n  hints:\n    |')).toContain('-');
    expect(labels('distill:\n  hints:\n    - { teacher: a, student: b }\n    |\n')).toContain('-');
  });
});

describe('layers', () => {
  const hints = (line: string): string => `distill:\n  hints:\n    - ${line}\n`;

  it('come with shape, kind and source, the usable ones first', () => {
    const found = complete(hints('{ student: |'));
    expect(found.map(({ label }) => label)).toEqual(['conv1', 'conv2', 'pool', 'logits']);
    expect(found[1]?.detail).toBe('8×8×16 · Conv2D · models/student.ts:11');
    expect(found[1]?.beside).toBe('8×8×16 · Conv2D');
    expect(found[3]?.detail).toMatch(/cannot be used$/);
    expect(found[3]?.documentation).toMatch(/which soft targets teach/);
  });

  it('that fit the other side come first, with the adapter; impossible ones last, with the reason', () => {
    const found = complete(hints('{ teacher: block2/relu, student: | }'));
    expect(found[0]?.label).toBe('conv2');
    expect(found[0]?.detail).toBe('8×8×16 · Conv2D · models/student.ts:11 · conv1x1, 1,088 parameters');
    expect(found[0]?.beside).toBe('8×8×16 · conv1x1, 1,088 parameters');
    expect(found.at(-1)?.detail).toMatch(/cannot be joined$/);
    expect(found.map(({ sortText }) => sortText)).toEqual(found.map(({ sortText }) => sortText).toSorted());
  });

  it('of the teacher that `member` names', () => {
    expect(labels(hints('{ member: 1, teacher: | }'))).toContain('conv1');
    expect(labels(hints('{ member: 0, teacher: | }'))).toContain('block1/relu');
    expect(labels(hints('{ member: 7, teacher: | }'))).toEqual([]);
  });

  it('are quoted where YAML needs it', () => {
    expect(taken(hints('{ teacher: |'), 'odd: name')).toBe(hints('{ teacher: "odd: name"'));
    expect(taken(hints('{ teacher: "|" }'), 'odd: name')).toBe(hints('{ teacher: "odd: name" }'));
  });

  it.each([
    '{ teacher: |',
    '{ teacher: blo| }',
    '{ teacher: | student: conv2 }',
    '{ student: conv2, teacher: |}',
    'teacher: |\n      student: conv2',
    'student: conv2\n      teacher: bl|ock',
    '{ teacher:|',
    "{ teacher: '|' }",
  ])('of the teacher at %s', (line) => {
    expect(labels(hints(line))).toContain('block2/relu');
  });
});

describe('names', () => {
  it('of models: the zoo, files, and behind # what they export', () => {
    expect(labels('student: { model: | }')).toEqual([
      'zoo/mlp',
      'zoo/conv-thin',
      'zoo/conv-wide',
      'zoo/resnet20',
      'zoo/resnet32',
      'zoo/resnet56',
      'zoo/fitnet',
      './models/',
      './weights/',
    ]);
    expect(complete('student: { model: | }')[1]?.documentation).toMatch(/- `width` \(default `8`\)/);
    expect(taken('student: { model: ./models/| }', 'student.ts')).toBe(
      'student: { model: ./models/student.ts# }',
    );
    expect(labels('student: { model: ./models/student.ts#| }')).toEqual(['student', 'wide', 'thin']);
    expect(taken('student:\n  model: ./models/student.ts#w|\n', 'wide')).toBe(
      'student:\n  model: ./models/student.ts#wide\n',
    );
  });

  it('of experiments, weights and data', () => {
    expect(labels('teacher: { experiment: | }')).toEqual([
      './teacher.distill.yaml',
      './models/',
      './weights/',
    ]);
    expect(labels('teacher: { model: zoo/mlp, weights: ./weights/| }')).toEqual(['best.safetensors']);
    expect(labels('data: { dataset: mnist, path: | }')).toEqual(['./models/', './weights/']);
  });

  it('are all that is left when others tell what the schema says', () => {
    expect(complete('|', true)).toEqual([]);
    expect(complete('student: { model: | }', true).length).toBeGreaterThan(0);
  });
});

it('answers at every offset of every torn text', () => {
  for (let end = 0; end < WORKED_EXAMPLE.length; end += 7) {
    const torn = WORKED_EXAMPLE.slice(0, end);
    completionsAt(torn, end, surroundings());
    completionsAt(WORKED_EXAMPLE, end, surroundings());
    completionsAt(torn + WORKED_EXAMPLE.slice(end + 3), Math.max(0, end - 2), surroundings());
  }
});
