import { existsSync } from 'node:fs';
import * as path from 'node:path';
import { describeDataset } from '../data/open';
import { openDarknet } from '../models/darknet/open';
import type { OpenedModel, OpenOptions } from '../models/opened';
import { readJson } from '../runs/files';
import { RUN_FILES, runRecordSchema } from '../runs/record';
import { RunStore } from '../runs/store';
import { weightsBeside } from './classNames';
import { CommandError } from './exit';

/**
 * Opens what people want to ask: the file of a model, a model of the zoo, or the best checkpoint of a run.
 *
 * @param asked as it was typed.
 * @param weights a file instead of the model's own weights.
 * @throws CommandError, ModelError, DataError and UnknownRunError that say what is wrong.
 */
export async function openAsked(
  asked: string,
  workspace: string,
  weights: string | undefined,
): Promise<OpenedModel> {
  const given = weights === undefined ? null : path.resolve(weights);
  const baseDirectory = process.cwd();
  if (isModel(asked)) return openFile(asked, { baseDirectory, context: null, weights: given });
  const run = await new RunStore(workspace).resolve(asked);
  const read = await readJson(path.join(run.directory, RUN_FILES.record), runRecordSchema);
  if (!read.ok) throw new CommandError(`The run ${run.id} cannot be read: ${read.problem.message}`);
  const { resolved, experiment } = read.value;
  const folder = path.dirname(path.join(workspace, experiment.path));
  const { height, width, channels, classes } = await describeDataset(resolved.data, {
    baseDirectory: folder,
  });
  const options = resolved.student.options ?? {};
  return openFile(resolved.student.model, {
    baseDirectory: folder,
    context: { inputShape: [height, width, channels], classes, options },
    weights: given ?? path.join(run.directory, RUN_FILES.bestCheckpoint),
  });
}

/** Names of runs have no dots, no slashes and no `#`. */
function isModel(asked: string): boolean {
  return /[./\\#]/.test(asked) || existsSync(asked);
}

async function openFile(reference: string, options: OpenOptions): Promise<OpenedModel> {
  if (path.extname(reference) !== '.cfg') throw new CommandError(`${reference} cannot be opened.`);
  const file = path.resolve(options.baseDirectory, reference);
  const weights = options.weights ?? (await weightsBeside(file));
  if (weights === null && existsSync(file)) {
    throw new CommandError(`There are no weights beside ${reference}. Name them: --weights FILE.`);
  }
  return openDarknet(reference, { ...options, weights });
}
