import type { AttributeProto, NodeProto, StringStringEntryProto, TensorProto } from '../../onnx/onnx_pb';

/** What exporters wrote beside a node or a model, by its key. */
export function propertiesOf(entries: readonly StringStringEntryProto[]): ReadonlyMap<string, string> {
  return new Map(entries.map(({ key, value }) => [key, value]));
}

/** The texts of a list as Python prints it: `['', 'stem', "it's"]`. Null for anything else. */
export function parsePythonList(text: string): string[] | null {
  const list = /^\s*\[(.*)\]\s*$/s.exec(text);
  if (list === null) return null;
  const item = /\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\s*(?:,|$)/sy;
  const inner = list[1]!;
  const items: string[] = [];
  while (item.lastIndex < inner.length) {
    const match = item.exec(inner);
    if (match === null) return null;
    items.push((match[1] ?? match[2] ?? '').replaceAll(/\\(.)/gs, '$1'));
  }
  return items;
}

function attribute(node: NodeProto, name: string): AttributeProto | undefined {
  return node.attribute.find((candidate) => candidate.name === name);
}

/** A list of integers; null where the node does not have it. */
export function integersOf(node: NodeProto, name: string): number[] | null {
  const found = attribute(node, name);
  return found === undefined ? null : found.ints.map(Number);
}

/** An integer; `fallback` where the node does not have it. */
export function integerOf(node: NodeProto, name: string, fallback: number): number {
  const found = attribute(node, name);
  return found === undefined ? fallback : Number(found.i);
}

/** A text; `fallback` where the node does not have it. */
export function textOf(node: NodeProto, name: string, fallback: string): string {
  const found = attribute(node, name);
  return found === undefined ? fallback : new TextDecoder().decode(found.s);
}

/** The tensor that a Constant gives; undefined for other nodes. */
export function constantOf(node: NodeProto | undefined): TensorProto | undefined {
  return node?.opType === 'Constant' ? attribute(node, 'value')?.t : undefined;
}
