import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import {
  exampleChoice,
  exampleFiles,
  planFiles,
  type ExperimentChoice,
  type TemplateFile,
} from '../../src/extension/newExperiment/plan';
import { starterText } from '../../src/extension/newExperiment/starter';
import { zooChoices } from '../../src/extension/newExperiment/zooChoices';
import { makeWorkspace } from './support';

const cli = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../dist/cli.js');
const run = promisify(execFile);

const zoo = (model: string) => ({
  kind: 'zoo' as const,
  choice: zooChoices.find((choice) => choice.model === model)!,
});
const mine = { kind: 'model' as const, file: 'models/mine.ts', export: 'mine' };
const starter = { kind: 'starter' as const, file: 'models/student.ts', export: 'student' };

const chosen: Record<string, Partial<ExperimentChoice>> = {
  'a model to begin with, led by a ResNet': {
    recipe: 'stages',
    teacher: zoo('zoo/resnet56'),
    student: starter,
  },
  'the nets of Hinton': { recipe: 'soft', teacher: zoo('zoo/mlp'), student: zoo('zoo/mlp') },
  'vectors of a map and of units': { recipe: 'hints', teacher: zoo('zoo/mlp'), student: starter },
  'an ensemble that teaches a FitNet': { recipe: 'ensemble', student: zoo('zoo/fitnet') },
  'models of the folder': { recipe: 'hints', teacher: mine, student: mine },
  'plain training': { recipe: 'plain', teacher: null, student: zoo('zoo/resnet20') },
};

/** Writes the files and checks the last one as the command line does, models, layers and adapters included. */
async function check(files: readonly TemplateFile[]): Promise<unknown> {
  const { folder, dispose } = await makeWorkspace();
  try {
    for (const { name, text } of [{ name: mine.file, text: starterText(mine.export) }, ...files]) {
      await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
      await writeFile(path.join(folder, name), text);
    }
    const { stdout } = await run(process.execPath, [cli, 'check', files.at(-1)!.name, '--json'], {
      cwd: folder,
    });
    return JSON.parse(stdout);
  } finally {
    await dispose();
  }
}

test('the example has nothing wrong with it', async () => {
  expect(await check(exampleFiles('digits'))).toMatchObject({ problems: [] });
});

test.each(Object.entries(chosen))('a new experiment has nothing wrong with it: %s', async (_, choice) => {
  const files = planFiles({ ...exampleChoice, ...choice }, 'experiments/new');
  expect(await check(files)).toMatchObject({ problems: [] });
});
