import type { LayerRow, LayerTable } from '../layers/table';
import type { ModelTables, Surroundings } from './surroundings';

const folder = '/lab';
const student = `${folder}/models/student.ts`;

/** The files around the experiment of the tests. */
const texts: Readonly<Record<string, string>> = {
  '/lab/kd.distill.yaml': '',
  '/lab/teacher.distill.yaml': '',
  '/lab/models/student.ts': `import * as tf from '@tensorflow/tfjs';
// export function old() {}
export function student(): tf.LayersModel {
  return tf.sequential();
}
export const wide = student;
export { student as thin, type Options };
`,
  '/lab/models/student.test.ts': '',
  '/lab/weights/best.safetensors': '',
  '/lab/weights/notes.txt': '',
  '/lab/node_modules/x.js': '',
};

function rowsOf(
  rows: [name: string, kind: string, shape: number[], parameters: number][],
  isCode: boolean,
): LayerRow[] {
  return rows.map(([name, kind, shape, parameters], index) => ({
    name,
    kind,
    shape,
    parameters,
    multiplyAdds: parameters * 100,
    receptiveField: shape.length === 3 ? [3 + index, 3 + index] : null,
    inputs: index === 0 ? [] : [rows[index - 1]![0]],
    uses: 1,
    source: isCode ? { file: student, line: 10 + index, column: 5, chain: [] } : null,
  }));
}

const studentTable: LayerTable = {
  label: './models/student.ts#student',
  format: 'code',
  input: [16, 16, 1],
  rows: rowsOf(
    [
      ['conv1', 'Conv2D', [16, 16, 8], 80],
      ['conv2', 'Conv2D', [8, 8, 16], 1168],
      ['pool', 'GlobalAveragePooling2D', [16], 0],
      ['logits', 'Dense', [10], 170],
    ],
    true,
  ),
  outputs: ['logits'],
  definition: { file: student, line: 3, column: 17 },
  files: [student],
  notes: [],
};

const teacherTable: LayerTable = {
  label: 'zoo/conv-wide',
  format: 'zoo',
  input: [16, 16, 1],
  rows: rowsOf(
    [
      ['block1/relu', 'ReLU', [16, 16, 32], 0],
      ['block2/relu', 'ReLU', [8, 8, 64], 0],
      ['odd: name', 'ReLU', [5, 5, 64], 0],
      ['pool', 'GlobalAveragePooling2D', [64], 0],
      ['logits', 'Dense', [10], 650],
    ],
    false,
  ),
  outputs: ['logits'],
  definition: null,
  files: [],
  notes: [],
};

export const tables: ModelTables = { student: studentTable, teachers: [teacherTable, studentTable] };

export function surroundings(file = '/lab/kd.distill.yaml'): Surroundings {
  return {
    file,
    tables,
    files: {
      resolve: resolve,
      list: (path) => {
        const inside = Object.keys(texts).flatMap((each) =>
          each.startsWith(`${path}/`) ? each.slice(path.length + 1) : [],
        );
        const names = new Map(inside.map((each) => [each.split('/')[0]!, each.includes('/')]));
        return [...names].map(([name, isFolder]) => ({ name, isFolder }));
      },
      read: (path) => texts[path] ?? null,
      show: (path) => path.replace(`${folder}/`, ''),
    },
  };
}

function resolve(from: string, reference: string): string {
  if (reference.startsWith('/')) return reference;
  const parts = [...from.split('/').slice(1, -1), ...reference.split('/')];
  const kept: string[] = [];
  for (const part of parts) {
    if (part === '..') kept.pop();
    else if (part !== '.' && part !== '') kept.push(part);
  }
  return `/${kept.join('/')}`;
}

/** A text without the mark of the cursor, and where that stood. */
export function atMark(marked: string): { text: string; offset: number } {
  const offset = marked.indexOf('|');
  return { text: marked.slice(0, offset) + marked.slice(offset + 1), offset };
}
