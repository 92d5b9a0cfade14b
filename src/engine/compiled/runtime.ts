import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { EngineError } from '../engine';
import type { DataType, HostArray } from './graph/value';

/** A tensor of onnxruntime over an array of ours; nothing is copied. */
export interface HostTensor {
  readonly location: 'cpu';
  readonly dims: readonly number[];
  readonly data: HostArray;
}

/** A tensor whose numbers are in the memory of a GPU. It is known by what onnxruntime reads of it, so views are cheap. */
export interface DeviceTensor {
  readonly location: 'gpu-buffer';
  readonly type: DataType;
  readonly dims: readonly number[];
  readonly gpuBuffer: unknown;
  /** Gives the memory back at once; the garbage collector would do it late. */
  dispose(): void;
}

export type RuntimeTensor = HostTensor | DeviceTensor;

export interface SessionOptions {
  executionProviders?: readonly (string | Readonly<Record<string, unknown>>)[];
  graphOptimizationLevel: 'disabled' | 'basic' | 'extended' | 'all';
  executionMode: 'sequential' | 'parallel';
  intraOpNumThreads?: number;
  interOpNumThreads?: number;
  logSeverityLevel: number;
  enableProfiling?: boolean;
  profileFilePrefix?: string;
  /** Where outputs stay, by their names; on the host if not named. With it, `run` ignores tensors in its fetches. */
  preferredOutputLocation?: Readonly<Record<string, 'gpu-buffer'>>;
  extra?: Readonly<Record<string, unknown>>;
}

/** A session as the native binding has it: everything happens on the calling thread, before the call returns. */
export interface NativeSession {
  readonly inputMetadata: readonly { name: string }[];
  /** `shape` is there for tensors only; a length that depends on the input is −1. */
  readonly outputMetadata: readonly { name: string; isTensor: boolean; shape: readonly number[] }[];
  loadModel(buffer: ArrayBufferLike, offset: number, length: number, options: SessionOptions): void;
  /** Fills the tensors in `fetches`, and returns copies of them; makes new tensors in the place of nulls. */
  run(
    feeds: Readonly<Record<string, RuntimeTensor>>,
    fetches: Readonly<Record<string, HostTensor | null>>,
    options: object,
  ): Record<string, RuntimeTensor>;
  endProfiling(): void;
  dispose(): void;
}

interface NativeBinding {
  binding: {
    InferenceSession: new () => NativeSession;
    listSupportedBackends: () => { name: string; bundled: boolean }[];
  };
  initOrt: () => void;
}

type TensorConstructor = new (type: DataType, data: HostArray, dims: readonly number[]) => HostTensor;

interface Runtime {
  version: string;
  /** Where its package lies. */
  directory: string;
  native: NativeBinding['binding'];
  Tensor: TensorConstructor;
}

let loaded: Runtime | null = null;

/**
 * onnxruntime, loaded when it is first needed. The native binding is used directly, since reading a tensor of tfjs must
 * be possible without waiting for a promise.
 *
 * @throws EngineError where there is no binary for this platform, or it cannot be loaded.
 */
export function loadRuntime(): Runtime {
  if (loaded) return loaded;
  const require = createRequire(import.meta.url);
  try {
    const { binding, initOrt } = require('onnxruntime-node/dist/binding.js') as NativeBinding;
    const { Tensor } = require('onnxruntime-common') as { Tensor: TensorConstructor };
    const { version } = require('onnxruntime-node/package.json') as { version: string };
    initOrt();
    const directory = dirname(require.resolve('onnxruntime-node/package.json'));
    loaded = { version, directory, native: binding, Tensor };
    return loaded;
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0]! : String(error);
    throw new EngineError(`onnxruntime cannot be loaded on ${process.platform}-${process.arch}: ${reason}`, {
      cause: error,
    });
  }
}

export function makeTensor(dtype: DataType, data: HostArray, shape: readonly number[]): HostTensor {
  const { Tensor } = loadRuntime();
  return new Tensor(dtype, data, shape);
}

type Transfer = (this: ArrayBufferLike, length: number) => ArrayBuffer;

/** `ArrayBuffer.prototype.transfer`, which Node 20 has only in contexts that are made after a flag was set. */
function findTransfer(): Transfer {
  const { transfer } = ArrayBuffer.prototype as unknown as { transfer?: Transfer };
  if (transfer) return transfer;
  setFlagsFromString('--harmony-rab-gsab-transfer');
  return runInNewContext('ArrayBuffer.prototype.transfer') as Transfer;
}

let transferOf: Transfer | null = null;

/**
 * Frees the arrays of tensors at once. Left to the garbage collector, the copies that each run returns make megabytes a
 * step, and their collection a third of a small network's time.
 */
export function releaseTensors(tensors: readonly RuntimeTensor[]): void {
  transferOf ??= findTransfer();
  for (const tensor of tensors) {
    if (tensor.location === 'cpu') transferOf.call(tensor.data.buffer, 0);
  }
}

/** Opens a session for an ONNX model. @throws what onnxruntime says of the model. */
export function openSession(model: Uint8Array, options: SessionOptions): NativeSession {
  const { native } = loadRuntime();
  const session = new native.InferenceSession();
  session.loadModel(model.buffer, model.byteOffset, model.byteLength, options);
  return session;
}
