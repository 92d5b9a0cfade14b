import { activations, type Activation, type MapShape, type Operation, type Window } from './layers';
import { guess, type CfgSection } from './sections';

export type SectionKind = Operation['kind'];

/** What a section may ask about the layers before it. */
export interface ReadContext {
  /** Index of the layer that is read. */
  index: number;
  /** −1 is the image. */
  shapeOf: (layer: number) => MapShape;
  nameOf: (layer: number) => string;
}

interface ReadOperation {
  operation: Operation;
  inputs: readonly number[];
  shape: MapShape;
}

type Reader = (section: CfgSection, context: ReadContext) => ReadOperation;

/** Reads the keys of each kind of section, with the defaults of Darknet's `parser.c`. */
export const operationReaders: Readonly<Record<SectionKind, Reader>> = {
  convolutional: readConvolution,
  maxpool: readMaxPooling,
  route: readRoute,
  yolo: readYolo,
  shortcut: readShortcut,
  sam: (section, context) => {
    const [from, shape] = readFrom(section, context);
    const previous = context.index - 1;
    demandEqual(section, context, [previous, from]);
    return { operation: { kind: 'sam', activation: activationOf(section) }, inputs: [previous, from], shape };
  },
  scale_channels: (section, context) => {
    const [from, shape] = readFrom(section, context);
    const previous = context.index - 1;
    const [height, width, channels] = context.shapeOf(previous);
    if (section.flag('scale_wh')) throw section.wrong('scale_wh', '`scale_wh` is not supported.');
    if (height !== 1 || width !== 1 || channels !== shape[2]) {
      const name = context.nameOf(previous);
      throw section.wrong(
        'from',
        `The factors must be 1×1×${shape[2]}, but ${name} gives ${show(context.shapeOf(previous))}.`,
      );
    }
    const operation = { kind: 'scale_channels', activation: activationOf(section) } as const;
    return { operation, inputs: [previous, from], shape };
  },
  upsample: (section, context) => {
    const stride = section.integer('stride', 2, 1);
    if (section.number('scale', 1) !== 1) throw section.wrong('scale', 'Only `scale=1` is supported.');
    const [height, width, channels] = context.shapeOf(context.index - 1);
    const shape = [height * stride, width * stride, channels] as const;
    return { operation: { kind: 'upsample', stride }, inputs: [context.index - 1], shape };
  },
  dropout: (section, context) => {
    const probability = section.number('probability', 0.5);
    if (probability < 0 || probability >= 1) {
      throw section.wrong('probability', '`probability` must be at least 0 and less than 1.');
    }
    return unchanged({ kind: 'dropout', probability }, context);
  },
  avgpool: (_, context) => {
    const [, , channels] = context.shapeOf(context.index - 1);
    return { operation: { kind: 'avgpool' }, inputs: [context.index - 1], shape: [1, 1, channels] };
  },
  softmax: (section, context) => {
    const shape = context.shapeOf(context.index - 1);
    const isPlain = section.integer('groups', 1) === 1 && section.number('temperature', 1) === 1;
    if (!isPlain || section.has('tree') || shape[0] !== 1 || shape[1] !== 1) {
      throw section.wrong(null, `Only a plain [softmax] over 1×1×classes is supported, not ${show(shape)}.`);
    }
    return unchanged({ kind: 'softmax' }, context);
  },
  cost: (_, context) => unchanged({ kind: 'cost' }, context),
};

function unchanged(operation: Operation, { index, shapeOf }: ReadContext): ReadOperation {
  return { operation, inputs: [index - 1], shape: shapeOf(index - 1) };
}

