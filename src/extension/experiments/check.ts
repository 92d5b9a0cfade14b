import { z } from 'zod';
import { checkExperiment } from '../../experiment/check';
import { checkFiles, checkTeacherChain, type FileProbe } from '../../experiment/files';
import { parseExperiment } from '../../experiment/parse';
import type { Problem } from '../../experiment/problem';
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
