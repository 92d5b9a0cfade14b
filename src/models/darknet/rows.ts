import type { LayerRow, LayerTable } from '../../layers/table';
import { kernelSize, type DarknetLayer, type MapShape, type Network } from './layers';

/** What one value of a map sees of the image. */
interface View {
  /** Pixels, `[down, across]`. */
  field: [number, number];
  /** Pixels between neighbouring values. */
  step: [number, number];
}

/**
 * The layers of a Darknet network, one row for each section after [net], numbered as Darknet does.
 *
 * @param files absolute paths, the cfg first.
 * @param notes besides those of the cfg.
 */
export function darknetTable(
  network: Network,
  label: string,
  files: readonly string[],
  notes: readonly string[],
): LayerTable {
  const { layers, input } = network;
  const views = viewsOf(layers);
  const nameOf = (index: number): string => layers[index]!.name;
  return {
    label,
    format: 'darknet',
    input: [...input],
    rows: layers.map((layer) => rowOf(layer, views[layer.index]!, nameOf)),
    outputs: network.outputs.map(nameOf),
    definition: { file: files[0]!, line: 1, column: 1 },
    files: [...files],
    notes: [...network.notes, ...notes],
  };
}

function rowOf(layer: DarknetLayer, view: View, nameOf: (index: number) => string): LayerRow {
  const { operation, section, inputs, inputShapes, shape } = layer;
  const isVector = operation.kind === 'softmax';
  const kernel = operation.kind === 'convolutional' ? kernelSize(operation, inputShapes[0]!) : 0;
  // Of a normalization only scales and biases are learnt.
  const others = operation.kind === 'convolutional' ? operation.filters * (operation.normalized ? 2 : 1) : 0;
  return {
    name: layer.name,
    kind: operation.kind,
    shape: isVector ? [shape[2]] : [...shape],
    parameters: kernel + others,
    multiplyAdds: kernel * shape[0] * shape[1],
    receptiveField: isVector ? null : [Math.ceil(view.field[0]), Math.ceil(view.field[1])],
    inputs: inputs.filter((input) => input >= 0).map(nameOf),
    uses: 1,
    source: { ...section.position, chain: [{ ...section.position, function: null }] },
  };
}

function viewsOf(layers: readonly DarknetLayer[]): View[] {
  const views: View[] = [];
  for (const { operation, inputs, inputShapes } of layers) {
    const view = widest(inputs.map((input) => (input < 0 ? { field: [1, 1], step: [1, 1] } : views[input]!)));
    switch (operation.kind) {
      case 'convolutional': {
        const reach = operation.dilation * (operation.size - 1);
        views.push(through(view, [reach, reach], [operation.strideY, operation.strideX]));
        break;
      }
      case 'maxpool': {
        const reach = operation.size - 1;
        views.push(through(view, [reach, reach], [operation.strideY, operation.strideX]));
        break;
      }
      case 'upsample':
        views.push(through(view, [0, 0], [1 / operation.stride, 1 / operation.stride]));
        break;
      case 'avgpool': {
        const [height, width] = inputShapes[0]!;
        views.push(through(view, [height - 1, width - 1], [height, width]));
        break;
      }
      case 'cost':
      case 'dropout':
      case 'route':
      case 'sam':
      case 'scale_channels':
      case 'shortcut':
      case 'softmax':
      case 'yolo':
        views.push(view);
    }
  }
  return views;
}

/** The view through a window that reaches so many values further than one. */
function through({ field, step }: View, reach: [number, number], strides: [number, number]): View {
  return {
    field: [field[0] + reach[0] * step[0], field[1] + reach[1] * step[1]],
    step: [step[0] * strides[0], step[1] * strides[1]],
  };
}

function widest(views: readonly View[]): View {
  return views.reduce((a, b) => ({
    field: [Math.max(a.field[0], b.field[0]), Math.max(a.field[1], b.field[1])],
    step: [Math.max(a.step[0], b.step[0]), Math.max(a.step[1], b.step[1])],
  }));
}

/** A map's shape for people. */
export function showShape(shape: MapShape): string {
  return shape.join('×');
}
