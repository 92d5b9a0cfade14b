import { describe, expect, it } from 'vitest';
import { parse, SMALLEST } from './parse.fixture';
import type { Experiment } from './schema';
import { hardWeightOf, onlyOf, stagesOf, termsOf } from './stages';

const TAUGHT = `${SMALLEST}teacher: { experiment: t.yaml }\n`;
const HINT = 'hints: [{ teacher: a, student: b }]';

function experimentOf(text: string): Experiment {
  const { experiment, problems } = parse(text);
  if (experiment === null) throw new Error(problems.map(({ message }) => message).join('\n'));
  return experiment;
}

describe('termsOf', () => {
  it.each([
    ['', ['hard'], 1],
    ['distill: {}\n', [], 0],
    ['distill: { hard: {} }\n', ['hard'], 1],
    ['distill: { soft: {} }\n', ['soft'], 0],
    [`distill: { ${HINT}, soft: {}, hard: { weight: 0.1 } }\n`, ['hard', 'soft', 'hints'], 0.1],
  ])('%s', (distill, terms, hardWeight) => {
    const experiment = experimentOf(TAUGHT + distill);
    expect(termsOf(experiment)).toEqual(terms);
    expect(hardWeightOf(experiment)).toBe(hardWeight);
  });
});

describe('stagesOf', () => {
  it('is one stage of 10 epochs when nothing is said', () => {
    expect(stagesOf(experimentOf(SMALLEST))).toEqual([
      {
        name: 'training',
        terms: ['hard'],
        epochs: 10,
        optimizer: { name: 'adam', lr: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 },
        schedule: { name: 'constant', warmup: 0 },
      },
    ]);
  });

  it('takes what a stage does not say from the experiment', () => {
    const stages = stagesOf(
      experimentOf(`${TAUGHT}distill: { hard: {}, soft: {}, ${HINT} }
train:
  optimizer: { name: sgd }
  schedule: { name: cosine }
  stages:
    - { only: hints, epochs: 5, optimizer: { name: rmsprop }, schedule: { name: constant } }
    - { only: [soft, hard], epochs: 20 }
    - { epochs: 3 }
`),
    );
    expect(stages.map(({ terms, epochs }) => [...terms, epochs])).toEqual([
      ['hints', 5],
      ['hard', 'soft', 20],
      ['hard', 'soft', 'hints', 3],
    ]);
    expect(stages.map(({ optimizer }) => optimizer.name)).toEqual(['rmsprop', 'sgd', 'sgd']);
    expect(stages.map(({ schedule }) => schedule.name)).toEqual(['constant', 'cosine', 'cosine']);
  });

  it('names stages by their term or number, each name once', () => {
    const names = stagesOf(
      experimentOf(`${TAUGHT}distill: { soft: {}, ${HINT} }
train:
  stages:
    - { only: hints, epochs: 1 }
    - { only: [hints], epochs: 1 }
    - { only: soft, epochs: 1 }
    - { name: soft, epochs: 1 }
    - { epochs: 1 }
`),
    ).map(({ name }) => name);
    expect(names).toEqual(['hints', 'stage 2', 'stage 3', 'soft', 'stage 5']);
  });
});

describe('onlyOf', () => {
  it('is a list, or null for all', () => {
    expect(onlyOf({ epochs: 1, only: 'soft' })).toEqual(['soft']);
    expect(onlyOf({ epochs: 1, only: ['soft', 'hard'] })).toEqual(['soft', 'hard']);
    expect(onlyOf({ epochs: 1 })).toBeNull();
  });
});
