import { describe, expect, it } from 'vitest';
import {
  addHint,
  appendItem,
  applyEdit,
  changeHint,
  EditError,
  insertItem,
  removeAt,
  removeHint,
  setValue,
  type TextEdit,
} from './edits';

/** The text behind an edit, blank lines at its ends left out. */
function edited(text: string, make: (text: string) => TextEdit): string {
  return applyEdit(text, make(text));
}

const set =
  (path: (string | number)[], value: unknown) =>
  (text: string): TextEdit =>
    setValue(text, path, value);
const append =
  (path: (string | number)[], value: unknown) =>
  (text: string): TextEdit =>
    appendItem(text, path, value);
const remove =
  (path: (string | number)[]) =>
  (text: string): TextEdit =>
    removeAt(text, path);
const hint = { teacher: 'block2/relu', student: 'conv2', adapter: 'conv1x1', weight: 0.5 } as const;

const COMMENTED = `# An experiment
name:   digits   # its name

distill:
  # what is learnt
  hard: {weight: 0.1}
  soft: { temperature:  8, weight: 1 }   # T = 8
  hints:
    # the maps
    - { teacher: a, student: b }   # first

    - { teacher: c, student: d }
    # end of hints
train: { epochs: 30 }
`;

describe('setting a value', () => {
  it('replaces what stands there, and nothing around it', () => {
    expect(edited(COMMENTED, set(['distill', 'soft', 'temperature'], 4))).toBe(
      COMMENTED.replace('temperature:  8', 'temperature:  4'),
    );
    expect(edited(COMMENTED, set(['name'], 'mnist'))).toBe(COMMENTED.replace('digits', 'mnist'));
  });

  it.each<[string, string, (string | number)[], unknown, string]>([
    ['a key of a block mapping', 'a: 1 # c\n# end\n', ['b'], 2, 'a: 1 # c\nb: 2\n# end\n'],
    ['a key without a final line break', 'a: 1', ['b'], 2, 'a: 1\nb: 2'],
    ['a key of a flow mapping', 'a: { b: 1 } # c\n', ['a', 'c'], 2, 'a: { b: 1, c: 2 } # c\n'],
    ['a key of a tight flow mapping', 'a: {b: 1}\n', ['a', 'c'], { d: 2 }, 'a: {b: 1, c: {d: 2}}\n'],
    ['a key of an empty mapping', 'a: {}\n', ['a', 'b'], 2, 'a: { b: 2 }\n'],
    ['a key of nothing', 'a: # c\nb: 1\n', ['a', 'b'], 2, 'a: { b: 2 } # c\nb: 1\n'],
    ['a key of null', 'a: ~\n', ['a', 'b'], 2, 'a: { b: 2 }\n'],
    ['a key of nothing in brackets', '{ a, b: }\n', ['b', 'c'], 2, '{ a, b: { c: 2 } }\n'],
    ['a key of a bare word in brackets', '{ a, b }\n', ['b', 'c'], 2, '{ a, b: { c: 2 } }\n'],
    ['a key of an empty text', '', ['a'], 1, 'a: 1\n'],
    ['a key of comments alone', '# c', ['a'], 1, '# c\na: 1\n'],
    ['parents', 'a: 1\n', ['b', 'c', 'd'], 2, 'a: 1\nb:\n  c: { d: 2 }\n'],
    [
      'parents, indented as the text is',
      'a:\n    b: 1\n',
      ['c', 'd', 'e'],
      2,
      'a:\n    b: 1\nc:\n    d:\n        e: 2\n',
    ],
    ['lines as the text breaks them', 'a: 1\r\nb: 2\r\n', ['c'], 3, 'a: 1\r\nb: 2\r\nc: 3\r\n'],
    ['a text in the quotes of the old one', `a: 'b' # c\n`, ['a'], `it's`, `a: 'it''s' # c\n`],
    ['a text that is no number', 'a: b\n', ['a'], '5', 'a: "5"\n'],
    ['a text with a comma in brackets', '{ a: b }\n', ['a'], 'c, d', '{ a: "c, d" }\n'],
    ['one value for a block', 'a:\n  b: 1 # c\nd: 2\n', ['a'], 3, 'a: 3 # c\nd: 2\n'],
    ['a block for one value', 'a: 1 # c\nd: 2\n', ['a'], [{ b: 1 }], 'a: # c\n  - { b: 1 }\nd: 2\n'],
    ['a block text', 'a: |\n  b\n  c\nd: 2\n', ['a'], 'e', 'a: e\nd: 2\n'],
    ['a key behind a block text', 'a: |\n  b\n', ['c'], 1, 'a: |\n  b\nc: 1\n'],
    [
      'a key over the merged one',
      'a: &a { b: 1 }\nc: { <<: *a }\n',
      ['c', 'b'],
      2,
      'a: &a { b: 1 }\nc: { <<: *a, b: 2 }\n',
    ],
    ['a key of an item', '- a: 1\n  b: 2\n- c\n', [0, 'd'], 3, '- a: 1\n  b: 2\n  d: 3\n- c\n'],
  ])('sets %s', (_, text, path, value, expected) => {
    expect(edited(text, set(path, value))).toBe(expected);
  });

  it('changes nothing when the value stands there already', () => {
    expect(setValue(COMMENTED, ['train', 'epochs'], 30).text).toBe('');
    expect(edited(COMMENTED, set(['train', 'epochs'], 30))).toBe(COMMENTED);
  });

  it('keeps a byte order mark', () => {
    expect(edited('\uFEFFa: 1\n', set(['a'], 2))).toBe('\uFEFFa: 2\n');
  });
});

