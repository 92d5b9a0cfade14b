import { describe, expect, it } from 'vitest';
import { baselineExperiment, canonicalBaseline, canonicalExperiment } from './canonical';
import { parse, SMALLEST } from './parse.fixture';
import type { Experiment } from './schema';

const TAUGHT = `${SMALLEST}teacher: { experiment: t.yaml }\n`;

function experimentOf(text: string): Experiment {
  const { experiment, problems } = parse(text);
  if (experiment === null) throw new Error(problems.map(({ message }) => message).join('\n'));
  return experiment;
}

const canonical = (text: string): string => canonicalExperiment(experimentOf(text));
const baseline = (text: string): string => canonicalBaseline(experimentOf(text));

describe('canonicalExperiment', () => {
  it('is this text, for good: runs are found by its hash', () => {
    expect(canonical(SMALLEST)).toBe(
      '{"batch":64,' +
        '"data":{"dataset":"digits","test":{},"testSize":2000,"train":{"labels":true},"trainSize":4000},' +
        '"distill":{"hard":{"weight":1}},"evaluate":{"batch":250,"every":1},"seed":1,' +
        '"stages":[{"epochs":10,"optimizer":{"beta1":0.9,"beta2":0.999,"epsilon":1e-8,"lr":0.001,"name":"adam",' +
        '"weightDecay":0},"schedule":{"name":"constant","warmup":0},"terms":["hard"]}],' +
        '"student":{"model":"zoo/mlp"},"task":"classification","teachers":[]}',
    );
  });

  it.each([
    ['the name', 'name: x\n'],
    [
      'defaults written out',
      'seed: 1\nversion: 1\ntrain: { epochs: 10, batch: 64, optimizer: { name: adam } }\n',
    ],
    ['labels alone written out', 'distill: { hard: {} }\n'],
    ['whether targets are cached', 'distill: { hard: {}, cache: off }\n'],
    ['one stage, named', 'train: { stages: [{ name: all of it, only: hard, epochs: 10 }] }\n'],
  ])('does not depend on %s', (_, text) => {
    expect(canonical(SMALLEST + text)).toBe(canonical(SMALLEST));
  });

  it('does not depend on the order of keys, also in options', () => {
    const one =
      'student: { model: zoo/mlp, options: { a: 1, b: { c: 1, d: 2 } } }\ndata: { dataset: digits }\n';
    const other =
      'data: { dataset: digits }\nstudent: { options: { b: { d: 2, c: 1 }, a: 1 }, model: zoo/mlp }\n';
    expect(canonical(one)).toBe(canonical(other));
  });

  it('takes one teacher for an ensemble of one', () => {
    expect(canonical(`${SMALLEST}teacher: [{ experiment: t.yaml }]\n`)).toBe(canonical(TAUGHT));
  });

  it.each([
    ['the seed', 'seed: 2\n'],
    ['epochs', 'train: { epochs: 11 }\n'],
    ['the optimizer of a stage', 'train: { stages: [{ epochs: 10, optimizer: { name: sgd } }] }\n'],
    ['clipping', 'train: { clip: 1 }\n'],
    ['the weight of the labels', 'distill: { hard: { weight: 0.5 } }\n'],
    ['the teacher', 'teacher: { experiment: t.yaml }\n'],
    ['the evaluation, which picks the best checkpoint', 'evaluate: { every: 2 }\n'],
  ])('depends on %s', (_, text) => {
    expect(canonical(SMALLEST + text)).not.toBe(canonical(SMALLEST));
  });
});

describe('baselineExperiment', () => {
  it('of a student alone is that student', () => {
    const plain = experimentOf(`name: x
data: { dataset: idx, files: { train: { images: a, labels: b }, test: { images: c, labels: d } }, classes: 3 }
student: { model: zoo/mlp, options: { hidden: [3] } }
seed: 5
train: { epochs: 3, batch: 7, clip: 2, optimizer: { name: sgd }, schedule: { name: step, milestones: [2] } }
evaluate: { every: 2, batch: 10 }
`);
    const { name, ...unnamed } = plain;
    expect(name).toBe('x');
    expect(baselineExperiment(plain)).toEqual(unnamed);
    expect(canonicalBaseline(plain)).toBe(canonicalExperiment(plain));
  });

  it('leaves out the teacher, learns from labels, and trains for the epochs of all stages', () => {
    const { teacher, distill, data, train } = baselineExperiment(
      experimentOf(`data: { dataset: digits, train: { labels: false, exclude: [3] } }
student: { model: zoo/mlp }
teacher: { experiment: t.yaml }
distill: { soft: {}, hints: [{ teacher: a, student: b }] }
train:
  batch: 32
  optimizer: { name: rmsprop }
  stages:
    - { only: hints, epochs: 5, optimizer: { name: adam } }
    - { epochs: 20, optimizer: { name: sgd }, schedule: { name: step, milestones: [10, 16], warmup: 2 } }
    - { only: hints, epochs: 15 }
`),
    );
    expect([teacher, distill, train.stages]).toEqual([undefined, undefined, undefined]);
    expect(data.train).toEqual({ labels: true, exclude: [3] });
    expect(train).toMatchObject({ epochs: 40, batch: 32, optimizer: { name: 'sgd' } });
    // Half and four fifths of the stage, so of the whole.
    expect(train.schedule).toEqual({ name: 'step', milestones: [20, 32], warmup: 2, factor: 0.1 });
  });

  it('takes the last stage when all are hints alone', () => {
    const { train } = baselineExperiment(
      experimentOf(`${TAUGHT}distill: { hints: [{ teacher: a, student: b }] }
train: { stages: [{ epochs: 1 }, { epochs: 2, optimizer: { name: sgd } }] }
`),
    );
    expect(train).toMatchObject({ epochs: 3, optimizer: { name: 'sgd' } });
  });
});

describe('canonicalBaseline', () => {
  it('is shared by a student alone and all its distilled twins', () => {
    const alone = canonical(SMALLEST);
    expect(baseline(SMALLEST)).toBe(alone);
    expect(baseline(`${TAUGHT}distill: { soft: { temperature: 2 } }\n`)).toBe(alone);
    expect(
      baseline(`${TAUGHT}distill: { soft: {} }\ntrain: { stages: [{ epochs: 4 }, { epochs: 6 }] }\n`),
    ).toBe(alone);
    expect(baseline(`${TAUGHT}distill: { soft: {} }\ntrain: { epochs: 11 }\n`)).not.toBe(alone);
    expect(baseline(`${TAUGHT}distill: { soft: {} }\nseed: 2\n`)).not.toBe(alone);
  });
});
