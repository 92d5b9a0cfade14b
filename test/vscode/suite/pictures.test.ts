import * as assert from 'node:assert/strict';
import { after, before, describe, it } from 'mocha';
import * as vscode from 'vscode';
import { distillery, until, writeText } from './support';

const experiment = `data: { dataset: digits, trainSize: 320, testSize: 100 }
student: { model: ./pictured.ts#student }
train: { epochs: 2 }
`;

/** @param body What the function does before it builds a sound model. */
const modelThat = (body: string): string => `import * as tf from '@tensorflow/tfjs';

export function student({ inputShape, classes }) {
  ${body}
  return tf.sequential({ layers: [tf.layers.flatten({ inputShape }), tf.layers.dense({ units: classes })] });
}
`;

describe('a model that fails', () => {
  const settings = (): vscode.WorkspaceConfiguration => vscode.workspace.getConfiguration('distillery');

  before(() => distillery().activate());
  after(() => settings().update('inspector.timeLimit', undefined, vscode.ConfigurationTarget.Global));

  const errorsOf = (uri: vscode.Uri): vscode.Diagnostic[] =>
    vscode.languages
      .getDiagnostics(uri)
      .filter(
        ({ source, severity }) => source === 'Distillery' && severity === vscode.DiagnosticSeverity.Error,
      );

  it('is underlined at its line, and in the experiment, until it is mended in its own file', async () => {
    const model = await writeText('pictured.ts', modelThat("throw new Error('not yet');"));
    const uri = await writeText('pictured.distill.yaml', experiment);
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri));
    const [inModel] = await until('a diagnostic in the model', () => {
      const errors = errorsOf(model);
      return errors.length > 0 && errors;
    });
    assert.match(inModel!.message, /not yet/);
    assert.equal(inModel!.range.start.line, 3);
    assert.match(errorsOf(uri)[0]?.message ?? '', /not yet/);

    await writeText('pictured.ts', modelThat('// It is there now.'));
    await until('no diagnostics', () => errorsOf(model).length + errorsOf(uri).length === 0);
  });

  it('and never ends is stopped after the time limit, and underlined in its loop', async () => {
    await settings().update('inspector.timeLimit', 1, vscode.ConfigurationTarget.Global);
    const uri = await writeText('endless.distill.yaml', experiment.replace('pictured', 'endless'));
    const model = await writeText('endless.ts', modelThat('for (;;) Math.sqrt(2);'));
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri));
    const [inModel] = await until('a diagnostic in the loop', () => {
      const errors = errorsOf(model);
      return errors.length > 0 && errors;
    });
    assert.match(inModel!.message, /still runs after 1 s/);
    assert.equal(inModel!.range.start.line, 3);
    assert.match(errorsOf(uri)[0]?.message ?? '', /still runs after 1 s/);

    await writeText('endless.ts', modelThat('// It ends.'));
    await until('no diagnostics', () => errorsOf(model).length + errorsOf(uri).length === 0, 30);
  });
});