describe('adding an item', () => {
  it.each<[string, string, (string | number)[], unknown, string]>([
    ['a block list', 'a:\n- 1 # c\n# d\n', ['a'], 2, 'a:\n- 1 # c\n- 2\n# d\n'],
    ['a flow list', 'a: [1, 2] # c\n', ['a'], 3, 'a: [1, 2, 3] # c\n'],
    ['a padded flow list', 'a: [ 1 ]\nb: []\n', ['b'], 3, 'a: [ 1 ]\nb: [ 3 ]\n'],
    ['a list that ends in a comma', 'a: [1,]\n', ['a'], 2, 'a: [1, 2,]\n'],
    [
      'a list of lines',
      'a: [\n  1, # one\n  2 # two\n]\n',
      ['a'],
      3,
      'a: [\n  1, # one\n  2, # two\n  3\n]\n',
    ],
    [
      'a list of lines that ends in a comma',
      'a: [\n  1,\n  2, # two\n]\n',
      ['a'],
      3,
      'a: [\n  1,\n  2, # two\n  3,\n]\n',
    ],
    ['an empty list', 'a: [] # c\n', ['a'], { b: 1 }, 'a: # c\n  - { b: 1 }\n'],
    ['no list', 'a: 1\n', ['b', 'c'], { d: 1 }, 'a: 1\nb:\n  c:\n    - { d: 1 }\n'],
    [
      'items that are blocks',
      'a:\n  - b: 1\n    c: 2\n',
      ['a'],
      { b: 3 },
      'a:\n  - b: 1\n    c: 2\n  - b: 3\n',
    ],
    ['nested lists', '- - 1\n', [0], 2, '- - 1\n  - 2\n'],
    ['an empty item', 'a:\n  -\n', ['a'], 2, 'a:\n  -\n  - 2\n'],
  ])('to %s', (_, text, path, value, expected) => {
    expect(edited(text, append(path, value))).toBe(expected);
  });
});

describe('putting an item before another', () => {
  it.each<[string, string, number, string]>([
    ['of lines', 'a:\n  # c\n  - 1 # d\n  - 2\n', 1, 'a:\n  # c\n  - 1 # d\n  - new\n  - 2\n'],
    ['at the beginning', 'a:\n  # c\n  - 1\n', 0, 'a:\n  # c\n  - new\n  - 1\n'],
    ['in brackets', 'a: [1, 2]\n', 0, 'a: [new, 1, 2]\n'],
    ['on lines in brackets', 'a: [\n  1,\n  2\n]\n', 1, 'a: [\n  1,\n  new,\n  2\n]\n'],
  ])('%s', (_, text, index, expected) => {
    expect(edited(text, () => insertItem(text, ['a'], index, 'new'))).toBe(expected);
  });
});

describe('taking out', () => {
  it.each<[string, string, (string | number)[], string]>([
    ['a key with its line', 'a: 1\nb: 2 # c\n# d\ne: 3\n', ['b'], 'a: 1\n# d\ne: 3\n'],
    ['a key with its lines', 'a: 1\nb:\n  c:\n    - 1\ne: 3\n', ['b'], 'a: 1\ne: 3\n'],
    ['the last key without a line break', 'a: 1\r\nb: 2', ['b'], 'a: 1'],
    ['the first key behind a dash', '- a: 1\n  b: 2\n', [0, 'a'], '- b: 2\n'],
    ['a key in brackets', '{ a: 1, b: 2, c: 3 }\n', ['b'], '{ a: 1, c: 3 }\n'],
    ['the first key in brackets', '{ a: 1, b: 2 }\n', ['a'], '{ b: 2 }\n'],
    ['the last key in brackets', '{ a: 1, b: 2 }\n', ['b'], '{ a: 1 }\n'],
    ['an item', '- 1\n- 2 # c\n- 3\n', [1], '- 1\n- 3\n'],
    ['the last of lines in brackets', '[\n  1, # one\n  2 # two\n]\n', [1], '[\n  1, # one\n]\n'],
    ['the last item with its list and its mapping', 'a: 1\nb:\n  c:\n    - 1\n', ['b', 'c', 0], 'a: 1\n'],
    ['the last value of a mapping, which stays', 'a: { b: { c: 1 } }\n', ['a', 'b', 'c'], 'a: { b: {} }\n'],
    ['the last value of lines, which stay', 'a:\n  b: 1 # c\n', ['a', 'b'], 'a: {} # c\n'],
    ['the only key', '# c\na: 1\n', ['a'], '# c\n'],
  ])('%s', (_, text, path, expected) => {
    expect(edited(text, remove(path))).toBe(expected);
  });
});

