import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { checkExperiment } from '../../experiment/check';
import { checkFiles, checkTeacherChain, referencedFiles, type FileProbe } from '../../experiment/files';
import { locate, parseExperiment } from '../../experiment/parse';
import type { Problem } from '../../experiment/problem';
import type { SourcePosition } from '../../layers/table';
import { problemSchema } from '../../protocol/inspection';
import { lastJson } from '../commandLine';

/** What can be said of an experiment without its models. */
export interface QuickCheck {
  /** Mistakes of notation, keys, types and values: what the JSON schema says as well. */
  schema: Problem[];
  /** How its parts fit together, and the files that it names. */
  meaning: Problem[];
}

/** Checks the text of an experiment in this process; takes a few milliseconds. */
export function quickCheck(text: string, file: string, probe: FileProbe): QuickCheck {
  const parsed = parseExperiment(text, file);
  return {
    schema: parsed.problems,
    meaning: [...checkExperiment(parsed), ...checkFiles(parsed, probe), ...checkTeacherChain(parsed, probe)],
  };
}

/** Absolute paths of the files that an experiment names, without those that these need in turn. */
export function namedFiles(text: string, file: string): string[] {
  const { draft } = parseExperiment(text, file);
  return draft === null ? [] : referencedFiles(draft).map(({ file: name }) => resolve(dirname(file), name));
}

/**
 * Why the models of an experiment could not be looked at, as a problem of the experiment: at the reference to the model
 * whose code is to blame, else at the beginning.
 *
 * @param source where in the files of a model it happened.
 */
export function failureProblem(
  text: string,
  file: string,
  message: string,
  source: SourcePosition | null,
): Problem {
  const parsed = parseExperiment(text, file);
  const models = parsed.draft === null ? [] : referencedFiles(parsed.draft);
  const blamed = models.find(
    ({ kind, file: model }) => kind === 'model' && resolve(dirname(file), model) === source?.file,
  );
  // Code that the file of a model imports is to blame for the student's, which is there in any case.
  const path = blamed?.path ?? (source === null || parsed.draft === null ? [] : ['student', 'model']);
  return locate(parsed, { path, code: 'bad-inspection', message });
}

const reportSchema = z.object({ problems: z.array(problemSchema) });

/** The problems that `distillery check --json` prints; null when it printed something else. */
export function parseCheckReport(output: string): Problem[] | null {
  const parsed = reportSchema.safeParse(lastJson(output));
  return parsed.success ? parsed.data.problems : null;
}

const startedSchema = z.object({ runs: z.array(z.object({ id: z.string() })).min(1) });

/** The id of the run that `distillery run --detach --json` started; null when it printed something else. */
export function parseStartedRun(output: string): string | null {
  const parsed = startedSchema.safeParse(lastJson(output));
  return parsed.success ? (parsed.data.runs.at(-1)?.id ?? null) : null;
}
