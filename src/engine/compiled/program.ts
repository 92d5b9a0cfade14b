import * as tf from '@tensorflow/tfjs';
import { keyedRandom } from '../../random/keyed';
import { EngineError, type StepFunction, type StepInput } from '../engine';
import type { GraphBackend } from './backend';
import { closeSession } from './deviceMemory';
import { messageOf, runtimeFailure } from './failures';
import type { DataType, HostArray } from './graph/value';
import { Lowering, type ProgramOutput } from './lowering/lowering';
import { makeTensor, openSession, type HostTensor, type NativeSession, type RuntimeTensor } from './runtime';
import { sessionOptions } from './settings';
import { emptyTensor, namesOnDevice, runOnce, shownAs, type Assignment } from './state';
import { Trace, type OutsideTensor, type RandomInput } from './trace';
import { layerInTrace, trackLayers } from './traceLayers';

type Inputs = Readonly<Record<string, StepInput>>;

interface Recording {
  trace: Trace;
  results: ProgramOutput[];
  assignments: { name: string; variable: tf.Variable; output: ProgramOutput }[];
}

/** How long the parts of a compilation took, in milliseconds, and what came out. */
export interface CompileReport {
  trace: number;
  lower: number;
  load: number;
  /** Bytes of the ONNX model. */
  bytes: number;
}

/**
 * One body, compiled for one set of input shapes. The numbers of the variables stay where the backend keeps them: in
 * arrays, or on a device. Each run reads the current ones and hands over the next ones of those the step assigns. So all
 * programs of all steps share one state, and a checkpoint reads it as ordinary variables.
 */
export class Program {
  private constructor(
    private readonly backend: GraphBackend,
    private readonly session: NativeSession,
    private readonly inputNames: ReadonlySet<string>,
    private readonly results: readonly ProgramOutput[],
    private readonly assignments: readonly Assignment[],
    private readonly outsides: readonly OutsideTensor[],
    private readonly randoms: readonly (RandomInput & { tensor: HostTensor })[],
    readonly report: CompileReport,
  ) {}

  /**
   * Traces, lowers and loads a step.
   *
   * @param frozen variables whose numbers are written into the program.
   * @throws TraceError when the body depends on values, or uses an op that has no place in a program.
   * @throws EngineError when onnxruntime refuses the program.
   */
  static compile(
    backend: GraphBackend,
    body: StepFunction,
    inputs: Inputs,
    frozen: readonly tf.Variable[],
  ): Program {
    backend.settle();
    const start = performance.now();
    const { trace, results, assignments } = record(backend, body, inputs, frozen);
    const traced = performance.now();
    const outputs = [...results, ...assignments.map(({ output }) => output)];
    const model = Lowering.encode(trace.graph, outputs, backend.settings);
    const lowered = performance.now();
    const session = load(model, backend, namesOnDevice(backend, assignments));
    const report = {
      trace: traced - start,
      lower: lowered - traced,
      load: performance.now() - lowered,
      bytes: model.length,
    };
    const used = new Set(session.inputMetadata.map(({ name }) => name));
    const outsides = [...trace.outsides.values()].filter(({ name }) => used.has(name));
    for (const { dataId, variable } of outsides) if (!variable) backend.incRef(dataId);
    const randoms = trace.randoms
      .filter(({ name }) => used.has(name))
      .map((input) => ({ ...input, tensor: emptyTensor('float32', input.shape) }));
    const shapes = new Map(session.outputMetadata.map(({ name, shape }) => [name, shape]));
    const assigned = assignments.map(({ name, variable }) => ({ name, variable }));
    // A result may be declared in another shape of the same size.
    const declared = results.map((result) => ({ ...result, shape: shapes.get(result.name)! }));
    return new Program(backend, session, used, declared, assigned, outsides, randoms, report);
  }

  run(inputs: Inputs): Record<string, Float32Array> {
    const { backend } = this;
    backend.settle();
    const arrays = this.execute(this.feeds(inputs));
    return Object.fromEntries(
      this.results.map(({ name }, index) => {
        const data = arrays[index]!;
        return [name.slice(RESULT.length), data instanceof Float32Array ? data : Float32Array.from(data)];
      }),
    );
  }

  dispose(): void {
    for (const { dataId, variable } of this.outsides) if (!variable) this.backend.disposeData(dataId);
    if (this.backend.settings.profile !== undefined) this.session.endProfiling();
    closeSession(this.session);
  }

