import * as tf from '@tensorflow/tfjs';
import { Graph } from './graph/graph';
import { allocate, sameShape, sizeOf, type DataType, type HostArray, type Value } from './graph/value';
import type { Recorder } from './kernels/call';
import { evaluate, type KnownValues } from './lazy';
import type { DeviceMemory } from './deviceMemory';
import { makeTensor, type RuntimeTensor } from './runtime';
import type { CompilerSettings } from './settings';
import { TraceError, type Filler, type Trace } from './trace';

/** The name under which the backend is known to tfjs. */
export const BACKEND = 'compiled';

/**
 * Where the numbers of a tensor are: in an array here, on a device (`tensor`), still to be computed (`value`), or with the
 * plain JavaScript backend, which keeps what has no place in a graph (text, complex numbers).
 */
interface Entry {
  readonly shape: readonly number[];
  readonly dtype: tf.DataType;
  host: HostArray | null;
  /** The same numbers as programs read them: over that array, or on a device, where they may be alone. */
  tensor: RuntimeTensor | null;
  value: Value | null;
  /** The trace that made it; null outside of one. */
  readonly trace: Trace | null;
  readonly foreign: tf.TensorInfo | null;
  /** Whether programs exchange its array. */
  recycled: boolean;
  references: number;
}

interface JavaScriptBackend extends tf.KernelBackend {
  makeTensorInfo(shape: number[], dtype: tf.DataType, values?: HostArray): tf.TensorInfo;
  disposeIntermediateTensorInfo(tensor: tf.TensorInfo): void;
}

/**
 * A tfjs backend that computes nothing by itself: its kernels record a graph. Inside a trace the graph becomes one
 * program; outside it is evaluated when somebody reads a value.
 */
export class GraphBackend extends tf.KernelBackend implements Recorder {
  private readonly entries = new tf.DataStorage<Entry>(this, tf.engine());
  private readonly pending = new Set<Entry>();
  private lazyGraph = new Graph();
  private readonly known: KnownValues = new WeakMap();
  private trace: Trace | null = null;

  /**
   * @param settings of the programs that steps become.
   * @param hostSettings of what is computed outside of steps.
   * @param device where programs keep variables; null for arrays of the host.
   */
  constructor(
    readonly settings: CompilerSettings,
    private readonly hostSettings: CompilerSettings = settings,
    readonly device: DeviceMemory | null = null,
  ) {
    super();
  }

  get graph(): Graph {
    return this.trace?.graph ?? this.lazyGraph;
  }

  /** A tensor of random numbers that a program gets anew at each run; null outside of a trace. */
  randomInput(shape: readonly number[], fill: Filler): tf.TensorInfo | null {
    return this.trace && this.makeTensor(this.trace.random(shape, fill), shape);
  }

  get isTracing(): boolean {
    return this.trace !== null;
  }

  /** Records what `body` does into the trace; reading a value in it is an error. */
  inTrace<Result>(trace: Trace, body: () => Result): Result {
    if (this.trace) throw new Error('A step was traced inside another one.');
    this.trace = trace;
    try {
      return body();
    } finally {
      this.trace = null;
    }
  }

  // What kernels call

  valueFor(tensor: tf.TensorInfo): Value {
    const entry = this.entry(tensor.dataId);
    if (entry.foreign) throw new TypeError(`A tensor of type ${tensor.dtype} cannot be part of a program.`);
    if (this.trace && entry.trace !== this.trace) return this.trace.outside(tensor);
    if (entry.trace !== this.trace) {
      throw new TraceError('a tensor that was made inside it is used after it', null);
    }
    entry.value ??= this.leafOf(tensor.dataId, entry);
    if (sameShape(entry.shape, tensor.shape)) return entry.value;
    // A tensor may show its data in another shape than the one they were made in.
    return this.graph.reshape(this.graph.expand(entry.value, entry.shape), tensor.shape);
  }

  makeTensor(value: Value, shape: readonly number[]): tf.TensorInfo {
    const dataId = {};
    const entry = blankEntry(shape, value.dtype, { value, trace: this.trace });
    this.entries.set(dataId, entry);
    if (!this.trace) this.pending.add(entry);
    return { dataId, shape: [...shape], dtype: value.dtype };
  }

  numbers(tensor: tf.TensorInfo): HostArray | null {
    const entry = this.entry(tensor.dataId);
    // The numbers of what a step reads are only today's.
    return this.trace && entry.trace !== this.trace ? null : (entry.host ?? entry.value?.data ?? null);
  }

  share(tensor: tf.TensorInfo, shape: readonly number[]): tf.TensorInfo {
    this.incRef(tensor.dataId);
    return { dataId: tensor.dataId, shape: [...shape], dtype: tensor.dtype };
  }

