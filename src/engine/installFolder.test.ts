import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { enginesFolder, findInstalledRuntime, RUNTIME_VERSION, withInstalledRuntime } from './installFolder';
import { selectEngine, tryEngine } from './select';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'distillery-engines-'));
  vi.stubEnv('DISTILLERY_ENGINES', folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

function install(name: string, version: string, files: Record<string, string>): string {
  const directory = join(folder, 'node_modules', name);
  const all = { 'package.json': JSON.stringify({ name, version, main: 'index.js' }), ...files };
  for (const [file, text] of Object.entries(all)) {
    mkdirSync(dirname(join(directory, file)), { recursive: true });
    writeFileSync(join(directory, file), text);
  }
  return directory;
}

describe('enginesFolder', () => {
  it('is where a system keeps data of a person, unless another is named', () => {
    expect(enginesFolder()).toBe(folder);
    expect(enginesFolder({ XDG_DATA_HOME: '/data' }, 'linux')).toBe('/data/distillery/engines');
    expect(enginesFolder({ XDG_DATA_HOME: 'data' }, 'linux')).toMatch(/\.local\/share\/distillery\/engines$/);
    expect(enginesFolder({}, 'darwin')).toMatch(/Library\/Application Support\/distillery\/engines$/);
    expect(enginesFolder({ LOCALAPPDATA: '/local' }, 'win32')).toBe('/local/distillery/engines');
  });
});

describe('an installed onnxruntime', () => {
  const binding = 'module.exports = require("onnxruntime-common") + " bound";';

  it('is taken in our version only', () => {
    expect(findInstalledRuntime()).toBeNull();
    install('onnxruntime-node', '1.0.0', {});
    expect(findInstalledRuntime()).toBeNull();
    const directory = install('onnxruntime-node', RUNTIME_VERSION, {});
    expect(findInstalledRuntime()).toBe(directory);
  });

  it('takes the place of ours while it is loaded, with the package it needs', () => {
    const directory = install('onnxruntime-node', RUNTIME_VERSION, { 'dist/binding.js': binding });
    install('onnxruntime-common', RUNTIME_VERSION, { 'index.js': 'module.exports = "installed";' });
    const require = createRequire(import.meta.url);
    const loaded: unknown[] = [];
    withInstalledRuntime(directory, () => {
      loaded.push(require('onnxruntime-node/dist/binding.js'), require('onnxruntime-common'));
      loaded.push(require.resolve('onnxruntime-node/package.json'));
    });
    expect(loaded).toEqual(['installed bound', 'installed', join(directory, 'package.json')]);
    expect(require.resolve('onnxruntime-node/package.json')).not.toContain(folder);
  });

  it('that is broken is left for ours, and the engine says so', async () => {
    install('onnxruntime-node', RUNTIME_VERSION, { 'dist/binding.js': 'throw new Error("file too short");' });
    const engine = await selectEngine('compiled', folder);
    expect(engine.reason).toContain("Distillery's own onnxruntime is used, since the installed one in");
    expect(engine.reason).toContain('file too short');
    expect(engine.facts).toMatchObject({ provider: 'cpu', precision: 'f32' });
    expect(engine.facts.threads).toBeGreaterThan(0);
  });
});

describe('tfjs-node', () => {
  it('is looked for in the workspace, then among installed engines', async () => {
    const workspace = join(folder, 'workspace');
    const absent = await tryEngine('tfjs-node', workspace);
    expect(absent).toMatchObject({ available: false, device: 'CPU (TensorFlow)' });
    expect(absent.reason).toContain('distillery engines --install tfjs-node');
    const broken = 'throw new Error("The native addon can not be found.\\nmuch advice");';
    const directory = install('@tensorflow/tfjs-node', '4.22.0', { 'index.js': broken });
    expect(await tryEngine('tfjs-node', workspace)).toEqual({
      name: 'tfjs-node',
      available: false,
      device: 'CPU (TensorFlow)',
      reason: `@tensorflow/tfjs-node in ${directory} is broken: The native addon can not be found.`,
    });
  });

  it('of another major version, or damaged, is refused with what to do', async () => {
    const directory = install('@tensorflow/tfjs-node', '3.0.0', {});
    expect((await tryEngine('tfjs-node', folder)).reason).toContain(
      `3.0.0 in ${directory} does not fit tfjs 4.22.0. Install version 4.22.0.`,
    );
    writeFileSync(join(directory, 'package.json'), '{}');
    expect((await tryEngine('tfjs-node', folder)).reason).toContain(
      'is damaged. Install @tensorflow/tfjs-node',
    );
  });
});
