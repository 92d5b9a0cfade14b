import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { chromium, type Browser, type Locator, type Page } from 'playwright-core';
import { Channel } from '../../src/protocol/channel';
import { webviewPage } from '../../src/extension/panel/html';
import {
  hostMethods,
  webviewMethods,
  type HostApi,
  type RunsState,
  type WebviewApi,
} from '../../src/protocol/messages';
import type { CurveDelta } from '../../src/runs/series';
import themes from './themes.json';

const root = join(import.meta.dirname, '../..');
const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.ttf': 'font/ttf',
};

/** Themes of VS Code 1.139 as a webview sees them: the variables that the panel reads, and the classes of its body. */
export type ThemeName = keyof typeof themes;

/** Chromium and a server of the built bundle; pages are opened one for each test. */
export class Workshop {
  private constructor(
    private readonly server: Server,
    private readonly browser: Browser,
    private readonly origin: string,
  ) {}

  static async open(): Promise<Workshop> {
    await promisify(execFile)(process.execPath, [join(root, 'scripts/build.mjs')], { cwd: root });
    const server = createServer((request, response) => {
      void serve(request.url ?? '/').then(({ status, type, body }) => {
        response.writeHead(status, { 'content-type': type }).end(body);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('The server has no port.');
    const browser = await chromium.launch({ executablePath: chromiumPath(), args: CHROMIUM_ARGUMENTS });
    return new Workshop(server, browser, `http://127.0.0.1:${address.port}`);
  }

  async close(): Promise<void> {
    await this.browser.close();
    this.server.close();
  }

  /** Opens the curves as VS Code would: their page, a theme, their saved state, and an extension host that answers. */
  async panel(options: PanelOptions = {}): Promise<Panel> {
    const page = await this.page(options);
    const panel = new Panel(page, options.state ?? { runs: [], shown: [] }, options.saved);
    Object.assign(panel.answers, options.answers);
    await panel.load(this.address('curves', options.theme));
    return panel;
  }

  /** A page of its own, with nothing in it. */
  async page({ width = 1400, height = 900, reducedMotion = true }: PageOptions): Promise<Page> {
    const context = await this.browser.newContext({
      viewport: { width, height },
      reducedMotion: reducedMotion ? 'reduce' : 'no-preference',
    });
    return context.newPage();
  }

  /** Where the page of a webview is served. */
  address(webview: WebviewName, theme: ThemeName = 'dark'): string {
    return `${this.origin}/?webview=${webview}&theme=${theme}`;
  }
}

/** The folders of `webview/` that are pages. */
export type WebviewName = 'curves' | 'hints';

export interface PageOptions {
  theme?: ThemeName;
  width?: number;
  height?: number;
  reducedMotion?: boolean;
  /** What `getState` returns. */
  saved?: unknown;
}

export interface PanelOptions extends PageOptions {
  /** What the host answers to `ready`. */
  state?: RunsState;
  /** Answers of the host other than the usual. */
  answers?: Partial<HostApi>;
}

declare global {
  interface Window {
    /** Hands an error of the page to the test. */
    complain: (text: string) => void;
  }
}

/** The page of a webview, with what VS Code puts around it. */
export abstract class WebviewPage {
  /** Errors, violations of the content security policy, and messages nobody understood. */
  readonly complaints: string[] = [];

  constructor(
    readonly page: Page,
    private readonly element: string,
    /** What `setState` was last called with. */
    public saved: unknown,
  ) {
    page.on('pageerror', (error) => this.complaints.push(`error: ${error.message}`));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.complaints.push(message.text());
    });
  }

  /** Takes in a message of the page. */
  protected abstract receive(message: unknown): void;

  /** Hands a message to the page. */
  protected post(message: unknown): Promise<void> {
    return this.page.evaluate((data) => {
      window.postMessage(data, '*');
    }, message);
  }

  async load(address: string): Promise<void> {
    await this.page.exposeFunction('toHost', (message: unknown) => {
      this.receive(message);
    });
    await this.page.exposeFunction('keepState', (state: unknown) => {
      this.saved = state;
    });
    await this.page.exposeFunction('complain', (text: string) => this.complaints.push(text));
    await this.page.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sample }) => {
        window.complain(`policy: ${violatedDirective} ${blockedURI} ${sample}`);
      });
    });
    await this.page.route('**/saved-state.js', (route) =>
      route.fulfill({
        contentType: 'text/javascript',
        body: `window.savedState = ${JSON.stringify(this.saved ?? null)};`,
      }),
    );
    await this.page.goto(address);
    await this.page.locator(this.element).waitFor();
  }

  /** Waits until everything that was asked for is drawn. */
  async settled(): Promise<void> {
    await this.page.evaluate(async () => {
      for (let frame = 0; frame < 4; frame += 1) {
        await new Promise((resolve) => requestAnimationFrame(resolve));
      }
      await document.fonts.ready;
    });
  }

  /** Changes the theme as VS Code does: variables on the root, then the classes of the body. */
  async theme(name: ThemeName): Promise<void> {
    await this.page.evaluate(({ variables, bodyClass }) => {
      document.documentElement.removeAttribute('style');
      for (const [key, value] of Object.entries(variables)) {
        document.documentElement.style.setProperty(key, value);
      }
      document.body.className = bodyClass;
    }, themes[name]);
    await this.settled();
  }

  /** Opens the page anew, as VS Code does when a hidden panel is shown again or the window is reloaded. */
  async reload(): Promise<void> {
    await this.page.reload();
    await this.page.locator(this.element).waitFor();
  }

  /** The picture of the panel, kept in test-results for people to look at. */
  async picture(name: string): Promise<void> {
    await this.page.screenshot({ path: join(root, 'test-results/webview', `${name}.png`) });
  }

  /** Ends the conversation. */
  protected abstract dispose(): void;

  async close(): Promise<void> {
    this.dispose();
    await this.page.context().close();
  }
}

