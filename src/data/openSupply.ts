import { availableParallelism } from 'node:os';
import { isAugmented } from './batches';
import { LoaderSupply, type LoaderOptions } from './loader';
import { BatchMaker, ImmediateSupply, type BatchOrder, type BatchSupply } from './supply';

/**
 * Plain batches of up to so many numbers are made on the training thread: that takes about a tenth of a millisecond (3 ns
 * a number), as much as asking another thread does, and spares starting one.
 */
export const smallBatch = 32_768;

/**
 * Opens the supply of batches that is faster here. A thread of its own makes them, unless they are small, or there is
 * only one processor.
 *
 * @param first the order that is wanted first.
 */
export function openSupply(options: Omit<LoaderOptions, 'reason'>, first: BatchOrder): BatchSupply {
  const { set, batching, files } = options;
  const pixels = set.height * set.width * set.channels;
  const width = first.rows.reduce((sum, name) => sum + files[name]!.width, pixels);
  const numbers = Math.min(batching.batch, set.count) * width;
  if (availableParallelism() < 2) {
    return new ImmediateSupply(
      new BatchMaker(set, batching, files),
      'Made between the steps: there is one processor.',
    );
  }
  if (numbers <= smallBatch && !isAugmented(batching.augment)) {
    return new ImmediateSupply(
      new BatchMaker(set, batching, files),
      'Made between the steps: they are small.',
    );
  }
  return new LoaderSupply({ ...options, reason: 'Made on a thread of their own, one ahead.' });
}
