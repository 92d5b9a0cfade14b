import { create, toBinary } from '@bufbuild/protobuf';
import {
  AttributeProto_AttributeType as AttributeType,
  AttributeProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  TensorProto_DataType as TensorType,
  TensorProtoSchema,
  ValueInfoProtoSchema,
  type AttributeProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from '../../../onnx/onnx_pb';
import type { DataType } from '../graph/value';

/** A float attribute: plain numbers are integers. */
export interface FloatAttribute {
  readonly float: number;
}
export type OnnxAttribute = number | string | readonly number[] | FloatAttribute;

export interface OnnxNode {
  type: string;
  /** Empty text stands for an optional input that is left out. */
  inputs: readonly string[];
  outputs: readonly string[];
  attributes: Readonly<Record<string, OnnxAttribute>>;
  /** Shown in error messages and profiles of the runtime. */
  name: string;
  /** Empty for the standard ops. */
  domain: string;
}

/** ONNX operator set the graphs are written in; 18 is the first whose reductions take their axes as inputs. */
const OPERATOR_SET = 18;
const IR_VERSION = 8;

export const ONNX_TYPES: Record<DataType | 'int64', TensorType> = {
  float32: TensorType.FLOAT,
  int32: TensorType.INT32,
  int64: TensorType.INT64,
  bool: TensorType.BOOL,
};

export function makeTensor(
  name: string,
  shape: readonly number[],
  data: ArrayBufferView,
  type: DataType | 'int64',
): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dims: shape.map(BigInt),
    dataType: ONNX_TYPES[type],
    rawData: new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength),
  });
}

/** @param shape text stands for a length that is known only at a run. */
export function makeValueInfo(
  name: string,
  shape: readonly (number | string)[],
  type: DataType,
): ValueInfoProto {
  const dim = shape.map((length) => ({
    value:
      typeof length === 'string'
        ? { case: 'dimParam' as const, value: length }
        : { case: 'dimValue' as const, value: BigInt(length) },
  }));
  return create(ValueInfoProtoSchema, {
    name,
    type: { value: { case: 'tensorType', value: { elemType: ONNX_TYPES[type], shape: { dim } } } },
  });
}

/** Writes a model in ONNX's protobuf format. */
export function encodeModel(graph: {
  nodes: readonly OnnxNode[];
  initializers: TensorProto[];
  inputs: ValueInfoProto[];
  outputs: ValueInfoProto[];
}): Uint8Array {
  const domains = [...new Set(graph.nodes.map(({ domain }) => domain))].filter((domain) => domain !== '');
  const model = create(ModelProtoSchema, {
    irVersion: BigInt(IR_VERSION),
    producerName: 'distillery',
    opsetImport: [
      { domain: '', version: BigInt(OPERATOR_SET) },
      ...domains.map((domain) => ({ domain, version: 1n })),
    ],
    graph: {
      name: 'step',
      node: graph.nodes.map(encodeNode),
      initializer: graph.initializers,
      input: graph.inputs,
      output: graph.outputs,
    },
  });
  return toBinary(ModelProtoSchema, model);
}

function encodeNode({ type, inputs, outputs, attributes, name, domain }: OnnxNode): NodeProto {
  return create(NodeProtoSchema, {
    opType: type,
    input: [...inputs],
    output: [...outputs],
    name,
    domain,
    attribute: Object.entries(attributes).map(([key, value]) => encodeAttribute(key, value)),
  });
}

function encodeAttribute(name: string, value: OnnxAttribute): AttributeProto {
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
  if ('float' in value) {
    return create(AttributeProtoSchema, { name, type: AttributeType.FLOAT, f: value.float });
  }
  return create(AttributeProtoSchema, { name, type: AttributeType.INTS, ints: value.map(BigInt) });
}
