import { createHash } from 'node:crypto';
import type * as tf from '@tensorflow/tfjs';
import { version } from '../../package.json';
import type { ImageSet } from '../data/dataset';
import type { Engine } from '../engine/engine';
import { modelWeights, storeTensors } from '../models/weights';

/** What is done to the bytes of an image before a model sees it; another preprocessing needs another word here. */
const preprocessing = 'bytes / 255';

/** A teacher, by what decides its outputs. */
export interface TeacherIdentity {
  /** `zoo/NAME`, the sha256 of the model's code and `#export`, or that of a network in a file. */
  code: string;
  options: Readonly<Record<string, unknown>>;
  /** The layers by name, kind and shape. */
  layers: readonly string[];
  /** {@link hashWeights}, or the sha256 of the file that holds them. */
  weights: string;
}

/** Everything that decides what a teacher says of a set of images. */
export interface TargetsIdentity {
  teacher: TeacherIdentity;
  /** Null for the logits. */
  layer: string | null;
  /** {@link hashImages}. */
  images: string;
  engine: Pick<Engine, 'name' | 'device'>;
  /** Images at once: an engine may sum in another order when there are more. */
  batch: number;
}

/** Names targets: sha256, in hex, of everything that decides their numbers. */
export function targetsKey({ teacher, layer, images, engine, batch }: TargetsIdentity): string {
  const parts = {
    format: 'distillery-targets-1',
    dtype: 'F32',
    distillery: version,
    preprocessing,
    teacher,
    layer,
    images,
    engine: { name: engine.name, device: engine.device },
    batch,
  };
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/**
 * @param rows the layers of the teacher.
 * @param code `zoo/NAME`, the sha256 of the model's code and `#export`, or that of a network in a file.
 * @param options those of the experiment.
 * @param weights {@link hashWeights}, or the sha256 of a file that holds them beside the network.
 */
export function identifyTeacher(
  rows: readonly { name: string; kind: string; shape: readonly number[] | null }[],
  code: string,
  options: Readonly<Record<string, unknown>>,
  weights: string,
): TeacherIdentity {
  const layers = rows.map(({ name, kind, shape }) => `${name} ${kind} ${shape?.join('×') ?? '?'}`);
  return { code, options, layers, weights };
}

/** sha256, in hex, of the names, shapes and values of all weights, those that are not trained included. */
export async function hashWeights(model: tf.LayersModel): Promise<string> {
  const hash = createHash('sha256');
  for (const [name, { dtype, shape, data }] of await storeTensors(modelWeights(model))) {
    hash.update(`${name}\0${dtype}\0${shape.join()}\0`);
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}

/** sha256, in hex, of the images that are used, in their order. What they are labelled does not matter. */
export function hashImages({ count, height, width, channels, images }: ImageSet): string {
  const hash = createHash('sha256').update(`${count}×${height}×${width}×${channels}\n`);
  return hash.update(images).digest('hex');
}
