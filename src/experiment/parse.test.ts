import { describe, expect, it } from 'vitest';
import { listing, parse, SMALLEST } from './parse.fixture';
import { formatProblem } from './problem';
import { WORKED_EXAMPLE } from './reference';

describe('a right experiment', () => {
  it('has no problems', () => {
    const parsed = parse(WORKED_EXAMPLE);
    expect(parsed.problems).toEqual([]);
    expect(parsed.experiment?.name).toBe('mnist-fitnet');
    expect(parsed.draft).toBe(parsed.experiment);
  });

  it('has every default filled in', () => {
    expect(parse(SMALLEST).experiment).toEqual({
      version: 1,
      task: 'classification',
      seed: 1,
      data: { dataset: 'digits', trainSize: 4000, testSize: 2000, train: { labels: true }, test: {} },
      student: { model: 'zoo/mlp' },
      train: {
        batch: 64,
        optimizer: { name: 'adam', lr: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 },
        schedule: { name: 'constant', warmup: 0 },
      },
      evaluate: { every: 1, batch: 250 },
    });
  });

  it('has the defaults of the parts that are written', () => {
    const { experiment } = parse(`${SMALLEST}teacher: { experiment: t.yaml }
distill: { hard: {}, soft: {}, hints: [{ teacher: a, student: b }] }
train:
  stages:
    - { epochs: 1, optimizer: { name: sgd }, schedule: { name: step, milestones: [1] } }
    - { epochs: 1, optimizer: { name: adamw }, schedule: { name: cosine } }
    - { epochs: 1, optimizer: { name: rmsprop } }
`);
    expect(experiment?.distill).toEqual({
      hard: { weight: 1 },
      soft: { method: 'kd', divergence: 'kl', temperature: 4, weight: 0.9, ensemble: 'probabilities' },
      hints: [{ teacher: 'a', student: 'b', member: 0, adapter: 'auto', distance: 'l2', weight: 1 }],
      cache: 'auto',
    });
    expect(experiment?.train.stages).toEqual([
      {
        epochs: 1,
        optimizer: { name: 'sgd', lr: 0.05, momentum: 0.9, nesterov: false, weightDecay: 0 },
        schedule: { name: 'step', warmup: 0, milestones: [1], factor: 0.1 },
      },
      {
        epochs: 1,
        optimizer: { name: 'adamw', lr: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 },
        schedule: { name: 'cosine', warmup: 0, final: 0 },
      },
      {
        epochs: 1,
        optimizer: { name: 'rmsprop', lr: 0.001, decay: 0.9, momentum: 0, epsilon: 1e-8, weightDecay: 0 },
      },
    ]);
    const others = parse('data: { dataset: mnist, augment: {} }\nstudent: { model: a.ts#b }\n').experiment;
    expect(others?.data).toEqual({
      dataset: 'mnist',
      train: { labels: true },
      test: {},
      augment: { shift: 0, flip: false },
    });
  });

  it.each(['zoo/mlp', './models/student.ts#thin', 'C:\\my models\\student.js#thin', 'a#b.ts#c'])(
    'takes the model %s',
    (model) => {
      const text = `data: { dataset: digits }\nstudent: { model: '${model}' }\n`;
      expect(parse(text).experiment?.student.model).toBe(model);
    },
  );
});

