import { tagOf, variantsOf, type LanguageNode } from '../experiment/language';
import { typeOf } from '../experiment/reference';
import { describeShape } from '../layers/adapters';
import type { LayerRow, LayerTable } from '../layers/table';
import type { NearbyFiles } from './surroundings';

/** `whole number ≥ 1 · default 64`. */
export function detailOfKey(node: LanguageNode, isRequired: boolean): string {
  const type = typeOf(node).replaceAll('`', '');
  const standard = defaultOf(node);
  if (standard !== null) return `${type} · default ${standard}`;
  return `${type} · ${isRequired ? 'required' : 'optional'}`;
}

/** What hovering over a key tells: its path, type, default and meaning. */
export function hoverOfKey(path: string, node: LanguageNode, isRequired: boolean): string {
  const standard = defaultOf(node);
  const rest = standard === null ? (isRequired ? 'required' : 'optional') : `default \`${standard}\``;
  return [`**\`${path}\`** · ${typeOf(node)} · ${rest}`, node.description ?? ''].join('\n\n').trimEnd();
}

/** The default of a node as it is written; null when it has none. */
export function defaultOf(node: LanguageNode): string | null {
  const standard: unknown = node.default;
  const isSingle =
    typeof standard === 'string' || typeof standard === 'number' || typeof standard === 'boolean';
  return isSingle ? String(standard) : null;
}

/** The words that a value may be, each with what it means where that is told; none where any value may stand. */
export function wordsOf(node: LanguageNode): { word: string; description: string }[] {
  const words = variantsOf(node).flatMap((variant) => {
    if (variant.const !== undefined) {
      return [{ word: String(variant.const), description: variant.description ?? '' }];
    }
    if (variant.enum !== undefined) return variant.enum.map((word) => describedIn(String(word), node));
    return variant.type === 'boolean' ? ['true', 'false'].map((word) => ({ word, description: '' })) : [];
  });
  return [...new Map(words.map((each) => [each.word, each])).values()];
}

/** The words of the tag of a union, e.g. the datasets, each with what its form is about. */
export function tagWordsOf(union: LanguageNode, key: string): { word: string; description: string }[] {
  return variantsOf(union).flatMap((variant) => {
    const tag = tagOf(variant);
    return tag?.[0] === key ? [{ word: tag[1], description: variant.description ?? '' }] : [];
  });
}

/** `16×16×64 · Conv2D · models/student.ts:12`. */
export function detailOfLayer(row: LayerRow, files: Pick<NearbyFiles, 'show'>): string {
  const source = row.source === null ? [] : [`${files.show(row.source.file)}:${row.source.line}`];
  return [shapeOf(row), row.kind, ...source].join(' · ');
}

/** `16×16×64`. */
export function shapeOf({ shape }: Pick<LayerRow, 'shape'>): string {
  return shape === null ? 'shape not known' : describeShape(shape);
}

/** The facts of a layer as a Markdown list, its source as a link. */
export function factsOfLayer(row: LayerRow, files: Pick<NearbyFiles, 'show'>): string {
  const facts = [
    `**\`${row.name}\`** · ${row.kind} · ${shapeOf(row)}`,
    `${countOf(row.parameters)} parameters · ${countOf(row.multiplyAdds)} multiply-adds${
      row.receptiveField === null ? '' : ` · sees ${row.receptiveField.join('×')} pixels`
    }`,
  ];
  if (row.source !== null) facts.push(linkTo(row.source, files));
  return facts.join('\n\n');
}

/** What hovering over a model tells. */
export function factsOfModel(table: LayerTable, files: Pick<NearbyFiles, 'show'>): string {
  const parameters = table.rows.reduce((sum, row) => sum + row.parameters, 0);
  const operations = table.rows.reduce((sum, row) => sum + row.multiplyAdds, 0);
  const outputs = table.outputs.map((name) => {
    const shape = table.rows.find((row) => row.name === name)?.shape;
    return shape === undefined || shape === null ? `\`${name}\`` : `\`${name}\` (${describeShape(shape)})`;
  });
  const input = table.input === null ? [] : [`takes ${describeShape(table.input)}`];
  return [
    `**\`${table.label}\`** · ${table.rows.length} layers · ${countOf(parameters)} parameters · ${countOf(operations)} multiply-adds`,
    [...input, `gives ${outputs.join(', ')}`].join(', '),
    ...(table.definition === null ? [] : [linkTo(table.definition, files)]),
    ...table.notes,
  ].join('\n\n');
}

/** A number for people: `12,345`, `1.2 M`. */
export function countOf(count: number): string {
  if (count >= 1e9) return `${(count / 1e9).toFixed(1)} G`;
  return count >= 1e6 ? `${(count / 1e6).toFixed(1)} M` : count.toLocaleString('en');
}

function linkTo(
  position: { file: string; line: number; column: number },
  files: Pick<NearbyFiles, 'show'>,
): string {
  const { file, line, column } = position;
  const path = encodeURI(file.replaceAll('\\', '/')).replaceAll('#', '%23').replaceAll('?', '%3F');
  const url = `file://${path.startsWith('/') ? '' : '/'}${path}#L${line},${column}`;
  return `[${files.show(file)}:${line}](${url.replaceAll('(', '%28').replaceAll(')', '%29')})`;
}

/** A word with the part of a description that is about it: `` `kl` is …; `cross-entropy` adds … ``. */
function describedIn(word: string, node: LanguageNode): { word: string; description: string } {
  const sentences = (node.description ?? '').split(/(?<=[;.])\s+/);
  const own = sentences.find((sentence) => sentence.startsWith(`\`${word}\``));
  return { word, description: (own ?? '').replace(/;$/, '.') };
}
