import type * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import { nearestWord } from '../../experiment/nearest';
import { ModelError, type ModelContext } from '../model';

/** A built-in model, `zoo/NAME` in an experiment. */
export interface ZooEntry {
  name: string;
  /** A sentence or two: what it is, what its layers are called. */
  description: string;
  options: readonly ZooOption[];
  /** @throws ModelError `bad-model` when the options are wrong. */
  build(context: ModelContext): tf.LayersModel;
}

/** An option of a zoo model, for documentation and completion. */
export interface ZooOption {
  name: string;
  description: string;
  /** Undefined: the option may be left out and then does nothing. */
  default: unknown;
}

/**
 * Makes a zoo entry whose options are parsed by `schema` before `build` sees them.
 *
 * @param schema - every option with a default or optional, and with a description.
 */
export function zooEntry<Shape extends z.ZodRawShape>(
  name: string,
  description: string,
  schema: z.ZodObject<Shape>,
  build: (context: ModelContext, options: z.output<z.ZodObject<Shape>>) => tf.LayersModel,
): ZooEntry {
  const defaults: Record<string, unknown> = schema.parse({});
  const options = Object.keys(schema.shape).map((key) => ({
    name: key,
    description: descriptionOf(schema, key),
    default: defaults[key],
  }));
  return {
    name,
    description,
    options,
    build(context) {
      const parsed = schema.safeParse(context.options);
      if (!parsed.success) throw optionsError(name, options, parsed.error);
      return build(context, parsed.data);
    },
  };
}

function descriptionOf(schema: z.ZodObject, key: string): string {
  const option: unknown = schema.shape[key];
  return option instanceof z.ZodType ? (option.description ?? '') : '';
}

function optionsError(name: string, options: readonly ZooOption[], error: z.ZodError): ModelError {
  const known = options.map((option) => option.name);
  let suggestion: string | null = null;
  const reasons = error.issues.map((issue) => {
    if (issue.code !== 'unrecognized_keys') return `\`${issue.path.join('.')}\`: ${issue.message}`;
    return issue.keys
      .map((key) => {
        const near = nearestWord(key, known);
        suggestion ??= near ?? null;
        const hint = near === undefined ? `It has ${known.join(', ')}.` : `Did you mean \`${near}\`?`;
        return `there is no option \`${key}\`. ${hint}`;
      })
      .join(' ');
  });
  return new ModelError('bad-model', `zoo/${name}: ${reasons.join('; ')}`, suggestion);
}
