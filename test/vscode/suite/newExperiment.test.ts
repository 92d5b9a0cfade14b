import * as assert from 'node:assert/strict';
import { before, describe, it } from 'mocha';
import * as vscode from 'vscode';
import { distillery, until, workspaceFolder } from './support';

const accept = 'workbench.action.acceptSelectedQuickOpenItem';
const next = 'workbench.action.quickOpenSelectNext';

describe('New Experiment', () => {
  before(() => distillery().activate());

  it('writes the example with one click, a second one beside the first, and opens the student', async () => {
    for (const base of ['digits', 'digits-2']) {
      await vscode.commands.executeCommand('distillery.newExperiment', 'example');
      const student = await shownExperiment(`${base}-student.distill.yaml`);
      assert.match(student.getText(), new RegExp(`experiment: \\./${base}-teacher\\.distill\\.yaml`));
      assert.match(await textOf(`${base}-teacher.distill.yaml`), /model: zoo\/conv-wide/);
    }
  });

  it('asks step by step, and writes what was chosen with a model to begin with', async () => {
    const asked = vscode.commands.executeCommand('distillery.newExperiment');
    // Classification; digits; the second recipe, soft targets and hints; the first teacher of the zoo.
    await choose(1);
    await choose(0);
    await choose(1);
    await chooseTeacher();
    await chooseStarter();
    await settle();
    await vscode.commands.executeCommand(accept);
    await asked;
    const student = await shownExperiment('digits-hints.distill.yaml');
    assert.match(student.getText(), /model: \.\/models\/student\.ts#student/);
    assert.match(student.getText(), /- \{ teacher: \S+, student: conv2, adapter: auto/);
    assert.match(await textOf('models/student.ts'), /export function student\(/);
    await until('no mistakes in the new experiment', () =>
      vscode.languages
        .getDiagnostics(student.uri)
        .every(({ severity }) => severity !== vscode.DiagnosticSeverity.Error),
    );
  });
});

/** Takes a row of the step that is shown. */
async function choose(row: number): Promise<void> {
  await settle();
  for (let step = 0; step < row; step += 1) await vscode.commands.executeCommand(next);
  await vscode.commands.executeCommand(accept);
}

/** The experiments of the workspace come first, so what is taken may be one of them; either teaches digits. */
async function chooseTeacher(): Promise<void> {
  await settle(1000);
  await vscode.commands.executeCommand(accept);
}

/** The models of the zoo come first. */
async function chooseStarter(): Promise<void> {
  await settle(1000);
  for (let step = 0; step < 9; step += 1) await vscode.commands.executeCommand(next);
  await vscode.commands.executeCommand(accept);
}

/** A quick pick tells nobody when it is on screen. */
function settle(milliseconds = 500): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

async function shownExperiment(name: string): Promise<vscode.TextDocument> {
  return until(
    `${name} in the editor`,
    () => {
      const document = vscode.window.activeTextEditor?.document;
      return document?.uri.path.endsWith(`/${name}`) === true && document;
    },
    20,
  );
}

async function textOf(name: string): Promise<string> {
  const bytes = await vscode.workspace.fs.readFile(vscode.Uri.joinPath(workspaceFolder(), name));
  return Buffer.from(bytes).toString('utf8');
}
