import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readJsonIfPresent, writeJson } from './files';
import { hashNetwork } from './networkFile';
import { boundTeachersSchema, RUN_FILES, type BoundTeacher } from './record';
import { workspaceOf, workspaceRelative } from './workspace';

/** Weights that teach a run: a file, and the run that trained it, null when nobody here did. */
export interface TeacherWeights {
  run: string | null;
  /** Absolute path. */
  file: string;
}

/**
 * Writes down which weights teach a run, so that it is taught by the same ones after a resume. To be called when they
 * are there, before the first step.
 * @throws {Error} When a file of weights does not exist.
 */
export async function bindTeachers(runDirectory: string, weights: readonly TeacherWeights[]): Promise<void> {
  const workspace = workspaceOf(runDirectory);
  const teachers = await Promise.all(
    weights.map(async ({ run, file }): Promise<BoundTeacher> => {
      const sha256 = await hashNetwork(file);
      if (sha256 === null) throw new Error(`The weights of the teacher, ${file}, do not exist.`);
      return { run, weights: workspaceRelative(workspace, file), sha256 };
    }),
  );
  await writeJson(join(runDirectory, RUN_FILES.teachers), { teachers });
}

/**
 * The weights that taught a run so far, in the order of the experiment; null when it has learnt nothing yet, and any
 * teacher of its experiment will do. A refusal, for people, when they are not there any more or have changed: with
 * other ones the run would not be what it set out to be.
 */
export async function findBoundTeachers(
  runDirectory: string,
): Promise<{ weights: TeacherWeights[] | null; refusal: string | null }> {
  const bound = existsSync(join(runDirectory, RUN_FILES.lastCheckpoint))
    ? await readJsonIfPresent(join(runDirectory, RUN_FILES.teachers), boundTeachersSchema)
    : null;
  if (bound === null) return { weights: null, refusal: null };
  const workspace = workspaceOf(runDirectory);
  const weights: TeacherWeights[] = [];
  for (const teacher of bound.teachers) {
    const file = resolve(workspace, teacher.weights);
    const sha256 = await hashNetwork(file);
    if (sha256 !== teacher.sha256) return { weights: null, refusal: refuse(teacher, file, sha256 === null) };
    weights.push({ run: teacher.run, file });
  }
  return { weights, refusal: null };
}

function refuse({ run, sha256 }: BoundTeacher, file: string, isGone: boolean): string {
  const what =
    run === null ? `The weights of the teacher, ${file},` : `The weights of the teacher's run ${run}`;
  const happened = isGone
    ? `are gone${run === null ? '' : `: ${file} does not exist`}.`
    : `have changed since this run was started: the sha256 of ${file} was ${sha256}.`;
  return `${what} ${happened} A run can only go on with the teacher that it began with. Put the file back, or start a new run.`;
}