function readConvolution(section: CfgSection, { index, shapeOf }: ReadContext): ReadOperation {
  refuse(section, [
    'binary',
    'xnor',
    'antialiasing',
    'share_index',
    'cbn',
    'deform',
    'rotate',
    'sway',
    'flipped',
  ]);
  const input = shapeOf(index - 1);
  const window = windowOf(section, 1);
  const { size } = window;
  const filters = section.integer('filters', 1, 1);
  const groups = section.integer('groups', 1, 1);
  const dilation = size === 1 ? 1 : section.integer('dilation', 1, 1);
  const padding = section.flag('pad') ? Math.floor(size / 2) : section.integer('padding', 0);
  if (input[2] % groups !== 0 || filters % groups !== 0) {
    throw section.wrong(
      'groups',
      `${groups} groups must divide both the ${input[2]} channels that come in and the ${filters} filters.`,
    );
  }
  // Darknet works out sizes as if there were no dilation, and pads by padding·dilation; only here both agree.
  if (dilation > 1 && 2 * padding !== size - 1) {
    throw section.wrong('dilation', 'With `dilation`, `size` must be odd and `pad=1`.');
  }
  const shape = slide(input, window, 2 * padding, filters);
  const normalized = section.flag('batch_normalize');
  const activation = activationOf(section, 'logistic');
  const parts = { filters, groups, dilation, padding: padding * dilation, normalized, activation };
  return { operation: { kind: 'convolutional', ...window, ...parts }, inputs: [index - 1], shape };
}

function readMaxPooling(section: CfgSection, { index, shapeOf }: ReadContext): ReadOperation {
  refuse(section, ['maxpool_depth', 'antialiasing']);
  const input = shapeOf(index - 1);
  const window = windowOf(section, section.integer('stride', 1, 1));
  const padding = section.integer('padding', window.size - 1);
  const shape = slide(input, window, padding, input[2]);
  return { operation: { kind: 'maxpool', ...window, padding }, inputs: [index - 1], shape };
}

function readShortcut(section: CfgSection, context: ReadContext): ReadOperation {
  if (section.text('weights_type', 'none') !== 'none') {
    throw section.wrong('weights_type', 'A [shortcut] with weights of its own is not supported.');
  }
  const inputs = [context.index - 1, ...referencesOf(section, 'from', context)];
  demandEqual(section, context, inputs);
  const operation = { kind: 'shortcut', activation: activationOf(section) } as const;
  return { operation, inputs, shape: context.shapeOf(inputs[0]!) };
}

function readRoute(section: CfgSection, context: ReadContext): ReadOperation {
  const inputs = referencesOf(section, 'layers', context);
  const groups = section.integer('groups', 1, 1);
  const groupId = section.integer('group_id', 0);
  if (groupId >= groups) {
    throw section.wrong(
      'group_id',
      `\`group_id\` counts from 0: of ${groups} groups the last is ${groups - 1}.`,
    );
  }
  const [height, width] = context.shapeOf(inputs[0]!);
  let channels = 0;
  for (const input of inputs) {
    const shape = context.shapeOf(input);
    if (shape[0] !== height || shape[1] !== width) {
      throw section.wrong('layers', `Maps of one size can be joined only: ${listed(inputs, context)}.`);
    }
    if (shape[2] % groups !== 0) {
      const name = context.nameOf(input);
      throw section.wrong('groups', `The ${shape[2]} channels of ${name} do not fall into ${groups} groups.`);
    }
    channels += shape[2] / groups;
  }
  return { operation: { kind: 'route', groups, groupId }, inputs, shape: [height, width, channels] };
}