  private execute(feeds: Readonly<Record<string, RuntimeTensor>>): HostArray[] {
    const { backend, session, results, assignments } = this;
    try {
      return runOnce(backend, session, feeds, results, assignments);
    } catch (error) {
      throw runtimeFailure(error, backend.settings.provider);
    }
  }

  private feeds(inputs: Inputs): Record<string, RuntimeTensor> {
    const feeds: Record<string, RuntimeTensor> = {};
    for (const [name, { data, shape }] of Object.entries(inputs)) {
      if (this.inputNames.has(INPUT + name)) feeds[INPUT + name] = makeTensor(typeOf(data), data, shape);
    }
    for (const { name, variable, dataId, shape, dtype } of this.outsides) {
      feeds[name] = shownAs(this.backend.resident(variable?.dataId ?? dataId), shape, dtype);
    }
    for (const { name, fill, tensor } of this.randoms) {
      fill(tensor.data as Float32Array);
      feeds[name] = tensor;
    }
    return feeds;
  }
}

const INPUT = 'in ';
const RESULT = 'out ';

/** Runs the body once, with inputs that have no numbers yet, and puts all variables back as they were. */
function record(
  backend: GraphBackend,
  body: StepFunction,
  inputs: Inputs,
  frozen: readonly tf.Variable[],
): Recording {
  const variables = Object.values(tf.engine().registeredVariables);
  const known = new Set(variables);
  separate(backend, variables);
  const numbers = new Map(frozen.map(({ dataId }) => [dataId, () => backend.numbersOf(dataId)]));
  const trace = new Trace(
    variables,
    (dataId) => numbers.get(dataId)?.(),
    layerInTrace,
    backend.settings.rewrite,
  );
  const before = variables.map((variable) => variable.clone());
  // What the body draws now must not be missing from the stream of the first run.
  const { random } = Math;
  Math.random = keyedRandom(0, 'trace');
  // A scope and not tf.tidy: what is returned are no tensors.
  tf.engine().startScope('step');
  try {
    return backend.inTrace(trace, () => {
      const tensors = Object.entries(inputs).map(([name, { data, shape }]): [string, tf.Tensor] => {
        const value = trace.graph.input(INPUT + name, shape, typeOf(data));
        return [name, tf.engine().makeTensorFromTensorInfo(backend.makeTensor(value, shape), backend)];
      });
      const returned = trackLayers(() => body(Object.fromEntries(tensors)));
      refuseNewVariables(trace, known);
      const results = Object.entries(returned).map(([name, tensor]) =>
        outputOf(backend, RESULT + name, tensor),
      );
      tf.dispose(returned);
      const assignments = variables.flatMap((variable, index) => {
        if (variable.dataId === before[index]!.dataId) return [];
        const name = `state ${index}`;
        return [{ name, variable, output: outputOf(backend, name, variable) }];
      });
      return { trace, results, assignments };
    });
  } finally {
    Math.random = random;
    tf.engine().endScope();
    variables.forEach((variable, index) => {
      if (variable.dataId !== before[index]!.dataId) variable.assign(before[index]!);
      before[index]!.dispose();
    });
  }
}

/** Gives each variable numbers of its own, by which a program tells it from others: `a.assign(b)` makes two share them. */
function separate(backend: GraphBackend, variables: readonly tf.Variable[]): void {
  const taken = new Set<tf.DataId>();
  for (const variable of variables) {
    if (taken.has(variable.dataId) && variable.dtype !== 'string' && variable.dtype !== 'complex64') {
      const own = tf.tensor(backend.numbersOf(variable.dataId), variable.shape, variable.dtype);
      variable.assign(own);
      own.dispose();
    }
    taken.add(variable.dataId);
  }
}

function refuseNewVariables(trace: Trace, known: ReadonlySet<tf.Variable>): void {
  const made = Object.values(tf.engine().registeredVariables).find((variable) => !known.has(variable));
  if (made) {
    throw trace.error(`it makes the variable ${made.name}; variables must be there before the step`);
  }
}

function outputOf(backend: GraphBackend, name: string, tensor: tf.Tensor): ProgramOutput {
  return { name, value: backend.valueFor(tensor), shape: tensor.shape, dtype: tensor.dtype as DataType };
}

function load(model: Uint8Array, { settings }: GraphBackend, onDevice: readonly string[]): NativeSession {
  try {
    return openSession(model, sessionOptions(settings, onDevice));
  } catch (error) {
    throw new EngineError(`onnxruntime refused the program of a step: ${messageOf(error)}`, { cause: error });
  }
}

function typeOf(data: HostArray): DataType {
  return data instanceof Float32Array ? 'float32' : data instanceof Int32Array ? 'int32' : 'bool';
}
