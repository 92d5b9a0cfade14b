import { Channel } from '../../src/protocol/channel';
import { hostMethods, webviewMethods, type HostApi, type WebviewApi } from '../../src/protocol/messages';

/** What VS Code gives a webview. */
export interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}

/**
 * Opens the conversation with the extension host.
 * @param listener What the host may call; asked for when it does, so that it may be made with the result of this.
 */
export function connect(vscode: Pick<VsCodeApi, 'postMessage'>, listener: () => WebviewApi): HostApi {
  const channel = new Channel<HostApi, WebviewApi>({
    post: (message) => {
      vscode.postMessage(message);
    },
    remote: hostMethods,
    local: webviewMethods,
    handlers: {
      runs: (state) => listener().runs(state),
      curves: (delta) => listener().curves(delta),
    },
    onStray: (problem) => {
      console.warn(`[distillery] ${problem}`);
    },
  });
  window.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    channel.receive(data);
  });
  return {
    ready: (shown) => channel.call('ready', shown),
    show: (runs) => channel.call('show', runs),
    resync: (run) => channel.call('resync', run),
    act: (action, run) => channel.call('act', action, run),
  };
}
