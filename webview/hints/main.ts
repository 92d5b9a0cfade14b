import '../shared/strictPolicy';
import '@vscode-elements/elements/dist/vscode-button/index.js';
import '@vscode-elements/elements/dist/vscode-checkbox/index.js';
import '@vscode-elements/elements/dist/vscode-icon/index.js';
import '@vscode-elements/elements/dist/vscode-progress-ring/index.js';
import '@vscode-elements/elements/dist/vscode-toolbar-button/index.js';
import '../shared/notices.css';
import './hints.css';
import { connect, type VsCodeApi } from './host';
import { PickerElement } from './pickerElement';
import { PickerSession } from './session';

declare function acquireVsCodeApi(): VsCodeApi;

const vscode = acquireVsCodeApi();
const panel = new PickerElement();
const host = connect(vscode, () => session);
const session: PickerSession = new PickerSession(host, vscode.getState(), {
  save: (settings) => {
    vscode.setState(settings);
  },
  changed: () => {
    panel.requestUpdate();
  },
  reveal: (side, layer) => {
    panel.reveal(side, layer);
  },
});
panel.session = session;
document.body.append(panel);
void session.start();
