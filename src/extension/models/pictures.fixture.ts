import type { HintConfig } from '../../experiment/schema';
import type { LayerRow, LayerTable } from '../../layers/table';
import type { KnownExperiment } from './layerLines';

/** A layer that one line of a file makes; what matters not to a test is filled in. */
export function layer(
  name: string,
  shape: number[] | null,
  line: number,
  more: Partial<LayerRow> = {},
): LayerRow {
  return {
    name,
    kind: 'Conv2D',
    shape,
    parameters: 1_234,
    multiplyAdds: 56_789,
    receptiveField: [3, 3],
    inputs: [],
    uses: 1,
    source: { file: '/folder/nets.ts', line, column: 5, chain: [] },
    ...more,
  };
}

export function table(rows: LayerRow[]): LayerTable {
  return {
    label: './nets.ts#net',
    format: 'code',
    input: [16, 16, 1],
    rows,
    outputs: [],
    definition: null,
    files: ['/folder/nets.ts'],
    notes: [],
  };
}

/** An experiment whose models have these layers. */
export function known(
  name: string,
  { teachers, student }: { teachers: LayerRow[][]; student: LayerRow[] },
  hints: Partial<HintConfig>[] = [],
): KnownExperiment {
  const model = (reference: string, rows: LayerRow[]) => ({ reference, table: table(rows), failure: null });
  const file = `/folder/${name}.distill.yaml`;
  return {
    file,
    name,
    picture: {
      file,
      problems: [],
      student: model('./nets.ts#student', student),
      teachers: teachers.map((rows) => model('./nets.ts#teacher', rows)),
      files: [],
    },
    hints: hints.map((hint) => ({
      teacher: '',
      student: '',
      member: 0,
      adapter: 'auto',
      distance: 'l2',
      weight: 1,
      ...hint,
    })),
  };
}