/** An open panel of curves, and the extension host's end of the conversation with it. */
export class Panel extends WebviewPage {
  /** Everything the webview asked of the host, as `method(parameters)`. */
  readonly calls: string[] = [];
  /** Replaces the host's answer to a method for a test. */
  readonly answers: Partial<HostApi> = {};
  private readonly channel: Channel<WebviewApi, HostApi>;

  constructor(
    page: Page,
    private state: RunsState,
    saved: unknown,
  ) {
    super(page, 'distillery-curves', saved);
    const record = <T>(name: keyof HostApi, parameters: unknown[], value: T): T => {
      this.calls.push(`${name}(${parameters.map((each) => JSON.stringify(each)).join(', ')})`);
      return value;
    };
    this.channel = new Channel<WebviewApi, HostApi>({
      post: (message) => this.post(message),
      remote: webviewMethods,
      local: hostMethods,
      handlers: {
        ready: (shown) =>
          record('ready', [shown], this.answers.ready?.(shown) ?? Promise.resolve(this.state)),
        show: (runs) => record('show', [runs], this.answers.show?.(runs) ?? Promise.resolve()),
        resync: (run) => record('resync', [run], this.answers.resync?.(run) ?? Promise.resolve()),
        act: (action, run) =>
          record('act', [action, run], this.answers.act?.(action, run) ?? Promise.resolve()),
      },
      onStray: (problem) => this.complaints.push(problem),
    });
  }

  protected override receive(message: unknown): void {
    this.channel.receive(message);
  }

  protected override dispose(): void {
    this.channel.dispose();
  }

  /** Tells the webview of the runs. */
  async runs(state: RunsState): Promise<void> {
    this.state = state;
    await this.channel.call('runs', state);
  }

  async curves(...deltas: CurveDelta[]): Promise<void> {
    for (const delta of deltas) await this.channel.call('curves', delta);
  }

  chart(id: string): Locator {
    return this.page.locator(`distillery-chart[data-chart="${id}"]`);
  }

