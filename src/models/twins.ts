import type * as tf from '@tensorflow/tfjs';
import type { SourcePosition } from '../layers/table';
import { placeOf, sourceOf } from './provenance';

/** Two layers with one name, for an error. */
export interface Twins {
  message: string;
  /** Where the later one was made. */
  source: SourcePosition | null;
}

/** So many places are listed. */
const listedPlaces = 4;

/** What to say of layers that share a name: where each of them was made. */
export function describeTwins(name: string, layers: readonly tf.layers.Layer[]): Twins {
  const sources = layers.map(sourceOf).filter((source) => source !== null);
  const places = [...new Set(sources.map(({ file, line }) => `${file}:${line}`))].slice(0, listedPlaces);
  const [only] = places;
  const made =
    only === undefined
      ? ''
      : places.length === 1
        ? `, both made at ${only}`
        : `, made at ${places.join(' and at ')}`;
  return {
    message: `two layers are called \`${name}\`${made}. Give each layer its own name.`,
    source: placeOf(sources.at(-1) ?? null),
  };
}

/**
 * What an error of tfjs about layers with one name means; null for other errors.
 *
 * @param made all layers that were made, in order.
 */
export function explainTwins(error: unknown, made: readonly tf.layers.Layer[]): Twins | null {
  const name =
    error instanceof Error ? /^The name "(.+)" is used \d+ times/.exec(error.message)?.[1] : undefined;
  if (name === undefined) return null;
  return describeTwins(
    name,
    made.filter((layer) => layer.name === name),
  );
}
