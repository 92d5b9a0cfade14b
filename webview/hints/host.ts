import { Channel } from '../../src/protocol/channel';
import {
  pickerHostMethods,
  pickerPageMethods,
  type PickerHostApi,
  type PickerPageApi,
} from '../../src/protocol/hints';

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
export function connect(
  vscode: Pick<VsCodeApi, 'postMessage'>,
  listener: () => PickerPageApi,
): PickerHostApi {
  const channel = new Channel<PickerHostApi, PickerPageApi>({
    post: (message) => {
      vscode.postMessage(message);
    },
    remote: pickerHostMethods,
    local: pickerPageMethods,
    handlers: {
      models: (state) => listener().models(state),
      hints: (state) => listener().hints(state),
      similarity: (state) => listener().similarity(state),
      selectBySource: (file, line) => listener().selectBySource(file, line),
    },
    onStray: (problem) => {
      console.warn(`[distillery] ${problem}`);
    },
  });
  window.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    channel.receive(data);
  });
  return {
    ready: () => channel.call('ready'),
    addHint: (hint) => channel.call('addHint', hint),
    changeHint: (target, changed) => channel.call('changeHint', target, changed),
    removeHint: (target) => channel.call('removeHint', target),
    showHint: (target) => channel.call('showHint', target),
    showSource: (layer, frame) => channel.call('showSource', layer, frame),
    showFailure: (model) => channel.call('showFailure', model),
    compare: (member) => channel.call('compare', member),
    stopComparing: () => channel.call('stopComparing'),
    refresh: () => channel.call('refresh'),
    showExperiment: () => channel.call('showExperiment'),
    manageTrust: () => channel.call('manageTrust'),
  };
}
