import { expect, it } from 'vitest';
import { webviewPage } from './html';

const page = webviewPage({
  title: 'Curves',
  script: 'https://cdn/webview/curves.js',
  style: 'https://cdn/webview/curves.css',
  codicons: 'https://cdn/webview/codicon.css',
  source: 'https://cdn',
  nonce: 'n0nce',
});

it('lets only its own script run, and nothing be fetched', () => {
  const policy = /Content-Security-Policy" content="([^"]+)"/.exec(page)?.[1] ?? '';
  expect(policy).toMatch(/^default-src 'none'; script-src 'nonce-n0nce'; /);
  expect(policy).not.toMatch(/unsafe|\*|connect-src|https?:(?!\/\/cdn)/);
  expect(page.match(/<script/g)).toHaveLength(1);
  expect(page).toContain('<script nonce="n0nce" src="https://cdn/webview/curves.js"></script>');
});

it('escapes what it is given', () => {
  const hostile = webviewPage({ ...emptyParts, title: '</title><script>alert("x")</script>' });
  expect(hostile).toContain('&lt;/title&gt;&lt;script&gt;');
  expect(hostile.match(/<script/g)).toHaveLength(1);
});

const emptyParts = { title: '', script: '', style: '', codicons: '', source: '', nonce: '' };
