import { stat } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { openDarknet } from './darknet/open';
import { codeExtensions } from './load';
import { ModelError } from './model';
import { openOnnx } from './onnx/open';
import { openCode } from './openCode';
import type { OpenedModel, OpenOptions } from './opened';
import { openTfjs } from './tfjs/open';
import { openWeights } from './openWeights';

/**
 * Opens a model of any format, by the end of its name:
 *
 * - `zoo/NAME`, and `path#export` of a TypeScript or JavaScript file. Where no classifier is asked for, the export may be
 *   left out: its default one is taken, or its only one;
 * - `.json`: a tfjs `model.json`, of layers or a graph;
 * - `.cfg`: Darknet. Its weights are in the file of the same name with `.weights`, unless others are named;
 * - `.onnx`;
 * - `.safetensors`: weights alone, which have a layer table and nothing else.
 *
 * @throws ModelError that says what is wrong and, where it is in a file of text, at which place.
 */
export async function openModel(reference: string, options: OpenOptions): Promise<OpenedModel> {
  if (reference.startsWith('zoo/')) return openCode(reference, options);
  switch (extname(reference).toLowerCase()) {
    case '.json':
      return openTfjs(reference, options);
    case '.cfg':
      return openDarknet(reference, {
        ...options,
        weights: options.weights ?? (await besides(reference, options)),
      });
    case '.onnx':
      return openOnnx(reference, options);
    case '.safetensors':
      return openWeights(reference, options);
    default:
      refuseOtherFiles(reference);
      return openCode(reference, options);
  }
}

const fileEndings: readonly string[] = ['.onnx', '.cfg', '.json', '.safetensors'];

function refuseOtherFiles(reference: string): void {
  const ending = extname(reference.replace(/#.*$/, ''));
  if (ending === '' || codeExtensions.includes(ending)) return;
  throw new ModelError(
    'bad-model',
    `${reference}: models of the format \`${ending}\` cannot be read. Model code ends in ${codeExtensions.join(', ')}, other models in ${fileEndings.join(', ')}.`,
  );
}

/** Whether a model is a file of its own, which knows its images and classes; code and the zoo are told. */
export function comesInAFile(reference: string): boolean {
  const ending = extname(reference).toLowerCase();
  return !reference.startsWith('zoo/') && fileEndings.includes(ending);
}

/** The weights beside a Darknet cfg; null when there are none. */
async function besides(cfg: string, { baseDirectory }: OpenOptions): Promise<string | null> {
  const file = resolve(baseDirectory, cfg.replace(/\.cfg$/i, '.weights'));
  const found = await stat(file).catch(() => null);
  return found?.isFile() === true ? file : null;
}