  /** How many pixels of a chart's canvas have this colour, give or take what smoothing of edges does to it. */
  async pixels(chart: string, colour: string): Promise<number> {
    return this.chart(chart)
      .locator('canvas')
      .evaluate((canvas, wanted) => {
        if (!(canvas instanceof HTMLCanvasElement)) throw new Error('The chart has no canvas.');
        const probe = new OffscreenCanvas(1, 1).getContext('2d')!;
        probe.fillStyle = wanted;
        probe.fillRect(0, 0, 1, 1);
        const [red, green, blue] = probe.getImageData(0, 0, 1, 1).data;
        const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d')!;
        copy.drawImage(canvas, 0, 0);
        const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
        let count = 0;
        for (let at = 0; at < data.length; at += 4) {
          const distance =
            Math.abs(data[at]! - red!) + Math.abs(data[at + 1]! - green!) + Math.abs(data[at + 2]! - blue!);
          if (data[at + 3]! > 200 && distance < 12) count += 1;
        }
        return count;
      }, colour);
  }
}

const CHROMIUM_ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

function chromiumPath(): string {
  const candidates = [
    process.env['CHROMIUM_PATH'],
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  ];
  const found = candidates.find((path) => path !== undefined && existsSync(path));
  if (found === undefined) {
    throw new Error('No Chromium was found. Install one, or set CHROMIUM_PATH to its executable.');
  }
  return found;
}

interface Answer {
  status: number;
  type: string;
  body: string | Buffer;
}

async function serve(address: string): Promise<Answer> {
  const { pathname, searchParams } = new URL(address, 'http://localhost');
  if (pathname === '/') {
    const name = searchParams.get('theme') ?? 'dark';
    const theme = Object.entries(themes).find(([each]) => each === name)?.[1] ?? themes.dark;
    const webview = searchParams.get('webview') ?? 'curves';
    return { status: 200, type: 'text/html', body: panelPage(webview, theme) };
  }
  const file = join(root, 'dist/webview', pathname.replaceAll('..', ''));
  const type = types[extname(file)];
  if (type === undefined || !existsSync(file)) {
    return { status: 404, type: 'text/plain', body: 'There is no such file.' };
  }
  return { status: 200, type, body: await readFile(file) };
}

/** The panel's own page, with what VS Code puts around it: variables, default styles, body classes, its API. */
function panelPage(webview: string, { bodyClass, variables }: (typeof themes)[ThemeName]): string {
  const page = webviewPage({
    title: webview,
    script: `/${webview}.js`,
    style: `/${webview}.css`,
    codicons: '/codicon.css',
    source: "'self'",
    nonce: 'test',
  });
  const style = Object.entries(variables)
    .map(([name, value]) => `${name}: ${value.replaceAll('"', '&quot;')};`)
    .join(' ');
  return page
    .replace('<html', `<html style="${style}"`)
    .replace('<head>', `<head><style>${VSCODE_STYLES}</style>`)
    .replace('<body>', `<body class="${bodyClass}">${VSCODE_API}`);
}

const VSCODE_STYLES = `@layer vscode-default {
  html { scrollbar-color: var(--vscode-scrollbarSlider-background) var(--vscode-editor-background); }
  body { overscroll-behavior-x: none; background-color: transparent; color: var(--vscode-editor-foreground);
    font-family: var(--vscode-font-family); font-weight: var(--vscode-font-weight);
    font-size: var(--vscode-font-size); margin: 0; padding: 0 20px; }
  input:focus { outline: 1px solid -webkit-focus-ring-color; outline-offset: -1px; }
  code { color: var(--vscode-textPreformat-foreground); background-color: var(--vscode-textPreformat-background);
    padding: 1px 3px; border-radius: 4px; }
}`;

const VSCODE_API = `<script nonce="test" src="/saved-state.js"></script>
<script nonce="test">
  window.acquireVsCodeApi = () => ({
    postMessage: (message) => window.toHost(structuredClone(message)),
    getState: () => window.savedState ?? undefined,
    setState: (state) => window.keepState(structuredClone(state)),
  });
</script>`;
