import { z } from 'zod';
import { experimentSchema } from '../experiment/schema';
import { usedEngineSchema } from './usedEngine';

/**
 * The files of a run folder, `.distillery/runs/<id>/`. The folder is the truth about a run; everything else reads it.
 *
 *     run.json            what was asked: the frozen experiment, environment, git state         written once
 *     teachers.json       which weights teach it, by their hash; a resume keeps to them         written before step 1
 *     progress.json       heartbeat: who trains, where it is, best and last metric              replaced every second
 *     end.json            how it ended; removed by resume                                       written once per end
 *     events.jsonl        everything that happened, one JSON object a line                      append only
 *     labels.json         what people say of it: archived, notes                                replaced
 *     control/launch.json who was started to train it; counts until its first heartbeat         replaced by resume
 *     control/stop.json   a request to stop                                                     removed when obeyed
 *     checkpoints/        last.safetensors, best.safetensors                                    replaced
 *     log.txt             what the trainer printed                                              append only
 */
export const RUN_FILES = {
  record: 'run.json',
  teachers: 'teachers.json',
  progress: 'progress.json',
  end: 'end.json',
  events: 'events.jsonl',
  labels: 'labels.json',
  launch: 'control/launch.json',
  stopRequest: 'control/stop.json',
  lastCheckpoint: 'checkpoints/last.safetensors',
  bestCheckpoint: 'checkpoints/best.safetensors',
  log: 'log.txt',
} as const;

export const runRecordSchema = z.object({
  format: z.literal(1),
  id: z.string(),
  name: z.string(),
  /**
   * `distilled` when the experiment has a teacher; else `teacher` when a student started the run or another experiment
   * of the workspace names this one as its teacher, and `student`, alone, when none did (report.ts looks again).
   */
  role: z.enum(['teacher', 'student', 'distilled']),
  createdAt: z.iso.datetime(),
  experiment: z.object({
    /** Relative to the workspace folder that holds `.distillery`, with `/`. */
    path: z.string(),
    text: z.string(),
    /** sha256 of everything that decides the result, the files that are named included; see fingerprint.ts. */
    fingerprint: z.string(),
    /** The same without teacher and distillation terms: equal for a student alone and its distilled twin. */
    baselineFingerprint: z.string(),
  }),
  resolved: experimentSchema,
  /** The engine that was asked for; the one that is used stands in the heartbeat and in the `start` events. */
  engine: z.string(),
  environment: z.object({
    distillery: z.string(),
    node: z.string(),
    platform: z.string(),
    architecture: z.string(),
    processor: z.string(),
    cores: z.int(),
    memoryBytes: z.number(),
    hostname: z.string(),
  }),
  git: z.object({ commit: z.string(), branch: z.string().nullable(), dirty: z.boolean() }).nullable(),
});
export type RunRecord = z.infer<typeof runRecordSchema>;

export const processIdentitySchema = z.object({
  pid: z.int(),
  /** Start time of the process as its operating system tells it; with the pid it names a process for good. */
  startedAt: z.string().nullable(),
  hostname: z.string(),
});
export type ProcessIdentity = z.infer<typeof processIdentitySchema>;

export const runLaunchSchema = z.object({ process: processIdentitySchema, at: z.iso.datetime() });
export type RunLaunch = z.infer<typeof runLaunchSchema>;

export const boundTeachersSchema = z.object({
  /** In the order of the experiment. */
  teachers: z.array(
    z.object({
      /** The run that trained it; null for a teacher given by its weights. */
      run: z.string().nullable(),
      /** The file of its weights, relative to the workspace folder, with `/`. */
      weights: z.string(),
      /** Of the bytes of that file, in hex. */
      sha256: z.string(),
    }),
  ),
});
export type BoundTeacher = z.infer<typeof boundTeachersSchema>['teachers'][number];

const measurementSchema = z.object({ step: z.int(), epoch: z.number(), accuracy: z.number() });

export const progressSchema = z.object({
  process: processIdentitySchema,
  at: z.iso.datetime(),
  /** What it is doing: `loading`, `waiting for teacher`, `training`, `evaluating`, … */
  phase: z.string(),
  /** What trains it; null until it has started. */
  engine: usedEngineSchema.nullable().optional(),
  step: z.int(),
  totalSteps: z.int(),
  /** Epochs completed, fractional. */
  epoch: z.number(),
  totalEpochs: z.number(),
  imagesPerSecond: z.number().nullable(),
  secondsLeft: z.number().nullable(),
  /** The newest value of each loss term. */
  losses: z.record(z.string(), z.number()),
  best: measurementSchema.nullable(),
  last: measurementSchema.nullable(),
  parameters: z.int().nullable(),
  multiplyAdds: z.int().nullable(),
  /** Runs that this run is taught by, in the order of the experiment; null for a teacher given by weights. */
  teachers: z.array(
    z.object({ run: z.string().nullable(), name: z.string(), accuracy: z.number().nullable() }),
  ),
  /** Whether the targets of the teachers are cached, and why not: a sentence for people. */
  targets: z.string().optional(),
  /** Where batches are made and why, a sentence; the share of the training time that waited for them, 0–1. */
  batches: z.object({ made: z.string(), stallShare: z.number() }).optional(),
});
export type RunProgress = z.infer<typeof progressSchema>;

export const runEndSchema = z.object({
  state: z.enum(['finished', 'failed', 'stopped']),
  at: z.iso.datetime(),
  step: z.int(),
  /** Why it failed or stopped, for people. */
  reason: z.string().nullable(),
  /** Seconds of work, all attempts together. */
  seconds: z.number(),
});
export type RunEnd = z.infer<typeof runEndSchema>;

export const runLabelsSchema = z.object({
  archived: z.boolean().default(false),
  notes: z.string().default(''),
});
export type RunLabels = z.infer<typeof runLabelsSchema>;

export const stopRequestSchema = z.object({
  at: z.iso.datetime(),
  /** Who asks, for people: `distillery stop`, `VS Code`, … */
  by: z.string(),
});
export type StopRequest = z.infer<typeof stopRequestSchema>;
