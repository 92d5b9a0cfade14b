import { EngineError } from './engine';
import { messageOf } from './compiled/failures';
import { openSession, loadRuntime, type HostTensor, type NativeSession } from './compiled/runtime';
import { coresAreFree, threadsFromEnvironment } from './compiled/settings';

/** What a network that comes in a file may take; halfs as their 16 bits. */
export type InferenceInputType = 'float32' | 'float16' | 'uint8';

export type InferenceArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

export interface InferenceInput {
  name: string;
  type: InferenceInputType;
  dims: readonly number[];
  data: Float32Array | Uint16Array | Uint8Array;
}

export interface InferenceResult {
  /** onnxruntime's name of the element type; `float16` comes as its bits, `bool` as bytes. */
  type: string;
  dims: readonly number[];
  data: InferenceArray;
}

export interface InferenceOutput {
  name: string;
  /** Lengths that depend on the input are −1; null for what is no tensor. */
  shape: readonly number[] | null;
}

/** onnxruntime does not take a model, or cannot run it; the message is what it says, in one line with a full stop. */
export class InferenceError extends EngineError {
  override name = 'InferenceError';
}

/** An ONNX model of others, opened on the processor. Everything happens on the calling thread. */
export class InferenceSession {
  readonly #session: NativeSession;
  readonly outputs: readonly InferenceOutput[];

  /**
   * @param model an ONNX model as its file holds it.
   * @param options.folder where its files of external data lie.
   * @param options.optimize false for sessions that are asked for shapes only, which are open sooner.
   * @throws InferenceError for a model that onnxruntime does not take; EngineError where there is no onnxruntime.
   */
  constructor(model: Uint8Array, { folder, optimize }: { folder: string; optimize: boolean }) {
    try {
      this.#session = openSession(model, {
        executionProviders: ['cpu'],
        graphOptimizationLevel: optimize ? 'all' : 'disabled',
        executionMode: 'sequential',
        intraOpNumThreads: threadsFromEnvironment(),
        interOpNumThreads: 1,
        // Everything that onnxruntime would print is in the error that it throws as well.
        logSeverityLevel: 4,
        extra: {
          session: {
            intra_op: { allow_spinning: coresAreFree() ? '1' : '0' },
            model_external_initializers_file_folder_path: folder,
          },
        },
      });
      this.outputs = this.#session.outputMetadata.map(({ name, isTensor, shape }) => ({
        name,
        shape: isTensor ? shape : null,
      }));
    } catch (error) {
      throw error instanceof EngineError
        ? error
        : new InferenceError(explanation(messageOf(error)), { cause: error });
    }
  }

  /**
   * Runs the model.
   *
   * @param wanted names of outputs; at least one, none twice.
   * @returns what they give, in this order; the arrays belong to the caller.
   * @throws InferenceError also for an output of text.
   */
  run({ name, type, dims, data }: InferenceInput, wanted: readonly string[]): InferenceResult[] {
    const fetches = Object.fromEntries(wanted.map((output) => [output, null]));
    let results: Record<string, unknown>;
    try {
      results = this.#session.run({ [name]: nativeTensor(type, data, dims) }, fetches, {});
    } catch (error) {
      throw new InferenceError(explanation(messageOf(error)), { cause: error });
    }
    return wanted.map((output) => {
      const result = results[output] as { type: string; dims: readonly number[]; data: InferenceArray };
      if (!ArrayBuffer.isView(result.data)) {
        throw new InferenceError(`The output \`${output}\` gives ${result.type}, where numbers are needed.`);
      }
      return { type: result.type, dims: [...result.dims], data: bitsOf(result.type, result.data) };
    });
  }

  dispose(): void {
    this.#session.dispose();
  }
}

/** Newer versions of Node have an array of halfs, and onnxruntime then uses it. */
function bitsOf(type: string, data: InferenceArray): InferenceArray {
  return type === 'float16' ? new Uint16Array(data.buffer, data.byteOffset, data.length) : data;
}

function nativeTensor(
  type: InferenceInputType,
  data: InferenceInput['data'],
  dims: readonly number[],
): HostTensor {
  // The engine's own programs know three types; files of others have more.
  const Tensor = loadRuntime().Tensor as unknown as new (
    type: InferenceInputType,
    data: InferenceInput['data'],
    dims: readonly number[],
  ) => HostTensor;
  return new Tensor(type, data, dims);
}

/** One line of what onnxruntime says, without the place in its own source; ends with a full stop. */
function explanation(message: string): string {
  const line = message
    .replace(/^\S*onnxruntime_src\S+ .*?\) ?(?:const )?(?=[A-Z[])/s, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return /[.!?]$/.test(line) ? line : `${line}.`;
}
