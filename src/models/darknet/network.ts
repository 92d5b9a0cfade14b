import { floatsOf, type MapShape, type DarknetLayer, type Network, type Operation } from './layers';
import { operationReaders, type SectionKind, type ReadContext } from './operations';
import type { ModelError } from '../model';
import { cfgError, guess, readSections, type CfgFile, type CfgSection } from './sections';

/** What sections may be called, and the kind that each name means. */
const kinds: Readonly<Record<string, SectionKind>> = {
  convolutional: 'convolutional',
  conv: 'convolutional',
  shortcut: 'shortcut',
  route: 'route',
  maxpool: 'maxpool',
  max: 'maxpool',
  avgpool: 'avgpool',
  avg: 'avgpool',
  upsample: 'upsample',
  dropout: 'dropout',
  yolo: 'yolo',
  softmax: 'softmax',
  soft: 'softmax',
  sam: 'sam',
  scale_channels: 'scale_channels',
  cost: 'cost',
};

const unsupportedKinds = [
  ...['activation', 'batchnorm', 'connected', 'conn', 'contrastive', 'conv_lstm', 'crnn', 'crop', 'deconv'],
  ...[
    'deconvolutional',
    'detection',
    'empty',
    'Gaussian_yolo',
    'gru',
    'history',
    'implicit',
    'iseg',
    'l2norm',
  ],
  ...['local', 'local_avg', 'local_avgpool', 'logistic', 'lrn', 'lstm', 'normalization', 'region', 'reorg'],
  ...['reorg3d', 'reorg_old', 'rnn'],
];

/** A network has fewer weights; more are a slip of the pen, and memory for them is never asked for. */
const mostWeights = 2 ** 29;

const shortNames: Partial<Record<SectionKind, string>> = { convolutional: 'conv' };

/**
 * Reads a network from the text of its cfg and works out the shape of every layer.
 *
 * @param file absolute path of the cfg, for positions.
 * @param inputShape `[height, width, channels]` instead of the size that [net] names; null for that one.
 * @throws ModelError `bad-model` with file, line and column.
 */
export function readNetwork(text: string, file: string, inputShape: MapShape | null): Network {
  const cfg = readSections(text, file);
  const [net, ...sections] = cfg.sections;
  if (net === undefined || !['net', 'network'].includes(net.title)) {
    throw cfgError(
      net?.position ?? { file, line: 1, column: 1 },
      'The first section of a Darknet cfg is [net], with the size of the image.',
    );
  }
  net.refuseSlips();
  const input = inputOf(net, inputShape);
  const layers: DarknetLayer[] = [];
  let weights = 0;
  for (const section of sections) {
    try {
      const layer = readLayer(section, layers, input);
      weights += floatsOf(layer);
      if (weights > mostWeights) throw tooHeavy(section, weights);
      layers.push(layer);
    } catch (error) {
      // Maps that do not meet are told by their cause, where that is the size of the image.
      refuseOddSize(net, input, layers);
      throw error;
    }
  }
  if (layers.length === 0) throw net.wrong(null, 'There is no layer after [net].');
  refuseOddSize(net, input, layers);
  const heads = layers.filter(({ operation }) => operation.kind === 'yolo').map(({ index }) => index);
  return {
    input,
    layers,
    outputs: heads.length > 0 ? heads : [layers.length - 1],
    letterbox: net.flag('letter_box'),
    notes: notesOf(cfg, layers),
  };
}

function tooHeavy(section: CfgSection, weights: number): ModelError {
  const [found, most] = [weights, mostWeights].map((count) => count.toLocaleString('en-US'));
  const message = `Up to here the network has ${found} weights; more than ${most} are not supported.`;
  return section.wrong('filters', message);
}

function inputOf(net: CfgSection, given: MapShape | null): MapShape {
  const size = (name: string): number => {
    if (net.has(name)) return net.integer(name, 1, 1);
    throw net.wrong(null, `[net] does not say the \`${name}\` of the image: write ${name}=416.`);
  };
  const channels = net.integer('channels', 3, 1);
  if (given === null) return [size('height'), size('width'), channels];
  if (given[2] !== channels) {
    const message = `The network takes ${channels} channels, the images have ${given[2]}. Set channels=${given[2]}, or take other images.`;
    throw net.wrong('channels', message);
  }
  return given;
}