  // What programs call

  /** Computes what is pending, so that arrays may change hands. */
  settle(): void {
    if (this.pending.size > 0) this.compute();
  }

  /** A tensor as programs read it, computed if need be, and brought to the device if variables stay there. */
  resident(dataId: tf.DataId): RuntimeTensor {
    const entry = this.entry(dataId);
    entry.tensor ??= this.tensorOver(this.numbersOf(dataId), entry);
    return entry.tensor;
  }

  /** The array of a tensor, computed or read from the device if need be; it may be the one that programs exchange. */
  numbersOf(dataId: tf.DataId): HostArray {
    const entry = this.entry(dataId);
    if (!entry.host && entry.tensor?.location === 'gpu-buffer') return this.device!.download(entry.tensor);
    if (!entry.host) this.compute();
    return entry.host!;
  }

  /**
   * Gives a tensor other numbers of the same size, and takes its old ones.
   *
   * @returns the tensor that it had; null where programs never had one of it, or where its array may be in other hands:
   *   what `dataSync` gave before the first exchange was no copy.
   */
  exchange(dataId: tf.DataId, tensor: RuntimeTensor): RuntimeTensor | null {
    const entry = this.entry(dataId);
    const old = entry.recycled || entry.tensor?.location === 'gpu-buffer' ? entry.tensor : null;
    entry.host = tensor.location === 'cpu' ? tensor.data : null;
    entry.tensor = tensor;
    entry.value = null;
    entry.recycled = true;
    return old;
  }

  private tensorOver(host: HostArray, { shape, dtype }: Entry): RuntimeTensor {
    const tensor = makeTensor(dtype as DataType, host, shape);
    const type = dtype as DataType;
    return this.device?.keeps(type) ? this.device.upload(tensor, type) : tensor;
  }

  // Kernels that are not recorded

  /** Runs a kernel of the plain JavaScript backend. @throws TraceError inside a trace. */
  delegate(
    kernel: string,
    inputs: tf.NamedTensorInfoMap,
    attributes: tf.NamedAttrMap,
  ): tf.TensorInfo | tf.TensorInfo[] {
    if (this.trace) throw this.trace.error(`the op ${kernel} has no place in a program`);
    const backend = javaScriptBackend();
    const config = tf.getKernel(kernel, 'cpu');
    const borrowed: tf.TensorInfo[] = [];
    const lend = (tensor: tf.TensorInfo): tf.TensorInfo => {
      const { foreign } = this.entry(tensor.dataId);
      if (foreign) return asTensor({ ...foreign, shape: tensor.shape });
      const lent = backend.makeTensorInfo(
        tensor.shape,
        tensor.dtype,
        this.readSync(tensor.dataId) as HostArray,
      );
      borrowed.push(lent);
      return asTensor(lent);
    };
    // Inputs are lists for some kernels, and hold lists for others.
    const lendAll = (given: unknown): unknown => {
      if (Array.isArray(given)) return given.map(lendAll);
      return given == null ? given : lend(given as tf.TensorInfo);
    };
    const lent = Array.isArray(inputs)
      ? lendAll(inputs)
      : Object.fromEntries(Object.entries(inputs).map(([name, given]) => [name, lendAll(given)]));
    const call = { inputs: lent as tf.NamedTensorInfoMap, attrs: attributes, backend };
    const output = config.kernelFunc(call);
    // A list of one tensor stays a list.
    const adopted = Array.isArray(output)
      ? output.map((each) => this.take(each, backend))
      : this.take(output, backend);
    for (const tensor of borrowed) backend.disposeData(tensor.dataId);
    return adopted;
  }

  private take(tensor: tf.TensorInfo, backend: JavaScriptBackend): tf.TensorInfo {
    const { shape, dtype } = tensor;
    if (dtype === 'string' || dtype === 'complex64') {
      const dataId = {};
      this.entries.set(dataId, blankEntry(shape, dtype, { foreign: tensor }));
      return { dataId, shape, dtype };
    }
    const values = backend.readSync(tensor.dataId) as HostArray;
    const dataId = this.write(values.slice(), shape, dtype);
    backend.disposeData(tensor.dataId);
    return { dataId, shape, dtype };
  }

  // What tfjs-core calls

  override write(values: tf.BackendValues | null, shape: number[], dtype: tf.DataType): tf.DataId {
    const dataId = {};
    this.move(dataId, values, shape, dtype, 1);
    return dataId;
  }

