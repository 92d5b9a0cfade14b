import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from '../engine';
import { DeviceMemory } from './deviceMemory';
import { DEVICE_NAMES, messageOf } from './failures';
import { hasGpuDevice, softwareDriver } from './hardware';
import { loadRuntime } from './runtime';
import { findWrongResults, keepsNumbers, timeProducts } from './selfTest';
import { PROVIDERS, type CompilerSettings, type Provider } from './settings';

export type ProviderRequest = Provider | 'auto';

/** The provider that was asked for cannot be used here. The message says why and what to do. */
export class ProviderError extends EngineError {
  override name = 'ProviderError';
}

export interface ChosenProvider {
  settings: CompilerSettings;
  /** Where variables stay; null for arrays of the host. */
  memory: DeviceMemory | null;
  /** For people: `GPU (WebGPU, onnxruntime 1.30)`. */
  device: string;
  /** One sentence: why this provider. */
  reason: string;
}

/** In the order in which `auto` tries them. Core ML computes in half precision where it likes, so only on request. */
const AUTOMATIC: readonly Provider[] = ['cuda', 'webgpu', 'dml'];

/** `DISTILLERY_PROVIDER`, else `auto`. @throws ProviderError for an unknown one. */
export function providerFromEnvironment(): ProviderRequest {
  const wanted = process.env['DISTILLERY_PROVIDER'];
  return wanted === undefined || wanted === '' ? 'auto' : parseProvider(wanted);
}

/** @throws ProviderError for a name that is none. */
export function parseProvider(name: string): ProviderRequest {
  const found = [...PROVIDERS, 'auto' as const].find((known) => known === name.toLowerCase());
  if (found) return found;
  throw new ProviderError(
    `There is no provider "${name}" (DISTILLERY_PROVIDER). Providers: auto, ${PROVIDERS.join(', ')}.`,
  );
}

/**
 * Chooses what programs run on.
 *
 * @param request a provider, or `auto`: a GPU where there is one that computes rightly and faster than the processor.
 * @param host settings for the processor.
 * @throws ProviderError where the provider that was asked for cannot be used; `auto` takes the processor and says why.
 */
export function chooseProvider(request: ProviderRequest, host: CompilerSettings): ChosenProvider {
  if (request === 'cpu') return onProcessor(host, 'The processor was asked for.');
  if (request !== 'auto') {
    try {
      return open(request, host, 'It was asked for.');
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      throw new ProviderError(
        `The provider "${request}" cannot be used here: ${error.message} Without a GPU, take the processor: DISTILLERY_PROVIDER=cpu.`,
        { cause: error },
      );
    }
  }
  if (!hasGpuDevice()) return onProcessor(host, 'No GPU is used: this machine shows none.');
  const supported = new Set(
    loadRuntime()
      .native.listSupportedBackends()
      .map(({ name }) => name),
  );
  const refusals: string[] = [];
  for (const provider of AUTOMATIC.filter((name) => supported.has(name))) {
    try {
      return openIfFaster(provider, host);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      refusals.push(`${DEVICE_NAMES[provider]}: ${error.message}`);
    }
  }
  return onProcessor(host, `No GPU is used. ${refusals.join(' ')}`.trim());
}

/** Why a provider is not taken; a sentence that ends with a full stop. */
class Refusal extends Error {}

function onProcessor(settings: CompilerSettings, reason: string): ChosenProvider {
  return { settings, memory: null, device: describe('CPU'), reason };
}

/** `GPU (WebGPU)` → `GPU (WebGPU, onnxruntime 1.30)`. */
function describe(name: string): string {
  const version = loadRuntime().version.split('.').slice(0, 2).join('.');
  const runtime = `onnxruntime ${version}`;
  return name.endsWith(')') ? `${name.slice(0, -1)}, ${runtime})` : `${name} (${runtime})`;
}

