import { describe, expect, it } from 'vitest';
import { layerLines } from './layerLines';
import { known, layer } from './pictures.fixture';
import { hoverText, lensTexts, shapeText, type Links } from './texts';

const file = '/folder/nets.ts';
const links: Links = {
  position: ({ file: path, line, column }) => `${path}#${line},${column}`,
  file: (path) => path,
  name: (path) => path.slice('/folder/'.length),
};

const experiment = known(
  'digits',
  {
    teachers: [[layer('block2/relu', [8, 8, 32], 9), layer('block3/relu', [4, 4, 64], 9)]],
    student: [
      layer('conv2', [8, 8, 16], 2),
      layer('logits', [10], 3, { kind: 'Dense', receptiveField: null }),
    ],
  },
  [{ teacher: 'block2/relu', student: 'conv2' }],
);

describe('lensTexts', () => {
  it('says the shape, the kind and the hint of a layer, and what it can be picked for', () => {
    const lines = layerLines(file, [experiment]);
    expect(lines.map(lensTexts)).toEqual([
      {
        summary: '8×8×16 · Conv2D · guided by teacher block2/relu',
        actions: [{ side: 'student', title: 'pick as guided layer' }],
      },
      { summary: '10 units · Dense', actions: [{ side: 'student', title: 'pick as guided layer' }] },
      {
        summary: '2 layers · 8×8×32 … 4×4×64 · hint of student conv2',
        actions: [{ side: 'teacher', title: 'pick as hint' }],
      },
    ]);
  });

  it('says equal shapes once, and ends a long list of hints', () => {
    const many = known(
      'many',
      { teachers: [[layer('a', [4, 4, 2], 1), layer('b', [4, 4, 2], 1)]], student: [] },
      ['p', 'q', 'r', 's'].map((student) => ({ teacher: 'a', student })),
    );
    const [line] = layerLines(file, [many]);
    expect(lensTexts(line!).summary).toBe(
      '2 layers · 4×4×2 · hint of student p, hint of student q, hint of student r, …',
    );
  });

  it('offers nothing in an experiment without a teacher', () => {
    const [line] = layerLines(file, [known('alone', { teachers: [], student: [layer('conv', [4], 1)] })]);
    expect(lensTexts(line!).actions).toEqual([]);
  });
});

describe('shapeText', () => {
  it('marks sizes that are not known', () => {
    expect(shapeText([-1, -1, 64])).toBe('?×?×64');
    expect(shapeText([])).toBe('?');
    expect(shapeText(null)).toBe('?');
  });
});

describe('hoverText', () => {
  it('has the row of the table, the calls that led there, and the experiments', () => {
    const chain = [
      { file, line: 2, column: 5, function: 'block' },
      { file: '/folder/my_net.ts', line: 40, column: 1, function: null },
    ];
    const traced = layer('a_b', [8, 8, 16], 2, { source: { file, line: 2, column: 5, chain } });
    const lines = layerLines(file, [
      known('digits', { teachers: [[layer('t', [4], 8)]], student: [traced] }, [
        { teacher: 't', student: 'a_b' },
      ]),
    ]);
    expect(hoverText(lines[0]!, links)).toBe(`**a\\_b** · Conv2D · 8×8×16

1,234 parameters · 56,789 multiply-adds · sees 3×3 pixels

Made at [block \\(nets.ts:2\\)](/folder/nets.ts#2,5) ← [my\\_net.ts:40](/folder/my_net.ts#40,1)

student ./nets.ts\\#student of [digits](/folder/digits.distill.yaml), guided by teacher t`);
  });

  it('leaves out what there is not, and ends a long list', () => {
    const rows = Array.from({ length: 6 }, (_, index) =>
      layer(`layer${index}`, [4], 1, { receptiveField: null, uses: 2 }),
    );
    const [line] = layerLines(file, [known('alone', { teachers: [], student: rows })]);
    const text = hoverText(line!, links);
    expect(text).toContain('1,234 parameters · 56,789 multiply-adds\n');
    expect(text).toContain('Applied 2 times');
    expect(text).not.toContain('layer4');
    expect(text).toMatch(/… and 2 more layers made by this line\.$/);
  });
});
