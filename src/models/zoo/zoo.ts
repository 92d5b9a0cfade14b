import { didYouMean, nearestWords } from '../../experiment/nearest';
import { ModelError } from '../model';
import { convThin, convWide } from './conv';
import type { ZooEntry } from './entry';
import { fitnet } from './fitnet';
import { mlp } from './mlp';
import { resnet20, resnet32, resnet56 } from './resnet';

const entries: readonly ZooEntry[] = [mlp, convThin, convWide, resnet20, resnet32, resnet56, fitnet];

/** The built-in models, for documentation and completion. */
export function listZoo(): readonly ZooEntry[] {
  return entries;
}

/**
 * @param name - without `zoo/`.
 * @throws ModelError `unknown-model` with the nearest names.
 */
export function zooModel(name: string): ZooEntry {
  const entry = entries.find((candidate) => candidate.name === name);
  if (entry !== undefined) return entry;
  const names = entries.map((candidate) => candidate.name);
  const near = nearestWords(name, names).map((word) => `zoo/${word}`);
  const hint =
    near.length > 0 ? didYouMean(near) : ` There are ${names.map((word) => `zoo/${word}`).join(', ')}.`;
  throw new ModelError('unknown-model', `There is no model \`zoo/${name}\`.${hint}`, near[0] ?? null);
}
