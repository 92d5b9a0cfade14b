import { readFile, stat } from 'node:fs/promises';
import { fromBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema, type GraphProto, type ModelProto, type NodeProto } from '../../onnx/onnx_pb';
import { ModelError } from '../model';
import { checkTensors } from './tensors';

/** Operator sets whose ops onnxruntime 1.30 has; it refuses newer ones, and has no guarantees for older ones. */
export const OLDEST_OPSET = 7;
export const NEWEST_OPSET = 26;
const NEWEST_IR = 13;

/** Domains whose ops onnxruntime has: ONNX's own, and what its own tools write. */
const KNOWN_DOMAINS: ReadonlySet<string> = new Set(['', 'ai.onnx', 'ai.onnx.ml', 'com.microsoft']);

/** Protobuf cannot hold more, and Node reads no more at once. */
const LARGEST_FILE = 2 ** 31 - 1;

/** An ONNX model as its file holds it, checked as far as that is possible without running it. */
export interface OnnxFile {
  /** Absolute. */
  path: string;
  bytes: Uint8Array;
  model: ModelProto;
  graph: GraphProto;
  /** Version of ONNX's standard ops. */
  opset: number;
  /** Absolute paths of the files of external data. */
  externalFiles: string[];
}

/**
 * Reads an ONNX model. The numbers of its weights stay where they are in the bytes of the file.
 *
 * @param path absolute.
 * @throws ModelError `missing-file`; `bad-model` for what is no ONNX model, cut off, or written in ops that onnxruntime
 *   does not have; `bad-weights` for tensors and external data that hold less than they say.
 */
export async function readOnnx(path: string): Promise<OnnxFile> {
  const bytes = await readBytes(path);
  let model: ModelProto;
  try {
    model = fromBinary(ModelProtoSchema, bytes);
  } catch (error) {
    throw unreadable(path, bytes.byteLength, error);
  }
  const { graph } = model;
  if (graph === undefined || graph.node.length === 0) throw unreadable(path, bytes.byteLength, null);
  const opset = checkOperators(path, model);
  const externalFiles = await checkTensors(model, path);
  return { path, bytes, model, graph, opset, externalFiles };
}

async function readBytes(path: string): Promise<Uint8Array> {
  const found = await stat(path).catch(() => null);
  if (found === null) throw new ModelError('missing-file', `There is no file ${path}.`);
  if (!found.isFile()) throw new ModelError('bad-model', `${path} is no file. Name the .onnx file itself.`);
  if (found.size === 0) throw new ModelError('bad-model', `${path} is empty. Export the model again.`);
  if (found.size > LARGEST_FILE) {
    throw new ModelError(
      'bad-model',
      `${path} has ${found.size} bytes; an ONNX file holds 2 GiB at most. Export the model with external data.`,
    );
  }
  try {
    return await readFile(path);
  } catch (error) {
    throw new ModelError('bad-model', `${path} cannot be read: ${(error as Error).message}.`, null, null, {
      cause: error,
    });
  }
}

function unreadable(path: string, bytes: number, cause: unknown): ModelError {
  return new ModelError(
    'bad-model',
    `${path} is no ONNX model, or it is cut off: its ${bytes} bytes cannot be read as one. Export or copy it again.`,
    null,
    null,
    { cause },
  );
}

/** @returns the version of the standard ops. */
function checkOperators(path: string, model: ModelProto): number {
  if (model.irVersion > BigInt(NEWEST_IR)) {
    throw new ModelError(
      'bad-model',
      `${path} is written in version ${model.irVersion} of ONNX's format (IR); versions up to ${NEWEST_IR} can be read. Export it with an older opset, e.g. opset_version=20.`,
    );
  }
  const versions = new Map(model.opsetImport.map(({ domain, version }) => [domain, Number(version)]));
  const opset = versions.get('') ?? versions.get('ai.onnx');
  if (opset === undefined) {
    throw new ModelError(
      'bad-model',
      `${path} does not say which opset its ops are of; it may be cut off. Export or copy it again.`,
    );
  }
  if (opset < OLDEST_OPSET || opset > NEWEST_OPSET) {
    throw new ModelError(
      'bad-model',
      `${path} uses opset ${opset}; opsets ${OLDEST_OPSET} to ${NEWEST_OPSET} can be run. Export it again with e.g. opset_version=17.`,
    );
  }
  const own = new Set(model.functions.map(({ domain, name }) => `${domain}::${name}`));
  const foreign = allNodes(model.graph!).find(
    ({ domain, opType }) => !KNOWN_DOMAINS.has(domain) && !own.has(`${domain}::${opType}`),
  );
  if (foreign !== undefined) {
    const where = foreign.name === '' ? '' : ` (node \`${foreign.name}\`)`;
    throw new ModelError(
      'bad-model',
      `${path} uses the op \`${foreign.domain}::${foreign.opType}\`${where}, which is none of ONNX's: custom ops cannot be run. Export the model with standard ops only.`,
    );
  }
  return opset;
}

/** The nodes of a graph, and those in the bodies of its loops and branches. */
function allNodes(graph: GraphProto): NodeProto[] {
  const nodes: NodeProto[] = [];
  const graphs = [graph];
  for (let next = graphs.pop(); next !== undefined; next = graphs.pop()) {
    nodes.push(...next.node);
    graphs.push(...next.node.flatMap(bodiesOf));
  }
  return nodes;
}

/** The bodies of a loop or a branch; none for most nodes. */
export function bodiesOf({ attribute }: NodeProto): GraphProto[] {
  return attribute.flatMap(({ g, graphs }) => (g === undefined ? graphs : [g, ...graphs]));
}
