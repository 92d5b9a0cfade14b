import { describe, expect, it } from 'vitest';
import { applyEdit } from '../experiment/edits';
import { checkExperiment } from '../experiment/check';
import { parse } from '../experiment/parse.fixture';
import { locate } from '../experiment/parse';
import type { Finding, Problem } from '../experiment/problem';
import { fixesFor, hintsFirst } from './fixes';

const head =
  'data: { dataset: digits }\nstudent: { model: zoo/mlp }\nteacher: { experiment: ./t.distill.yaml }\n';

/** The text after each fix of the first problem that the checks find, by title. */
function fixed(text: string): Record<string, string> {
  const problem = checkExperiment(parse(text))[0];
  return problem === undefined ? expect.fail('nothing is wrong') : textsOf(problem, text);
}

function textsOf(problem: Problem, text: string): Record<string, string> {
  return Object.fromEntries(fixesFor(problem, text).map(({ title, edit }) => [title, applyEdit(text, edit)]));
}

function found(text: string, finding: Finding): Record<string, string> {
  return textsOf(locate(parse(text), finding), text);
}

describe('adapters', () => {
  const text = `${head}distill:\n  hints:\n    - { teacher: a, student: b, weight: 2 } # one\n    - { teacher: c, student: d, adapter: conv1x1 }\n`;

  it('that the shapes need are inserted', () => {
    const fixes = found(text, {
      path: ['distill', 'hints', 0],
      code: 'shape-mismatch',
      message: '',
      suggestion: 'strided',
    });
    expect(fixes['Use the adapter `strided`']).toBe(
      text.replace('weight: 2 }', 'weight: 2, adapter: strided }'),
    );
    const second = found(text, {
      path: ['distill', 'hints', 1, 'adapter'],
      code: 'shape-mismatch',
      message: '',
      suggestion: 'strided',
    });
    expect(second['Use the adapter `strided`']).toBe(text.replace('conv1x1', 'strided'));
    expect(second['Leave the adapter to be chosen from the shapes']).toBe(
      text.replace(', adapter: conv1x1', ''),
    );
  });

  it('that are not needed are taken out', () => {
    const fixes = found(text, {
      path: ['distill', 'hints', 1, 'adapter'],
      part: 'key',
      code: 'adapter-not-needed',
      message: '',
    });
    expect(fixes).toEqual({
      'Remove the adapter that is not needed': text.replace(', adapter: conv1x1', ''),
    });
  });
});

describe('stages', () => {
  const hints = 'distill:\n  hard: {}\n  hints:\n    - { teacher: a, student: b }\n';

  it('that learn a term which none learns are added', () => {
    const stages = 'train:\n  stages:\n    # first\n    - { only: hard, epochs: 20 } # labels\n';
    const fixes = fixed(`${head}${hints}${stages}`);
    expect(fixes['Add a stage that learns the hints first']).toBe(
      `${head}${hints}${stages.replace('    - {', '    - { only: hints, epochs: 5 }\n    - {')}`,
    );
    expect(fixes['Learn from `hints` in the last stage too']).toBe(
      `${head}${hints}${stages.replace('only: hard', 'only: [hard, hints]')}`,
    );
    expect(fixes['Add a stage that learns from everything']).toBe(
      `${head}${hints}${stages}    - { epochs: 20 }\n`,
    );
    for (const [title, text] of Object.entries(fixes)) {
      if (!title.startsWith('Remove')) expect(checkExperiment(parse(text)), title).toEqual([]);
    }
  });

  it('that train the whole student are added to hints alone', () => {
    const alone = `${head}distill: { hints: [{ teacher: a, student: b }] }\n`;
    const labels = fixed(alone)['Learn from the labels too'];
    expect(labels).toBe(alone.replace('}] }', '}], hard: {} }'));
    const staged = `${head}${hints}train: { stages: [{ only: hints, epochs: 5 }] }\n`;
    const both = fixed(staged.replace('  hard: {}\n', ''));
    expect(both['Learn from the labels too, in a stage behind the hints']).toContain(
      'epochs: 5 }, { epochs: 5 }]',
    );
  });

  it('for the hints come first, where there is one stage', () => {
    const text = `${head}${hints}train:\n  epochs: 20 # all\n  batch: 64\n`;
    const fix = hintsFirst(text, text.indexOf('batch'));
    expect(applyEdit(text, fix!.edit)).toBe(
      `${head}${hints}train:\n  batch: 64\n  stages:\n    - { only: hints, epochs: 5 }\n    - { epochs: 20 }\n`,
    );
    expect(hintsFirst(text, 3)).toBeNull();
    expect(hintsFirst(head, head.length - 2)).toBeNull();
    expect(hintsFirst('distill: { hints: [', 12)).toBeNull();
  });
});

describe('what is wrong for itself', () => {
  it('is taken out, or what it needs is added', () => {
    const term = `${head}distill: { soft: {} }\ntrain: { stages: [{ only: [soft, hard], epochs: 1 }] }\n`;
    expect(fixed(term)['Add `distill.hard`']).toBe(term.replace('soft: {} }', 'soft: {}, hard: {} }'));
    const epochs = `${head}distill: { soft: {} }\ntrain: { epochs: 5, stages: [{ epochs: 1 }] }\n`;
    expect(fixed(epochs)['Remove `epochs`']).toBe(epochs.replace('epochs: 5, ', ''));
    const twice = `${head}distill:\n  hard: {}\n  hints:\n    - { teacher: a, student: b }\n    - { teacher: a, student: b }\n`;
    expect(fixed(twice)['Remove this hint']).toBe(twice.replace('    - { teacher: a, student: b }\n', ''));
    const unused = `${head}distill: { soft: { ensemble: logits } }\n`;
    expect(fixed(unused)['Remove `distill.soft.ensemble`']).toBe(
      unused.replace('{ ensemble: logits }', '{}'),
    );
  });

  it('is left alone in a text that cannot be edited', () => {
    const problem = { file: '', line: 1, column: 1, endLine: 1, endColumn: 2, severity: 'warning' } as const;
    expect(fixesFor({ ...problem, code: 'unused', message: '' }, 'a: [1\nb: {')).toEqual([]);
  });
});