/** @throws Refusal */
function openIfFaster(provider: Provider, host: CompilerSettings): ChosenProvider {
  if (provider === 'cuda' && missingCudaFiles() !== null) throw new Refusal('its files are not installed.');
  const chosen = open(provider, host, '');
  try {
    const software = provider === 'webgpu' ? softwareDriver() : null;
    if (software !== null) throw new Refusal(`${software} computes in software.`);
    const times = [host, chosen.settings].map(timeProducts) as [number, number];
    const [ours, theirs] = times.map((time) => `${time.toFixed(time < 10 ? 1 : 0)} ms`) as [string, string];
    if (times[1] >= times[0]) throw new Refusal(`it is not faster than the processor (${theirs}, ${ours}).`);
    return { ...chosen, reason: `The GPU passed its self-test, ${theirs} against the processor's ${ours}.` };
  } catch (error) {
    chosen.memory?.dispose();
    throw error instanceof Refusal ? error : new Refusal(sentence(messageOf(error)));
  }
}

/** Opens sessions on a provider and tests them. @throws Refusal */
function open(provider: Provider, host: CompilerSettings, reason: string): ChosenProvider {
  const { native } = loadRuntime();
  if (!native.listSupportedBackends().some(({ name }) => name === provider)) {
    const here = `${process.platform}-${process.arch}`;
    throw new Refusal(`onnxruntime for ${here} does not have it.`);
  }
  const missing = provider === 'cuda' ? missingCudaFiles() : null;
  if (missing !== null) throw new Refusal(missing);
  const settings: CompilerSettings = { ...host, provider, block: 0, extensions: false };
  let memory: DeviceMemory | null = null;
  try {
    memory = provider === 'webgpu' ? new DeviceMemory(settings) : null;
    const wrong = findWrongResults(settings, host);
    if (memory && !keepsNumbers(memory)) wrong.push('its memory');
    if (wrong.length > 0) throw new Refusal(`the self-test finds wrong numbers for ${wrong.join(', ')}.`);
  } catch (error) {
    memory?.dispose();
    throw error instanceof Refusal ? error : new Refusal(failureToOpen(provider, messageOf(error)));
  }
  return { settings, memory, device: describe(deviceName(provider)), reason };
}

function deviceName(provider: Provider): string {
  const software = provider === 'webgpu' ? softwareDriver() : null;
  return software === null ? DEVICE_NAMES[provider] : `software (WebGPU on ${software})`;
}

const INSTALL_CUDA =
  'Run the command "Distillery: Install GPU Engine", which fetches them, and check that CUDA 12 and cuDNN 9 are installed.';

/** What is missing of onnxruntime's files for CUDA, which do not come with its package. */
function missingCudaFiles(): string | null {
  if (process.platform === 'win32') return null;
  const { directory } = loadRuntime();
  const versions = join(directory, 'bin');
  const found = existsSync(versions)
    ? readdirSync(versions).some((version) =>
        existsSync(
          join(versions, version, process.platform, process.arch, 'libonnxruntime_providers_cuda.so'),
        ),
      )
    : false;
  return found ? null : `the files of onnxruntime for CUDA are not here. ${INSTALL_CUDA}`;
}

/** What onnxruntime says when a session cannot be opened, and what helps. */
function failureToOpen(provider: Provider, cause: string): string {
  const said = sentence(cause);
  switch (provider) {
    case 'cuda':
      return `${said} ${INSTALL_CUDA}`;
    case 'webgpu':
      return `${said} It needs a GPU with a current driver (on Linux for Vulkan: libvulkan1 and the GPU's own driver).`;
    case 'dml':
      return `${said} It needs Windows 10 or later with a driver for DirectX 12.`;
    case 'cpu':
    case 'coreml':
      return said;
  }
}

/** The first line of a message, without the place in onnxruntime's source where it was made. */
function sentence(message: string): string {
  const line = message.trim().split('\n')[0]!.trim();
  const told = /(Failed to .*|No supported .*|.*)$/.exec(line)![0];
  return /[.!?]$/.test(told) ? told : `${told}.`;
}
