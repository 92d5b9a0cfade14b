import { RUNTIME_VERSION } from './installFolder';
import type { EngineName } from './engine';

/** A library or driver that must be on the machine already; nobody but its maker may hand it out. */
export interface Requirement {
  /** For people: `CUDA 12`. */
  what: string;
  /** Files of which one is there when it is installed, by their names. */
  files: readonly string[];
  /** Where it comes from. */
  from: string;
}

/** Something that Distillery can install for a machine. */
export interface Recipe {
  name: 'cuda' | 'tfjs-node' | 'tfjs-node-gpu';
  /** The engine that it is for. */
  engine: EngineName;
  title: string;
  /** One sentence: what one gets. */
  description: string;
  /** For people: how much is downloaded. */
  download: string;
  /** The package and its version, as npm takes it. */
  package: string;
  /** Whether the package's own script must run when npm installs it. */
  runsScript: boolean;
  /** Arguments of Node for what the package needs besides, in the install folder. */
  afterwards: readonly string[] | null;
  requirements: readonly Requirement[];
}

const NVIDIA_DRIVER: Requirement = {
  what: 'NVIDIA driver',
  files: ['libcuda.so.1', 'nvcuda.dll'],
  from: 'https://www.nvidia.com/drivers',
};

const CUDA: Recipe = {
  name: 'cuda',
  engine: 'compiled',
  title: 'CUDA for the engine "compiled"',
  description: 'onnxruntime with its libraries for NVIDIA GPUs.',
  download: 'about 400 MB from registry.npmjs.org and nuget.org',
  package: `onnxruntime-node@${RUNTIME_VERSION}`,
  // npm would hand it the settings of the moment; it is run below, with what to install.
  runsScript: false,
  afterwards: ['node_modules/onnxruntime-node/script/install.js', '--onnxruntime-node-install=cuda12'],
  requirements: [
    NVIDIA_DRIVER,
    {
      what: 'CUDA 12',
      files: ['libcublasLt.so.12'],
      from: 'https://developer.nvidia.com/cuda-toolkit-archive',
    },
    { what: 'cuDNN 9', files: ['libcudnn.so.9'], from: 'https://developer.nvidia.com/cudnn' },
  ],
};

/** Of the tfjs that Distillery builds models with. */
const TFJS_VERSION = '4.22.0';

const TFJS_NODE: Recipe = {
  name: 'tfjs-node',
  engine: 'tfjs-node',
  title: 'TensorFlow on the processor',
  description: 'The engine "tfjs-node": TensorFlow 2.9 runs each op; slower than "compiled".',
  download: 'about 100 MB from registry.npmjs.org and storage.googleapis.com',
  package: `@tensorflow/tfjs-node@${TFJS_VERSION}`,
  runsScript: true,
  afterwards: null,
  requirements: [],
};

const TFJS_NODE_GPU: Recipe = {
  ...TFJS_NODE,
  name: 'tfjs-node-gpu',
  engine: 'tfjs-node-gpu',
  title: 'TensorFlow on an NVIDIA GPU',
  description: 'The engine "tfjs-node-gpu": TensorFlow 2.9 runs each op on the GPU.',
  download: 'about 400 MB from registry.npmjs.org and storage.googleapis.com',
  package: `@tensorflow/tfjs-node-gpu@${TFJS_VERSION}`,
  requirements: [
    NVIDIA_DRIVER,
    {
      what: 'CUDA 11.2',
      files: ['libcudart.so.11.0', 'cudart64_110.dll'],
      from: 'https://developer.nvidia.com/cuda-11.2.0-download-archive',
    },
    {
      what: 'cuDNN 8.1',
      files: ['libcudnn.so.8', 'cudnn64_8.dll'],
      from: 'https://developer.nvidia.com/rdp/cudnn-archive',
    },
  ],
};

/** What can be installed on a platform such as `linux-x64`, the best first. */
export function recipesFor(platform: string): Recipe[] {
  switch (platform) {
    case 'linux-x64':
      return [CUDA, TFJS_NODE_GPU, TFJS_NODE];
    case 'win32-x64':
      return [TFJS_NODE_GPU, TFJS_NODE];
    case 'darwin-x64':
    case 'darwin-arm64':
      return [TFJS_NODE];
    default:
      return [];
  }
}

/** What a platform's GPUs need no installation for. */
export function builtInGpuSupport(platform: string): string {
  switch (platform) {
    case 'win32-x64':
    case 'win32-arm64':
      return 'WebGPU and DirectML come with Distillery: a GPU with a current driver needs nothing more.';
    case 'linux-x64':
    case 'darwin-arm64':
      return 'WebGPU comes with Distillery: a GPU with a current driver needs nothing more.';
    default:
      return `onnxruntime has no support of GPUs for ${platform}.`;
  }
}
