import * as tf from '@tensorflow/tfjs';
import type { LayerTable } from '../layers/table';
import { ModelError } from './model';
import type { OpenedModel, OpenOptions } from './opened';
import { prepareOutputs } from './outputs';

/** What images go through before a network that comes in a file sees them. */
export type Normalization = OpenOptions['normalize'];

/** (images − mean) / std, channel by channel; the images themselves where nothing is to be done. */
export function normalizeImages(images: tf.Tensor4D, normalization: Normalization): tf.Tensor4D {
  if (normalization === undefined) return images;
  const { mean, std } = normalization;
  return tf.tidy(() => tf.div(tf.sub(images, tf.tensor1d([...mean])), tf.tensor1d([...std])));
}

/** @throws ModelError `bad-model` for images that a model with this input cannot take. */
export function refuseOtherImages(
  { shape }: Readonly<Pick<tf.Tensor4D, 'shape'>>,
  { label, input }: LayerTable,
): void {
  if (input === null) throw new ModelError('bad-model', `${label} does not take one image as its input.`);
  const given = shape.slice(1);
  if (input.every((size, axis) => size < 0 || size === given[axis])) return;
  throw new ModelError(
    'bad-model',
    `${label} takes images of ${showSizes(input)} (height, width, channels), not ${given.join('×')}.`,
  );
}

/** `32×32×3`; a size that depends on the input is `?`. */
export function showSizes(shape: readonly number[]): string {
  return shape.map((size) => (size < 0 ? '?' : String(size))).join('×');
}

/** A model of tfjs layers. */
export class OpenedLayers implements OpenedModel {
  private readonly prepared = new Map<string, (images: tf.Tensor) => tf.Tensor[]>();

  constructor(
    readonly table: LayerTable,
    readonly layersModel: tf.LayersModel,
    private readonly normalization?: Normalization,
  ) {}

  outputs(images: tf.Tensor4D, wanted: readonly (string | null)[]): tf.Tensor[] {
    refuseOtherImages(images, this.table);
    const key = JSON.stringify(wanted);
    let run = this.prepared.get(key);
    if (run === undefined) {
      run = prepareOutputs(this.layersModel, wanted);
      this.prepared.set(key, run);
    }
    const prepared = run;
    return tf.tidy(() => prepared(normalizeImages(images, this.normalization)));
  }

  dispose(): void {
    this.layersModel.dispose();
  }
}
