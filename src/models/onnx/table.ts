import * as path from 'node:path';
import type { LayerRow, LayerTable } from '../../layers/table';
import { shownField, type Axes } from '../receptiveField';
import { multiplyAddsOf, parameterCounter } from './cost';
import { fieldsOf } from './fields';
import { withoutBatch, type ImageInput, type Layout } from './layout';
import type { NamedNode } from './names';
import { sourceFinder } from './provenance';
import { bodiesOf, type OnnxFile } from './readModel';
import type { Shapes } from './shapes';
import { describe, type Topology } from './topology';

/** What is known of an ONNX model before it is run. */
export interface KnownModel {
  label: string;
  file: OnnxFile;
  topology: Topology;
  input: ImageInput;
  /** `[height, width, channels]` of the images that it will be given. */
  size: number[] | null;
  rows: readonly NamedNode[];
  layouts: ReadonlyMap<string, Layout>;
  shapes: Shapes;
}

/** The layer table of an ONNX model. */
export function onnxTable(known: KnownModel): LayerTable {
  const { label, file, topology, input, size, rows, layouts } = known;
  const shapes: Shapes = new Map([...known.shapes, [input.name, imageDims(input, size)]]);
  const sourceOf = sourceFinder(path.dirname(file.path));
  const parametersOf = parameterCounter(file.model, topology);
  const fields = fieldsOf({ topology, shapes, layouts });
  const image: Axes | null = size === null || size[0]! < 0 || size[1]! < 0 ? null : [size[0]!, size[1]!];
  const nameOf = new Map(rows.map(({ name, node }) => [node, name]));
  const layersBehind = (tensors: readonly string[]): string[] => layersOf(tensors, topology, nameOf);
  return {
    label,
    format: 'onnx',
    input: size,
    rows: rows.map(({ name, node, tensor }): LayerRow => {
      const dims = shapes.get(tensor) ?? null;
      // What was regrouped, e.g. into windows, has no shape for one image.
      const isOfImages = dims !== null && (dims[0] === -1 || dims[0] === input.batch);
      const shape = isOfImages ? withoutBatch(dims, layouts.get(tensor)!) : null;
      return {
        name,
        kind: node.proto.opType,
        shape,
        parameters: parametersOf(node),
        multiplyAdds: multiplyAddsOf(node, topology, shapes, input.batch),
        receptiveField: shownField(fields.get(tensor) ?? null, shape, image),
        inputs: layersBehind(node.inputs),
        uses: 1,
        source: sourceOf(node.proto),
      };
    }),
    outputs: file.graph.output.flatMap(({ name }) => layersBehind([name]).slice(0, 1)),
    definition: { file: file.path, line: 1, column: 1 },
    files: [file.path, ...file.externalFiles],
    notes: notesOf(known),
  };
}

/** Lengths of the images that a model will be given, in its own order. */
function imageDims({ batch, dims, layout }: ImageInput, size: number[] | null): readonly number[] {
  if (size === null) return dims;
  const [height, width, channels] = size as [number, number, number];
  return layout === 'channels first' ? [batch, channels, height, width] : [batch, height, width, channels];
}

/** The layers that tensors come from, by way of nodes without a row; each once. */
function layersOf(
  tensors: readonly string[],
  { producers }: Topology,
  nameOf: ReadonlyMap<unknown, string>,
): string[] {
  const found = new Set<string>();
  const waiting = [...tensors].reverse();
  for (let tensor = waiting.pop(); tensor !== undefined; tensor = waiting.pop()) {
    const producer = producers.get(tensor);
    if (producer?.computes !== true) continue;
    const name = nameOf.get(producer);
    if (name === undefined) waiting.push(...[...producer.inputs].reverse());
    else found.add(name);
  }
  return [...found];
}

function notesOf({ file, topology, input }: KnownModel): string[] {
  const { model, opset } = file;
  const producer = [model.producerName, model.producerVersion].filter((text) => text !== '').join(' ');
  const notes = [
    `ONNX opset ${opset}, IR ${model.irVersion}${producer === '' ? '' : `, exported by ${producer}`}`,
  ];
  const dims = input.dims.map((length) => (length > 0 ? String(length) : '?')).join(', ');
  if (input.shape === null) {
    notes.push(
      `Takes [${dims}] as \`${input.name}\`, which are no images: it can be looked at, but not run on images.`,
    );
  } else {
    notes.push(`Takes [${dims}] as \`${input.name}\`, ${input.layout}, ${input.type}.`);
  }
  if (input.batch > 0) {
    notes.push(
      input.batch === 1
        ? 'It takes one image at a time; batches are run image by image.'
        : `It takes ${input.batch} images at a time; batches are run in parts of as many.`,
    );
  }
  const bodies = topology.nodes.filter(({ proto }) => bodiesOf(proto).length > 0).map(describe);
  if (bodies.length > 0) {
    notes.push(`What happens inside ${bodies.join(', ')} is not listed and cannot be tapped.`);
  }
  return notes;
}
