import { dirname, join } from 'node:path';
import * as vscode from 'vscode';
import { runCommand, type CommandOptions, type CommandResult } from './commandLine';
import { findNode, nodeSearch, type NodeRuntime } from './node';
import { runSettings } from './settings';

export type ProgramOptions = Omit<CommandOptions, 'directory'>;

/** The `distillery` command line as the extension uses it: with the Node.js and the settings of a folder. */
export class Program {
  private readonly script: string;
  /** By value of the setting; looking for Node.js starts processes. */
  private readonly runtimes = new Map<string, Promise<NodeRuntime>>();

  constructor(
    extension: vscode.Uri,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.script = vscode.Uri.joinPath(extension, 'dist', 'cli.js').fsPath;
  }

  /**
   * Runs a command in a workspace folder and waits for its end.
   * @throws {NodeNotFoundError} When there is no Node.js to run it with.
   */
  async run(
    folder: vscode.WorkspaceFolder,
    parameters: readonly string[],
    options: ProgramOptions = {},
  ): Promise<CommandResult> {
    const directory = folder.uri.fsPath;
    return this.start(runSettings(folder.uri).nodePath, parameters, { directory, ...options });
  }

  /**
   * Runs a command that has nothing to do with any workspace.
   * @throws {NodeNotFoundError} When there is no Node.js to run it with.
   */
  async runAnywhere(parameters: readonly string[], options: ProgramOptions = {}): Promise<CommandResult> {
    const directory = dirname(this.script);
    return this.start(runSettings().nodePath, parameters, { directory, ...options });
  }

  /**
   * What starts another of our programs in a workspace folder.
   * @param name Of a file of `dist`, e.g. `inspector`.
   * @throws {NodeNotFoundError} When there is no Node.js to run it with.
   */
  async starterOf(
    name: string,
    folder: vscode.WorkspaceFolder,
  ): Promise<{ runtime: NodeRuntime; script: string }> {
    const runtime = await this.runtime(runSettings(folder.uri).nodePath);
    return { runtime, script: join(dirname(this.script), `${name}.js`) };
  }

  private async start(
    nodePath: string,
    parameters: readonly string[],
    options: CommandOptions,
  ): Promise<CommandResult> {
    const runtime = await this.runtime(nodePath);
    this.log.debug(`distillery ${parameters.join(' ')}   (in ${options.directory})`);
    const result = await runCommand(runtime, this.script, parameters, options);
    this.log.debug(`distillery ${parameters[0] ?? ''} ended with ${result.code ?? 'a signal'}`);
    return result;
  }

  private runtime(setting: string): Promise<NodeRuntime> {
    const known = this.runtimes.get(setting);
    if (known !== undefined) return known;
    const finding = findNode(setting, nodeSearch());
    this.runtimes.set(setting, finding);
    finding.then(
      ({ executable, version }) => {
        this.log.info(`Experiments run on Node.js ${version}: ${executable}`);
      },
      () => {
        // Look again next time: it may have been installed meanwhile.
        this.runtimes.delete(setting);
      },
    );
    return finding;
  }
}
