import type * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import { nearestWord } from '../../experiment/nearest';
import { ModelError, type ModelContext, type WrongOption } from '../model';

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

function optionsError(name: string, options: readonly ZooOption[], { issues }: z.ZodError): ModelError {
  const known = options.map((option) => option.name);
  const wrong = issues.flatMap((issue): WrongOption[] => {
    if (issue.code !== 'unrecognized_keys') {
      const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
      const message = `\`${path.join('.')}\`: ${issue.message}`;
      return [{ path, isUnknown: false, message, suggestion: undefined }];
    }
    return issue.keys.map((key) => {
      const near = nearestWord(key, known);
      const hint = near === undefined ? `It has ${known.join(', ')}.` : `Did you mean \`${near}\`?`;
      const message = `there is no option \`${key}\`. ${hint}`;
      return { path: [key], isUnknown: true, message, suggestion: near };
    });
  });
  const error = new ModelError('bad-model', `zoo/${name}: ${wrong.map(({ message }) => message).join('; ')}`);
  error.wrongOptions = wrong.map((each) => ({ ...each, message: `zoo/${name}: ${each.message}` }));
  return error;
}
