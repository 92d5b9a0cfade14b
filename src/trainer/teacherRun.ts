import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findBoundTeachers, type TeacherWeights } from '../runs/boundTeachers';
import { requestStop } from '../runs/control';
import { createRun } from '../runs/create';
import { fingerprintsOf } from '../runs/fingerprint';
import { readStanding } from '../runs/folder';
import { resumeRun, startTrainer, type TrainerPrograms } from '../runs/launch';
import { RUN_FILES } from '../runs/record';
import { RunStore } from '../runs/store';
import { findTeacherRun, withTeacherClaim } from '../runs/teacher';
import { StoppedByRequest } from './outcome';
import type { RunReporter } from './reporter';
import type { TeacherExperiment } from './teacherArchitecture';

/** Who stops a teacher that was started for a student, when the student is stopped. */
const STUDENT_STOPPED = 'the run it teaches,';
const pollMilliseconds = 400;

/**
 * Finds the finished run of a teacher's experiment; where there is none, goes on with the one that was interrupted,
 * waits for the one that is running, or starts one. The teacher is a run of its own: it goes on when this one is killed.
 *
 * @throws StoppedByRequest when this run is asked to stop meanwhile; a teacher that it started is then asked too.
 */
export async function obtainTeacherRun(
  teacher: TeacherExperiment,
  reporter: RunReporter,
  options: { workspace: string; engine: string; programs: TrainerPrograms; label: string },
): Promise<TeacherWeights> {
  const store = new RunStore(options.workspace);
  const { fingerprint } = await fingerprintsOf(teacher.experiment, teacher.file);
  const { directory, id, started } = await withTeacherClaim(store, fingerprint, async () => {
    const { finished, unfinished } = await findTeacherRun(store, fingerprint);
    return finished ? { ...finished, started: false } : launch(teacher, unfinished, options);
  });
  if ((await readStanding(directory)).state === 'finished') return trainedTeacher(directory, id);
  reporter.event({
    type: 'note',
    message: `${options.label} is not trained yet: ${started ? 'training it' : 'waiting for its run'} (${id}).`,
  });
  await reporter.beat({ phase: `waiting for teacher ${id}` }, true);
  for (;;) {
    const by = await reporter.stopRequested();
    if (by !== null) {
      if (started) await requestStop(directory, `${STUDENT_STOPPED} ${path.basename(reporter.directory)}`);
      throw new StoppedByRequest(by);
    }
    const { state, folder } = await readStanding(directory);
    if (state === 'finished') return trainedTeacher(directory, id);
    if (state !== 'running') {
      const { end } = folder;
      // Another student gave it up together with itself; we still need it.
      if (end?.reason?.includes(STUDENT_STOPPED)) return obtainTeacherRun(teacher, reporter, options);
      throw new Error(
        `The run of the teacher ${options.label} (${id}) is ${state}${end?.reason ? `: ${end.reason}` : '.'}`,
      );
    }
    await reporter.beat({});
    await sleep(pollMilliseconds);
  }
}

/** What teaches is the best checkpoint of a run that has finished. */
function trainedTeacher(directory: string, run: string): TeacherWeights {
  return { run, file: path.join(directory, RUN_FILES.bestCheckpoint) };
}

async function launch(
  teacher: TeacherExperiment,
  unfinished: { id: string; directory: string; running: boolean } | null,
  options: { workspace: string; engine: string; programs: TrainerPrograms },
): Promise<{ id: string; directory: string; started: boolean }> {
  if (unfinished?.running) return { ...unfinished, started: false };
  // One that lost its own teacher can never go on.
  if (unfinished && (await findBoundTeachers(unfinished.directory)).refusal === null) {
    await resumeRun(unfinished.directory, options.programs);
    return { ...unfinished, started: true };
  }
  const created = await createRun({
    experiment: teacher.experiment,
    text: teacher.text,
    path: teacher.file,
    workspace: options.workspace,
    engine: options.engine,
    teaches: true,
  });
  await startTrainer(created.directory, options.programs);
  return { ...created, started: true };
}
