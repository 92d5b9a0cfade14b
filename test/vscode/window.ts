import { chromium, type Browser, type FrameLocator, type Locator, type Page } from 'playwright-core';
import { CHROMIUM_ARGUMENTS, CHROMIUM_MISSING, findChromium } from '../../scripts/vscode/chromium.mjs';
import type { Host } from './host';

export interface DevelopmentOptions {
  /** Folders of extensions under development. */
  extensions: readonly string[];
  /** Module whose `run()` is called in the extension host. */
  testsModule?: string;
  onExit?: (code: number) => void;
  onLog?: (level: string, values: readonly unknown[]) => void;
}

export interface WindowOptions {
  folder: string;
  development?: DevelopmentOptions;
  size?: { width: number; height: number };
}

const themes = {
  dark: { label: 'Dark Modern', className: 'vs-dark' },
  light: { label: 'Light Modern', className: 'vs' },
  'high contrast': { label: 'Dark High Contrast', className: 'hc-black' },
} as const;
export type Theme = keyof typeof themes;

/** A window of the workbench, in a Chromium of its own. Knows VS Code and nothing of Distillery. */
export class VSCodeWindow {
  private constructor(
    readonly page: Page,
    private readonly browser: Browser,
  ) {}

  static async open(host: Host, options: WindowOptions): Promise<VSCodeWindow> {
    const executablePath = findChromium();
    if (executablePath === null) throw new Error(CHROMIUM_MISSING);
    const browser = await chromium.launch({ executablePath, args: [...CHROMIUM_ARGUMENTS] });
    try {
      const context = await browser.newContext({ viewport: options.size ?? { width: 1280, height: 800 } });
      const page = await context.newPage();
      if (options.development !== undefined) await develop(page, host, options.development);
      const query = new URLSearchParams({ folder: options.folder });
      await page.goto(`http://${host.address}/?${query.toString()}`, { waitUntil: 'domcontentloaded' });
      const window = new VSCodeWindow(page, browser);
      await window.ready();
      return window;
    } catch (error) {
      await browser.close();
      throw error;
    }
  }

  /** Runs a command of the palette by its whole title, e.g. `Distillery: Stop Run`. */
  async command(title: string, timeout = 30_000): Promise<void> {
    const picker = this.page.locator('.quick-input-widget');
    const row = picker.locator('.monaco-list-row').filter({ has: this.exactLabel(title) });
    const deadline = Date.now() + timeout;
    for (;;) {
      // The palette lists what exists when it opens: a command contributed since then needs it opened again.
      await this.page.keyboard.press('F1');
      try {
        const input = picker.locator('input').first();
        await input.waitFor({ state: 'visible', timeout: 3000 });
        await input.fill(`>${title}`);
        await row.first().click({ timeout: 3000 });
        return;
      } catch (error) {
        if (Date.now() > deadline) {
          throw new Error(`The palette has no command "${title}".`, { cause: error });
        }
        await this.page.keyboard.press('Escape');
      }
    }
  }

  /** Titles that the palette offers for a text. */
  async paletteTitles(text: string): Promise<string[]> {
    const picker = this.page.locator('.quick-input-widget');
    await this.page.keyboard.press('F1');
    const input = picker.locator('input').first();
    await input.fill(`>${text}`);
    await picker.locator('.monaco-list-row').first().waitFor();
    const labels = await picker
      .locator('.monaco-list-row .label-name:not(.label-description)')
      .allTextContents();
    await this.page.keyboard.press('Escape');
    return labels.map(plainSpaces);
  }

  /** Picks a row of the quick pick that a command opened. */
  async pick(text: string | RegExp): Promise<void> {
    const row = this.page.locator('.quick-input-widget .monaco-list-row').filter({ hasText: text });
    await row.first().click();
  }

  /** Ticks every row of the quick pick that a command opened, and accepts. */
  async pickAll(): Promise<void> {
    const picker = this.page.locator('.quick-input-widget');
    const all = picker.getByRole('checkbox', { name: 'Toggle all checkboxes' });
    if (!(await all.isChecked())) await all.click();
    await picker.getByRole('button', { name: 'OK' }).click();
  }

  /** Chooses a colour theme. */
  async chooseTheme(theme: Theme): Promise<void> {
    await this.command('Preferences: Color Theme');
    await this.page.locator('.quick-input-widget input').first().fill(themes[theme].label);
    await this.pick(themes[theme].label);
    await this.page.locator(`.monaco-workbench.${themes[theme].className}`).waitFor();
  }

