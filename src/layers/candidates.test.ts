import { describe, expect, it } from 'vitest';
import { fittingAdapters, layerObstacles, pairObstacle, rankCandidates } from './candidates';
import type { LayerRow, LayerTable } from './table';

function row(name: string, kind: string, shape: number[] | null, inputs: string[], rest = {}): LayerRow {
  return {
    name,
    kind,
    shape,
    parameters: kind === 'Conv2D' || kind === 'Dense' ? 100 : 0,
    multiplyAdds: 0,
    receptiveField: null,
    inputs,
    uses: 1,
    source: null,
    ...rest,
  };
}

function table(rows: LayerRow[], outputs: string[]): LayerTable {
  return {
    label: 'net',
    format: 'code',
    input: [32, 32, 3],
    rows,
    outputs,
    definition: null,
    files: [],
    notes: [],
  };
}

/** A chain of convolutions and ReLUs of these widths, each block half as large as the one before. */
function net(widths: readonly number[], size = 32): LayerTable {
  const rows: LayerRow[] = [];
  let before: string[] = [];
  widths.forEach((width, index) => {
    const side = size / 2 ** index;
    rows.push(row(`conv${index + 1}`, 'Conv2D', [side, side, width], before));
    rows.push(row(`relu${index + 1}`, 'Activation', [side, side, width], [`conv${index + 1}`]));
    before = [`relu${index + 1}`];
  });
  rows.push(row('pool', 'GlobalAveragePooling2D', [widths.at(-1)!], before));
  rows.push(row('logits', 'Dense', [10], ['pool']), row('softmax', 'Softmax', [10], ['logits']));
  return table(rows, ['softmax']);
}

const teacher = net([32, 64, 128]);
const student = net([8, 16, 32]);

describe('rankCandidates', () => {
  it('puts the layer of the same size, depth and kind first', () => {
    const [first, second] = rankCandidates({ role: 'teacher', table: teacher, layer: 'relu2' }, student);
    expect(first).toMatchObject({ layer: 'relu2', plan: { kind: 'conv1x1' }, parameters: 17 * 64 });
    expect(first?.reason).toContain('16×16×16 → 16×16×64');
    expect(second?.layer).toBe('conv2');
  });

  it('works from the student too, towards the teacher', () => {
    const [first] = rankCandidates({ role: 'student', table: student, layer: 'relu3' }, teacher);
    expect(first).toMatchObject({ layer: 'relu3', plan: { from: [8, 8, 32], to: [8, 8, 128] } });
  });

  it('believes what was measured before it believes the depth', () => {
    const alike = (_: string, layer: string) => (layer === 'conv2' ? 0.9 : 0.5);
    const [first] = rankCandidates({ role: 'teacher', table: teacher, layer: 'relu2' }, student, alike);
    expect(first).toMatchObject({ layer: 'conv2', similarity: 0.9 });
  });

  it('puts those of other sizes behind, and the impossible last with a reason', () => {
    const ranked = rankCandidates({ role: 'teacher', table: teacher, layer: 'relu2' }, student);
    const kinds = ranked.map(({ plan }) => plan?.kind ?? 'impossible');
    expect(kinds.slice(0, 2)).toEqual(['conv1x1', 'conv1x1']);
    expect(kinds.slice(2, 6).toSorted()).toEqual(['strided', 'strided', 'transposed', 'transposed']);
    expect(ranked.slice(6).map(({ layer, reason }) => [layer, reason])).toEqual([
      ['pool', expect.stringContaining('one is a map and the other a vector')],
      ['logits', 'It is the output of the model, which soft targets teach.'],
      ['softmax', 'It comes after the classifier, which soft targets teach.'],
    ]);
  });

  it('offers nothing for a layer that cannot be chosen, and says why', () => {
    const ranked = rankCandidates({ role: 'teacher', table: teacher, layer: 'logits' }, student);
    expect(ranked.every(({ plan }) => plan === null)).toBe(true);
    expect(rankCandidates({ role: 'teacher', table: teacher, layer: 'gone' }, student)).toEqual([]);
  });
});

describe('layerObstacles', () => {
  it('names layers that are used several times, and those of unknown shape', () => {
    const odd = table(
      [
        row('shared', 'Conv2D', [8, 8, 4], [], { uses: 2 }),
        row('unknown', 'Lambda', null, ['shared']),
        row('logits', 'Dense', [10], ['unknown']),
      ],
      ['logits'],
    );
    expect([...layerObstacles(odd)]).toEqual([
      ['logits', 'It is the output of the model, which soft targets teach.'],
      ['shared', 'The model applies it 2 times, so it has no one output.'],
      ['unknown', 'Its shape is not known.'],
    ]);
  });

  it('leaves the features alone where the output is not made by a classifier', () => {
    const features = table(
      [
        row('left', 'Conv2D', [8, 8, 4], []),
        row('sum', 'Add', [8, 8, 4], ['left', 'left']),
        row('pool', 'GlobalAveragePooling2D', [4], ['sum']),
      ],
      ['pool'],
    );
    expect([...layerObstacles(features).keys()]).toEqual(['pool']);
  });

  it('takes each head of a detector for an output, but not what the next part is built on', () => {
    const detector = table(
      [
        row('body', 'Conv2D', [16, 16, 8], []),
        row('head', 'Conv2D', [16, 16, 18], ['body']),
        row('boxes', 'Yolo', [16, 16, 18], ['head']),
        row('neck', 'Conv2D', [8, 8, 8], ['body']),
        row('head2', 'Conv2D', [8, 8, 18], ['neck']),
      ],
      ['boxes', 'head2'],
    );
    expect([...layerObstacles(detector).keys()].toSorted()).toEqual(['boxes', 'head', 'head2']);
  });
});

describe('fittingAdapters', () => {
  it('lists those that fit, the proposed one first', () => {
    const kinds = (guided: number[], hint: number[]) => fittingAdapters(guided, hint).map(({ kind }) => kind);
    expect(kinds([16, 16, 8], [16, 16, 8])).toEqual(['none', 'conv1x1', 'regressor']);
    expect(kinds([16, 16, 8], [8, 8, 8])).toEqual(['strided', 'regressor']);
    expect(kinds([7, 7, 8], [16, 16, 8])).toEqual([]);
  });
});

describe('pairObstacle', () => {
  it('says what is wrong with a pair, of either side', () => {
    const pair = (hint: string, guided: string) =>
      pairObstacle({ table: teacher, layer: hint }, { table: student, layer: guided });
    expect(pair('relu2', 'relu2')).toBeNull();
    expect(pair('relu2', 'softmax')).toContain('after the classifier');
    expect(pair('logits', 'relu2')).toContain('output of the model');
    expect(pair('relu2', 'gone')).toContain('no longer there');
  });
});