function readYolo(section: CfgSection, { index, shapeOf, nameOf }: ReadContext): ReadOperation {
  const classes = section.integer('classes', 20, 1);
  const count = section.integer('num', 1, 1);
  const numbers = section.numbers('anchors') ?? [];
  if (numbers.length < 2 * count) {
    const message = `\`anchors\` has ${numbers.length} numbers; num=${count} anchors need ${2 * count}.`;
    throw section.wrong('anchors', message);
  }
  const mask = section.numbers('mask') ?? Array.from({ length: count }, (_, anchor) => anchor);
  const stray = mask.find((anchor) => !Number.isInteger(anchor) || anchor < 0 || anchor >= count);
  if (stray !== undefined) {
    throw section.wrong('mask', `\`mask\` counts anchors from 0: there is no anchor ${stray} of ${count}.`);
  }
  const shape = shapeOf(index - 1);
  const channels = mask.length * (classes + 5);
  if (shape[2] !== channels) {
    const need = `${mask.length} anchors × (${classes} classes + 5) = ${channels}`;
    throw section.wrong(
      null,
      `[yolo] needs ${need} channels; ${nameOf(index - 1)} gives ${shape[2]}. Set its \`filters\`.`,
    );
  }
  const operation: Operation = {
    kind: 'yolo',
    classes,
    anchors: mask.map((anchor) => [numbers[2 * anchor]!, numbers[2 * anchor + 1]!] as const),
    scaleXY: section.number('scale_x_y', 1),
    newCoordinates: section.flag('new_coords'),
  };
  return { operation, inputs: [index - 1], shape };
}

function windowOf(section: CfgSection, defaultSize: number): Window {
  const stride = section.integer('stride', 1, 1);
  return {
    size: section.integer('size', defaultSize, 1),
    strideY: section.integer('stride_y', stride, 1),
    strideX: section.integer('stride_x', stride, 1),
  };
}

/** The shape that a window gives where `padding` is added on both sides together. */
function slide(
  [height, width]: MapShape,
  { size, strideY, strideX }: Window,
  padding: number,
  channels: number,
): MapShape {
  const steps = (length: number, stride: number): number =>
    Math.floor((length + padding - size) / stride) + 1;
  return [steps(height, strideY), steps(width, strideX), channels];
}

/** Indices of layers that a key names, relative (negative) or from the start. At least one. */
function referencesOf(section: CfgSection, key: string, { index }: ReadContext): number[] {
  const given = section.numbers(key);
  if (given === undefined)
    throw section.wrong(null, `[${section.title}] needs \`${key}\`, such as ${key}=-2.`);
  return given.map((value) => {
    const absolute = value < 0 ? index + value : value;
    if (Number.isInteger(value) && absolute >= 0 && absolute < index) return absolute;
    const range = index === 0 ? 'there is none before it' : `from 0 to ${index - 1}, or -1 to -${index}`;
    throw section.wrong(key, `\`${key}=${value}\` names no layer before layer ${index}: ${range}.`);
  });
}

function readFrom(section: CfgSection, context: ReadContext): [number, MapShape] {
  const [from] = referencesOf(section, 'from', context);
  return [from!, context.shapeOf(from!)];
}

function activationOf(section: CfgSection, otherwise: Activation = 'linear'): Activation {
  const name = section.text('activation', otherwise);
  const found = activations.find((known) => known === name);
  if (found !== undefined) return found;
  const { hint, nearest } = guess(name, activations);
  const supported = hint === '' ? ` Supported are ${activations.join(', ')}.` : hint;
  throw section.wrong('activation', `The activation \`${name}\` is not supported.${supported}`, nearest);
}

/** @throws ModelError where a switch is on that changes what the layer computes in a way that is not known here. */
function refuse(section: CfgSection, switches: readonly string[]): void {
  for (const name of switches) {
    if (section.integer(name, 0, -Infinity) > 0) {
      throw section.wrong(name, `\`${name}\` in [${section.title}] is not supported.`);
    }
  }
}

function demandEqual(section: CfgSection, context: ReadContext, inputs: readonly number[]): void {
  const wanted = show(context.shapeOf(inputs[0]!));
  if (inputs.every((input) => show(context.shapeOf(input)) === wanted)) return;
  throw section.wrong('from', `Maps of one shape can be combined only: ${listed(inputs, context)}.`);
}

function listed(inputs: readonly number[], { nameOf, shapeOf }: ReadContext): string {
  return inputs.map((input) => `${nameOf(input)} gives ${show(shapeOf(input))}`).join(', ');
}

function show(shape: MapShape): string {
  return shape.join('×');
}
