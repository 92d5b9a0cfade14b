import * as assert from 'node:assert/strict';
import { before, describe, it } from 'mocha';
import * as vscode from 'vscode';
import { distillery, until, writeText } from './support';

const accept = 'workbench.action.acceptSelectedQuickOpenItem';

const model = `import * as tf from '@tensorflow/tfjs';

export function student({ inputShape, classes }: { inputShape: [number, number, number]; classes: number }) {
  const model = tf.sequential();
  model.add(tf.layers.conv2d({ name: 'conv1', inputShape, filters: 4, kernelSize: 3, padding: 'same' }));
  for (const name of ['pool1', 'pool2']) {
    model.add(tf.layers.maxPooling2d({ name, poolSize: 2 }));
  }
  model.add(tf.layers.flatten({ name: 'flatten' }));
  model.add(tf.layers.dense({ name: 'logits', units: classes }));
  return model;
}
`;
const experiment = `# Comments stay.
data: { dataset: digits, trainSize: 320, testSize: 100 }
teacher: { experiment: ./lens-teacher.distill.yaml }
student: { model: ./models/lens.ts#student }
distill:
  hard: {} # the labels
  hints:
    - { teacher: block1/relu, student: conv1 }
`;

describe('in the source of a model', () => {
  let source: vscode.TextDocument;
  let document: vscode.TextDocument;

  before(async () => {
    await distillery().activate();
    await writeText(
      'lens-teacher.distill.yaml',
      'data: { dataset: digits, trainSize: 320, testSize: 100 }\nstudent: { model: zoo/conv-wide, options: { width: 4 } }\n',
    );
    const code = await writeText('models/lens.ts', model);
    const uri = await writeText('lens.distill.yaml', experiment);
    document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document, { preview: false });
    source = await vscode.workspace.openTextDocument(code);
    await vscode.window.showTextDocument(source, { preview: false });
  });

  it('says above each line which layers it makes, and what they can be picked for', async () => {
    const lenses = await lensesOf(source, (found) => found.length > 0);
    assert.deepEqual(lenses, [
      [5, '16×16×4 · Conv2D · guided by teacher block1/relu'],
      [5, 'pick as guided layer'],
      [7, '2 layers · 8×8×4 … 4×4×4'],
      [7, 'pick as guided layer'],
      [9, '64 units · Flatten'],
      [9, 'pick as guided layer'],
      [10, '10 units · Dense'],
    ]);
  });

  it('says more on hovering, with the calls that led there', async () => {
    const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      source.uri,
      new vscode.Position(4, 12),
    );
    const text = hovers
      .flatMap(({ contents }) => contents)
      .map((content) => (content instanceof vscode.MarkdownString ? content.value : ''))
      .join('\n');
    assert.match(text, /\*\*conv1\*\* · Conv2D · 16×16×4/);
    assert.match(text, /40 parameters · 9,216 multiply-adds/);
    assert.match(text, /student .*lens\.ts.* of \[.*lens\.distill\.yaml\]/);
  });

  it('shifts with edits that are not saved', async () => {
    const edit = new vscode.WorkspaceEdit();
    edit.insert(source.uri, new vscode.Position(3, 0), '  // One.\n  // Two.\n');
    await vscode.workspace.applyEdit(edit);
    const lenses = await lensesOf(source, (found) => found[0]?.[0] !== 5);
    assert.deepEqual(
      lenses.map(([line]) => line),
      [7, 7, 9, 9, 11, 11, 12],
    );
    await source.save();
    // A fresh table knows the lines as they are: they must not be shifted twice.
    await new Promise((resolve) => setTimeout(resolve, 3000));
    assert.deepEqual(
      (await lensesOf(source, (found) => found.length > 0)).map(([line]) => line),
      [7, 7, 9, 9, 11, 11, 12],
    );
  });

  it('stays right when another program writes the file', async () => {
    const text = source.getText();
    await writeText('models/lens.ts', `// Three.\n${text}`);
    await until('the new text', () => source.getText().startsWith('// Three.'));
    await lensesOf(source, (found) => found[0]?.[0] === 8);
    await new Promise((resolve) => setTimeout(resolve, 3000));
    assert.equal((await lensesOf(source, (found) => found.length > 0))[0]?.[0], 8);
    await writeText('models/lens.ts', text);
    await until('the old text', () => !source.getText().startsWith('// Three.'));
    await lensesOf(source, (found) => found[0]?.[0] === 7);
  });

  it('makes a hint of a layer by one edit, which undo takes back', async () => {
    const picking = vscode.commands.executeCommand('distillery.useAsGuidedLayer', source.uri, 11);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await vscode.commands.executeCommand(accept);
    await picking;
    const text = document.getText();
    assert.match(text, /- \{ teacher: pool, student: flatten \}/);
    assert.equal(text.replace(/\n {4}- \{ teacher: pool.*/, ''), experiment.trimEnd() + '\n');
    await lensesOf(source, (found) => found.some(([, title]) => title.includes('guided by teacher pool')));
    await vscode.window.showTextDocument(document, vscode.ViewColumn.One);
    await vscode.commands.executeCommand('undo');
    assert.equal(document.getText(), experiment);
  });

  it('can be switched off', async () => {
    const settings = vscode.workspace.getConfiguration('distillery');
    await settings.update('codeLens', false, vscode.ConfigurationTarget.Workspace);
    try {
      await lensesOf(source, (found) => found.length === 0);
    } finally {
      await settings.update('codeLens', undefined, vscode.ConfigurationTarget.Workspace);
    }
  });
});

/** Lines, from 1, and titles of the lenses of a document, once they are as expected. */
async function lensesOf(
  document: vscode.TextDocument,
  isExpected: (lenses: [number, string][]) => boolean,
): Promise<[number, string][]> {
  return until(
    'the lenses of the layers',
    async () => {
      const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
        'vscode.executeCodeLensProvider',
        document.uri,
        100,
      );
      const found = lenses.map(({ range, command }): [number, string] => [
        range.start.line + 1,
        command?.title ?? '',
      ]);
      return isExpected(found) && found;
    },
    30,
  );
}