function readLayer(section: CfgSection, layers: readonly DarknetLayer[], input: MapShape): DarknetLayer {
  const kind = kindOf(section);
  section.refuseSlips();
  const index = layers.length;
  const context: ReadContext = {
    index,
    shapeOf: (other) => (other < 0 ? input : layers[other]!.shape),
    nameOf: (other) => (other < 0 ? 'the image' : layers[other]!.name),
  };
  const read: { operation: Operation; inputs: readonly number[]; shape: MapShape } = operationReaders[kind](
    section,
    context,
  );
  if (read.shape.some((size) => size < 1)) {
    throw section.wrong(
      null,
      `Nothing is left of the map here: ${read.shape.join('×')}. The image ${input[1]}×${input[0]} is too small.`,
    );
  }
  return {
    index,
    name: `${index}/${shortNames[kind] ?? kind}`,
    section,
    ...read,
    inputShapes: read.inputs.map(context.shapeOf),
  };
}

function kindOf(section: CfgSection): SectionKind {
  const { title } = section;
  if (Object.hasOwn(kinds, title)) return kinds[title]!;
  const supported = [...new Set(Object.values(kinds))].map((kind) => `[${kind}]`).join(', ');
  if (unsupportedKinds.includes(title)) {
    throw section.wrong(null, `[${title}] is not supported. Supported are ${supported}.`);
  }
  if (title === 'net' || title === 'network') throw section.wrong(null, 'There is a second [net].');
  const { hint, nearest } = guess(title, Object.keys(kinds));
  const otherwise = hint === '' ? ` Supported are ${supported}.` : hint;
  throw section.wrong(null, `Darknet has no section [${title}].${otherwise}`, nearest);
}

/**
 * Where maps are scaled up to meet bigger ones, the size of the image must be a multiple of the coarsest stride.
 *
 * @throws ModelError
 */
function refuseOddSize(net: CfgSection, [height, width]: MapShape, layers: readonly DarknetLayer[]): void {
  if (!layers.some(({ operation }) => operation.kind === 'upsample')) return;
  const strides = stridesOf(layers);
  const coarsest = [Math.max(...strides.map(([y]) => y)), Math.max(...strides.map(([, x]) => x))] as const;
  if (height % coarsest[0] === 0 && width % coarsest[1] === 0) return;
  const fit = (size: number, stride: number): number => Math.max(1, Math.round(size / stride)) * stride;
  throw net.wrong(
    width % coarsest[1] === 0 ? 'height' : 'width',
    `An image of ${width}×${height} does not fit: width and height must be multiples of ${Math.max(...coarsest)}, the largest stride of the network, such as ${fit(width, coarsest[1])}×${fit(height, coarsest[0])}.`,
  );
}

/** Pixels of the image between neighbouring values of each layer, `[down, across]`. */
export function stridesOf(layers: readonly DarknetLayer[]): [number, number][] {
  const strides: [number, number][] = [];
  for (const { operation, inputs } of layers) {
    const [y, x] = inputs
      .map((input): [number, number] => (input < 0 ? [1, 1] : strides[input]!))
      .reduce((a, b): [number, number] => [Math.max(a[0], b[0]), Math.max(a[1], b[1])]);
    if (operation.kind === 'convolutional' || operation.kind === 'maxpool') {
      strides.push([y * operation.strideY, x * operation.strideX]);
    } else if (operation.kind === 'upsample') {
      strides.push([y / operation.stride, x / operation.stride]);
    } else strides.push([y, x]);
  }
  return strides;
}

function notesOf({ notes }: CfgFile, layers: readonly DarknetLayer[]): string[] {
  const named = (chosen: (section: CfgSection) => boolean): string =>
    layers
      .filter(({ section }) => chosen(section))
      .map(({ name }) => name)
      .join(', ');
  const dropBlocks = named((section) => section.flag('dropblock'));
  const others = named((section) => !['greedynms', 'default'].includes(section.text('nms_kind', 'default')));
  return [
    ...notes,
    ...(dropBlocks === '' ? [] : [`DropBlock is trained as ordinary dropout: ${dropBlocks}.`]),
    ...(others === '' ? [] : [`Boxes are suppressed as by \`nms_kind=greedynms\`: ${others}.`]),
  ];
}
