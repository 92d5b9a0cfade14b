import type * as tf from '@tensorflow/tfjs';
import type { LayerSource, SourcePosition } from '../layers/table';

/**
 * Where layers come from. While a model is built, the calls that lead to each layer are caught as numbers
 * ({@link captureCalls}); what they mean in the files of the user is looked up when somebody asks.
 */

/** A call in a bundle. */
export interface BundleCall {
  /** Of the bundle, both from 1. */
  line: number;
  column: number;
  /** As {@link SourceFrame} has it. */
  function: string | null;
}

/** So many frames of a stack are looked at; those of tfjs itself take about ten. */
const capturedFrames = 64;

const sources = new WeakMap<tf.layers.Layer, () => LayerSource | null>();

/** Where a layer was made; null when nobody noted it, as for models of the zoo. */
export function sourceOf(layer: tf.layers.Layer): LayerSource | null {
  return sources.get(layer)?.() ?? null;
}

/** The place of a layer alone, without the calls that led there. */
export function placeOf(source: LayerSource | null): SourcePosition | null {
  return source && { file: source.file, line: source.line, column: source.column };
}

/**
 * Notes where a layer was made.
 *
 * @param find looks it up; called once, when it is first asked for.
 */
export function noteSource(layer: tf.layers.Layer, find: () => LayerSource | null): void {
  let found: LayerSource | null | undefined;
  sources.set(layer, () => (found ??= find()));
}

/**
 * The calls in a bundle that are making a layer now, innermost first. Constructors of the layer's own class are no such
 * calls: of a class of the user's it tells where `new` stands, not where the class calls `super`.
 *
 * @param bundlePath what V8 calls the bundle in stacks.
 */
export function captureCalls(layer: tf.layers.Layer, bundlePath: string): BundleCall[] {
  const classes = classNames(layer);
  const calls: BundleCall[] = [];
  let isConstructing = true;
  for (const site of captureSites()) {
    const name = site.getFunctionName();
    if (site.getFileName() !== bundlePath) continue;
    isConstructing &&= site.isConstructor() && classes.has(name ?? '');
    const [line, column] = [site.getLineNumber(), site.getColumnNumber()];
    if (isConstructing || line === null || column === null) continue;
    calls.push({ line, column, function: name && site.isConstructor() ? `new ${name}` : name });
  }
  // Only functions have callers in the bundle: what is outermost and has no name is the bundle itself.
  return calls.map((call, index) => ({
    ...call,
    function: call.function ?? (index === calls.length - 1 ? null : '<anonymous>'),
  }));
}

function captureSites(): NodeJS.CallSite[] {
  let sites: NodeJS.CallSite[] = [];
  const before = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = capturedFrames;
  Error.prepareStackTrace = (_, caught) => {
    sites = caught;
    return '';
  };
  try {
    const holder = { stack: '' };
    Error.captureStackTrace(holder, captureCalls);
    // The stack is prepared when it is read.
    Reflect.get(holder, 'stack');
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    if (before) Object.defineProperty(Error, 'prepareStackTrace', before);
    else Reflect.deleteProperty(Error, 'prepareStackTrace');
  }
  return sites;
}

/** Names of the classes that a layer is an instance of. */
function classNames(layer: tf.layers.Layer): Set<string> {
  const names = new Set<string>();
  for (
    let prototype: unknown = Object.getPrototypeOf(layer);
    typeof prototype === 'object' && prototype !== null;
    prototype = Object.getPrototypeOf(prototype)
  ) {
    names.add(prototype.constructor.name);
  }
  return names;
}
