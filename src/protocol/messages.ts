import { z } from 'zod';
import { progressSchema, runEndSchema, runLabelsSchema, runRecordSchema } from '../runs/record';
import type { CurveDelta } from '../runs/series';
import type { RunSummary } from '../runs/summary';
import type { MethodSchemas } from './channel';

/** What a webview may ask of the extension host. Each call is answered, with a value or an error. */
export interface HostApi {
  /** The webview has its listeners and shows these runs (from its saved state; none at first). */
  ready(shown: string[]): Promise<RunsState>;
  /** The person chose which runs are overlaid, in the order of their colours. */
  show(runs: string[]): Promise<void>;
  /** A delta was missing: send the run's curves from the start, beginning with `seq` 0. */
  resync(run: string): Promise<void>;
  /** Runs a command of the extension on a run. */
  act(action: RunAction, run: string): Promise<void>;
}

/** What the extension host tells a webview. */
export interface WebviewApi {
  /** The list of runs, or what is known of them, changed. */
  runs(state: RunsState): Promise<void>;
  /** New rows for a run that is shown. */
  curves(delta: CurveDelta): Promise<void>;
}

export interface RunsState {
  runs: RunSummary[];
  /** Ids of the runs that are overlaid, in the order of their colours. */
  shown: string[];
}

const runActionSchema = z.enum(['stop', 'resume', 'openExperiment', 'revealFolder']);
export type RunAction = z.infer<typeof runActionSchema>;

const runIdSchema = z.string().min(1);

const runSummarySchema: z.ZodType<RunSummary> = z.object({
  id: runIdSchema,
  directory: z.string(),
  name: z.string(),
  role: runRecordSchema.shape.role,
  state: z.enum(['running', 'finished', 'failed', 'stopped', 'interrupted']),
  experimentPath: z.string(),
  fingerprint: z.string(),
  baselineFingerprint: z.string(),
  createdAt: z.string(),
  seed: z.number(),
  progress: progressSchema.nullable(),
  end: runEndSchema.nullable(),
  labels: runLabelsSchema,
});

const runsStateSchema: z.ZodType<RunsState> = z.object({
  runs: z.array(runSummarySchema),
  shown: z.array(runIdSchema),
});

const numbers = z.array(z.number());
const numbersOrNull = z.array(z.number().nullable());

const curveDeltaSchema: z.ZodType<CurveDelta> = z.object({
  run: runIdSchema,
  generation: z.int().min(0),
  seq: z.int().min(0),
  training: z.object({
    step: numbers,
    epoch: numbers,
    at: numbers,
    learningRate: numbers,
    gradientNorm: numbers,
    imagesPerSecond: numbers,
    trainAccuracy: numbersOrNull,
    losses: z.record(z.string(), numbersOrNull),
  }),
  evaluation: z.object({ step: numbers, epoch: numbers, at: numbers, accuracy: numbers, loss: numbers }),
  resumes: numbers,
  stages: z.array(z.object({ name: z.string(), firstStep: z.number(), steps: z.number() })),
  teacherAccuracy: z.number().nullable(),
});

/** What the host accepts from a webview. */
export const hostMethods: MethodSchemas<HostApi> = {
  ready: { parameters: z.tuple([z.array(runIdSchema)]), result: runsStateSchema },
  show: { parameters: z.tuple([z.array(runIdSchema)]), result: z.void() },
  resync: { parameters: z.tuple([runIdSchema]), result: z.void() },
  act: { parameters: z.tuple([runActionSchema, runIdSchema]), result: z.void() },
};

/** What a webview accepts from the host. */
export const webviewMethods: MethodSchemas<WebviewApi> = {
  runs: { parameters: z.tuple([runsStateSchema]), result: z.void() },
  curves: { parameters: z.tuple([curveDeltaSchema]), result: z.void() },
};
