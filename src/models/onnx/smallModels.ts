import { create, toBinary } from '@bufbuild/protobuf';
import {
  AttributeProto_AttributeType as AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  StringStringEntryProtoSchema,
  TensorProto_DataLocation as DataLocation,
  TensorProto_DataType as TensorType,
  TensorProtoSchema,
  ValueInfoProtoSchema,
  type AttributeProto,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type StringStringEntryProto,
  type TensorProto,
  type ValueInfoProto,
} from '../../onnx/onnx_pb';

/** Small ONNX models, put together by hand: what tests need that no exporter writes. */

export function node(
  opType: string,
  input: string[],
  output: string[],
  attributes: Record<string, number | number[] | string | GraphProto> = {},
  {
    metadata = {},
    ...more
  }: Partial<Pick<NodeProto, 'name' | 'domain' | 'docString'>> & {
    metadata?: Record<string, string>;
  } = {},
): NodeProto {
  return create(NodeProtoSchema, {
    opType,
    input,
    output,
    attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
    metadataProps: entriesOf(metadata),
    ...more,
  });
}

function entriesOf(texts: Readonly<Record<string, string>>): StringStringEntryProto[] {
  return Object.entries(texts).map(([key, text]) =>
    create(StringStringEntryProtoSchema, { key, value: text }),
  );
}

function attribute(name: string, value: number | number[] | string | GraphProto): AttributeProto {
  if (typeof value === 'number') {
    return create(AttributeProtoSchema, { name, type: AttributeType.INT, i: BigInt(value) });
  }
  if (typeof value === 'string') {
    return create(AttributeProtoSchema, {
      name,
      type: AttributeType.STRING,
      s: new TextEncoder().encode(value),
    });
  }
  return Array.isArray(value)
    ? create(AttributeProtoSchema, { name, type: AttributeType.INTS, ints: value.map(BigInt) })
    : create(AttributeProtoSchema, { name, type: AttributeType.GRAPH, g: value });
}

/** @param dims text for lengths that depend on the input. */
export function value(
  name: string,
  dims: readonly (number | string)[] | null,
  elemType: TensorType = TensorType.FLOAT,
): ValueInfoProto {
  if (dims === null) return create(ValueInfoProtoSchema, { name });
  const dim = dims.map((length) => ({
    value:
      typeof length === 'string'
        ? { case: 'dimParam' as const, value: length }
        : { case: 'dimValue' as const, value: BigInt(length) },
  }));
  return create(ValueInfoProtoSchema, {
    name,
    type: { value: { case: 'tensorType', value: { elemType, shape: { dim } } } },
  });
}

export function weights(name: string, dims: number[], values: number[] | null = null): TensorProto {
  const count = dims.reduce((product, length) => product * length, 1);
  const data = Float32Array.from({ length: count }, (_, index) => values?.[index] ?? (index % 7) / 7 - 0.4);
  return create(TensorProtoSchema, {
    name,
    dims: dims.map(BigInt),
    dataType: TensorType.FLOAT,
    rawData: new Uint8Array(data.buffer),
  });
}

export function integers(name: string, values: number[]): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dims: [BigInt(values.length)],
    dataType: TensorType.INT64,
    int64Data: values.map(BigInt),
  });
}

/** Weights in a file of their own. */
export function externalWeights(name: string, dims: number[], place: Record<string, string>): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dims: dims.map(BigInt),
    dataType: TensorType.FLOAT,
    dataLocation: DataLocation.EXTERNAL,
    externalData: entriesOf(place),
  });
}

export function graphOf(
  parts: Partial<Pick<GraphProto, 'node' | 'input' | 'output' | 'initializer'>>,
): GraphProto {
  return create(GraphProtoSchema, { name: 'graph', ...parts });
}

export function modelBytes(
  graph: GraphProto,
  { opset = 17, ...more }: { opset?: number } & Partial<Pick<ModelProto, 'irVersion' | 'producerName'>> = {},
): Uint8Array {
  const opsetImport = [create(OperatorSetIdProtoSchema, { version: BigInt(opset) })];
  return toBinary(ModelProtoSchema, create(ModelProtoSchema, { irVersion: 8n, opsetImport, graph, ...more }));
}

/** A convolution of one filter over images `[1, 3, 4, 4]`, with what a test changes of it. */
export function smallGraph(
  changes: Partial<Pick<GraphProto, 'node' | 'input' | 'output' | 'initializer'>> = {},
): GraphProto {
  return graphOf({
    node: [
      node('Conv', ['images', 'filter'], ['maps'], {}, { name: 'conv' }),
      node('Relu', ['maps'], ['out'], {}, { name: 'relu' }),
    ],
    input: [value('images', [1, 3, 4, 4])],
    output: [value('out', null)],
    initializer: [weights('filter', [2, 3, 1, 1])],
    ...changes,
  });
}
