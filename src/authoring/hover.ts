import { nodeAt, propertiesOf, valueAt, variantFor, variantsOf } from '../experiment/language';
import { formatPath, type ExperimentPath } from '../experiment/problem';
import type { AdapterKind } from '../experiment/schema';
import { AdapterMismatch, adapterParameters, planAdapter } from '../layers/adapters';
import { pairObstacle } from '../layers/candidates';
import type { LayerTable } from '../layers/table';
import { countOf, factsOfLayer, factsOfModel, hoverOfKey, tagWordsOf, wordsOf } from './describe';
import { hintSide, placeOf } from './places';
import { sketchOf, sketchValue } from './sketch';
import { language, rowOf, type Surroundings } from './surroundings';
import { tokenAt } from './token';
import { zooModels } from './zoo';

/** What is told of something in an experiment. */
export interface Hover {
  /** Offsets of what it is about. */
  start: number;
  end: number;
  markdown: string;
}

/**
 * What is to be told of the key or value at an offset: what a key means, which layer a name stands for and what joins
 * it with the other side of its hint, what a model is made of.
 *
 * @param beyondSchema leaves out what the JSON schema tells as well.
 */
export function hoverAt(
  text: string,
  offset: number,
  surroundings: Surroundings,
  beyondSchema = false,
): Hover | null {
  const sketch = sketchOf(text);
  const token = tokenAt(sketch, offset);
  if (token === null) return null;
  const value = sketchValue(sketch);
  const named = token.part === 'value' ? hoverOfName(token.path, token.text, value, surroundings) : null;
  const markdown = named ?? (beyondSchema ? null : hoverOfSchema(token.path, token.part, token.text, value));
  return markdown === null ? null : { start: token.start, end: token.end, markdown };
}

function hoverOfName(
  path: ExperimentPath,
  name: string,
  value: unknown,
  surroundings: Surroundings,
): string | null {
  const { tables, files } = surroundings;
  const place = placeOf(path);
  if (place?.kind === 'layer') {
    const { table, partner } = hintSide(value, place.hint, place.role, tables);
    const row = rowOf(table, name);
    if (table === null || row === undefined) return null;
    const other = partner === null ? null : { layer: partner.layer, table: partner.table };
    const mine = { table, layer: name };
    const adapter = valueAt(value, [...path.slice(0, -1), 'adapter']);
    const pair =
      other?.table == null
        ? []
        : [
            place.role === 'teacher'
              ? pairText(mine, full(other), adapter)
              : pairText(full(other), mine, adapter),
          ];
    return [factsOfLayer(row, files), ...pair].join('\n\n');
  }
  if (place?.kind === 'model') {
    const table = place.role === 'student' ? tables.student : (tables.teachers[place.member] ?? null);
    const zoo = zooModels.find((model) => name === `zoo/${model.name}`);
    const facts = table?.label === name ? [factsOfModel(table, files)] : [];
    const told = [...facts, ...(zoo === undefined ? [] : [zoo.description])];
    return told.length === 0 ? null : told.join('\n\n');
  }
  if (place?.kind !== 'file' || place.content !== 'experiment') return null;
  const member = typeof path[1] === 'number' ? path[1] : 0;
  const teacher = tables.teachers[member];
  return teacher == null
    ? null
    : `The teacher is the best checkpoint of this experiment.\n\n${factsOfModel(teacher, files)}`;
}

interface End {
  table: LayerTable;
  layer: string;
}

function full({ table, layer }: { table: LayerTable | null; layer: string }): End | null {
  return table === null ? null : { table, layer };
}

/** What joins the two layers of a hint, and what that costs, or why nothing does. */
function pairText(teacher: End | null, student: End | null, adapter: unknown): string {
  const hint = rowOf(teacher?.table, teacher?.layer ?? '');
  const guided = rowOf(student?.table, student?.layer ?? '');
  if (teacher === null || student === null || hint?.shape == null || guided?.shape == null) return '';
  try {
    const kind = isAdapter(adapter) ? adapter : 'auto';
    const plan = planAdapter(kind, guided.shape, hint.shape);
    const obstacle = pairObstacle(teacher, student);
    if (obstacle !== null) return obstacle;
    const cost = adapterParameters(plan);
    return `\`${guided.name}\` learns \`${hint.name}\` with the adapter \`${plan.kind}\`${cost === 0 ? '' : ` (${countOf(cost)} parameters)`}: ${plan.reason}`;
  } catch (error) {
    if (error instanceof AdapterMismatch) return error.message;
    throw error;
  }
}

function isAdapter(word: unknown): word is AdapterKind {
  const kinds: readonly unknown[] = ['auto', 'none', 'conv1x1', 'regressor', 'strided', 'transposed'];
  return kinds.includes(word);
}

function hoverOfSchema(
  path: ExperimentPath,
  part: 'key' | 'value',
  text: string,
  value: unknown,
): string | null {
  const key = path.findLast((segment) => typeof segment === 'string');
  const keyPath = path.slice(0, path.lastIndexOf(key ?? '') + 1);
  const parentPath = keyPath.slice(0, -1);
  const parent = nodeAt(language(), value, parentPath);
  const node = nodeAt(language(), value, keyPath) ?? undefined;
  if (parent === null || node === undefined || key === undefined) return null;
  const form = variantFor(parent, valueAt(value, parentPath));
  const tags = tagWordsOf(parent, key);
  const isRequired = form?.required?.includes(key) === true;
  const words = tags.length > 0 ? tags : wordsOf(node);
  const told = hoverOfKey(
    formatPath(keyPath),
    tags.length > 0 ? { ...node, description: parent.description ?? '' } : node,
    isRequired,
  );
  if (part === 'value') {
    const word = words.find((each) => each.word === text && each.description !== '');
    return word === undefined ? told : `**\`${text}\`** · ${word.description}\n\n${told}`;
  }
  const described = words.filter(({ description }) => description !== '');
  const list = described.map(
    ({ word, description }) => `- \`${word}\`: ${description.replace(/^`[^`]*`(?: is|:)? /, '')}`,
  );
  const keys = variantsOf(node).flatMap((variant) => propertiesOf(variant).map(([name]) => name));
  const inner =
    keys.length === 0 ? [] : [`Keys: ${[...new Set(keys)].map((name) => `\`${name}\``).join(', ')}`];
  return [told, ...(tags.length > 0 ? [list.join('\n')] : []), ...inner]
    .filter((line) => line !== '')
    .join('\n\n');
}