  override move(
    dataId: tf.DataId,
    values: tf.BackendValues | null,
    shape: number[],
    dtype: tf.DataType,
    references: number,
  ): void {
    if (dtype === 'string' || dtype === 'complex64') {
      const foreign = { dataId: javaScriptBackend().write(values as never, shape, dtype), shape, dtype };
      this.entries.set(dataId, blankEntry(shape, dtype, { foreign, references }));
      return;
    }
    const host = hostArray(values, sizeOf(shape), dtype);
    const { trace } = this;
    const content = trace ? { value: trace.constant(host, shape, dtype), trace } : { host };
    this.entries.set(dataId, blankEntry(shape, dtype, { ...content, references }));
  }

  /** A tensor of numbers that are handed over. */
  adopt(tensor: RuntimeTensor, shape: readonly number[], dtype: DataType): tf.TensorInfo {
    const dataId = {};
    const host = tensor.location === 'cpu' ? tensor.data : null;
    this.entries.set(dataId, blankEntry(shape, dtype, { host, tensor, recycled: true }));
    return { dataId, shape: [...shape], dtype };
  }

  override readSync(dataId: tf.DataId): tf.BackendValues {
    const entry = this.entry(dataId);
    if (entry.foreign) return javaScriptBackend().readSync(entry.foreign.dataId);
    if (this.trace) {
      const number = entry.value?.op === 'Scalar' && entry.trace ? entry.value : null;
      if (number)
        return allocate(entry.dtype as DataType, sizeOf(entry.shape)).fill(Number(number.attributes.value));
      throw this.trace.error(
        'it reads the values of a tensor (data, dataSync, array, print …), which are not known before it runs',
      );
    }
    const numbers = this.numbersOf(dataId);
    // A program may write into this array again.
    return entry.recycled && numbers === entry.host ? numbers.slice() : numbers;
  }

  override async read(dataId: tf.DataId): Promise<tf.BackendValues> {
    return Promise.resolve(this.readSync(dataId));
  }

  override numDataIds(): number {
    return this.entries.numDataIds();
  }

  override disposeData(dataId: tf.DataId, force = false): boolean {
    if (!this.entries.has(dataId)) return true;
    const entry = this.entries.get(dataId);
    entry.references -= 1;
    if (!force && entry.references > 0) return false;
    if (entry.foreign) javaScriptBackend().disposeIntermediateTensorInfo(entry.foreign);
    if (entry.tensor?.location === 'gpu-buffer') entry.tensor.dispose();
    this.entries.delete(dataId);
    this.pending.delete(entry);
    return true;
  }

  override incRef(dataId: tf.DataId): void {
    this.entry(dataId).references += 1;
  }

  override refCount(dataId: tf.DataId): number {
    return this.entries.has(dataId) ? this.entry(dataId).references : 0;
  }

  override time(query: () => void): Promise<tf.BackendTimingInfo> {
    const start = performance.now();
    query();
    this.settle();
    return Promise.resolve({ kernelMs: performance.now() - start });
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: true };
  }

  override floatPrecision(): 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }

  override timerAvailable(): boolean {
    return false;
  }

  override dispose(): void {
    this.lazyGraph = new Graph();
  }

  private entry(dataId: tf.DataId): Entry {
    return this.entries.get(dataId);
  }

  /** Computes everything that is pending. */
  private compute(): void {
    const entries = [...this.pending];
    const values = entries.map(({ value, shape }) => this.lazyGraph.expand(value!, shape));
    const arrays = evaluate(this.lazyGraph, values, this.known, this.hostSettings);
    entries.forEach((entry, index) => {
      entry.host = arrays[index]!;
      entry.value = null;
    });
    this.pending.clear();
    this.lazyGraph = new Graph();
  }

  private leafOf(dataId: tf.DataId, entry: Entry): Value {
    const leaf = this.lazyGraph.input(`leaf ${leafSerial++}`, entry.shape, entry.dtype as DataType);
    this.known.set(leaf, this.numbersOf(dataId));
    return leaf;
  }
}

let leafSerial = 0;

function blankEntry(shape: readonly number[], dtype: tf.DataType, content: Partial<Entry>): Entry {
  const blank = { host: null, tensor: null, value: null, trace: null, foreign: null, recycled: false };
  return { shape: [...shape], dtype, ...blank, references: 1, ...content };
}

/** Some kernels take for granted that what they get is more than a description of a tensor. */
function asTensor(info: tf.TensorInfo): tf.TensorInfo {
  return Object.assign(info, { rank: info.shape.length, size: sizeOf(info.shape) });
}

function javaScriptBackend(): JavaScriptBackend {
  const backend = tf.findBackend('cpu') as JavaScriptBackend | null;
  if (!backend) throw new Error('tfjs has no plain JavaScript backend.');
  return backend;
}

/** The values that tfjs hands over, as an array that belongs to us. */
function hostArray(values: tf.BackendValues | null, size: number, dtype: DataType): HostArray {
  const array = allocate(dtype, size);
  if (values) array.set(values as ArrayLike<number>);
  return array;
}
