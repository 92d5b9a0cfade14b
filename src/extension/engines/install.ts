import * as vscode from 'vscode';
import type { CommandResult } from '../commandLine';
import type { Program } from '../program';
import { chooseEngine } from '../settings';
import type { Installable, Installation } from './installation';

const install = 'Download and Install';
const useIt = 'Use It for Runs';
const showLog = 'Show Log';

/** `Distillery: Install GPU Engine`. Nothing of a workspace is looked at, so it needs no trust. */
export class EngineInstaller {
  constructor(
    private readonly program: Program,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  /** Explains what can be installed, asks, installs and tells how the engine does. */
  async run(): Promise<void> {
    const installation = await this.lookAround();
    if (installation.installable.length === 0) {
      void vscode.window.showInformationMessage(installation.builtIn);
      return;
    }
    const choice = await choose(installation);
    if (choice === undefined || !(await agree(choice, installation))) return;
    const result = await this.install(choice);
    if (result !== undefined) await this.tell(choice, result);
  }

  private async lookAround(): Promise<Installation> {
    const result = await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Window, title: 'Looking for GPUs and engines' },
      () => this.program.runAnywhere(['engines', '--install', '--json']),
    );
    if (result.code !== 0) throw new Error(result.errors.trim());
    const { parseInstallation } = await import('./installation');
    return parseInstallation(result.output);
  }

  /** @returns undefined when the person cancels. */
  private async install(choice: Installable): Promise<CommandResult | undefined> {
    return vscode.window.withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        title: `Installing ${choice.title}`,
        cancellable: true,
      },
      async (progress, cancellation) => {
        const abort = new AbortController();
        cancellation.onCancellationRequested(() => {
          abort.abort();
        });
        try {
          return await this.program.runAnywhere(['engines', '--install', choice.name, '--yes', '--json'], {
            signal: abort.signal,
            onErrorLine: (line) => {
              this.log.info(line);
              progress.report({ message: line });
            },
          });
        } catch (error) {
          if (!abort.signal.aborted) throw error;
          this.log.info('The installation was cancelled.');
          return undefined;
        }
      },
    );
  }

  private async tell(choice: Installable, result: CommandResult): Promise<void> {
    const { parseInstalled } = await import('./installation');
    const engine = parseInstalled(result.output);
    if (engine?.available !== true) {
      const why = engine?.reason ?? result.errors.trim().split('\n').at(-1) ?? '';
      const what = engine === null ? 'was not installed' : 'is installed, but does not work';
      const answer = await vscode.window.showErrorMessage(`${choice.title} ${what}. ${why}`, showLog);
      if (answer === showLog) this.log.show();
      return;
    }
    const isChosen = engine.name === 'compiled';
    const answer = await vscode.window.showInformationMessage(
      `${choice.title} is installed. The engine "${engine.name}" runs on ${engine.device}. ${engine.reason}`,
      // `auto` takes the engine "compiled" already.
      ...(isChosen ? [] : [useIt]),
    );
    if (answer === useIt) await chooseEngine(engine.name);
  }
}

async function choose({ installable, builtIn }: Installation): Promise<Installable | undefined> {
  const { choiceDetail } = await import('./installation');
  const rows = installable.map((choice) => ({
    label: choice.title,
    // The servers are named where the person is asked.
    description: choice.download.replace(/ from .*/, ''),
    detail: choiceDetail(choice),
    choice,
  }));
  const picked = await vscode.window.showQuickPick(rows, {
    title: 'Install GPU Engine',
    placeHolder: builtIn,
    matchOnDetail: true,
  });
  return picked?.choice;
}

async function agree(choice: Installable, { folder }: Installation): Promise<boolean> {
  const { explain } = await import('./installation');
  const detail = explain(choice, folder);
  const answer = await vscode.window.showWarningMessage(choice.title, { modal: true, detail }, install);
  return answer === install;
}
