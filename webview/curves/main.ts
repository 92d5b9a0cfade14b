import '../shared/strictPolicy';
import '@vscode-elements/elements/dist/vscode-button/index.js';
import '@vscode-elements/elements/dist/vscode-checkbox/index.js';
import '@vscode-elements/elements/dist/vscode-icon/index.js';
import '@vscode-elements/elements/dist/vscode-progress-ring/index.js';
import '@vscode-elements/elements/dist/vscode-radio-group/index.js';
import '@vscode-elements/elements/dist/vscode-radio/index.js';
import '@vscode-elements/elements/dist/vscode-textfield/index.js';
import '@vscode-elements/elements/dist/vscode-toolbar-button/index.js';
import 'uplot/dist/uPlot.min.css';
import '../shared/notices.css';
import './curves.css';
import { CurvesElement } from './curvesElement';
import { connect, type VsCodeApi } from './host';
import { Session } from './session';

declare function acquireVsCodeApi(): VsCodeApi;

const vscode = acquireVsCodeApi();
const panel = new CurvesElement();
const host = connect(vscode, () => session);
const session: Session = new Session(host, vscode.getState(), {
  save: (settings) => {
    vscode.setState(settings);
  },
  changed: () => {
    panel.requestUpdate();
  },
});
panel.session = session;
document.body.append(panel);
void session.start();
