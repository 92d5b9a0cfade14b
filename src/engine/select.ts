import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { CompiledEngine } from './compiled/engine';
import { ProviderError, type ProviderRequest } from './compiled/providers';
import { startCompiled } from './compiled/start';
import { EagerEngine } from './eager';
import { ENGINE_NAMES, EngineError, type Engine, type EngineName } from './engine';
import { registerGradients } from './gradients/register';
import { correctAveragePoolGradient, correctResizeNearestGradient } from './pooling';
import { correctRandomLayers } from './randomLayers';
import { findTfjsNode, loadTfjsNode } from './tfjsNode';
import { completeWasmKernels } from './wasm/register';

export interface EngineDescription {
  name: EngineName;
  available: boolean;
  /** For people: what it runs on. */
  device: string;
  /** Why it is there or not, and what to do. */
  reason: string;
  /** Whether `auto` takes it. */
  chosen: boolean;
}

const DEVICES: Record<EngineName, string> = {
  compiled: 'CPU (onnxruntime)',
  'tfjs-node-gpu': 'GPU (TensorFlow, CUDA)',
  'tfjs-node': 'CPU (TensorFlow)',
  wasm: 'CPU (WebAssembly SIMD)',
  cpu: 'CPU (plain JavaScript)',
};

/** Fastest first: the order in which `auto` tries them. */
const PREFERENCE: readonly EngineName[] = ['compiled', 'tfjs-node-gpu', 'tfjs-node', 'wasm', 'cpu'];

/**
 * Starts an engine and makes its backend the active one.
 *
 * @param requested `auto`, or the name of an engine.
 * @param workspace folder in which tfjs-node is looked for.
 * @param provider what the engine `compiled` runs on; without it, what `DISTILLERY_PROVIDER` says, else `auto`.
 * @throws EngineError when the requested engine is unknown or does not work here; `auto` falls back and says so in its reason.
 */
export async function selectEngine(
  requested: string,
  workspace: string,
  provider?: ProviderRequest,
): Promise<Engine> {
  if (requested !== 'auto') {
    const name = ENGINE_NAMES.find((known) => known === requested);
    if (!name) {
      throw new EngineError(`There is no engine "${requested}". Engines: auto, ${ENGINE_NAMES.join(', ')}.`);
    }
    return start(name, workspace, 'It was asked for.', provider);
  }
  const refusals: string[] = [];
  for (const name of PREFERENCE) {
    if (isTfjsNode(name) && !findTfjsNode(name, workspace)) continue;
    try {
      const why =
        refusals.length > 0 ? `Slower engines were left: ${refusals.join(' ')}` : 'The fastest engine here.';
      return await start(name, workspace, why, provider);
    } catch (error) {
      // A provider that was asked for by name must not be replaced silently.
      if (!(error instanceof EngineError) || error instanceof ProviderError) throw error;
      refusals.push(error.message);
    }
  }
  throw new EngineError(`No engine works here. ${refusals.join(' ')}`);
}

/** Lists the engines for people, without starting them. */
export function describeEngines(options: { workspace: string }): Promise<EngineDescription[]> {
  const rows = PREFERENCE.map((name): Omit<EngineDescription, 'chosen'> => {
    if (!isTfjsNode(name)) {
      const reason = name === 'wasm' ? 'Comes with Distillery.' : 'Comes with Distillery; slow, for checks.';
      return { name, available: true, device: DEVICES[name], reason };
    }
    const found = findTfjsNode(name, options.workspace);
    const reason = found
      ? `Found version ${found.version} in ${found.directory}.`
      : `Not installed in ${options.workspace}: npm install @tensorflow/${name}`;
    return { name, available: found !== null, device: DEVICES[name], reason };
  });
  const chosen = rows.find((row) => row.available);
  return Promise.resolve(rows.map((row) => ({ ...row, chosen: row === chosen })));
}

function isTfjsNode(name: EngineName): name is 'tfjs-node' | 'tfjs-node-gpu' {
  return name === 'tfjs-node' || name === 'tfjs-node-gpu';
}

async function start(
  name: EngineName,
  workspace: string,
  reason: string,
  provider: ProviderRequest | undefined,
): Promise<Engine> {
  if (name !== 'compiled') {
    await startBackend(name, workspace);
    return new EagerEngine(name, DEVICES[name], reason);
  }
  correctKernels();
  const { backend, device, reason: choice } = await startCompiled({ provider });
  await selfTest(name);
  return new CompiledEngine(backend, device, `${reason} ${choice}`);
}

let corrected = false;

function correctKernels(): void {
  if (corrected) return;
  corrected = true;
  tf.enableProdMode();
  registerGradients();
  correctRandomLayers();
  correctAveragePoolGradient('cpu');
  correctResizeNearestGradient('cpu');
  completeWasmKernels();
}

async function startBackend(name: EngineName, workspace: string): Promise<void> {
  correctKernels();
  if (isTfjsNode(name)) await loadTfjsNode(name, workspace);
  else if (!(await tf.setBackend(name))) throw new EngineError(`The tfjs backend "${name}" did not start.`);
  await tf.ready();
  await selfTest(name);
}

/** A gradient through a convolution and a matrix product, against numbers worked out by hand. */
async function selfTest(name: EngineName): Promise<void> {
  const gradient = tf.tidy(() => {
    const x = tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1]);
    const convolve = (filter: tf.Tensor): tf.Scalar =>
      tf.matMul(tf.conv2d(x, filter.as4D(1, 1, 1, 2), 1, 'valid').reshape([4, 2]), tf.ones([2, 1])).sum();
    return tf.grad(convolve)(tf.tensor4d([0.5, -0.5], [1, 1, 1, 2]));
  });
  const values = Array.from(await gradient.data());
  gradient.dispose();
  if (values.length !== 2 || values.some((value) => Math.abs(value - 10) > 1e-4)) {
    throw new EngineError(
      `The engine "${name}" computes wrong gradients here (${values.join(', ')} instead of 10, 10).`,
    );
  }
}