  /** Opens a file of the folder by its name. */
  async openFile(name: string): Promise<void> {
    await this.page.keyboard.press('Control+P');
    const input = this.page.locator('.quick-input-widget input').first();
    await input.waitFor({ state: 'visible' });
    await input.fill(name);
    const row = this.page.locator('.quick-input-widget .monaco-list-row').filter({ hasText: name });
    await row.first().waitFor();
    await this.page.keyboard.press('Enter');
    await this.editorTab(name).waitFor();
  }

  /** Shows or hides the panel below the editors. */
  async togglePanel(): Promise<void> {
    await this.page.keyboard.press('Control+J');
  }

  editorTab(name: string | RegExp): Locator {
    return this.page.locator('.tabs-container .tab').filter({ hasText: name });
  }

  /** Puts the keys into the text of a file that is shown. */
  async focusEditor(name: string): Promise<void> {
    await this.page.getByRole('tab', { name }).click();
    await this.page.locator('.editor-group-container.active .monaco-editor .view-lines').click();
  }

  /** The document of the n-th webview that is shown. */
  webview(index = 0): FrameLocator {
    return this.page.frameLocator(`iframe.webview.ready >> nth=${index}`).frameLocator('#active-frame');
  }

  /** A notification that holds the text. */
  notification(text: string | RegExp): Locator {
    return this.page.locator('.notification-toast, .notifications-center .notification-list-item').filter({
      hasText: text,
    });
  }

  /**
   * Reloads the window; what runs outside of it goes on. VS Code in a browser stores its editors every 5 s while it is
   * idle, where the desktop does it when the window goes: so this waits until the stored state holds a text.
   */
  async reload(stored: string): Promise<void> {
    const deadline = Date.now() + 60_000;
    while (!String(await this.page.evaluate(readStoredEditors)).includes(stored)) {
      if (Date.now() > deadline)
        throw new Error(`VS Code stored no state of its editors that holds ${stored}.`);
      await this.page.waitForTimeout(200);
    }
    await this.page.reload({ waitUntil: 'domcontentloaded' });
    await this.ready();
  }

  async close(): Promise<void> {
    await this.browser.close();
  }

  private async ready(): Promise<void> {
    await this.page.waitForSelector('.monaco-workbench .activitybar', { timeout: 60_000 });
  }

  private exactLabel(title: string): Locator {
    // Titles are highlighted piece by piece, with no-break spaces.
    const pattern = title.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/ /g, '\\s');
    return this.page.locator('.label-name', { hasText: new RegExp(`^${pattern}$`) });
  }
}

/** As text, because it runs in the browser, whose types these tests do not have. */
const readStoredEditors = `(async () => {
  const read = (request) =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const stored = [];
  for (const { name } of await indexedDB.databases()) {
    if (!name.startsWith('vscode-web-state-db-')) continue;
    const database = await read(indexedDB.open(name));
    const items = database.transaction('ItemTable').objectStore('ItemTable');
    stored.push(await read(items.get('memento/workbench.parts.editor')));
    database.close();
  }
  return stored.join();
})()`;

function plainSpaces(text: string): string {
  return text.replace(/\u00a0/g, ' ');
}

/** Has the workbench load extensions from their folders, and run a test module in their host. */
async function develop(page: Page, host: Host, options: DevelopmentOptions): Promise<void> {
  if (options.onExit !== undefined) await page.exposeFunction('codeAutomationExit', options.onExit);
  if (options.onLog !== undefined) await page.exposeFunction('codeAutomationLog', options.onLog);
  const remote = (path: string) => ({ scheme: 'vscode-remote', authority: host.address, path });
  // The workbench reads these from an element of its page, where a query parameter no longer reaches them.
  const developmentOptions = JSON.stringify({
    extensions: options.extensions.map(remote),
    ...(options.testsModule === undefined ? {} : { extensionTestsPath: remote(options.testsModule) }),
  });
  await page.addInitScript({
    content: `
      const read = Element.prototype.getAttribute;
      Element.prototype.getAttribute = function (name) {
        const value = read.call(this, name);
        if (this.id !== 'vscode-workbench-web-configuration' || name !== 'data-settings') return value;
        return JSON.stringify({ ...JSON.parse(value), developmentOptions: ${developmentOptions} });
      };`,
  });
}
