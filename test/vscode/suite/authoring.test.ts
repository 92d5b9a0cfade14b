import * as assert from 'node:assert/strict';
import { before, beforeEach, describe, it } from 'mocha';
import * as vscode from 'vscode';
import { distillery, until, writeText } from './support';

const model = `import * as tf from '@tensorflow/tfjs';

export function student({ inputShape, classes }: { inputShape: [number, number, number]; classes: number }) {
  const model = tf.sequential();
  model.add(tf.layers.conv2d({ name: 'conv1', inputShape, filters: 4, kernelSize: 3, padding: 'same' }));
  model.add(tf.layers.conv2d({ name: 'conv2', filters: 8, kernelSize: 3, strides: 2, padding: 'same' }));
  model.add(tf.layers.flatten({ name: 'flatten' }));
  model.add(tf.layers.dense({ name: 'logits', units: classes }));
  return model;
}
`;
const teacher = `data: { dataset: digits, trainSize: 320, testSize: 100 }
student: { model: zoo/conv-wide, options: { width: 4 } }
`;
const experiment = `# Comments stay.
# All of them.
data: { dataset: digits, trainSize: 320, testSize: 100 }
teacher: { experiment: ./authoring-teacher.distill.yaml }
student: { model: ./models/authoring.ts#student }
distill:
  hard: {} # the labels
  hints:
    - { teacher: block2/relu, student: conv2 }
    - { teacher: block1/relu, student: conv1, weight: 0.5 } # early
train:
  epochs: 2
`;

