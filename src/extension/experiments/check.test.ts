import { describe, expect, it } from 'vitest';
import type { FileProbe } from '../../experiment/files';
import { failureProblem, namedFiles, parseCheckReport, quickCheck } from './check';

const nothingThere: FileProbe = {
  resolve: (_, reference) => `/lab/${reference}`,
  exists: () => false,
  list: () => [],
  read: () => null,
};

describe('quickCheck', () => {
  it('tells what the schema says from what only we say', () => {
    const text = 'data: { dataset: digits }\nsead: 3\nstudent: { model: ./m.ts#build }\n';
    const { schema, meaning } = quickCheck(text, '/lab/kd.distill.yaml', nothingThere);
    expect(schema).toMatchObject([{ code: 'unknown-key', line: 2, suggestion: 'seed' }]);
    expect(meaning).toMatchObject([{ code: 'missing-file', line: 3 }]);
  });
});

describe('namedFiles', () => {
  it('has the files that may mend an experiment whose models fail', () => {
    const text =
      'data: { dataset: digits }\nteacher: { model: ../t.ts#net, weights: ./t.safetensors }\nstudent: { model: ./s.ts#net }\n';
    expect(namedFiles(text, '/lab/a/kd.distill.yaml')).toEqual([
      '/lab/t.ts',
      '/lab/a/t.safetensors',
      '/lab/a/s.ts',
    ]);
    expect(namedFiles('data: [', '/lab/kd.distill.yaml')).toEqual([]);
  });
});

describe('failureProblem', () => {
  const file = '/lab/kd.distill.yaml';
  const text =
    'data: { dataset: digits }\nteacher: { model: ./t.ts#build, weights: w.safetensors }\nstudent: { model: ./s.ts#build }\n';
  const at = (source: string) => ({ file: source, line: 7, column: 1 });

  it('stands at the model whose code is to blame', () => {
    expect(failureProblem(text, file, 'It hangs.', at('/lab/t.ts'))).toMatchObject({ line: 2, column: 19 });
    expect(failureProblem(text, file, 'It hangs.', at('/lab/s.ts'))).toMatchObject({ line: 3, column: 19 });
  });

  it('stands at the student for code that a model imports, and at the beginning where nobody is to blame', () => {
    const message = 'It hangs.';
    const imported = failureProblem(text, file, message, at('/lab/blocks.ts'));
    expect(imported).toMatchObject({ line: 3, code: 'bad-inspection', severity: 'error', message });
    expect(failureProblem(text, file, message, null)).toMatchObject({ line: 1 });
    expect(failureProblem('data: [', file, message, at('/lab/s.ts'))).toMatchObject({ line: 1 });
  });
});

describe('parseCheckReport', () => {
  const problem = {
    file: '/lab/kd.distill.yaml',
    line: 3,
    column: 1,
    endLine: 3,
    endColumn: 4,
    severity: 'error',
    code: 'unknown-layer',
    message: 'There is no layer `x`.',
  };

  it('reads what the command prints', () => {
    const report = { ok: false, problems: [problem, { ...problem, suggestion: 'y' }] };
    expect(parseCheckReport(`${JSON.stringify(report)}\n`)).toEqual(report.problems);
    expect(parseCheckReport('{"ok":true,"problems":[]}')).toEqual([]);
  });
  it('accepts nothing else', () => {
    expect(parseCheckReport('')).toBeNull();
    expect(parseCheckReport('Error: out of memory')).toBeNull();
    expect(parseCheckReport(JSON.stringify({ ok: false, problems: [{ ...problem, line: 0 }] }))).toBeNull();
    expect(
      parseCheckReport(JSON.stringify({ ok: false, problems: [{ ...problem, code: 'new' }] })),
    ).toBeNull();
  });
});
