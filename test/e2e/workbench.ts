import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FrameLocator, Locator } from 'playwright-core';
import type { Host } from '../vscode/host';
import { VSCodeWindow } from '../vscode/window';

const screenshots = fileURLToPath(new URL('../../test-results/screenshots/', import.meta.url));

/** Distillery in a window of VS Code, as a person meets it: the run browser, the curves, the problems. */
export class DistilleryWorkbench {
  private constructor(readonly window: VSCodeWindow) {}

  static async open(host: Host, folder: string): Promise<DistilleryWorkbench> {
    return new DistilleryWorkbench(await VSCodeWindow.open(host, { folder }));
  }

  /** Shows the view of the activity bar. */
  async showRuns(): Promise<void> {
    const icon = this.window.page.locator('.activitybar a[aria-label="Distillery"]');
    await icon.waitFor();
    const tree = this.window.page.locator('.sidebar').getByRole('tree', { name: 'Runs' });
    if (!(await tree.isVisible())) await icon.click();
    await tree.waitFor();
  }

  /** The row of an experiment file in the run browser. */
  experiment(name: string): Locator {
    return this.row(`^experiment ${name}\\b`);
  }

  /** The rows of the runs of an experiment that are in a state; of any state without one. */
  runs(name: string, state = '\\w+'): Locator {
    return this.row(`^${name}, run of .*, ${state}\\b`);
  }

  /** The item of the status bar that is there while something runs. */
  get statusBarItem(): Locator {
    return this.window.page.locator('.statusbar-item[id$="distillery.running"]');
  }

  get hints(): HintsPage {
    return new HintsPage(this.window.webview());
  }

  get curves(): CurvesPage {
    return new CurvesPage(this.window.webview());
  }

  /** The lines of the Problems view. */
  async problems(): Promise<Locator> {
    await this.window.command('Problems: Focus on Problems View');
    return this.window.page.locator('.markers-panel .monaco-list-row');
  }

  async command(title: string): Promise<void> {
    await this.window.command(`Distillery: ${title}`);
  }

  /** Overlays every run. */
  async compareAll(): Promise<void> {
    await this.command('Compare Runs');
    await this.window.pickAll();
  }

  async screenshot(name: string): Promise<void> {
    mkdirSync(screenshots, { recursive: true });
    await this.window.page.screenshot({ path: join(screenshots, `${name}.png`) });
  }

  /** Closes the window; nothing outside of it ends. */
  async close(): Promise<void> {
    await this.window.close();
  }

  private row(label: string): Locator {
    return this.window.page.locator('.sidebar').getByRole('treeitem', { name: new RegExp(label) });
  }
}

/** The page of the curves panel. */
export class CurvesPage {
  constructor(readonly frame: FrameLocator) {}

  /** Titles of the charts that are drawn. */
  async titles(): Promise<string[]> {
    return this.frame.locator('distillery-chart h2').allTextContents();
  }

  chart(id: string): Locator {
    return this.frame.locator(`distillery-chart[data-chart="${id}"]`);
  }

  /** What the drawing of a chart says of itself: its range and its newest values. */
  async description(id: string): Promise<string> {
    return (await this.chart(id).locator('.plot').getAttribute('aria-label')) ?? '';
  }

  /** The step of the first row of a chart, read from its table. */
  async firstStep(title: string): Promise<number> {
    const table = this.frame.locator('vscode-checkbox[title="Show the numbers as tables"]');
    await table.click();
    const place = this.frame.getByRole('table', { name: title }).locator('tbody th').first();
    const text = await place.textContent();
    await table.click();
    return Number(text?.trim().replaceAll(',', ''));
  }

  /** Cards of the overlaid runs. */
  get cards(): Locator {
    return this.frame.locator('.run-card');
  }

  async runIds(): Promise<string[]> {
    const cards = await this.cards.all();
    return Promise.all(cards.map(async (card) => (await card.getAttribute('data-run')) ?? ''));
  }

  /** How many pixels of a chart's canvas are drawn. */
  async drawnPixels(id: string): Promise<number> {
    const canvas = this.chart(id).locator('canvas');
    await canvas.waitFor();
    // Runs in the browser, whose types these tests, which run in Node, do not have.
    return canvas.evaluate((element: unknown): number => {
      const isCanvas = (value: unknown): value is Canvas =>
        typeof value === 'object' && value !== null && 'getContext' in value;
      if (!isCanvas(element)) throw new Error('There is no canvas.');
      const { data } = element.getContext('2d').getImageData(0, 0, element.width, element.height);
      return data.filter((value, index) => index % 4 === 3 && value > 0).length;
    });
  }
}

/** The page of the hint picker. */
export class HintsPage {
  constructor(readonly frame: FrameLocator) {}

  /** The layers of a model, as a screen reader meets them. */
  tree(side: 'teacher' | 'student'): Locator {
    return this.frame.locator(`[role="tree"][data-side="${side}"]`);
  }

  layers(side: 'teacher' | 'student'): Locator {
    return this.tree(side).locator('[role="treeitem"]');
  }

  /** What stands beside the picture. */
  get aside(): Locator {
    return this.frame.locator('aside');
  }

  /** Clicks a layer where it is drawn. */
  async click(side: 'teacher' | 'student', layer: string): Promise<void> {
    const graph = this.frame.locator('distillery-graph');
    // Runs in the browser, whose types these tests, which run in Node, do not have.
    const position = await graph.evaluate(
      (element: unknown, [ofSide, name]) => {
        const isGraph = (value: unknown): value is Graph =>
          typeof value === 'object' && value !== null && 'placeOf' in value && 'reveal' in value;
        if (!isGraph(element)) throw new Error('There is no graph.');
        element.reveal(ofSide, name);
        const place = element.placeOf(ofSide, name);
        if (place === null) throw new Error(`There is no layer ${name}.`);
        return place;
      },
      [side, layer] as const,
    );
    await graph.locator('canvas').click({ position });
  }
}

/** What is used of the picture of the models. */
interface Graph {
  reveal(side: string, layer: string): void;
  placeOf(side: string, layer: string): { x: number; y: number } | null;
}

/** What is used of a canvas. */
interface Canvas {
  width: number;
  height: number;
  getContext(kind: '2d'): {
    getImageData(x: number, y: number, width: number, height: number): { data: Uint8ClampedArray };
  };
}
