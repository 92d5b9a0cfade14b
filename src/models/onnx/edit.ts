import { create, toBinary } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import {
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  ValueInfoProtoSchema,
  type GraphProto,
  type NodeProto,
} from '../../onnx/onnx_pb';
import type { Topology } from './topology';

/** Numbers of fields in ONNX's messages. */
const MODEL_GRAPH = 7;
const GRAPH_NODE = 1;
const GRAPH_OUTPUT = 12;

/**
 * A model that gives more: protobuf joins what is written twice, so what is new simply follows the old.
 *
 * @param tensors names of tensors of the graph; those that it gives anyway are not given twice.
 */
export function addOutputs(bytes: Uint8Array, graph: GraphProto, tensors: readonly string[]): Uint8Array {
  const given = new Set(graph.output.map(({ name }) => name));
  const added = new Set(tensors.filter((tensor) => !given.has(tensor)));
  return join([bytes, encode({ output: [...added].map((name) => create(ValueInfoProtoSchema, { name })) })]);
}

/** What the shape of a tensor is called in {@link addShapes}. */
export function shapeName(tensor: string): string {
  return `distillery/shape of ${tensor}`;
}

/** A model that also gives the lengths of tensors, under {@link shapeName}; costs no memory for the tensors. */
export function addShapes(bytes: Uint8Array, tensors: readonly string[]): Uint8Array {
  const node = tensors.map((tensor) =>
    create(NodeProtoSchema, { opType: 'Shape', input: [tensor], output: [shapeName(tensor)] }),
  );
  const output = tensors.map((tensor) => create(ValueInfoProtoSchema, { name: shapeName(tensor) }));
  return join([bytes, encode({ node, output })]);
}

/**
 * A model that gives these tensors and nothing else, and has the nodes that they need. The weights are copied as they
 * are.
 *
 * @param tensors names of tensors of the graph, none twice.
 */
export function onlyOutputs(
  bytes: Uint8Array,
  graph: GraphProto,
  { producers }: Topology,
  tensors: readonly string[],
): Uint8Array {
  const needed = new Set<NodeProto>();
  const wanted = [...tensors];
  for (let tensor = wanted.pop(); tensor !== undefined; tensor = wanted.pop()) {
    const producer = producers.get(tensor);
    if (producer === undefined || needed.has(producer.proto)) continue;
    needed.add(producer.proto);
    wanted.push(...producer.inputs);
  }
  const output = tensors.map(
    (name) => graph.output.find((given) => given.name === name) ?? create(ValueInfoProtoSchema, { name }),
  );
  const nodes = graph.node.values();
  const keeps = (field: number): boolean => {
    if (field === GRAPH_NODE) return needed.has(nodes.next().value!);
    return field !== GRAPH_OUTPUT;
  };
  const parts: Uint8Array[] = [];
  for (const { field, content, whole } of fieldsOf(bytes)) {
    if (field !== MODEL_GRAPH || content === null) {
      parts.push(whole);
      continue;
    }
    const kept = fieldsOf(content)
      .filter((inner) => keeps(inner.field))
      .map((inner) => inner.whole);
    parts.push(...delimited(MODEL_GRAPH, kept));
  }
  return join([...parts, encode({ output })]);
}

interface Field {
  field: number;
  /** Null for what is no message, text or bytes. */
  content: Uint8Array | null;
  /** Tag and length too. */
  whole: Uint8Array;
}

/** The fields of a message, none of them copied. */
function fieldsOf(message: Uint8Array): Field[] {
  const reader = new BinaryReader(message);
  const fields: Field[] = [];
  while (reader.pos < reader.len) {
    const start = reader.pos;
    const [field, wireType] = reader.tag();
    let content: Uint8Array | null = null;
    if (wireType === WireType.LengthDelimited) content = reader.bytes();
    else reader.skip(wireType, field);
    fields.push({ field, content, whole: message.subarray(start, reader.pos) });
  }
  return fields;
}

function delimited(field: number, parts: readonly Uint8Array[]): Uint8Array[] {
  const length = parts.reduce((sum, part) => sum + part.byteLength, 0);
  return [varint((field << 3) | WireType.LengthDelimited), varint(length), ...parts];
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Uint8Array.from([...bytes, rest]);
}

function encode(graph: Partial<Pick<GraphProto, 'node' | 'output'>>): Uint8Array {
  return toBinary(ModelProtoSchema, create(ModelProtoSchema, { graph: create(GraphProtoSchema, graph) }));
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.byteLength;
  }
  return joined;
}
