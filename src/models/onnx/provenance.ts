import { existsSync } from 'node:fs';
import * as path from 'node:path';
import type { LayerSource, SourceFrame } from '../../layers/table';
import type { NodeProto } from '../../onnx/onnx_pb';
import { propertiesOf } from './properties';

/** Where packages are installed, Python's own among them. */
const LIBRARY =
  /[\\/](?:site-packages|dist-packages)[\\/]|[\\/]lib[\\/]python\d[\d.]*[\\/]|[\\/]Python\d+[\\/]Lib[\\/]/i;
/** PyTorch itself, from wherever it was imported. */
const TORCH =
  /[\\/]torch[\\/](?:nn|onnx|jit|fx|export|_\w+|functional\.py|autograd|utils)(?:[\\/]|$)|[\\/](?:site|dist)-packages[\\/]torch[\\/]/i;
/** What stands between the network and the call that exports it. */
const EXPORTER = /[\\/]torch[\\/](?:onnx|export|_export|jit[\\/]_trace\.py)/i;
/** Code without a file: `<frozen importlib>`, `<eval_with_key>.3`. */
const FILELESS = /^<|<eval_with_key>/;

/**
 * Finds the lines of Python that made nodes, as PyTorch's exporters wrote them down.
 *
 * The paths are those of the machine that exported. Where one is not here, the same file is looked for in the folder
 * of the model and in those around it: the longest end of the path that exists in one of them counts, of equally long
 * ones that in the nearest folder. Where there is none, the path stays as it was written.
 *
 * @param modelFolder absolute.
 */
export function sourceFinder(modelFolder: string): (node: NodeProto) => LayerSource | null {
  const found = new Map<string, string>();
  const locate = (file: string): string => {
    const known = found.get(file);
    if (known !== undefined) return known;
    const here = findFile(file, modelFolder);
    found.set(file, here);
    return here;
  };
  return (node) => {
    const trace = propertiesOf(node.metadataProps).get('pkg.torch.onnx.stack_trace') ?? node.docString;
    const chain = userFrames(parseTrace(trace)).map((frame) => ({ ...frame, file: locate(frame.file) }));
    const [first] = chain;
    return first === undefined ? null : { file: first.file, line: first.line, column: first.column, chain };
  };
}

/**
 * The frames of a stack trace, innermost first: `File "…", line N, in f` as Python prints it, outermost first, or
 * `…(N): f` as TorchScript does, innermost first. Other lines are left out.
 */
export function parseTrace(trace: string): SourceFrame[] {
  const python = [...trace.matchAll(/^\s*File "(.+)", line (\d+)(?:, in (.+))?$/gm)].reverse();
  const matches = python.length > 0 ? python : [...trace.matchAll(/^\s*(\S.*)\((\d+)\): (.+)$/gm)];
  return matches
    .map(([, file, line, name]) => ({
      file: file!,
      line: Number(line),
      column: 1,
      function: name === undefined || name.trim() === '<module>' ? null : name.trim(),
    }))
    .filter(({ line }) => line >= 1 && Number.isSafeInteger(line));
}

/**
 * The frames that are the user's own: neither of installed packages nor around the call of the exporter. Of networks
 * that come from a package whole (torchvision, timm) the frames in that package.
 */
export function userFrames(frames: readonly SourceFrame[]): SourceFrame[] {
  const exporter = frames.findIndex(({ file }) => EXPORTER.test(file));
  const inside = (exporter === -1 ? frames : frames.slice(0, exporter)).filter(
    ({ file }) => !FILELESS.test(file) && !TORCH.test(file),
  );
  const own = inside.filter(({ file }) => !LIBRARY.test(file));
  return own.length > 0 ? own : inside;
}

function findFile(file: string, modelFolder: string): string {
  if (path.isAbsolute(file) && existsSync(file)) return file;
  const parts = file
    .split(/[\\/]+/)
    .filter((part) => part !== '' && part !== '.' && !/^[A-Za-z]:$/.test(part));
  if (parts.includes('..')) return file;
  const folders = [modelFolder];
  for (let folder = modelFolder; folder !== path.dirname(folder);) {
    folder = path.dirname(folder);
    folders.push(folder);
  }
  for (let first = 0; first < parts.length; first++) {
    const end = path.join(...parts.slice(first));
    const folder = folders.find((candidate) => existsSync(path.join(candidate, end)));
    if (folder !== undefined) return path.join(folder, end);
  }
  return file;
}
