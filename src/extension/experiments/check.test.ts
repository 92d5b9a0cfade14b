import { describe, expect, it } from 'vitest';
import type { FileProbe } from '../../experiment/files';
import { parseCheckReport, quickCheck } from './check';

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
