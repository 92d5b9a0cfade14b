import { z } from 'zod';
import { usedEngineSchema } from './usedEngine';

/** Metrics measured on a split; `error` = 1 − accuracy. */
const metrics = z.object({ accuracy: z.number(), loss: z.number() });
const targetsState = z.enum(['built', 'reused', 'refused']);
const at = z.number().describe('Milliseconds since 1970.');

export const runEventSchema = z.discriminatedUnion('type', [
  /**
   * An attempt begins. `fromStep` > 0 is a resume: what an earlier attempt wrote of later steps is void, and readers
   * drop it (a run killed between checkpoints repeats those steps, with the same values).
   */
  z.object({
    type: z.literal('start'),
    at,
    fromStep: z.int(),
    engine: usedEngineSchema,
    stages: z.array(
      z.object({
        name: z.string(),
        epochs: z.int(),
        firstStep: z.int(),
        steps: z.int(),
        terms: z.array(z.string()),
      }),
    ),
    stepsPerEpoch: z.int(),
  }),
  z.object({
    type: z.literal('model'),
    at,
    which: z.enum(['student', 'teacher']),
    name: z.string(),
    parameters: z.int(),
    multiplyAdds: z.int(),
    run: z.string().nullable(),
    metrics: metrics.nullable(),
  }),
  z.object({
    type: z.literal('adapter'),
    at,
    hint: z.int(),
    kind: z.string(),
    /** One sentence: why this adapter. */
    reason: z.string(),
    parameters: z.int(),
  }),
  /**
   * Whether what the teachers say of the training images was computed once and is read from the disk (`built` in this
   * attempt, `reused` from an earlier one), or the teachers run in every step (`refused`).
   */
  z.object({
    type: z.literal('targets'),
    at,
    /** `built` when anything was built, `refused` when nothing is cached. */
    state: targetsState,
    targets: z.array(
      z.object({
        /** Of the teacher. */
        teacher: z.string(),
        /** Null for the logits. */
        layer: z.string().nullable(),
        state: targetsState,
        /** Why it is not cached; null when it is. */
        reason: z.string().nullable(),
        bytes: z.number(),
      }),
    ),
    /** Of all that are cached. */
    bytes: z.number(),
    /** That it took to compute them, or to check those that were found. */
    seconds: z.number(),
    /** That the teachers would take in a step, measured; null when they run in every step anyway. */
    teacherMilliseconds: z.number().nullable(),
    /** What is saved in the steps that are left, `seconds` taken off: an estimate. Below 0 it did not pay. */
    savedSeconds: z.number().nullable(),
  }),
  /** Means over the steps since the last such event; `losses` holds every weighted term and `total`. */
  z.object({
    type: z.literal('step'),
    at,
    step: z.int(),
    epoch: z.number(),
    losses: z.record(z.string(), z.number()),
    learningRate: z.number(),
    gradientNorm: z.number(),
    trainAccuracy: z.number().nullable(),
    imagesPerSecond: z.number(),
    /** That a step waited for its batch; older logs lack it. */
    stallMilliseconds: z.number().optional(),
  }),
  z.object({
    type: z.literal('evaluate'),
    at,
    step: z.int(),
    epoch: z.number(),
    test: metrics,
    best: z.boolean(),
  }),
  z.object({ type: z.literal('checkpoint'), at, step: z.int(), kind: z.enum(['last', 'best']) }),
  z.object({ type: z.literal('warning'), at, message: z.string() }),
  z.object({ type: z.literal('note'), at, message: z.string() }),
  z.object({
    type: z.literal('end'),
    at,
    step: z.int(),
    state: z.enum(['finished', 'failed', 'stopped']),
    reason: z.string().nullable(),
  }),
]);
export type RunEvent = z.infer<typeof runEventSchema>;
