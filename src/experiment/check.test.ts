import { describe, expect, it } from 'vitest';
import { checkExperiment } from './check';
import { lineOf, parse, SMALLEST } from './parse.fixture';
import { WORKED_EXAMPLE } from './reference';

const TAUGHT = `${SMALLEST}teacher: { experiment: t.yaml }\n`;
const HINT = '{ teacher: a, student: b }';

/** What the checks find, one line a problem, with its severity when that is not `error`. */
function check(text: string): string[] {
  return checkExperiment(parse(text)).map(
    (problem) => `${problem.severity === 'error' ? '' : `${problem.severity} `}${lineOf(problem)}`,
  );
}

describe('checkExperiment', () => {
  it.each([
    ['the smallest experiment', SMALLEST],
    [
      'a network in a file',
      `${SMALLEST}teacher: { model: ./t.onnx, normalize: { mean: [0.5], std: [0.5] } }\ndistill: { soft: {} }\n`,
    ],
    ['the worked example', WORKED_EXAMPLE],
    [
      'soft targets without labels',
      `data: { dataset: digits, train: { labels: false } }\nstudent: { model: zoo/mlp }\nteacher: { experiment: t.yaml }\ndistill: { soft: {} }\n`,
    ],
    [
      'a zoo of teachers',
      `${SMALLEST}teacher: [{ experiment: t.yaml, seed: 1 }, { experiment: t.yaml, seed: 2 }]\ndistill: { soft: { ensemble: logits }, hints: [{ teacher: a, student: b, member: 1 }] }\n`,
    ],
    [
      'two distances for one pair',
      `${TAUGHT}distill: { soft: {}, hints: [${HINT}, { teacher: a, student: b, distance: l1 }] }\n`,
    ],
    [
      'a stage of hints before others',
      `${TAUGHT}distill: { soft: {}, hints: [${HINT}] }\ntrain: { stages: [{ only: hints, epochs: 1 }, { only: soft, epochs: 1 }] }\n`,
    ],
    ['a weight of 0 beside others', `${TAUGHT}distill: { hard: { weight: 0 }, soft: {} }\n`],
    [
      'a batch as large as the data',
      `data: { dataset: digits, trainSize: 64 }\nstudent: { model: zoo/mlp }\n`,
    ],
  ])('finds nothing wrong with %s', (_, text) => {
    expect(check(text)).toEqual([]);
  });

  it.each([
    [
      'a model without weights',
      `${SMALLEST}teacher: { model: zoo/mlp }\ndistill: { soft: {} }\n`,
      ['3:1 missing-key The teacher has no `weights`. Name the .safetensors file that it was trained to.'],
    ],
    [
      'a Darknet network without weights',
      `${SMALLEST}teacher: { model: ./yolo.cfg }\ndistill: { soft: {} }\n`,
      ['3:1 missing-key The teacher has no `weights`. Name the .weights file that it was trained to.'],
    ],
    [
      'weights and options beside an ONNX file',
      `${SMALLEST}teacher: { model: ./t.onnx, weights: w.safetensors, options: { width: 2 } }\ndistill: { soft: {} }\n`,
      [
        '3:29 conflict ./t.onnx brings its own weights. Leave `weights` out.',
        '3:53 conflict A network in a file takes no options. Leave `options` out.',
      ],
    ],
    [
      'a normalization of a model in code, with numbers missing',
      `${SMALLEST}teacher: { model: zoo/mlp, weights: w.safetensors, normalize: { mean: [0.5, 0.5], std: [1] } }\ndistill: { soft: {} }\n`,
      [
        '3:52 conflict `normalize` is for networks in files. A model in code normalizes in a layer of its own.',
        '3:52 conflict `mean` and `std` must have a number for each channel, so equally many.',
      ],
    ],
    [
      'soft targets and hints without a teacher',
      `${SMALLEST}distill: { soft: {}, hints: [${HINT}] }\n`,
      [
        '3:12 conflict `distill.soft` needs a teacher. Write `teacher`, or leave `soft` out.',
        '3:22 conflict `distill.hints` needs a teacher. Write `teacher`, or leave `hints` out.',
      ],
    ],
    [
      'a teacher without distill',
      TAUGHT,
      ['warning 3:1 unused Nothing is learnt from the teacher. Write `distill` with `soft` or `hints`.'],
    ],
    [
      'a teacher for labels only',
      `${TAUGHT}distill: { hard: {} }\n`,
      ['warning 3:1 unused Nothing is learnt from the teacher. Write `distill` with `soft` or `hints`.'],
    ],
    [
      'its own teacher',
      `${SMALLEST}teacher: { experiment: ./kd.distill.yaml }\ndistill: { soft: {} }\n`,
      ['3:24 cyclic-teacher An experiment cannot be its own teacher. Name the file of another one.'],
    ],
    [
      'a teacher twice',
      `${SMALLEST}teacher:\n  - { experiment: t.yaml }\n  - { experiment: u.yaml }\n  - { experiment: t.yaml }\ndistill: { soft: {} }\n`,
      [
        'warning 6:7 unused This is member 0 again; an ensemble gains nothing from it. Another `seed` makes it another teacher.',
      ],
    ],
    [
      'an ensemble of one',
      `${TAUGHT}distill: { soft: { ensemble: logits } }\n`,
      ['information 4:20 unused There is one teacher only, so nothing is averaged.'],
    ],
    [
      'a hint of no member',
      `${TAUGHT}distill: { soft: {}, hints: [{ teacher: a, student: b, member: 1 }] }\n`,
      ['4:64 wrong-value There is no teacher 1. There is only one, member 0.'],
    ],
    [
      'a hint of no member of two',
      `${SMALLEST}teacher: [{ experiment: t.yaml }, { experiment: u.yaml }]\ndistill: { soft: {}, hints: [{ teacher: a, student: b, member: 2 }] }\n`,
      ['4:64 wrong-value There is no teacher 2. The members are 0–1.'],
    ],
    [
      'a hint twice',
      `${TAUGHT}distill:\n  soft: {}\n  hints:\n    - ${HINT}\n    - ${HINT}\n`,
      ['warning 8:9 conflict This is hint 1 again. Keep one of them; a larger `weight` makes it count more.'],
    ],
    [
      'a hint of weight 0',
      `${TAUGHT}distill: { soft: {}, hints: [${HINT}, { teacher: c, student: d, weight: 0 }] }\n`,
      [
        'warning 4:92 unused This hint has weight 0, so nothing is learnt from it. Leave it out, or give it a weight.',
      ],
    ],
    [
      'a temperature that sharpens',
      `${TAUGHT}distill: { soft: { temperature: 0.5 } }\n`,
      [
        'warning 4:33 odd-temperature The temperature 0.5 sharpens what the teacher says instead of softening it. Usual are 1 to 20.',
      ],
    ],
    [
      'a temperature that leaves nothing',
      `${TAUGHT}distill: { soft: { temperature: 40 } }\n`,
      [
        'information 4:33 odd-temperature At the temperature 40 all classes are nearly alike, and the logits themselves are matched. Usual are 1 to 20.',
      ],
    ],
    [
      'hard without labels',
      `data: { dataset: digits, train: { labels: false } }\nstudent: { model: zoo/mlp }\nteacher: { experiment: t.yaml }\ndistill: { hard: {}, soft: {} }\n`,
      [
        '4:12 conflict `distill.hard` learns from labels, but `data.train.labels` is `false`. Leave one of them out.',
      ],
    ],
    [
      'no labels and nothing else',
      `data: { dataset: digits, train: { labels: false } }\nstudent: { model: zoo/mlp }\n`,
      [
        '1:43 conflict Without labels there is nothing to learn from. Write `distill` with `soft` or `hints`, or use the labels.',
      ],
    ],
    [
      'distill without terms',
      `${SMALLEST}distill: {}\n`,
      [
        '3:1 conflict There is nothing to learn from. Write `hard`, `soft` or `hints` in `distill`, or leave it out.',
      ],
    ],
    [
      'weights of 0',
      `${TAUGHT}distill: { hard: { weight: 0 }, soft: { weight: 0 }, hints: [{ teacher: a, student: b, weight: 0 }] }\n`,
      ['4:1 conflict There is nothing to learn: every weight is 0.'],
    ],
    [
      'a stage with weights of 0',
      `${TAUGHT}distill: { hard: { weight: 0 }, soft: {} }\ntrain:\n  stages:\n    - { epochs: 1 }\n    - { only: hard, epochs: 2 }\n`,
      ['8:9 conflict There is nothing to learn in the stage "hard": its terms have weight 0.'],
    ],
    [
      'a stage of terms that are not there',
      `${TAUGHT}distill: { soft: {} }\ntrain:\n  stages:\n    - { only: hints, epochs: 1 }\n    - { only: [soft, hard], epochs: 2 }\n`,
      [
        '7:15 conflict This stage learns from `hints`, but there is no `distill.hints`.',
        '8:22 conflict This stage learns from `hard`, but there is no `distill.hard`.',
      ],
    ],
    [
      'a term that no stage uses',
      `${TAUGHT}distill: { hard: {}, soft: {} }\ntrain: { stages: [{ only: hard, epochs: 1 }] }\n`,
      ['warning 4:22 unused No stage learns from `distill.soft`: the `only` of every stage leaves it out.'],
    ],
    [
      'hints alone',
      `${TAUGHT}distill: { hints: [${HINT}] }\n`,
      [
        'warning 4:12 conflict Hints alone never train the layers behind the guided ones, so the student stays untrained. Add `hard` or `soft`, or a stage with them.',
      ],
    ],
    [
      'stages of hints alone',
      `${TAUGHT}distill: { soft: {}, hints: [${HINT}] }\ntrain: { stages: [{ only: hints, epochs: 1 }] }\n`,
      [
        'warning 4:12 unused No stage learns from `distill.soft`: the `only` of every stage leaves it out.',
        'warning 5:10 conflict Hints alone never train the layers behind the guided ones, so the student stays untrained. Add `hard` or `soft`, or a stage with them.',
      ],
    ],
    [
      'epochs and stages',
      `${SMALLEST}train: { epochs: 3, stages: [{ epochs: 1 }] }\n`,
      [
        '3:10 conflict `epochs` and `stages` exclude each other: each stage has its own epochs. Leave one of them out.',
      ],
    ],
    [
      'what no stage inherits',
      `${SMALLEST}train:\n  optimizer: { name: sgd }\n  schedule: { name: cosine }\n  stages: [{ epochs: 1, optimizer: { name: adam }, schedule: { name: constant } }]\n`,
      [
        'warning 4:3 unused Every stage has its own `optimizer`, so this one is not used.',
        'warning 5:3 unused Every stage has its own `schedule`, so this one is not used.',
      ],
    ],
    [
      'milestones beyond the end',
      `${SMALLEST}train: { epochs: 20, schedule: { name: step, milestones: [10, 20, 30] } }\n`,
      [
        'warning 3:63 unused The milestone 20 is never reached: the stage ends at epoch 20.',
        'warning 3:67 unused The milestone 30 is never reached: the stage ends at epoch 20.',
      ],
    ],
    [
      'milestones beyond the longest stage',
      `${SMALLEST}train:\n  schedule: { name: step, milestones: [3, 5] }\n  stages: [{ epochs: 2 }, { epochs: 4 }]\n`,
      ['warning 4:43 unused The milestone 5 is never reached: the longest stage ends at epoch 4.'],
    ],
    [
      'a warm-up without end',
      `${SMALLEST}train:\n  schedule: { name: cosine, warmup: 2 }\n  stages: [{ epochs: 3 }, { epochs: 2 }, { epochs: 1, schedule: { name: constant, warmup: 1 } }]\n`,
      [
        '4:37 conflict The warm-up never ends: `warmup` is 2, and the stage "stage 2" ends at epoch 2.',
        '5:91 conflict The warm-up never ends: `warmup` is 1, and the stage "stage 3" ends at epoch 1.',
      ],
    ],
    [
      'classes that there are not',
      `data: { dataset: mnist, train: { exclude: [3, 10] }, test: { exclude: [11] } }\nstudent: { model: zoo/mlp }\n`,
      [
        '1:47 wrong-value data.train.exclude names class 10; the classes are 0–9.',
        '1:72 wrong-value data.test.exclude names class 11; the classes are 0–9.',
      ],
    ],
    [
      'classes that its own files do not have',
      `data:\n  dataset: idx\n  classes: 3\n  files: { train: { images: a, labels: b }, test: { images: c, labels: d } }\n  train: { exclude: [2, 3] }\nstudent: { model: zoo/mlp }\n`,
      ['5:25 wrong-value data.train.exclude names class 3; the classes are 0–2.'],
    ],
    [
      'no class left',
      `data: { dataset: digits, train: { exclude: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] } }\nstudent: { model: zoo/mlp }\n`,
      ['1:44 wrong-value data.train.exclude leaves no train image. Take a class out of it.'],
    ],
    [
      'a batch larger than the data',
      `data: { dataset: mnist, train: { limit: 100 } }\nstudent: { model: zoo/mlp }\ntrain: { batch: 128 }\n`,
      [
        'warning 3:17 wrong-value `train.batch` is 128, but there are only 100 training images: an epoch is one step.',
      ],
    ],
    [
      'a mistake beside mistakes of the schema',
      `data: digits\nstudent: { modle: zoo/mlp }\ndistill: { sotf: { temperature: 0 } }\n`,
      ['3:12 conflict `distill.soft` needs a teacher. Write `teacher`, or leave `soft` out.'],
    ],
  ])('reports %s', (_, text, expected) => {
    expect(check(text)).toEqual(expected);
  });

  it('has nothing to say of a text that cannot be understood', () => {
    expect(check('- a\n')).toEqual([]);
    expect(check('')).toEqual([]);
  });
});
