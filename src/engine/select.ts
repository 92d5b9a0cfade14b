import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { CompiledEngine } from './compiled/engine';
import { ProviderError, type ProviderRequest } from './compiled/providers';
import { loadRuntime } from './compiled/runtime';
import { startCompiled } from './compiled/start';
import { EagerEngine } from './eager';
import {
  ENGINE_NAMES,
  EngineError,
  type Engine,
  type EngineFacts,
  type EngineName,
  type StartedEngine,
} from './engine';
import { registerGradients } from './gradients/register';
import { findInstalledRuntime, withInstalledRuntime } from './installFolder';
import { correctAveragePoolGradient, correctResizeNearestGradient } from './pooling';
import { correctRandomLayers } from './randomLayers';
import { findTfjsNode, loadTfjsNode, notInstalled } from './tfjsNode';
import { completeWasmKernels } from './wasm/register';

export interface EngineDescription extends Partial<EngineFacts> {
  name: EngineName;
  /** Whether it has started here and passed its self-test. */
  available: boolean;
  /** For people: what it runs on. */
  device: string;
  /** Why it is there or not, and what to do. */
  reason: string;
}

const DEVICES: Record<EngineName, string> = {
  compiled: 'CPU (onnxruntime)',
  'tfjs-node-gpu': 'GPU (TensorFlow, CUDA)',
  'tfjs-node': 'CPU (TensorFlow)',
  wasm: 'CPU (WebAssembly SIMD)',
  cpu: 'CPU (plain JavaScript)',
};

const ORIGINS: Record<'compiled' | 'wasm' | 'cpu', string> = {
  compiled: 'Comes with Distillery; compiles each step.',
  wasm: 'Comes with Distillery; works everywhere.',
  cpu: 'Comes with Distillery; slow, for checks.',
};

/** Fastest first: the order in which `auto` tries them. */
export const PREFERENCE: readonly EngineName[] = ['compiled', 'tfjs-node-gpu', 'tfjs-node', 'wasm', 'cpu'];

/**
 * Starts an engine and makes its backend the active one.
 *
 * @param requested `auto`, or the name of an engine.
 * @param workspace folder in which tfjs-node is looked for, before that of installed engines.
 * @param provider what the engine `compiled` runs on; without it, what `DISTILLERY_PROVIDER` says, else `auto`.
 * @throws EngineError when the requested engine is unknown or does not work here; `auto` falls back and says so in its reason.
 */
export async function selectEngine(
  requested: string,
  workspace: string,
  provider?: ProviderRequest,
): Promise<StartedEngine> {
  if (requested !== 'auto') {
    const name = ENGINE_NAMES.find((known) => known === requested);
    if (!name) {
      throw new EngineError(`There is no engine "${requested}". Engines: auto, ${ENGINE_NAMES.join(', ')}.`);
    }
    return start(name, workspace, 'It was asked for.', provider);
  }
  const refusals: string[] = [];
  for (const name of PREFERENCE) {
    try {
      if (isTfjsNode(name) && !findTfjsNode(name, workspace)) continue;
      const why =
        refusals.length > 0
          ? `What is faster does not work here: ${refusals.join(' ')}`
          : 'The fastest engine here.';
      return await start(name, workspace, why, provider);
    } catch (error) {
      // A provider that was asked for by name must not be replaced silently.
      if (!(error instanceof EngineError) || error instanceof ProviderError) throw error;
      refusals.push(error.message);
    }
  }
  throw new EngineError(`No engine works here. ${refusals.join(' ')}`);
}

/** Tries an engine: starts it, if it is there, and tells what came of it. The active backend changes. */
export async function tryEngine(name: EngineName, workspace: string): Promise<EngineDescription> {
  const device = DEVICES[name];
  try {
    const found = isTfjsNode(name) ? findTfjsNode(name, workspace) : null;
    if (isTfjsNode(name) && !found) {
      return { name, available: false, device, reason: notInstalled(name, workspace) };
    }
    const engine = await start(name, workspace, '');
    const origin = isTfjsNode(name)
      ? `Found version ${found!.version} in ${found!.directory}.`
      : ORIGINS[name];
    // What an engine adds when it starts tells of its device.
    const reason = [origin, engine.reason].filter((part) => part !== '').join(' ');
    return { name, available: true, device: engine.device, reason, ...engine.facts };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return { name, available: false, device, reason: error.message };
  }
}

function isTfjsNode(name: EngineName): name is 'tfjs-node' | 'tfjs-node-gpu' {
  return name === 'tfjs-node' || name === 'tfjs-node-gpu';
}

async function start(
  name: EngineName,
  workspace: string,
  reason: string,
  provider?: ProviderRequest,
): Promise<StartedEngine> {
  correctKernels();
  if (name === 'compiled') return startCompiledEngine(reason, provider);
  await startBackend(name, workspace);
  const engine = new EagerEngine(name, DEVICES[name], reason);
  return withFacts(engine, EAGER_FACTS[name]);
}

const EAGER_FACTS: Record<Exclude<EngineName, 'compiled'>, EngineFacts> = {
  // More threads gain nothing on the networks that wasm is fast enough for.
  wasm: { provider: 'wasm', precision: 'f32', threads: 1, block: null },
  cpu: { provider: 'javascript', precision: 'f32', threads: 1, block: null },
  'tfjs-node': { provider: 'tensorflow', precision: 'f32', threads: null, block: null },
  'tfjs-node-gpu': { provider: 'tensorflow', precision: 'f32', threads: null, block: null },
};

async function startCompiledEngine(
  reason: string,
  requested: ProviderRequest | undefined,
): Promise<StartedEngine> {
  const refusal = loadInstalledRuntime();
  const { backend, device, reason: choice } = await startCompiled({ provider: requested });
  await selfTest('compiled');
  const reasons = [reason, choice, refusal].filter((part) => part !== '').join(' ');
  const { provider, threads, block } = backend.settings;
  return withFacts(new CompiledEngine(backend, device, reasons), {
    provider,
    precision: 'f32',
    threads,
    block: block > 0 ? block : null,
  });
}

/** Takes the onnxruntime that was installed for a GPU, where there is one. @returns why it was not taken, or ''. */
function loadInstalledRuntime(): string {
  const installed = findInstalledRuntime();
  if (installed === null) return '';
  try {
    withInstalledRuntime(installed, loadRuntime);
    return '';
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return `Distillery's own onnxruntime is used, since the installed one in ${installed} is broken: ${error.message}`;
  }
}

function withFacts(engine: Engine, facts: EngineFacts): StartedEngine {
  return Object.assign(engine, { facts });
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

async function startBackend(name: Exclude<EngineName, 'compiled'>, workspace: string): Promise<void> {
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
