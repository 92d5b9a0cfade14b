import type { CfgSection } from './sections';

/** Activations of Darknet that are understood; `leaky` is max(x, 0.1·x), `logistic` 1 / (1 + e^−x). */
export const activations = [
  ...(['linear', 'leaky', 'relu', 'relu6', 'mish', 'swish', 'logistic', 'tanh'] as const),
] as const;
export type Activation = (typeof activations)[number];

/** `[height, width, channels]` */
export type MapShape = readonly [number, number, number];

/** How windows slide over a map. */
export interface Window {
  size: number;
  strideY: number;
  strideX: number;
}

export interface Convolution extends Window {
  kind: 'convolutional';
  filters: number;
  /** Zeros on each side. */
  padding: number;
  dilation: number;
  groups: number;
  normalized: boolean;
  activation: Activation;
}

export interface MaxPooling extends Window {
  kind: 'maxpool';
  /** On both sides together: floor(padding / 2) before, the rest after. Padded values are never the largest. */
  padding: number;
}

export interface Yolo {
  kind: 'yolo';
  classes: number;
  /** `[width, height]` in pixels of the network's input, those of the mask only. */
  anchors: (readonly [number, number])[];
  scaleXY: number;
  newCoordinates: boolean;
}

/** What one section computes. */
export type Operation =
  | Convolution
  | MaxPooling
  | Yolo
  | { kind: 'shortcut' | 'sam' | 'scale_channels'; activation: Activation }
  | { kind: 'route'; groups: number; groupId: number }
  | { kind: 'upsample'; stride: number }
  | { kind: 'dropout'; probability: number }
  | { kind: 'avgpool' | 'softmax' | 'cost' };

/** A layer of a network, its shapes worked out. */
export interface DarknetLayer {
  /** As Darknet counts them, from 0; [net] is none. */
  index: number;
  /** `12/conv`; unique. */
  name: string;
  section: CfgSection;
  operation: Operation;
  /** Indices of the layers it reads; −1 is the image. */
  inputs: readonly number[];
  inputShapes: readonly MapShape[];
  shape: MapShape;
}

/** A network as its cfg describes it. */
export interface Network {
  /** `[height, width, channels]` of the image. */
  input: MapShape;
  layers: readonly DarknetLayer[];
  /** Indices of the layers that give its outputs: all [yolo], or the last layer. */
  outputs: readonly number[];
  /** Whether images are to be put into the input with their aspect kept (`letter_box=1`). */
  letterbox: boolean;
  notes: readonly string[];
}

/** Floats that the `.weights` file holds for a layer: of convolutions only. */
export function floatsOf({ operation, inputShapes }: DarknetLayer): number {
  if (operation.kind !== 'convolutional') return 0;
  return kernelSize(operation, inputShapes[0]!) + operation.filters * (operation.normalized ? 4 : 1);
}

/** Weights in the kernels of a convolution. */
export function kernelSize({ filters, size, groups }: Convolution, [, , channels]: MapShape): number {
  return (channels / groups) * filters * size * size;
}
