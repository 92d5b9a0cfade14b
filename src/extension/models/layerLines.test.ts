import { describe, expect, it } from 'vitest';
import { layerFiles, layerLines, markOf, pickable } from './layerLines';
import { known, layer } from './pictures.fixture';

const file = '/folder/nets.ts';
const elsewhere = { source: { file: '/folder/other.ts', line: 3, column: 1, chain: [] } };

describe('layerLines', () => {
  it('tells which layers each line of a file makes, and which hints use them', () => {
    const experiment = known(
      'a',
      {
        teachers: [[layer('t1', [8, 8, 4], 9), layer('t2', [4, 4, 8], 9), layer('t3', [10], 3, elsewhere)]],
        student: [layer('s1', [8, 8, 2], 2), layer('zoo', [4], 1, { source: null })],
      },
      [{ teacher: 't2', student: 's1' }],
    );
    const lines = layerLines(file, [experiment]);
    expect(lines.map(({ line, layers }) => [line, layers.map(({ row }) => row.name)])).toEqual([
      [2, ['s1']],
      [9, ['t1', 't2']],
    ]);
    expect(lines[0]!.layers[0]!.uses).toMatchObject([{ side: 'student', partner: 't2' }]);
    expect(lines[1]!.layers.map(({ uses }) => uses)).toMatchObject([
      [],
      [{ side: 'teacher', partner: 's1' }],
    ]);
    expect(layerFiles(experiment.picture)).toEqual([file, '/folder/other.ts']);
  });

  it('tells a layer once that two experiments, or teacher and student, have in common', () => {
    const shared = layer('conv', [8, 8, 4], 2);
    const [line] = layerLines(file, [
      known('a', { teachers: [[shared]], student: [shared] }),
      known('b', { teachers: [], student: [{ ...shared }] }),
    ]);
    expect(line?.layers).toHaveLength(1);
    expect(line?.layers[0]?.parts.map(({ side, experiment }) => `${side} of ${experiment.name}`)).toEqual([
      'student of a',
      'teacher of a',
      'student of b',
    ]);
  });

  it('tells apart what options have given other shapes', () => {
    const [line] = layerLines(file, [
      known('a', { teachers: [], student: [layer('conv', [8, 8, 4], 2)] }),
      known('b', { teachers: [], student: [layer('conv', [8, 8, 8], 2)] }),
    ]);
    expect(line?.layers.map(({ row }) => row.shape)).toEqual([
      [8, 8, 4],
      [8, 8, 8],
    ]);
  });

  it('knows which member of an ensemble gives a hint', () => {
    const lines = layerLines(file, [
      known('a', { teachers: [[layer('t', [4], 1)], [layer('t', [4], 2)]], student: [] }, [
        { teacher: 't', student: 's', member: 1 },
      ]),
    ]);
    expect(lines.map(({ layers }) => layers[0]!.uses.length)).toEqual([0, 1]);
  });

  it('compares paths as it is told, and follows lines that moved', () => {
    const experiment = known('a', { teachers: [], student: [layer('s1', [4], 2), layer('s2', [4], 7)] });
    const lines = layerLines(
      '/FOLDER/Nets.ts',
      [experiment],
      (path) => path.toLowerCase(),
      (_, { line }) => (line === 2 ? null : line + 10),
    );
    expect(lines.map(({ line }) => line)).toEqual([17]);
  });
});

describe('markOf', () => {
  it('is one mark a line, also of a line whose layers are at both ends of hints', () => {
    const lines = layerLines(file, [
      known('a', { teachers: [[layer('t', [4], 1), layer('x', [4], 3)]], student: [layer('s', [4], 2)] }, [
        { teacher: 't', student: 's' },
      ]),
      known('b', { teachers: [[layer('s', [4], 2)]], student: [layer('u', [4], 4)] }, [
        { teacher: 's', student: 'u' },
      ]),
    ]);
    expect(lines.map(markOf)).toEqual(['hint', 'both', null, 'guided']);
  });
});

describe('pickable', () => {
  it('offers layers whose experiment has the other side, and that have one output', () => {
    const lines = layerLines(file, [
      known('taught', {
        teachers: [[layer('t', [4], 1)]],
        student: [layer('s', [4], 2), layer('twice', [4], 2, { uses: 2 }), layer('unknown', null, 2)],
      }),
      known('alone', { teachers: [], student: [layer('s', [4], 2)] }),
    ]);
    expect(pickable(lines, 'teacher').map(({ row }) => row.name)).toEqual(['t']);
    const guided = pickable(lines, 'student');
    expect(guided.map(({ row }) => row.name)).toEqual(['s']);
    expect(guided[0]!.parts.map(({ experiment }) => experiment.name)).toEqual(['taught']);
  });
});
