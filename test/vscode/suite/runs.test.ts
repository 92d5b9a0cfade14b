import * as assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, before, describe, it } from 'mocha';
import * as vscode from 'vscode';
import { readRunFolder, readStanding, readState } from '../../../src/runs/folder';
import { RUN_FILES, runLabelsSchema } from '../../../src/runs/record';
import { makeSampleRun } from '../../../src/runs/sampleRun';
import { runsFolder } from '../../../src/runs/workspace';
import { distillery, until, workspaceFolder, writeText } from './support';

/** Days of training, on any machine: it ends when it is stopped. */
const endless = `name: endless
data: { dataset: digits, trainSize: 320, testSize: 100 }
student: { model: zoo/mlp, options: { hidden: [8] } }
train: { epochs: 1000000 }
`;

describe('runs', () => {
  let finished: string;

  before(async () => {
    finished = await makeSampleRun(workspaceFolder().fsPath, {
      id: '20261123-142501-digits-student-a1b2',
      progress: {},
      end: {},
    });
    await distillery().activate();
    await vscode.commands.executeCommand('distillery.refreshRuns');
  });

  afterEach(() => vscode.commands.executeCommand('workbench.action.closeAllEditors'));

  it('opens the curves of a run of the folder', async () => {
    await vscode.commands.executeCommand('distillery.openCurves', finished);
    const tab = await until('the curves panel', curvesTab);
    assert.equal(tab.label, 'Curves: digits-student');
  });

  it('opens one panel, however often', async () => {
    await vscode.commands.executeCommand('distillery.openCurves', finished);
    await vscode.commands.executeCommand('distillery.compareRuns', [finished]);
    await until('the curves panel', curvesTab);
    assert.equal(curvesTabs().length, 1);
  });

  it('archives a run and takes it out again, in its folder', async () => {
    const isArchived = async () =>
      runLabelsSchema.parse(JSON.parse(await readFile(join(finished, RUN_FILES.labels), 'utf8'))).archived;
    await vscode.commands.executeCommand('distillery.archiveRun', finished);
    assert.equal(await isArchived(), true);
    await vscode.commands.executeCommand('distillery.unarchiveRun', finished);
    assert.equal(await isArchived(), false);
  });

  it('opens the experiment of a run', async () => {
    const experiment = await writeText('student.distill.yaml', endless);
    await vscode.commands.executeCommand('distillery.openExperiment', finished);
    assert.equal(vscode.window.activeTextEditor?.document.uri.toString(), experiment.toString());
  });

  it('runs an experiment, stops it, and goes on with it, in the same run folder', async function () {
    this.timeout(300_000);
    const experiment = await writeText('endless.distill.yaml', endless);
    await vscode.commands.executeCommand('distillery.runExperiment', experiment);
    const run = await until('a run that trains', () => trainingRun('endless'), 120);
    try {
      await vscode.commands.executeCommand('distillery.stopRun', run);
      assert.equal(await stateOf(run), 'stopped');
      const { end } = await readRunFolder(run);
      assert.ok(end !== null && end.step > 0);

      await vscode.commands.executeCommand('distillery.resumeRun', run);
      assert.equal(await until('the run to train again', () => trainingRun('endless'), 120), run);
    } finally {
      await vscode.commands.executeCommand('distillery.stopRun', run);
    }
    const { end } = await readRunFolder(run);
    assert.equal(end?.state, 'stopped');
  });
});

function curvesTabs(): vscode.Tab[] {
  return vscode.window.tabGroups.all
    .flatMap(({ tabs }) => tabs)
    .filter(
      ({ input }) => input instanceof vscode.TabInputWebview && input.viewType.endsWith('distillery.curves'),
    );
}

function curvesTab(): vscode.Tab | undefined {
  return curvesTabs()[0];
}

async function stateOf(directory: string): Promise<string> {
  return (await readStanding(directory)).state;
}

/** The folder of the run of that name that has trained at least a step in its present attempt. */
async function trainingRun(name: string): Promise<string | undefined> {
  const entries = await vscode.workspace.fs.readDirectory(
    vscode.Uri.file(runsFolder(workspaceFolder().fsPath)),
  );
  for (const [id] of entries) {
    const directory = join(runsFolder(workspaceFolder().fsPath), id);
    const folder = await readRunFolder(directory);
    if (folder.record.name !== name || (await readState(folder)) !== 'running') continue;
    if (folder.progress !== null && folder.progress.phase === 'training' && folder.progress.step > 0)
      return directory;
  }
  return undefined;
}
