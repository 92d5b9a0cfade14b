import * as vscode from 'vscode';
import { registerCommands } from './commands';
import { EngineInstaller } from './engines/install';
import { registerAuthoring } from './experiments/authoring';
import { ExperimentDiagnostics } from './experiments/diagnostics';
import { ExperimentFiles } from './experiments/files';
import { ExperimentRunner } from './experiments/run';
import { HintsPanels, hintsViewType } from './hints/panels';
import { ExperimentPictures } from './inspector/pictures';
import { registerModelMarks } from './models/marks';
import { OpenModels } from './models/openModels';
import { CurvesPanels, curvesViewType } from './panel/panels';
import { Program } from './program';
import { RunActions } from './runs/actions';
import { RunContextKeys } from './runs/contextKeys';
import { notifyOfEnds } from './runs/endNotifier';
import { RunLibrary } from './runs/library';
import { RunStatusBar } from './runs/statusBar';
import { RunTree, type TreeNode } from './runs/tree';
import { treeMessage } from './runs/treeItems';
import { Targets } from './targets';

/**
 * Puts the extension together. Nothing here reads a file or starts a process: the runs are looked at right after, and
 * what runs already is found on the disk like everything else.
 */
export function activate(context: vscode.ExtensionContext): void {
  const began = performance.now();
  const extension = context.extensionUri;
  const log = vscode.window.createOutputChannel('Distillery', { log: true });
  const library = new RunLibrary(log);
  const files = new ExperimentFiles(log);
  const tree = new RunTree(library, files, log);
  const keys = new RunContextKeys(library);
  const program = new Program(extension, log);
  const panels = new CurvesPanels(library, extension, log);
  const pictures = new ExperimentPictures(program, log);
  const hints = new HintsPanels(pictures, extension, log);
  const diagnostics = new ExperimentDiagnostics(pictures);
  const models = new OpenModels(pictures);
  const view = showTree(tree, library);
  const parts = {
    extension,
    log,
    library,
    files,
    tree,
    keys,
    panels,
    hints,
    runner: new ExperimentRunner(program, library, log),
    actions: new RunActions(library, program, log),
    targets: new Targets(library, files, view),
    installer: new EngineInstaller(program, log),
    models,
  };
  context.subscriptions.push(
    log,
    library,
    files,
    tree,
    keys,
    panels,
    hints,
    pictures,
    diagnostics,
    models,
    view,
    new RunStatusBar(library),
    notifyOfEnds(library, (run) => panels.isShowing(run)),
    registerModelMarks(models, keys, extension, log),
    registerAuthoring(pictures, diagnostics),
    registerCommands(parts),
    vscode.window.registerWebviewPanelSerializer(curvesViewType, panels),
    vscode.window.registerWebviewPanelSerializer(hintsViewType, hints),
  );
  void Promise.all([library.loaded, files.refresh()]).then(() => {
    keys.setKey('distillery.loaded', true);
  });
  log.debug(`Activated in ${(performance.now() - began).toFixed(1)} ms.`);
}

function showTree(tree: RunTree, library: RunLibrary): vscode.TreeView<TreeNode> {
  const view = vscode.window.createTreeView('distillery.runs', {
    treeDataProvider: tree,
    canSelectMany: true,
    showCollapseAll: true,
  });
  const follow = (): void => {
    library.setVisible(view, view.visible);
  };
  const explain = (): void => {
    const broken = library.broken.length;
    const message = library.runs.length === 0 ? '' : treeMessage(vscode.workspace.isTrusted, broken);
    if (view.message !== message) view.message = message;
  };
  view.onDidChangeVisibility(follow);
  library.onDidChange(explain);
  vscode.workspace.onDidGrantWorkspaceTrust(explain);
  follow();
  return view;
}
