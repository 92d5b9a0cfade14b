import type { Graph } from './graph/graph';
import { allocate, textOf, type HostArray, type Value } from './graph/value';
import { liveValues, Lowering } from './lowering/lowering';
import { makeTensor, openSession, releaseTensors, type HostTensor, type NativeSession } from './runtime';
import { sessionOptions, type CompilerSettings } from './settings';

/** The numbers of graph inputs that stand for arrays. */
export type KnownValues = WeakMap<Value, HostArray>;

/** A program whose inputs and outputs are known by their order, so that it serves every graph of the same form. */
interface CachedProgram {
  session: NativeSession;
  inputs: readonly string[];
  outputShapes: readonly (readonly number[])[];
}

const MOST_PROGRAMS = 256;
/** The most recently used come last. */
const programs = new Map<string, CachedProgram>();

/**
 * Computes values that no trace owns, in one program. Graphs of one form (the pieces of a loop, say) share their
 * session.
 *
 * @returns an array for each value, in row-major order of its shape.
 */
export function evaluate(
  graph: Graph,
  values: readonly Value[],
  known: KnownValues,
  settings: CompilerSettings,
): HostArray[] {
  const live = liveValues(values);
  const leaves = live.filter(({ op }) => op === 'Input');
  const key = formOf(live, values, settings);
  const program = recall(key) ?? remember(key, compile(graph, values, leaves, settings));
  const feeds = leaves.map((leaf, index): [string, HostTensor] => [
    program.inputs[index]!,
    makeTensor(leaf.dtype, known.get(leaf)!, leaf.shape),
  ]);
  const results = values.map(({ dtype, size }, index) =>
    makeTensor(dtype, allocate(dtype, size), program.outputShapes[index]!),
  );
  const fetches = results.map((tensor, index): [string, HostTensor] => [outputName(index), tensor]);
  releaseTensors(
    Object.values(program.session.run(Object.fromEntries(feeds), Object.fromEntries(fetches), {})),
  );
  return results.map(({ data }) => data);
}

function compile(
  graph: Graph,
  values: readonly Value[],
  leaves: readonly Value[],
  settings: CompilerSettings,
): CachedProgram {
  const outputs = values.map((value, index) => ({
    name: outputName(index),
    value,
    shape: value.shape,
    dtype: value.dtype,
  }));
  const session = openSession(Lowering.encode(graph, outputs, settings), sessionOptions(settings));
  return {
    session,
    inputs: leaves.map((leaf) => (leaf.op === 'Input' ? leaf.attributes.name : '')),
    outputShapes: session.outputMetadata.map(({ shape }) => shape),
  };
}

function outputName(index: number): string {
  return `result ${index}`;
}

/** What two graphs have in common that one program can compute: all but the numbers of their leaves. */
function formOf(live: readonly Value[], values: readonly Value[], settings: CompilerSettings): string {
  const places = new Map(live.map((value, index) => [value, index]));
  const lines = live.map((value) => {
    const inputs = value.inputs.map((input) => places.get(input)!).join();
    return `${value.op}(${inputs})${contentOf(value)}${value.dtype}[${value.shape.join()}]`;
  });
  const results = values.map((value) => places.get(value)!).join();
  return `${settings.provider} ${settings.block} ${settings.extensions}\n${lines.join('\n')}\n→ ${results}`;
}

function contentOf(value: Value): string {
  if (value.op === 'Input') return '';
  return value.op === 'Constant' && value.size <= 1024 ? value.data!.join() : textOf(value.attributes);
}

function recall(key: string): CachedProgram | undefined {
  const program = programs.get(key);
  if (!program) return undefined;
  programs.delete(key);
  programs.set(key, program);
  return program;
}

function remember(key: string, program: CachedProgram): CachedProgram {
  programs.set(key, program);
  if (programs.size > MOST_PROGRAMS) {
    const [oldest] = programs.entries().next().value!;
    programs.get(oldest)!.session.dispose();
    programs.delete(oldest);
  }
  return program;
}
