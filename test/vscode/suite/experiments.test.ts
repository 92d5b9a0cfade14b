import * as assert from 'node:assert/strict';
import { before, describe, it } from 'mocha';
import * as vscode from 'vscode';
import { distillery, until, writeText } from './support';

const good = `data: { dataset: digits, trainSize: 320, testSize: 100 }
student: { model: zoo/conv-thin }
train: { epochs: 2 }
`;

describe('an experiment in the editor', () => {
  before(() => distillery().activate());

  it('has a diagnostic at each mistake, which ends when the mistake does', async () => {
    const uri = await writeText('faulty.distill.yaml', good.replace('epochs: 2', 'epoks: 2, batch: -1'));
    const document = await vscode.workspace.openTextDocument(uri);
    const editor = await vscode.window.showTextDocument(document);
    const found = await until('two diagnostics', () => {
      const diagnostics = vscode.languages.getDiagnostics(uri);
      return diagnostics.length === 2 && diagnostics;
    });
    const at = (word: string) => found.find(({ range }) => document.getText(range) === word);
    assert.match(at('epoks')?.message ?? 'nothing at `epoks`', /epochs/);
    assert.match(at('-1')?.message ?? 'nothing at `-1`', /batch/);
    assert.ok(found.every(({ severity }) => severity === vscode.DiagnosticSeverity.Error));

    const whole = new vscode.Range(0, 0, document.lineCount, 0);
    await editor.edit((edit) => {
      edit.replace(whole, good);
    });
    await until('no diagnostics', () => vscode.languages.getDiagnostics(uri).length === 0);
    await document.save();
  });

  it('offers the right word as a quick fix', async () => {
    const uri = await writeText('misspelt.distill.yaml', good.replace('train:', 'trian:'));
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document);
    const diagnostic = await until('a diagnostic', () => vscode.languages.getDiagnostics(uri)[0]);
    const fixes = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      'vscode.executeCodeActionProvider',
      uri,
      diagnostic.range,
    );
    const fix = fixes.find(({ edit }) => edit !== undefined);
    assert.ok(fix?.edit, `no fix among ${fixes.map(({ title }) => title).join(', ')}`);
    assert.equal(await vscode.workspace.applyEdit(fix.edit), true);
    assert.equal(document.getText(), good);
    await document.save();
  });

  it('reports what only the models know: a layer that is not there, with the nearest one', async () => {
    await writeText('teacher.distill.yaml', good);
    const uri = await writeText(
      'student.distill.yaml',
      `${good}teacher: { experiment: ./teacher.distill.yaml }
distill: { hints: [{ teacher: block2/relu, student: block2/rleu }] }
`,
    );
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document);
    const diagnostic = await until('a diagnostic of the layer', () =>
      vscode.languages.getDiagnostics(uri).find(({ range }) => document.getText(range) === 'block2/rleu'),
    );
    assert.match(diagnostic.message, /block2\/relu/);
  });
});
