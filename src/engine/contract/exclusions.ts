/** What an engine cannot do, and why; the contract tests check that it still cannot. */
export interface Exclusion {
  /** Engines, or one of the ways in which one runs. */
  readonly engines: readonly string[];
  readonly cases: RegExp;
  readonly reason: string;
  /** What it says instead, where it must say something. */
  readonly refusal?: RegExp;
}

export const EXCLUSIONS: readonly Exclusion[] = [
  {
    engines: ['cpu', 'wasm', 'tfjs-node'],
    cases: /^(?:conv2d|depthwise).* dilated/,
    reason: 'tfjs has no kernels for the gradient of a dilated convolution; ours says so',
    refusal: /gradient of \w+ with dilations [\d×]+ exists only on the engine "compiled"/,
  },
  {
    engines: ['compiled, in a step'],
    cases: /^localResponseNormalization$/,
    reason: 'it is left to the plain JavaScript backend, so a step that has it runs op by op',
  },
  {
    engines: ['cpu'],
    cases: /^resizeNearestNeighbor/,
    reason: 'its kernel mixes up the images of a batch; ours replaces it for whole factors only',
  },
  {
    engines: ['cpu'],
    cases: /^resizeBilinear/,
    reason: 'its kernel exchanges rows and columns of images that are not square',
  },
  {
    engines: ['wasm', 'tfjs-node'],
    cases: /^resize.*halfPixelCenters$/,
    reason: 'its gradient leaves halfPixelCenters out of account',
  },
  {
    engines: ['cpu'],
    cases: /^tensorScatterUpdate$/,
    reason: 'its kernel overwrites its input',
  },
  {
    engines: ['wasm'],
    cases: /^einsum/,
    reason: 'it has no kernel Einsum',
  },
  {
    engines: ['tfjs-node'],
    cases: /^(?:conv2d explicit padding|maxPool padding 1)$/,
    reason: 'it knows the paddings same and valid only',
  },
  {
    engines: ['tfjs-node'],
    cases: /^gather of a negative axis$/,
    reason: 'it counts no axis from the end when it checks indices',
  },
];
