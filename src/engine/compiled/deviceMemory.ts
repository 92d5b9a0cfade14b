import { runtimeFailure } from './failures';
import type { DataType, HostArray } from './graph/value';
import { encodeModel, makeValueInfo } from './lowering/onnxModel';
import {
  makeTensor,
  openSession,
  type DeviceTensor,
  type HostTensor,
  type NativeSession,
  type RuntimeTensor,
} from './runtime';
import { sessionOptions, type CompilerSettings } from './settings';

interface Transfers {
  upload: NativeSession;
  download: NativeSession;
}

/**
 * The memory of a GPU, where variables stay between the runs of programs. onnxruntime for Node can neither write nor
 * read such memory by itself (reading aborts the process), so both are programs that do nothing but return their input.
 * They are kept open: with its last session onnxruntime gives up the device, and all that lies there.
 */
export class DeviceMemory {
  private readonly transfers: Readonly<Record<'float32' | 'int32', Transfers>>;

  /** @throws what onnxruntime says when there is no such device. */
  constructor(private readonly settings: CompilerSettings) {
    this.transfers = { float32: openTransfers('float32', settings), int32: openTransfers('int32', settings) };
  }

  /** Whether numbers of this type can stay on the device. */
  keeps(type: DataType): type is 'float32' | 'int32' {
    return type !== 'bool';
  }

  upload({ data, dims }: HostTensor, type: 'float32' | 'int32'): DeviceTensor {
    const { upload } = this.transfers[type];
    return takeFrom(upload, this.copy(upload, makeTensor(type, data, [data.length])), dims);
  }

  /** A copy of the numbers. */
  download({ type, dims, ...tensor }: DeviceTensor): HostArray {
    if (!this.keeps(type)) throw new TypeError(`Numbers of type ${type} are never on the device.`);
    const size = dims.reduce((product, length) => product * length, 1);
    const copy = this.copy(this.transfers[type].download, { ...tensor, type, dims: [size] });
    if (copy.location !== 'cpu') throw new Error('onnxruntime left on the device what was to be read.');
    return copy.data;
  }

  private copy(session: NativeSession, x: RuntimeTensor): RuntimeTensor {
    try {
      return session.run({ x }, { y: null }, {})['y']!;
    } catch (error) {
      throw runtimeFailure(error, this.settings.provider);
    }
  }

  dispose(): void {
    for (const { upload, download } of Object.values(this.transfers)) {
      closeSession(upload);
      download.dispose();
    }
  }
}

/** How many tensors that a session made are in use, and whether it is to be closed after the last of them. */
const sessionsWithTensors = new Map<NativeSession, { tensors: number; closing: boolean }>();

/**
 * Takes over a tensor on the device that a session made, in a shape of the same size. The memory belongs to the session:
 * given back after it was closed, it would take the process with it. So the session is held as long as the tensor.
 */
export function takeFrom(
  session: NativeSession,
  tensor: RuntimeTensor,
  dims: readonly number[],
): DeviceTensor {
  if (tensor.location !== 'gpu-buffer')
    throw new Error('onnxruntime returned what was to stay on the device.');
  const use = sessionsWithTensors.get(session) ?? { tensors: 0, closing: false };
  sessionsWithTensors.set(session, use);
  use.tensors += 1;
  const { location, type, gpuBuffer } = tensor;
  let disposed = false;
  const dispose = (): void => {
    if (disposed) return;
    disposed = true;
    tensor.dispose();
    use.tensors -= 1;
    if (use.tensors > 0) return;
    sessionsWithTensors.delete(session);
    if (use.closing) session.dispose();
  };
  return { location, type, dims, gpuBuffer, dispose };
}

/** Closes a session, now or when the last tensor that it made is given back. */
export function closeSession(session: NativeSession): void {
  const use = sessionsWithTensors.get(session);
  if (use) use.closing = true;
  else session.dispose();
}

function openTransfers(type: 'float32' | 'int32', settings: CompilerSettings): Transfers {
  const model = encodeModel({
    nodes: [{ type: 'Identity', inputs: ['x'], outputs: ['y'], attributes: {}, name: 'copy', domain: '' }],
    initializers: [],
    inputs: [makeValueInfo('x', ['length'], type)],
    outputs: [makeValueInfo('y', ['length'], type)],
  });
  return {
    upload: openSession(model, sessionOptions(settings, ['y'])),
    download: openSession(model, sessionOptions(settings)),
  };
}
