import { existsSync } from 'node:fs';
import * as path from 'node:path';
import { describeDataset } from '../data/open';
import { openModel } from '../models/open';
import type { OpenedModel, OpenOptions } from '../models/opened';
import { readJson } from '../runs/files';
import { RUN_FILES, runRecordSchema } from '../runs/record';
import { RunStore } from '../runs/store';
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
  const opened = await openModel(reference, options);
  const { format, files } = opened.table;
  const isTrained = options.weights !== null || format === 'onnx' || format.startsWith('tfjs');
  if (isTrained || files.some((file) => file.endsWith('.weights'))) return opened;
  opened.dispose();
  const where = format === 'darknet' ? 'There are no weights beside it.' : 'It is not trained.';
  throw new CommandError(`${reference} would answer at random. ${where} Name its weights: --weights FILE.`);
}
