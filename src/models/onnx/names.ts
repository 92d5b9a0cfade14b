import type { GraphNode } from './topology';
import { parsePythonList, propertiesOf } from './properties';

/** A node that has a row in the layer table. */
export interface NamedNode {
  name: string;
  node: GraphNode;
  /** The tensor that stands for the layer: its first output. */
  tensor: string;
}

/** Ops that give what they take, or nothing of the image; they have no rows. */
const PLUMBING: ReadonlySet<string> = new Set(['Identity', 'Constant', 'Cast', 'CastLike', 'Dropout']);

/** Whether a node has a row: it computes something from the image. */
export function hasRow({ computes, outputs, proto }: GraphNode): boolean {
  return computes && outputs.length > 0 && !PLUMBING.has(proto.opType);
}

/**
 * Names the layers of a model.
 *
 * A node is called as PyTorch's TorchScript exporter called it, to the letter: `/blocks.0/conv1/Conv`. Files of the
 * newer exporter say which module a node belongs to and what it is called there: a module that does one thing gives
 * its name to it (`blocks.0.conv1`), what a module does beside its parts has its name before its own
 * (`blocks.0/relu_1`), and what the whole network does only its own (`mean`). A node without a name, and nodes that
 * would share one, are called as the tensor that they give.
 */
export function nameNodes(nodes: readonly GraphNode[]): NamedNode[] {
  const rows = nodes.filter(hasRow);
  const scopes = rows.map(scopeOf);
  const modules = new Map<string, number>();
  for (const scope of scopes) {
    if (scope !== null) modules.set(scope.module, (modules.get(scope.module) ?? 0) + 1);
  }
  const parents = new Set([...modules.keys()].flatMap(ancestors));
  const wanted = rows.map(({ proto, outputs }, index) => {
    const scope = scopes[index] ?? null;
    if (scope === null) return proto.name === '' ? outputs[0]! : proto.name;
    if (scope.module === '') return scope.step;
    const isAlone = modules.get(scope.module) === 1 && !parents.has(scope.module);
    return isAlone ? scope.module : `${scope.module}/${scope.step}`;
  });
  const counts = new Map<string, number>();
  for (const name of wanted) counts.set(name, (counts.get(name) ?? 0) + 1);
  // Several nodes of one step: the last one gives what the step gives, and keeps its name.
  const taken = new Set(wanted);
  return rows.map((node, index) => {
    const tensor = node.outputs[0]!;
    let name = wanted[index]!;
    if (counts.get(name)! > 1 && wanted.lastIndexOf(name) !== index) {
      const module = scopes[index]?.module ?? '';
      name = module === '' ? tensor : `${module}/${tensor}`;
      while (taken.has(name)) name += "'";
      taken.add(name);
    }
    return { name, node, tensor };
  });
}

/** Of `blocks.0.conv1`: `blocks.0`, `blocks` and the network itself. */
function ancestors(module: string): string[] {
  const parts = module.split('.');
  return parts.map((_, index) => parts.slice(0, index).join('.'));
}

/** The module that a node belongs to, and what it is called in it; null where the file does not tell. */
function scopeOf({ proto }: GraphNode): { module: string; step: string } | null {
  const written = propertiesOf(proto.metadataProps).get('pkg.torch.onnx.name_scopes');
  const scopes = written === undefined ? null : parsePythonList(written);
  const step = scopes?.at(-1);
  if (scopes === null || step === undefined || step === '') return null;
  return { module: scopes.at(-2) ?? '', step };
}
