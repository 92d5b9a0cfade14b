import { describe, expect, it } from 'vitest';
import { join } from 'node:path';
import type { LayerRow, LayerTable } from '../layers/table';
import { layOutLayers } from './layers';

const row = (name: string, others: Partial<LayerRow>): LayerRow => ({
  name,
  kind: 'Conv2D',
  shape: [16, 16, 32],
  parameters: 0,
  multiplyAdds: 0,
  receptiveField: null,
  inputs: [],
  uses: 1,
  source: null,
  ...others,
});
const place = (file: string, line: number) => ({ file, line, column: 5, chain: [] });

// eslint-disable-next-line no-control-regex -- colours are control sequences
const withoutColors = (text: string) => text.replace(/\u001b\[\d+m/g, '');

describe('layOutLayers', () => {
  it('shows columns, places in the working directory, sums and notes', () => {
    const table: LayerTable = {
      label: './net.ts#student',
      format: 'code',
      input: [-1, -1, 3],
      rows: [
        row('conv1', {
          parameters: 4640,
          multiplyAdds: 1_179_648,
          receptiveField: [3, 3],
          source: place(join(process.cwd(), 'models', 'net.ts'), 12),
        }),
        row('shared', {
          kind: 'Dense',
          shape: [10],
          parameters: 100,
          uses: 2,
          source: place('/elsewhere/net.ts', 7),
        }),
        row('last', { kind: 'weights', shape: null }),
      ],
      outputs: ['last'],
      definition: { file: join(process.cwd(), 'models', 'net.ts'), line: 3, column: 8 },
      files: [],
      notes: ['A note.'],
    };
    expect(withoutColors(layOutLayers(table, 'teacher')).split('\n')).toEqual([
      `./net.ts#student (teacher): code · takes ?×?×3 · gives last · ${join('models', 'net.ts')}:3:8`,
      'layer              kind      shape      parameters   multiply-adds   receptive field   source',
      `conv1              Conv2D    16×16×32        4,640       1,179,648   3×3               ${join('models', 'net.ts')}:12:5`,
      'shared (2 times)   Dense     10                100               –   –                 /elsewhere/net.ts:7:5',
      'last               weights   –                   –               –   –',
      '3 layers                                     4,740       1,179,648',
      'A note.',
    ]);
  });
});
