import { describe, expect, it } from 'vitest';
import { definitionAt, teacherFiles } from './definition';
import { foldsOf } from './folding';
import { hoverAt } from './hover';
import { outlineOf, type OutlineSymbol } from './outline';
import { atMark, surroundings, tables } from './surroundings.fixture';
import { layerAt, usesOfLayer } from './uses';

const text = `# An experiment
# about digits
name: kd
data: { dataset: digits }
teacher:
  - model: zoo/conv-wide
    weights: ./weights/best.safetensors
  - { experiment: ./teacher.distill.yaml }
student: { model: ./models/student.ts#student }
distill:
  soft: { temperature: 8, weight: 1 }
  hints:
    - { teacher: block2/relu, student: conv2, weight: 0.5 }
    - { teacher: conv1, student: conv1, member: 1 }
    - { teacher: block2/relu, student: conv1, adapter: none }
train:
  stages:
    - { only: hints, epochs: 5 }
    - name: everything
      epochs: 20
`;

/** The text with the cursor at the n-th occurrence of a word. */
function at(word: string, occurrence = 1): number {
  let offset = -1;
  for (let count = 0; count < occurrence; count += 1) offset = text.indexOf(word, offset + 1);
  return offset + 1;
}

describe('hover', () => {
  const hover = (offset: number, beyondSchema = false): string | null =>
    hoverAt(text, offset, surroundings(), beyondSchema)?.markdown ?? null;

  it('over a key: its path, type, default and meaning', () => {
    expect(hover(at('temperature'))).toMatch(
      /^\*\*`distill\.soft\.temperature`\*\* · number > 0 · default `4`\n\nT, divides the logits/,
    );
    expect(hover(at('epochs'))).toMatch(/train\.stages\[0\]\.epochs`\*\* · whole number ≥ 1 · required/);
    expect(hover(at('train:'))).toMatch(/Keys: `epochs`, `batch`/);
    expect(hover(at('dataset'))).toMatch(/- `mnist`: /);
  });

  it('over a value: what it means, and what its key is', () => {
    expect(hover(at('digits }'))).toMatch(/^\*\*`digits`\*\* · Generated digits/);
    expect(hover(at('none'))).toMatch(/^\*\*`none`\*\* · `none`: shapes are equal/);
    expect(hover(at('8, weight'))).toMatch(/temperature/);
  });

  it('over a layer: its facts, its source, and what joins it with the other side', () => {
    const told = hover(at('conv2'));
    expect(told).toMatch(
      /^\*\*`conv2`\*\* · Conv2D · 8×8×16\n\n1,168 parameters · 116,800 multiply-adds · sees 4×4 pixels/,
    );
    expect(told).toContain('[models/student.ts:11](file:///lab/models/student.ts#L11,5)');
    expect(told).toContain(
      '`conv2` learns `block2/relu` with the adapter `conv1x1` (1,088 parameters): 8×8×16 → 8×8×64',
    );
    expect(hover(at('block2/relu', 2))).toMatch(/The adapter "none" cannot lead/);
    expect(hover(at('conv1', 1))).toContain('the shapes are equal');
  });

  it('over a model: what it is made of', () => {
    expect(hover(at('./models/student.ts'))).toMatch(/4 layers · 1,418 parameters/);
    expect(hover(at('zoo/conv-wide'))).toMatch(/Larger convolutional net/);
    expect(hover(at('./teacher.distill.yaml'))).toMatch(
      /best checkpoint of this experiment\.\n\n\*\*`\.\/models/,
    );
  });

  it('is left to others where the schema tells it too', () => {
    expect(hover(at('temperature'), true)).toBeNull();
    expect(hover(at('conv2'), true)).not.toBeNull();
    expect(hover(at('An exp'))).toBeNull();
  });
});

