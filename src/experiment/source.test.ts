import { describe, expect, it } from 'vitest';
import type { ParsedExperiment } from './parse';
import { listing, parse, SMALLEST } from './parse.fixture';
import type { ExperimentPath } from './problem';
import { WORKED_EXAMPLE } from './reference';

/** What the text says in a range. */
function textAt(
  text: string,
  parsed: ParsedExperiment,
  path: ExperimentPath,
  part?: 'key' | 'value',
): string {
  const { line, column, endLine, endColumn } = parsed.rangeOf(path, part);
  const lines = text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .slice(line - 1, endLine);
  lines[lines.length - 1] = lines.at(-1)!.slice(0, endColumn - 1);
  lines[0] = lines[0]!.slice(column - 1);
  return lines.join('\n');
}

describe('places', () => {
  const text = `# a comment
data: {dataset: digits}
student:
  model:   zoo/mlp   # the student
  options:
    hidden: [10, 20]
teacher:
  - experiment: "t.yaml"
    seed: 1
distill: { hard: {}, soft: {} }
`;
  const parsed = parse(text);

  it.each<[ExperimentPath, 'key' | 'value', string]>([
    [['data'], 'value', '{dataset: digits}'],
    [['data'], 'key', 'data'],
    [['student', 'model'], 'value', 'zoo/mlp'],
    [['student'], 'value', 'model:   zoo/mlp   # the student\n  options:\n    hidden: [10, 20]'],
    [['student', 'options', 'hidden', 1], 'value', '20'],
    [['student', 'options', 'hidden', 1], 'key', '20'],
    [['teacher', 0, 'experiment'], 'value', '"t.yaml"'],
    [['teacher', 0], 'key', 'experiment'],
    [['distill', 'soft'], 'key', 'soft'],
    // What is not written is placed at the key of its nearest ancestor that is.
    [['distill', 'soft', 'temperature'], 'value', 'soft'],
    [['distill', 'hints', 0, 'teacher'], 'value', 'distill'],
    [['teacher', 1], 'value', 'teacher'],
    [['teacher', 0, 'weights'], 'key', 'experiment'],
    [['train', 'epochs'], 'value', 'data'],
    [[], 'key', 'data'],
  ])('%j, %s', (path, part, expected) => {
    expect(textAt(text, parsed, path, part)).toBe(expected);
  });

  it('knows what is written', () => {
    const written = (path: ExperimentPath): boolean => parsed.isWritten(path);
    expect(written(['teacher', 0, 'seed'])).toBe(true);
    expect(written(['distill', 'soft'])).toBe(true);
    expect(written(['distill', 'soft', 'weight'])).toBe(false);
    expect(written(['train'])).toBe(false);
  });

  it('counts columns in UTF-16 units, lines with CRLF as one, and no byte order mark', () => {
    const foxes = 'data: { dataset: digits }\nstudent: { model: "🦊/a.ts#b", loss: 1 }\n';
    const at = (line: string): string[] => listing(line).map((problem) => problem.split(' ')[0]!);
    expect(at(foxes)).toEqual(['2:32']);
    expect(at(foxes.replaceAll('\n', '\r\n'))).toEqual(['2:32']);
    expect(at(`\uFEFF${foxes.replace('data', 'nmae: x\ndata')}`)).toEqual(['1:1', '3:32']);
  });

  it('follows anchors and merge keys to where they are written', () => {
    const merged = `${SMALLEST}train:
  optimizer: &shared { name: sgd, lr: -1 }
  stages:
    - epochs: 1
      optimizer: { <<: *shared, momentum: 2 }
    - epochs: 1
      optimizer: *shared
`;
    expect(listing(merged)).toEqual([
      '4:39 wrong-value `train.optimizer.lr` must be greater than 0, but is -1.',
      '7:43 wrong-value `train.stages[0].optimizer.momentum` must be less than 1, but is 2.',
    ]);
    const right = parse(merged.replace('-1', '0.1').replace('momentum: 2', 'lr: 1')).experiment;
    expect(right?.train.stages?.map(({ optimizer }) => optimizer?.lr)).toEqual([1, 0.1]);
  });
});

