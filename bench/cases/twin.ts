import { writeFile } from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs';
import { writeSafetensors } from '../../src/models/safetensors';
import { modelWeights, storeTensors } from '../../src/models/weights';
import type { CaseLesson } from './lesson';

/**
 * Writes the weights of a lesson and its batches in PyTorch's layouts, so that bench/torch/twin.py can start from the
 * same: `student/0`, `student/1`, … in the order in which the layers run, `adapter/0`, …, `batch/0/images`, ….
 */
export async function writeTwin(file: string, { models, batches }: CaseLesson): Promise<void> {
  const tensors = new Map<string, tf.Tensor>();
  for (const [part, model] of Object.entries(models)) {
    if (model === null) continue;
    [...modelWeights(model)].forEach(([name, variable], index) => {
      tensors.set(`${part}/${index}`, weightInTorch(name, variable));
    });
  }
  batches.forEach((batch, index) => {
    for (const [name, { data, shape }] of Object.entries(batch)) {
      const tensor = tf.tensor(data, [...shape], data instanceof Int32Array ? 'int32' : 'float32');
      tensors.set(`batch/${index}/${name}`, mapsInTorch(tensor));
    }
  });
  await writeFile(file, writeSafetensors(await storeTensors(tensors)));
}

/** Kernels with their outputs first. */
function weightInTorch(name: string, weight: tf.Tensor): tf.Tensor {
  if (weight.rank === 2) return tf.transpose(weight);
  if (weight.rank !== 4) return weight;
  return tf.transpose(weight, name.endsWith('depthwise_kernel') ? [2, 3, 0, 1] : [3, 2, 0, 1]);
}

/** `[batch, height, width, channels]` with the channels before the pixels. */
function mapsInTorch(tensor: tf.Tensor): tf.Tensor {
  return tensor.rank === 4 ? tf.transpose(tensor, [0, 3, 1, 2]) : tensor;
}