describe('writing an experiment', () => {
  let document: vscode.TextDocument;
  let source: vscode.Uri;

  before(async () => {
    await distillery().activate();
    source = await writeText('models/authoring.ts', model);
    await writeText('authoring-teacher.distill.yaml', teacher);
    const uri = await writeText('authoring.distill.yaml', experiment);
    document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document, { preview: false });
  });

  beforeEach(() => write(experiment));

  it('completes keys that may stand there, with type and default', async () => {
    const items = await withText('distill:\n  soft:\n    ', complete);
    const temperature = items.find(({ label }) => label === 'temperature');
    assert.equal(temperature?.detail, 'number > 0 · default 4');
    assert.match(textOf(temperature.documentation), /divides the logits/);
    assert.ok(!items.some(({ label }) => label === 'student'));
  });

  it('completes words, models of the zoo, files and exports', async () => {
    assert.deepEqual(labelsOf(await withText('distill: { soft: { divergence: ', complete)), [
      'kl',
      'cross-entropy',
    ]);
    assert.ok(labelsOf(await withText('student: { model: ', complete)).includes('zoo/resnet20'));
    assert.ok(labelsOf(await withText('student: { model: ./models/', complete)).includes('authoring.ts'));
    assert.deepEqual(labelsOf(await withText('student: { model: ./models/authoring.ts#', complete)), [
      'student',
    ]);
    assert.ok(
      labelsOf(await withText('teacher: { experiment: ', complete)).includes(
        './authoring-teacher.distill.yaml',
      ),
    );
  });

  it('completes layers with their shapes, those that fit first', async () => {
    const items = await until('the layers', async () => {
      const found = await complete(at('conv2'));
      return found.some(({ label }) => nameOf(label) === 'conv2') && found;
    });
    const sorted = items.toSorted((a, b) => (a.sortText ?? '').localeCompare(b.sortText ?? ''));
    const [best] = sorted;
    assert.ok(best !== undefined && typeof best.label !== 'string');
    assert.equal(best.label.label, 'conv2');
    assert.match(best.label.description ?? '', /^\d+×\d+×\d+ · /);
    assert.match(best.detail ?? '', /^8×8×8 · Conv2D · models\/authoring\.ts:6 · /);
    assert.match(sorted.at(-1)?.detail ?? '', /cannot be joined$/);
  });

  it('says on hovering what keys and layers are', async () => {
    assert.match(await hoverAt('epochs'), /\*\*`train\.epochs`\*\* · whole number ≥ 1/);
    const layer = await hoverAt('conv1');
    assert.match(layer, /\*\*`conv1`\*\* · Conv2D · 16×16×4/);
    assert.match(layer, /models\/authoring\.ts:5/);
    assert.match(layer, /`conv1` learns `block1\/relu` with the adapter/);
  });

  it('leads from names to where they are written', async () => {
    assert.deepEqual(await definitionOf('conv2'), [source.fsPath, 6]);
    assert.deepEqual(await definitionOf('./models/authoring'), [source.fsPath, 3]);
    const [file] = await definitionOf('./authoring-teacher');
    assert.match(file, /authoring-teacher\.distill\.yaml$/);
  });

  it('finds the uses of a layer, and the line that makes it', async () => {
    const found = await vscode.commands.executeCommand<vscode.Location[]>(
      'vscode.executeReferenceProvider',
      document.uri,
      at('conv1'),
    );
    const places = found.map(
      ({ uri, range }) => `${vscode.workspace.asRelativePath(uri)}:${range.start.line + 1}`,
    );
    assert.deepEqual(places.toSorted(), ['authoring.distill.yaml:10', 'models/authoring.ts:5']);
  });

  it('outlines data, models, hints and stages', async () => {
    const symbols = await vscode.commands.executeCommand<vscode.DocumentSymbol[]>(
      'vscode.executeDocumentSymbolProvider',
      document.uri,
    );
    assert.deepEqual(
      symbols.map(({ name }) => name),
      ['data', 'teacher', 'student', 'distill', 'train'],
    );
    const hints = symbols[3]?.children.find(({ name }) => name === 'hints');
    assert.deepEqual(
      hints?.children.map(({ name }) => name),
      ['block2/relu → conv2', 'block1/relu → conv1'],
    );
  });

  it('folds parts and comments', async () => {
    const folds = await vscode.commands.executeCommand<vscode.FoldingRange[]>(
      'vscode.executeFoldingRangeProvider',
      document.uri,
    );
    assert.deepEqual(
      folds.map(({ start, end }) => [start, end]).toSorted((a, b) => a[0]! - b[0]!),
      [
        [0, 1],
        [5, 9],
        [7, 9],
        [10, 11],
      ],
    );
  });

  it('inserts the adapter that the shapes need, by one edit that can be undone', async () => {
    const broken = experiment.replace(
      'block2/relu, student: conv2',
      'block3/relu, student: conv2, adapter: conv1x1',
    );
    await write(broken);
    const fix = await until('the fix', () => actionAt('conv1x1', /^Use the adapter `strided`/), 60);
    await applyAndUndo(fix, broken.replace('adapter: conv1x1', 'adapter: strided'), broken);
  });

  it('trains the hints first, by one edit that can be undone', async () => {
    const rewrite = await until('the rewrite', () => actionAt('epochs', /^Train the hints first/));
    await applyAndUndo(
      rewrite,
      experiment.replace(
        '  epochs: 2\n',
        '  stages:\n    - { only: hints, epochs: 1 }\n    - { epochs: 2 }\n',
      ),
      experiment,
    );
  });

  it('leaves the formatting alone', async () => {
    const edits = await vscode.commands.executeCommand<vscode.TextEdit[] | undefined>(
      'vscode.executeFormatDocumentProvider',
      document.uri,
      { tabSize: 2, insertSpaces: true },
    );
    assert.equal(edits?.length ?? 0, 0);
    assert.equal(document.getText(), experiment);
    await document.save();
  });

  function at(word: string): vscode.Position {
    return document.positionAt(document.getText().indexOf(word) + 1);
  }

  async function complete(position: vscode.Position): Promise<vscode.CompletionItem[]> {
    const list = await vscode.commands.executeCommand<vscode.CompletionList>(
      'vscode.executeCompletionItemProvider',
      document.uri,
      position,
    );
    // Words of the document are VS Code's own, and the snippets of the extension stand everywhere.
    return list.items.filter(
      ({ kind, label }) => kind !== vscode.CompletionItemKind.Text && !nameOf(label).startsWith('distill-'),
    );
  }

  async function hoverAt(word: string): Promise<string> {
    const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      document.uri,
      at(word),
    );
    return hovers.flatMap(({ contents }) => contents.map(textOf)).join('\n');
  }

  async function definitionOf(word: string): Promise<[file: string, line: number]> {
    const found = await vscode.commands.executeCommand<(vscode.Location | vscode.LocationLink)[]>(
      'vscode.executeDefinitionProvider',
      document.uri,
      at(word),
    );
    const [first] = found;
    assert.ok(first, `no definition of ${word}`);
    return 'targetUri' in first
      ? [first.targetUri.fsPath, first.targetRange.start.line + 1]
      : [first.uri.fsPath, first.range.start.line + 1];
  }

  async function actionAt(word: string, title: RegExp): Promise<vscode.CodeAction | undefined> {
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      'vscode.executeCodeActionProvider',
      document.uri,
      new vscode.Range(at(word), at(word)),
    );
    return actions.find((action) => title.test(action.title));
  }

  async function applyAndUndo(action: vscode.CodeAction, after: string, before: string): Promise<void> {
    await vscode.window.showTextDocument(document);
    assert.ok(action.edit);
    assert.equal(await vscode.workspace.applyEdit(action.edit), true);
    assert.equal(document.getText(), after);
    await vscode.commands.executeCommand('undo');
    await until('the text before the edit', () => document.getText() === before, 10);
  }

  async function write(text: string): Promise<void> {
    if (document.getText() === text) return;
    const edit = new vscode.WorkspaceEdit();
    edit.replace(document.uri, new vscode.Range(0, 0, document.lineCount, 0), text);
    await vscode.workspace.applyEdit(edit);
  }

  /** Looks at another text for a moment. */
  async function withText<T>(text: string, look: (position: vscode.Position) => Promise<T>): Promise<T> {
    await write(text);
    try {
      return await look(document.positionAt(text.length));
    } finally {
      await write(experiment);
    }
  }
});

function labelsOf(items: readonly vscode.CompletionItem[]): string[] {
  return items
    .toSorted((a, b) => (a.sortText ?? '').localeCompare(b.sortText ?? ''))
    .map(({ label }) => nameOf(label));
}

function nameOf(label: string | vscode.CompletionItemLabel): string {
  return typeof label === 'string' ? label : label.label;
}

function textOf(content: unknown): string {
  if (content instanceof vscode.MarkdownString) return content.value;
  return typeof content === 'string' ? content : '';
}
