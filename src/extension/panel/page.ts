import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { webviewPage } from './html';

/**
 * Loads a page of the extension into a webview: the bundle `dist/webview/NAME.{js,css}`, and nothing from elsewhere.
 *
 * @param extension the folder of the extension.
 * @param name of the bundle.
 */
export function loadPage(webview: vscode.Webview, extension: vscode.Uri, name: string, title: string): void {
  const root = vscode.Uri.joinPath(extension, 'dist', 'webview');
  const address = (file: string): string => webview.asWebviewUri(vscode.Uri.joinPath(root, file)).toString();
  webview.options = { enableScripts: true, localResourceRoots: [root] };
  webview.html = webviewPage({
    title,
    script: address(`${name}.js`),
    style: address(`${name}.css`),
    codicons: address('codicon.css'),
    source: webview.cspSource,
    nonce: randomBytes(16).toString('base64url'),
  });
}
