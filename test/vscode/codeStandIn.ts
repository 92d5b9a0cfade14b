import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format } from 'node:util';
import { startHost } from './host';
import { VSCodeWindow } from './window';

/**
 * Stands in for the `code` executable that @vscode/test-electron starts: the same arguments, the same exit code, but the
 * workbench is a page in Chromium and the extension host is the Node extension host of the npm-installed VS Code.
 */

/** The workbench tells these to the console in every session; they are not about the tests. */
const CHATTER =
  /^(?:Resolv|Creating a socket|\[reconnection|\[Service Worker\]|\[AgentHost|\[AccountPolicy|Updating additional|Ignoring fetching|Error while fetching the extension under development|Canceled)/;

interface Arguments {
  extensions: string[];
  testsModule: string;
  folder: string;
  workspaceTrust: boolean;
}

function parseArguments(given: readonly string[]): Arguments {
  const extensions: string[] = [];
  let testsModule: string | undefined;
  let folder: string | undefined;
  for (const argument of given) {
    const [, name, value] = /^(--[\w-]+)=(.*)$/.exec(argument) ?? [];
    if (name === '--extensionDevelopmentPath') extensions.push(localPath(value));
    else if (name === '--extensionTestsPath') testsModule = localPath(value);
    else if (!argument.startsWith('-')) folder = resolve(argument);
  }
  if (testsModule === undefined || folder === undefined) {
    throw new Error('A folder and --extensionTestsPath=MODULE are needed.');
  }
  return {
    extensions,
    testsModule,
    folder,
    workspaceTrust: !given.includes('--disable-workspace-trust'),
  };
}

function localPath(value = ''): string {
  return value.startsWith('file:') ? fileURLToPath(value) : resolve(value);
}

async function main(): Promise<number> {
  const { extensions, testsModule, folder, workspaceTrust } = parseArguments(process.argv.slice(2));
  const host = await startHost({ workspaceTrust });
  let window: VSCodeWindow | undefined;
  try {
    const { promise: exit, resolve: onExit } = deferred<number>();
    window = await VSCodeWindow.open(host, {
      folder,
      development: {
        extensions,
        testsModule,
        onExit,
        onLog: (level, values) => {
          const text = format(...values);
          if (!CHATTER.test(text)) (level === 'error' ? process.stderr : process.stdout).write(`${text}\n`);
        },
      },
    });
    window.page.on('crash', () => {
      console.error('The page of the workbench crashed.');
      onExit(70);
    });
    return await exit;
  } finally {
    await window?.close();
    await host.stop();
  }
}

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let settle: (value: T) => void = () => undefined;
  const promise = new Promise<T>((resolve) => (settle = resolve));
  return { promise, resolve: settle };
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