describe('a file full of mistakes', () => {
  const text = `# everything is wrong here
nmae: 3
version: 2
seed: -1
data:
  dataset: mnits
  trainSize: 300
  pth: x
  batch: 128
  train: { labels: no, limit: 1.5, exclude: [3, a] }
teacher:
  - { expriment: ./t.distill.yaml }
  - { modle: zoo/mlp, weigths: w.safetensors }
  - {}
  - { experiment: ./t.distill.yaml, weights: x }
  - ./x.distill.yaml
student: zoo/conv-thin
distill:
  hard:
  temperature: 3
  soft: { temperature: 0, divergence: KL, weights: 0.1, method: dkd }
  hints: { teacher: a, student: b }
train:
  learning_rate: 0.1
  epochs: "5"
  batch_size: 0
  optimizer: adm
  schedule: { name: step }
  stages:
    - { only: hint }
    - only: [hints, sfot]
      epochs: 3
      optimizer: { lr: 3 }
      schedule: { name: cosin, milestones: [3], final: 2 }
evaluate: [1]
loss: x
`;

  it('has them all told, each at its place', () => {
    expect(listing(text)).toMatchInlineSnapshot(`
      [
        "2:1 unknown-key Unknown key \`nmae\`. Did you mean \`name\`? → name",
        "2:7 wrong-type \`name\` must be text, but is 3. Did you mean \`"3"\`? → "3"",
        "3:10 wrong-value \`version\` must be \`1\`, but is 2.",
        "4:7 wrong-value \`seed\` must be at least 0, but is -1.",
        "6:12 wrong-value \`data.dataset\` must be \`digits\`, \`mnist\`, \`fashion-mnist\` or \`idx\`, but is the text "mnits". Did you mean \`mnist\`? → mnist",
        "7:3 unknown-key Unknown key \`trainSize\` in \`data\`. It goes with \`dataset: digits\`, not with \`dataset: mnist\`.",
        "8:3 unknown-key Unknown key \`pth\` in \`data\`. Did you mean \`path\`? → path",
        "9:3 unknown-key Unknown key \`batch\` in \`data\`. It belongs in \`train\` or in \`evaluate\`.",
        "10:20 wrong-type \`data.train.labels\` must be \`true\` or \`false\`, but is the text "no". Did you mean \`false\`? → false",
        "10:31 wrong-type \`data.train.limit\` must be a whole number, but is 1.5.",
        "10:49 wrong-type \`data.train.exclude[1]\` must be a whole number, but is the text "a".",
        "12:7 unknown-key Unknown key \`expriment\` in \`teacher[0]\`. Did you mean \`experiment\`? → experiment",
        "13:7 unknown-key Unknown key \`modle\` in \`teacher[1]\`. Did you mean \`model\`? → model",
        "13:23 unknown-key Unknown key \`weigths\` in \`teacher[1]\`. Did you mean \`weights\`? → weights",
        "14:5 missing-key \`teacher[2]\` needs \`experiment\`, or \`model\`.",
        "15:37 unknown-key Unknown key \`weights\` in \`teacher[3]\`. It goes with \`model\`, not with \`experiment\`.",
        "16:5 wrong-type \`teacher[4]\` must be a mapping with \`experiment\`, or a mapping with \`model\`, but is the text "./x.distill.yaml". Did you mean \`{ experiment: ./x.distill.yaml }\`? → { experiment: ./x.distill.yaml }",
        "17:10 wrong-type \`student\` must be a mapping with \`model\`, but is the text "zoo/conv-thin". Did you mean \`{ model: zoo/conv-thin }\`? → { model: zoo/conv-thin }",
        "19:3 wrong-type \`distill.hard\` must be a mapping, but is empty. Write \`{}\` for its defaults.",
        "20:3 unknown-key Unknown key \`temperature\` in \`distill\`. It belongs in \`distill.soft\`.",
        "21:24 wrong-value \`distill.soft.temperature\` must be greater than 0, but is 0.",
        "21:39 wrong-value \`distill.soft.divergence\` must be \`kl\` or \`cross-entropy\`, but is the text "KL". Did you mean \`kl\`? → kl",
        "21:43 unknown-key Unknown key \`weights\` in \`distill.soft\`. Did you mean \`weight\`? → weight",
        "21:65 wrong-value \`distill.soft.method\` must be \`kd\`, but is the text "dkd". Did you mean \`kd\`? → kd",
        "22:10 wrong-type \`distill.hints\` must be a list, but is a mapping. Begin each item with \`- \`.",
        "24:3 unknown-key Unknown key \`learning_rate\` in \`train\`. Did you mean \`lr\` in \`train.optimizer\` or in \`train.stages.optimizer\`?",
        "25:11 wrong-type \`train.epochs\` must be a whole number, but is the text "5". Did you mean \`5\`? → 5",
        "26:3 unknown-key Unknown key \`batch_size\` in \`train\`. Did you mean \`batch\`? → batch",
        "26:15 wrong-value \`train.batch\` must be at least 1, but is 0.",
        "27:14 wrong-type \`train.optimizer\` must be a mapping with \`name\`, but is the text "adm". Did you mean \`{ name: adam }\`? → { name: adam }",
        "28:3 missing-key \`train.schedule.milestones\` is missing: epochs of the stage after which the rate is multiplied by \`factor\`, e.g. \`[10, 15]\`.",
        "30:9 missing-key \`train.stages[0].epochs\` is missing: epochs of this stage.",
        "30:15 wrong-value \`train.stages[0].only\` must be \`hard\`, \`soft\` or \`hints\`, but is the text "hint". Did you mean \`hints\`? → hints",
        "31:21 wrong-value \`train.stages[1].only[1]\` must be \`hard\`, \`soft\` or \`hints\`, but is the text "sfot". Did you mean \`soft\`? → soft",
        "33:7 missing-key \`train.stages[1].optimizer.name\` is missing: \`sgd\`, \`adam\`, \`adamw\` or \`rmsprop\`.",
        "34:25 wrong-value \`train.stages[1].schedule.name\` must be \`constant\`, \`step\` or \`cosine\`, but is the text "cosin". Did you mean \`cosine\`? → cosine",
        "34:32 unknown-key Unknown key \`milestones\` in \`train.stages[1].schedule\`. It goes with \`name: step\`, not with \`name: cosine\`.",
        "34:56 wrong-value \`train.stages[1].schedule.final\` must be at most 1, but is 2.",
        "35:11 wrong-type \`evaluate\` must be a mapping, but is a list.",
        "36:1 unknown-key Unknown key \`loss\`. Known keys: \`version\`, \`name\`, \`task\`, \`seed\`, \`data\`, \`teacher\`, \`student\`, \`distill\`, \`train\` and \`evaluate\`.",
      ]
    `);
  });

  it('is no experiment', () => {
    expect(parse(text).experiment).toBeNull();
  });

  it('is told in the form that terminals make clickable', () => {
    expect(formatProblem(parse(text).problems[0]!)).toBe(
      '/lab/kd.distill.yaml:2:1: error: Unknown key `nmae`. Did you mean `name`?',
    );
  });
});