describe('definition', () => {
  const target = (offset: number): string | null => {
    const found = definitionAt(text, offset, surroundings())?.target;
    return found === undefined ? null : `${found.file}:${found.line}:${found.column}`;
  };

  it('of a layer is the line that makes it', () => {
    expect(target(at('conv2'))).toBe('/lab/models/student.ts:11:5');
    expect(target(at('conv1'))).toBe('/lab/models/student.ts:10:5');
    expect(target(at('block2/relu'))).toBeNull();
  });

  it('of a model is its export, also without a table', () => {
    expect(target(at('./models/student.ts'))).toBe('/lab/models/student.ts:3:17');
    const { text: other, offset } = atMark('student: { model: ./models/student.ts#wi|de }');
    const bare = { ...surroundings(), tables: { student: null, teachers: [] } };
    expect(definitionAt(other, offset, bare)?.target).toEqual({
      file: '/lab/models/student.ts',
      line: 6,
      column: 14,
    });
  });

  it('of a file is the file, where it is there', () => {
    expect(target(at('./teacher.distill'))).toBe('/lab/teacher.distill.yaml:1:1');
    expect(target(at('./weights'))).toBe('/lab/weights/best.safetensors:1:1');
    const { text: other, offset } = atMark('teacher: { experiment: ./no|pe.yaml }');
    expect(definitionAt(other, offset, surroundings())).toBeNull();
  });

  it('names the experiments of teachers', () => {
    expect(teacherFiles(text, surroundings())).toEqual(['/lab/teacher.distill.yaml']);
  });
});

it('finds the uses of a layer in all experiments that have its model', () => {
  const layer = layerAt(text, at('conv1', 1), tables);
  expect(layer?.row.name).toBe('conv1');
  const other = 'distill:\n  hints:\n    - student: conv1\n      teacher: x\n';
  const uses = usesOfLayer(layer!, [
    { file: '/lab/a.distill.yaml', text, tables },
    { file: '/lab/b.distill.yaml', text: other, tables: { student: tables.student, teachers: [] } },
    { file: '/lab/c.distill.yaml', text: other, tables: { student: tables.teachers[0]!, teachers: [] } },
  ]);
  expect(uses.map(({ file, range }) => `${file}:${range.line}:${range.column}-${range.endColumn}`)).toEqual([
    '/lab/a.distill.yaml:14:18-23',
    '/lab/a.distill.yaml:14:34-39',
    '/lab/a.distill.yaml:15:40-45',
    '/lab/b.distill.yaml:3:16-21',
  ]);
});

it('outlines data, models, terms, hints and stages', () => {
  const lines = (symbols: readonly OutlineSymbol[], depth = 0): string[] =>
    symbols.flatMap(({ name, detail, kind, children }) => [
      `${'  '.repeat(depth)}${name} (${kind}) ${detail}`.trimEnd(),
      ...lines(children, depth + 1),
    ]);
  expect(lines(outlineOf(text))).toEqual([
    'name (value) kd',
    'data (data) digits',
    'teacher (model)',
    '  teacher 0 (model) zoo/conv-wide',
    '  teacher 1 (model) ./teacher.distill.yaml',
    'student (model) ./models/student.ts#student',
    'distill (part)',
    '  soft (term) temperature 8, weight 1',
    '  hints (term)',
    '    block2/relu → conv2 (hint) weight 0.5',
    '    conv1 → conv1 (hint)',
    '    block2/relu → conv1 (hint) adapter none',
    'train (part)',
    '  stages (part)',
    '    hints (stage) 5 epochs',
    '    everything (stage) 20 epochs',
  ]);
  const check = (symbols: readonly OutlineSymbol[]): void => {
    for (const { start, nameStart, nameEnd, end, children } of symbols) {
      expect(start <= nameStart && nameStart <= nameEnd && nameEnd <= end).toBe(true);
      check(children);
    }
  };
  for (let end = 0; end <= text.length; end += 5) check(outlineOf(text.slice(0, end)));
});

it('folds parts, items and comments of several lines', () => {
  expect(
    foldsOf(text).map(({ start, end, isComment }) => `${start + 1}-${end + 1}${isComment ? ' #' : ''}`),
  ).toEqual(['1-2 #', '5-8', '6-7', '10-15', '12-15', '16-20', '17-20', '19-20']);
});
