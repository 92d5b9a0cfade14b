import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { experimentSchema } from '../experiment/schema';
import { writeJson } from './files';
import {
  RUN_FILES,
  type RunEnd,
  type RunLabels,
  type RunLaunch,
  type RunProgress,
  type RunRecord,
} from './record';
import { runsFolder } from './workspace';

/** What a test wants to be different about a run folder; what is not given is plausible. */
export interface SampleRun {
  id: string;
  record?: Partial<RunRecord>;
  fingerprint?: string;
  baselineFingerprint?: string;
  launch?: RunLaunch;
  progress?: Partial<RunProgress>;
  end?: Partial<RunEnd>;
  labels?: RunLabels;
}

/** For tests: writes a run folder. @returns its absolute path. */
export async function makeSampleRun(workspace: string, sample: SampleRun): Promise<string> {
  const directory = join(runsFolder(workspace), sample.id);
  await mkdir(join(directory, dirname(RUN_FILES.launch)), { recursive: true });
  await mkdir(join(directory, dirname(RUN_FILES.bestCheckpoint)), { recursive: true });
  const files: [string, unknown][] = [
    [RUN_FILES.record, sampleRecord(sample)],
    [RUN_FILES.launch, sample.launch],
    [RUN_FILES.progress, sample.progress && sampleProgress(sample.progress)],
    [RUN_FILES.end, sample.end && sampleEnd(sample.end)],
    [RUN_FILES.labels, sample.labels],
  ];
  for (const [name, value] of files) if (value !== undefined) await writeJson(join(directory, name), value);
  return directory;
}

export function sampleRecord(sample: SampleRun): RunRecord {
  return {
    format: 1,
    id: sample.id,
    name: 'digits-student',
    role: 'student',
    createdAt: '2026-11-23T14:25:01.000Z',
    experiment: {
      path: 'student.distill.yaml',
      text: 'data: { dataset: digits }\nstudent: { model: zoo/mlp }\n',
      fingerprint: sample.fingerprint ?? 'f1',
      baselineFingerprint: sample.baselineFingerprint ?? 'b1',
    },
    resolved: experimentSchema.parse({ data: { dataset: 'digits' }, student: { model: 'zoo/mlp' } }),
    engine: 'auto',
    environment: {
      distillery: '0.1.0',
      node: '20.0.0',
      platform: 'linux',
      architecture: 'x64',
      processor: 'a processor',
      cores: 2,
      memoryBytes: 1e9,
      hostname: 'a-host',
    },
    git: null,
    ...sample.record,
  };
}

export function sampleProgress(changes: Partial<RunProgress> = {}): RunProgress {
  return {
    process: { pid: 1, startedAt: '1', hostname: 'another-host' },
    at: '2026-11-23T14:26:00.000Z',
    phase: 'training',
    step: 50,
    totalSteps: 100,
    epoch: 1,
    totalEpochs: 2,
    imagesPerSecond: 1000,
    secondsLeft: 10,
    losses: { total: 0.5, hard: 0.5 },
    best: { step: 50, epoch: 1, accuracy: 0.9 },
    last: { step: 50, epoch: 1, accuracy: 0.9 },
    parameters: 1000,
    multiplyAdds: 2000,
    teachers: [],
    ...changes,
  };
}

export function sampleEnd(changes: Partial<RunEnd> = {}): RunEnd {
  return {
    state: 'finished',
    at: '2026-11-23T14:27:00.000Z',
    step: 100,
    reason: null,
    seconds: 60,
    ...changes,
  };
}