describe('a single mistake', () => {
  const data = 'data: { dataset: digits }\n';
  const student = 'student: { model: zoo/mlp }\n';

  it.each([
    ['no data', student, '1:1 missing-key `data` is missing: the dataset, and which part of it is used.'],
    [
      'no dataset',
      `data: { train: {} }\n${student}`,
      '1:1 missing-key `data.dataset` is missing: `digits`, `mnist`, `fashion-mnist` or `idx`.',
    ],
    [
      'text for a mapping with a tag',
      `data: digits\n${student}`,
      '1:7 wrong-type `data` must be a mapping with `dataset`, but is the text "digits". Did you mean `{ dataset: digits }`? → { dataset: digits }',
    ],
    [
      'nothing for a mapping',
      `data:\n${student}`,
      '1:1 wrong-type `data` must be a mapping with `dataset`, but is empty.',
    ],
    [
      'a model file without an export',
      `${data}student: { model: ./a.ts }\n`,
      '2:19 wrong-value `student.model` must be `path#export`, such as `./models/student.ts#student`, or `zoo/NAME`, but is the text "./a.ts".',
    ],
    [
      'a zoo model with an export',
      `${data}student: { model: zoo/a#b }\n`,
      '2:19 wrong-value `student.model` must be `path#export`, such as `./models/student.ts#student`, or `zoo/NAME`, but is the text "zoo/a#b".',
    ],
    [
      'a teacher of no form',
      `${SMALLEST}teacher: {}\n`,
      '3:1 missing-key `teacher` needs `experiment`, or `model`.',
    ],
    ['no teachers in a list', `${SMALLEST}teacher: []\n`, '3:10 wrong-value `teacher` must not be empty.'],
    [
      'a number for a teacher',
      `${SMALLEST}teacher: 3\n`,
      '3:10 wrong-type `teacher` must be a mapping with `experiment`, or a mapping with `model`, or a list, but is 3.',
    ],
    [
      'a teacher that is no experiment file',
      `${SMALLEST}teacher: { experiment: runs/7 }\n`,
      '3:24 wrong-value `teacher.experiment` must name an experiment file, such as `./teacher.distill.yaml`, but is the text "runs/7".',
    ],
    [
      'a long name',
      `name: ${'x'.repeat(120)}\n${SMALLEST}`,
      '1:7 wrong-value `name` must have at most 100 characters, but has 120.',
    ],
    ['an empty name', `name: ""\n${SMALLEST}`, '1:7 wrong-value `name` must not be empty.'],
    [
      'an infinite number',
      `${SMALLEST}train: { clip: .inf }\n`,
      '3:16 wrong-type `train.clip` must be a finite number, but is Infinity.',
    ],
    [
      'no number, deep in free options',
      `${data}student: { model: zoo/a, options: { x: [1, .nan] } }\n`,
      '2:44 wrong-type `student.options.x[1]` must be a finite number, but is NaN.',
    ],
    [
      'a list for a number',
      `seed: [1, 2]\n${SMALLEST}`,
      '1:7 wrong-type `seed` must be a whole number, but is a list.',
    ],
    [
      'a number beyond all limits',
      `seed: 1.0e+300\n${SMALLEST}`,
      '1:7 wrong-value `seed` must be at most 4294967295, but is 1e+300.',
    ],
    [
      'a number for a word',
      `${SMALLEST}train: { optimizer: { name: 3 } }\n`,
      '3:29 wrong-value `train.optimizer.name` must be `sgd`, `adam`, `adamw` or `rmsprop`, but is 3.',
    ],
    [
      'text for a number that may be one only',
      `version: "1"\n${SMALLEST}`,
      '1:10 wrong-value `version` must be `1`, but is the text "1". Did you mean `1`? → 1',
    ],
    [
      'a truth value of YAML 1.1',
      `${SMALLEST}train: { optimizer: { name: sgd, nesterov: yes } }\n`,
      '3:44 wrong-type `train.optimizer.nesterov` must be `true` or `false`, but is the text "yes". Did you mean `true`? → true',
    ],
    [
      'a key that is a number',
      `1: x\n${SMALLEST}`,
      '1:1 unknown-key Unknown key `1`. Known keys: `version`, `name`, `task`, `seed`, `data`, `teacher`, `student`, `distill`, `train` and `evaluate`.',
    ],
    [
      'a list at the top',
      '- a\n- b\n',
      '1:3 wrong-type The experiment must be a mapping with `data` and `student`, but is a list.',
    ],
    [
      'text at the top',
      'hello\n',
      '1:1 wrong-type The experiment must be a mapping with `data` and `student`, but is the text "hello".',
    ],
    ['an empty file', '', '1:1 missing-key The experiment is empty. It needs `data` and `student` at least.'],
    [
      'comments only',
      '# later\n',
      '1:1 missing-key The experiment is empty. It needs `data` and `student` at least.',
    ],
  ])('%s', (_, text, expected) => {
    expect(listing(text)).toEqual([expected]);
    expect(parse(text).experiment).toBeNull();
  });

  it('does not hide what stands behind it', () => {
    const text = `data: { dataset: digit, testsize: 0 }\nstudent: { modle: zoo/mlp, optoins: 3 }\n`;
    expect(listing(text).map((line) => line.split(' ', 2).join(' '))).toEqual([
      '1:18 wrong-value',
      '1:25 unknown-key',
      '1:35 wrong-value',
      '2:12 unknown-key',
      '2:28 unknown-key',
      '2:37 wrong-type',
    ]);
  });

  it('leaves a draft, mended as it was meant, to look for others', () => {
    const { experiment, draft } = parse(`nmae: 7
data: digits
student: { modle: zoo/mlp }
distill: { hard:, sotf: { temperature: 0, divergence: KL } }
train: { epochs: "5", batch: 0, optimizer: adm, loss: 3 }
`);
    expect(experiment).toBeNull();
    expect(draft).toMatchObject({
      name: '7',
      data: { dataset: 'digits' },
      student: { model: 'zoo/mlp' },
      distill: { hard: { weight: 1 }, soft: { temperature: 4, divergence: 'kl' } },
      train: { epochs: 5, batch: 1, optimizer: { name: 'adam' } },
    });
  });
});