describe('hints', () => {
  it('are added where hints are, in their form', () => {
    expect(edited(COMMENTED, (text) => addHint(text, hint))).toBe(
      COMMENTED.replace(
        'student: d }\n',
        'student: d }\n    - { teacher: block2/relu, student: conv2, adapter: conv1x1, weight: 0.5 }\n',
      ),
    );
    const blocks = 'distill:\n  hints:\n    - teacher: a\n      student: b\n';
    expect(edited(blocks, (text) => addHint(text, { student: 'd', teacher: 'c' }))).toBe(
      `${blocks}    - teacher: c\n      student: d\n`,
    );
  });

  it('are added where nothing is', () => {
    const line = '    - { teacher: a, student: b }\n';
    const add = (text: string): TextEdit => addHint(text, { teacher: 'a', student: 'b' });
    expect(edited('seed: 1\n', add)).toBe(`seed: 1\ndistill:\n  hints:\n${line}`);
    expect(edited('distill:\nseed: 1\n', add)).toBe(`distill:\n  hints:\n${line}seed: 1\n`);
    expect(edited('distill: { soft: {} }\n', add)).toBe(
      'distill: { soft: {}, hints: [{ teacher: a, student: b }] }\n',
    );
  });

  it('change in one edit', () => {
    expect(edited(COMMENTED, (text) => changeHint(text, 0, { adapter: 'strided', weight: 2 }))).toBe(
      COMMENTED.replace('student: b }', 'student: b, adapter: strided, weight: 2 }'),
    );
    const text = 'distill: { hints: [{ teacher: a, student: b, adapter: none, weight: 2 }] }\n';
    expect(
      edited(text, () => changeHint(text, 0, { student: 'c', adapter: undefined, member: undefined })),
    ).toBe('distill: { hints: [{ teacher: a, student: c, weight: 2 }] }\n');
  });

  it('are taken out, the last one with its list', () => {
    const one = edited(COMMENTED, (text) => removeHint(text, 0));
    expect(one).toBe(COMMENTED.replace('    - { teacher: a, student: b }   # first\n', ''));
    expect(edited(one, (text) => removeHint(text, 0))).not.toContain('hints:');
    expect(
      edited('a: 1\ndistill:\n  hints: [{ teacher: a, student: b }]\n', (text) => removeHint(text, 0)),
    ).toBe('a: 1\n');
  });
});

describe('refusals', () => {
  it.each<[string, (text: string) => TextEdit, string, RegExp]>([
    ['broken text', set(['a'], 1), 'b: [1\nc: 2\n', /before line 2 is mended: A `\]` is missing/],
    ['a key twice', set(['a'], 1), 'b: 1\nb: 2\n', /before line 2 is mended: This key stands twice/],
    [
      'an alias',
      set(['b', 'c'], 1),
      'a: &x { c: 2 }\nb: *x\n',
      /`b` is the alias `\*x` of what stands in line 1/,
    ],
    ['an alias as a value', set(['b'], 1), 'a: &x 2\nb: *x\n', /`b` is the alias `\*x`/],
    [
      'a merged mapping',
      set(['b', 'c', 'd'], 1),
      'a: &x { c: { d: 2 } }\nb: { <<: *x }\n',
      /`b.c` comes from the mapping that `<<` merges in line 2/,
    ],
    [
      'a merged key',
      remove(['b', 'c']),
      'a: &x { c: 1 }\nb: { <<: *x, d: 2 }\n',
      /`b.c` is not written here/,
    ],
    [
      'a shared mapping',
      set(['a', 'c'], 1),
      'a: &x { c: 2 }\nb: *x\n',
      /`a.c` is shared: other places use it as `\*x`/,
    ],
    ['an anchor in use', remove(['a']), 'a: &x { c: 2 }\nb: *x\n', /`a` is shared/],
    [
      'a part of a single value',
      set(['a', 'b'], 1),
      'c: 1\na: text\n',
      /`a` is a single value in line 2, so it cannot hold `a.b`/,
    ],
    ['a key of a list', set(['a', 'b'], 1), 'a: [1]\n', /`a` is a list in line 1/],
    ['an item that is far behind', set(['a', 3], 1), 'a: [1]\n', /`a` has no item 3 in line 1/],
    ['what is not there', remove(['a', 'b']), 'a: { c: 1 }\n', /`a.b` is not written here/],
  ])('%s', (_, make, text, message) => {
    expect(() => make(text)).toThrow(EditError);
    expect(() => make(text)).toThrow(message);
  });
});