describe('notation', () => {
  it.each([
    [
      'a key twice',
      `seed: 1\n${SMALLEST}seed: 2\n`,
      '4:1 yaml-syntax This key stands twice in the same mapping. Keep one of them.',
    ],
    [
      'a tab',
      'data:\n\tdataset: digits\nstudent: { model: zoo/mlp }\n',
      '2:1 yaml-syntax A tab indents this line. Indent with spaces.',
    ],
    [
      'two documents',
      `${SMALLEST}---\nloss: 1\n`,
      '3:1 yaml-syntax A second document begins here (`---`). A file holds one experiment.',
    ],
    [
      'an open quote',
      `${SMALLEST}name: "abc\n`,
      '4:1 yaml-syntax The text in quotation marks before this never ends.',
    ],
    [
      'two colons',
      'data: dataset: digits\nstudent: { model: zoo/mlp }\n',
      '1:7 yaml-syntax A second `: ` on one line. Put the inner mapping into `{ }` or on lines of its own.',
    ],
    ['a key that is a list', `? [a, b]\n: 1\n${SMALLEST}`, '1:3 yaml-syntax A key must be plain text.'],
    [
      'an alias of nothing',
      'data: { dataset: digits }\nstudent: *nope\n',
      '2:10 yaml-syntax No anchor `&nope` is set before this alias.',
    ],
    [
      'an alias of itself',
      'data: { dataset: digits }\nstudent: { model: zoo/a, options: &o { self: *o } }\n',
      '2:46 yaml-syntax This alias stands inside of its own anchor.',
    ],
    [
      'a merge of text',
      `${SMALLEST}train:\n  <<: 3\n`,
      '4:3 yaml-syntax `<<` merges mappings only, such as `<<: *anchor`.',
    ],
  ])('%s', (_, text, expected) => {
    expect(listing(text)).toEqual([expected]);
    expect(parse(text).experiment).toBeNull();
  });

  it('refuses aliases that multiply beyond measure', () => {
    const level = (name: string, of: string): string =>
      `${name}: &${name} [${Array(9).fill(of).join(', ')}]\n`;
    const text = ['x', '*a', '*b', '*c', '*d'].map((of, index) => level('abcde'.charAt(index), of)).join('');
    expect(listing(text)).toEqual(['2:8 yaml-syntax Aliases of aliases stand for more than 100 copies.']);
  });

  it('refuses to dig without end', () => {
    const messages = parse('['.repeat(100_000)).problems.map(({ message }) => message);
    expect(messages).toContain('The text is nested too deeply to be an experiment.');
    expect(messages.length).toBeLessThan(3);
  });

  it('warns of a tag without meaning, and goes on', () => {
    expect(listing(`name: !secret x\n${SMALLEST}`)).toEqual(['1:7 yaml-syntax Unresolved tag: !secret.']);
    expect(parse(`name: !secret x\n${SMALLEST}`).experiment?.name).toBe('x');
  });

  it('goes on behind a mistake that leaves the structure clear', () => {
    expect(listing(`${SMALLEST}name: "a\\qb"\nloss: 1\n`).map((line) => line.split(' ')[0])).toEqual([
      '3:9',
      '4:1',
    ]);
  });

  it('tells of what stands before a mistake that does not, and of nothing that may only seem to be missing', () => {
    expect(listing('seed: x\ndata: { dataset: digits\nstudent: { model: zoo/mlp }\nloss: 1\n')).toEqual([
      '1:7 wrong-type `seed` must be a whole number, but is the text "x".',
      '3:1 yaml-syntax A `}` is missing before this, or lines inside of the brackets are not indented.',
    ]);
  });
});

describe('any text', () => {
  const texts = [WORKED_EXAMPLE, `${SMALLEST}train: { stages: [{ only: [soft, hints], epochs: 1 }] }\n`];
  const scraps = [
    '{',
    '}',
    '[',
    ']',
    ':',
    ': ',
    '- ',
    '\n',
    '  ',
    '"',
    "'",
    '#',
    '&a ',
    '*a',
    '<<: ',
    '\t',
    '0',
    '\r',
    '?',
  ];

  it('is read without a throw when it is cut off anywhere', () => {
    for (const text of texts) {
      for (let end = 0; end < text.length; end += 3) expectSound(text.slice(0, end));
    }
  });

  it('is read without a throw when scraps are thrown in or letters torn out', () => {
    for (const text of texts) {
      for (const [number, scrap] of scraps.entries()) {
        for (let at = number; at < text.length; at += 31) {
          expectSound(text.slice(0, at) + scrap + text.slice(at));
          expectSound(text.slice(0, at) + scrap + text.slice(at + 3));
        }
      }
    }
  });

  function expectSound(text: string): void {
    const parsed = parse(text);
    const hasError = parsed.problems.some(({ severity }) => severity === 'error');
    if (hasError !== (parsed.experiment === null)) expect.fail(`neither right nor wrong: ${text}`);
    for (const { line, column, endLine, endColumn } of parsed.problems) {
      const isRange =
        line >= 1 && column >= 1 && (endLine > line || (endLine === line && endColumn >= column));
      if (!isRange) expect.fail(`no range ${line}:${column}-${endLine}:${endColumn}: ${text}`);
    }
  }
});
