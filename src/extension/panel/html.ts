/** Where a webview finds its parts, as addresses that it may load. */
export interface PageParts {
  title: string;
  script: string;
  style: string;
  codicons: string;
  /** Where VS Code serves the extension's files from. */
  source: string;
  /** Made anew for every page: only scripts that carry it run. */
  nonce: string;
}

/**
 * The page of a webview. Its policy lets nothing in but the extension's own script, styles and fonts, and workers that
 * the script makes itself; and nothing out.
 */
export function webviewPage({ title, script, style, codicons, source, nonce }: PageParts): string {
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${source}`,
    `font-src ${source}`,
    `img-src ${source} data: blob:`,
    'worker-src blob:',
  ].join('; ');
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="UTF-8" />
    <meta http-equiv="Content-Security-Policy" content="${attribute(policy)}" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>${attribute(title)}</title>
    <link rel="stylesheet" id="vscode-codicon-stylesheet" href="${attribute(codicons)}" />
    <link rel="stylesheet" href="${attribute(style)}" />
  </head>
  <body>
    <script nonce="${attribute(nonce)}" src="${attribute(script)}"></script>
  </body>
</html>
`;
}

function attribute(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('"', '&quot;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}
