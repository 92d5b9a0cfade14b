import * as assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import * as vscode from 'vscode';
import { z } from 'zod';
import { distillery } from './support';

const manifestSchema = z.object({
  contributes: z.object({
    commands: z.array(z.object({ command: z.string(), title: z.string() })),
    configuration: z.object({ properties: z.record(z.string(), z.object({ default: z.unknown() })) }),
    views: z.record(z.string(), z.array(z.object({ id: z.string() }))),
  }),
});
const { contributes } = manifestSchema.parse(distillery().packageJSON);

describe('activation', () => {
  it('succeeds', async () => {
    await distillery().activate();
    assert.equal(distillery().isActive, true);
  });

  it('registers the commands that the manifest declares, and no others', async () => {
    const views = Object.values(contributes.views).flatMap((list) => list.map(({ id }) => id));
    // VS Code adds commands of its own for each view: `VIEW.focus`, `VIEW.open`, …
    const isOfView = (command: string) => views.some((view) => command.startsWith(`${view}.`));
    const registered = (await vscode.commands.getCommands(true)).filter(
      (command) => command.startsWith('distillery.') && !isOfView(command),
    );
    assert.deepEqual(registered.toSorted(), contributes.commands.map(({ command }) => command).toSorted());
  });

  it('has the view of the run browser', async () => {
    await vscode.commands.executeCommand('distillery.runs.focus');
  });

  it('reads its settings with the defaults of the manifest', () => {
    for (const [name, { default: expected }] of Object.entries(contributes.configuration.properties)) {
      assert.deepEqual(vscode.workspace.getConfiguration().inspect(name)?.defaultValue, expected, name);
    }
  });

  it('keeps TensorFlow.js, onnxruntime and esbuild out of the extension host', () => {
    const heavy = Object.keys(require.cache).filter((file) => /tfjs|onnxruntime|esbuild/.test(file));
    assert.deepEqual(heavy, []);
  });
});
