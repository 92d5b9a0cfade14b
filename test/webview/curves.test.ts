import { describe, expect, it } from 'vitest';
import { cutIntoDeltas, fabricateCurves, fabricateRun, type Plan } from './fabricate';
import { fitnet, kd, student } from './plans';
import type { ThemeName } from './harness';
import { openedPanels } from './opening';
import { restoreSettings } from '../../webview/curves/settings';
import themes from './themes.json';

const hue = (theme: ThemeName, name: 'blue' | 'yellow' | 'purple') =>
  themes[theme].variables[`--vscode-charts-${name}`];

const show = openedPanels();

describe('what is drawn', () => {
  it('is a chart for each term, with the runs overlaid in their own hues', async () => {
    const opened = await show([student, kd, fitnet]);
    expect(opened.calls).toEqual(['ready([])']);
    expect(await opened.page.locator('distillery-chart h2').allTextContents()).toEqual([
      'Total loss',
      'Accuracy',
      'Hard loss',
      'Soft loss',
      'Hint 1',
      'Hint 2',
      'Test loss',
      'Learning rate',
      'Gradient norm',
    ]);
    expect(await opened.chart('loss:total').locator('.legend li').count()).toBe(3);
    expect(await opened.chart('loss:soft').locator('.legend .label').allTextContents()).toEqual([
      'mnist-kd',
      'mnist-fitnet',
    ]);
    const ofStudent = await opened.pixels('loss:total', hue('dark', 'blue'));
    const ofKd = await opened.pixels('loss:total', hue('dark', 'yellow'));
    expect(ofStudent).toBeGreaterThan(100);
    expect(ofKd).toBeGreaterThan(100);
    expect(await opened.pixels('loss:soft', hue('dark', 'blue'))).toBe(0);
    expect(await opened.pixels('loss:hint 2', hue('dark', 'purple'))).toBeGreaterThan(100);
  });

  it('grows with the deltas, on the same canvas', async () => {
    const deltas = cutIntoDeltas(fabricateCurves(student), 8);
    const opened = await show([]);
    await opened.runs({ runs: [fabricateRun(student)], shown: ['student'] });
    await opened.curves(deltas[0]!);
    await opened.settled();
    const canvas = await opened.chart('loss:total').locator('canvas').elementHandle();
    const value = opened.chart('loss:total').locator('.legend .value');
    const before = await value.textContent();
    await opened.curves(...deltas.slice(1));
    await opened.settled();
    expect(await value.textContent()).not.toBe(before);
    expect(await canvas.evaluate((element) => element.isConnected)).toBe(true);
    expect(await opened.chart('loss:total').locator('.plot').getAttribute('aria-label')).toContain(
      'to step 4,000',
    );
  });

  it('asks for everything again when a delta is missing, and shows nothing of what came after the gap', async () => {
    const deltas = cutIntoDeltas(fabricateCurves(student), 4);
    const opened = await show([]);
    await opened.runs({ runs: [fabricateRun(student)], shown: ['student'] });
    await opened.curves(deltas[0]!, deltas[2]!, deltas[3]!);
    await opened.settled();
    const label = opened.chart('loss:total').locator('.plot');
    expect(opened.calls.filter((call) => call.startsWith('resync'))).toEqual(['resync("student")']);
    expect(await label.getAttribute('aria-label')).toContain('to step 1,000');
    await opened.curves(...deltas);
    await opened.settled();
    expect(await label.getAttribute('aria-label')).toContain('to step 4,000');
  });

  it('starts anew when a resume made rows void', async () => {
    const opened = await show([student]);
    await opened.curves({ ...fabricateCurves({ ...student, rows: 40 }), generation: 1, resumes: [100] });
    await opened.settled();
    expect(await opened.chart('loss:total').locator('.plot').getAttribute('aria-label')).toContain(
      'to step 400.',
    );
  });

  it('follows the theme', async () => {
    const opened = await show([kd]);
    const inDark = hue('dark', 'blue');
    const inLight = hue('light', 'blue');
    expect(await opened.pixels('loss:total', inDark)).toBeGreaterThan(100);
    expect(await opened.pixels('loss:total', inLight)).toBe(0);
    await opened.theme('light');
    expect(await opened.pixels('loss:total', inLight)).toBeGreaterThan(100);
    expect(await opened.pixels('loss:total', inDark)).toBe(0);
    await opened.theme('hcLight');
    expect(await opened.pixels('loss:total', hue('hcLight', 'blue'))).toBeGreaterThan(100);
  });

  it('dims the other runs while one is pointed at', async () => {
    const opened = await show([student, kd]);
    const before = await opened.pixels('loss:total', hue('dark', 'blue'));
    await opened.page.locator('[data-run="kd"]').hover();
    await opened.settled();
    expect(await opened.pixels('loss:total', hue('dark', 'blue'))).toBeLessThan(before / 4);
    expect(await opened.pixels('loss:total', hue('dark', 'yellow'))).toBeGreaterThan(100);
  });
});

describe('the controls', () => {
  it('switch a run off and on, and take it out', async () => {
    const opened = await show([student, kd]);
    const card = opened.page.locator('[data-run="student"]');
    await card.locator('.toggle').click();
    await opened.settled();
    expect(await card.locator('.toggle').getAttribute('aria-pressed')).toBe('false');
    expect(await opened.chart('loss:total').locator('.legend .label').allTextContents()).toEqual([
      'mnist-kd',
    ]);
    expect(await opened.pixels('loss:total', hue('dark', 'yellow'))).toBeGreaterThan(100);
    await card.getByRole('button', { name: 'More of mnist-student' }).click();
    await card.getByRole('button', { name: 'Take out of the charts' }).click();
    await opened.settled();
    expect(opened.calls.at(-1)).toBe('show(["kd"])');
    expect(await opened.page.locator('.run-card').count()).toBe(1);
    // The run that stays keeps its hue.
    expect(await opened.pixels('loss:total', hue('dark', 'yellow'))).toBeGreaterThan(100);
  });

  it('choose runs from the list', async () => {
    const runs = [student, kd, fitnet].map(fabricateRun);
    const opened = await show([kd], { state: { runs, shown: ['kd'] } });
    await opened.page.getByRole('button', { name: 'Choose runs' }).click();
    await opened.page.keyboard.type('fitnet');
    const options = opened.page.locator('#run-menu li');
    await expect.poll(() => options.count()).toBe(1);
    await options.getByText('mnist-fitnet').click();
    await expect.poll(() => opened.calls.at(-1)).toBe('show(["kd","fitnet"])');
  });

  it('change axis, smoothing and scale, and are there again after a reload', async () => {
    const opened = await show([kd]);
    await opened.page.getByText('Epoch', { exact: true }).click();
    await opened.page.getByText('Log scale').click();
    await opened.page.getByLabel('Smoothing').fill('0.9');
    await opened.settled();
    expect(opened.saved).toMatchObject({
      shown: ['kd'],
      axis: 'epoch',
      logarithmic: true,
      smoothing: 0.9,
    });
    await opened.reload();
    await opened.curves(fabricateCurves(kd));
    await opened.settled();
    expect(opened.calls.at(-1)).toBe('ready(["kd"])');
    expect(await opened.page.locator('vscode-radio[value="epoch"]').getAttribute('checked')).not.toBeNull();
    expect(await opened.page.getByLabel('Smoothing').inputValue()).toBe('0.9');
    expect(await opened.chart('loss:total').locator('.plot').getAttribute('aria-label')).toContain(
      'to epoch 10.00',
    );
  });

  it('hide a chart and bring it back', async () => {
    const opened = await show([kd]);
    await opened.chart('loss:soft').hover();
    await opened.chart('loss:soft').getByRole('button', { name: 'Hide the chart Soft loss' }).click();
    await opened.settled();
    expect(await opened.chart('loss:soft').count()).toBe(0);
    await opened.page.getByRole('button', { name: 'Charts (1 hidden)' }).click();
    await opened.page.locator('#chart-menu').getByText('Soft loss').click();
    await opened.settled();
    expect(await opened.chart('loss:soft').count()).toBe(1);
  });

  it('zoom all charts by dragging over one, and show everything after a double click', async () => {
    const opened = await show([kd]);
    const over = opened.chart('loss:total').locator('.u-over');
    const box = (await over.boundingBox())!;
    const middle = box.y + box.height / 2;
    await opened.page.mouse.move(box.x + box.width * 0.25, middle);
    await opened.page.mouse.down();
    await opened.page.mouse.move(box.x + box.width * 0.5, middle + 3, { steps: 4 });
    await opened.page.mouse.up();
    await opened.settled();
    const label = opened.chart('gradient-norm').locator('.plot');
    expect(await label.getAttribute('aria-label')).toMatch(
      /from step (99\d|1,00\d) to step (1,99\d|2,00\d)\./,
    );
    expect(restoreSettings(opened.saved).zoom?.min).toBeCloseTo(1000, -2);
    await over.dblclick();
    await opened.settled();
    expect(await label.getAttribute('aria-label')).toContain('from step 0 to step 4,000');
  });

  it('zoom one chart alone by dragging up or down, until its zoom is reset', async () => {
    const opened = await show([kd]);
    const chart = opened.chart('accuracy');
    const box = (await chart.locator('.u-over').boundingBox())!;
    const reset = chart.getByRole('button', { name: 'Reset the zoom of Accuracy' });
    const drawn = () => opened.pixels('accuracy', hue('dark', 'blue'));
    const before = await drawn();
    await opened.page.mouse.move(box.x + 200, box.y + box.height * 0.5);
    await opened.page.mouse.down();
    await opened.page.mouse.move(box.x + 203, box.y + box.height * 0.9, { steps: 4 });
    await opened.page.mouse.up();
    await opened.settled();
    expect(await drawn()).not.toBe(before);
    expect(restoreSettings(opened.saved).zoom).toBeNull();
    await reset.click();
    await opened.settled();
    expect(await reset.count()).toBe(0);
    expect(await drawn()).toBe(before);
  });

  it('show the numbers as tables', async () => {
    const opened = await show([student, kd]);
    await opened.page.getByText('Table', { exact: true }).click();
    await opened.settled();
    const table = opened.page.getByRole('table', { name: 'Total loss' });
    expect(await table.locator('thead th').allTextContents()).toEqual(['Step', 'mnist-student', 'mnist-kd']);
    expect(await table.locator('tbody tr').count()).toBe(40);
    expect(await opened.page.locator('canvas').count()).toBe(0);
  });
});

describe('the cursor', () => {
  it('shows the values under the pointer in every chart', async () => {
    const opened = await show([student, kd]);
    const value = opened.chart('learning-rate').locator('.legend .value').first();
    const before = await value.textContent();
    await opened
      .chart('loss:total')
      .locator('.u-over')
      .hover({ position: { x: 100, y: 50 } });
    await opened.settled();
    expect(await value.textContent()).not.toBe(before);
    const places = await opened.page.locator('distillery-chart .place').allTextContents();
    expect(new Set(places).size).toBe(1);
    expect(places[0]).toMatch(/^step [\d,]+$/);
    await opened.page.mouse.move(5, 5);
    await opened.settled();
    expect(await value.textContent()).toBe(before);
  });

  it('moves by keys and says what is there', async () => {
    const opened = await show([student, kd]);
    const chart = opened.chart('loss:total');
    const spoken = chart.locator('[aria-live]');
    await chart.locator('.plot').focus();
    await opened.page.keyboard.press('Home');
    await opened.settled();
    expect(await spoken.textContent()).toMatch(/^step 10\. mnist-student: \d/);
    await opened.page.keyboard.press('ArrowRight');
    await opened.page.keyboard.press('Shift+ArrowRight');
    await opened.settled();
    expect(await spoken.textContent()).toMatch(/^step \d+. mnist-student: [\d.]+; mnist-kd: [\d.]+\.$/);
    expect(await opened.chart('accuracy').locator('.place').textContent()).not.toBe('');
    await opened.page.keyboard.press('End');
    await opened.page.keyboard.press('+');
    await opened.settled();
    expect(await spoken.textContent()).toMatch(/^From step 2,000 to step 4,000/);
    await opened.page.keyboard.press('Escape');
    await opened.settled();
    expect(await chart.locator('.plot').getAttribute('aria-label')).toContain('from step 0');
  });

  it('and everything else can be reached by the Tab key', async () => {
    const opened = await show([student, fitnet]);
    const reached = new Set<string>();
    for (let press = 0; press < 80; press += 1) {
      await opened.page.keyboard.press('Tab');
      reached.add(
        await opened.page.evaluate(() => {
          let focused = document.activeElement;
          const host = focused;
          while (focused?.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
          const named = focused?.getAttribute('aria-label') ?? host?.textContent ?? '';
          return `${host?.localName ?? ''} ${named.trim().replace(/\s+/g, ' ')}`;
        }),
      );
    }
    const all = [...reached].join('\n');
    for (const expected of [
      'button mnist-student',
      'button Stop mnist-fitnet',
      'button More of mnist-student',
      'button Choose runs',
      'vscode-radio Step',
      'input',
      'vscode-checkbox Log scale',
      'vscode-checkbox Table',
      'button Charts',
      'div Total loss from step 0',
      'div Hint 2 from step 0',
      'vscode-toolbar-button Hide the chart Gradient norm',
    ]) {
      expect(all).toContain(expected);
    }
  });
});

it('stays responsive with 20 runs of 50,000 rows', async () => {
  const plans = Array.from({ length: 20 }, (_, index): Plan => ({
    id: `sweep-${index}`,
    ceiling: 0.9 + 0.004 * index,
    state: 'finished',
  }));
  const opened = await show([], {
    state: { runs: plans.map(fabricateRun), shown: plans.map(({ id }) => id) },
  });
  const sample = fabricateCurves({ id: 'long', rows: 50_000, every: 1, epochs: 20 });
  const began = performance.now();
  await opened.page.evaluate(
    ({ delta, runs }) => {
      for (const run of runs) {
        window.postMessage({ kind: 'call', id: run, method: 'curves', parameters: [{ ...delta, run }] }, '*');
      }
    },
    { delta: sample, runs: plans.map(({ id }) => id) },
  );
  const charts = opened.chart('loss:total').locator('.legend li');
  await expect.poll(() => charts.count(), { timeout: 50_000 }).toBe(20);
  await opened.settled();
  const loaded = performance.now();
  await opened.chart('loss:total').locator('.plot').focus();
  await opened.page.keyboard.press('Home');
  await opened.page.keyboard.press('+');
  await opened.settled();
  const zoomed = performance.now();
  expect(await opened.chart('loss:total').locator('.plot').getAttribute('aria-label')).toMatch(
    /from step 1 to step 25,001\./,
  );
  expect(await opened.page.locator('.run-card').count()).toBe(20);
  console.info(
    `20 runs of 50,000 rows: shown in ${Math.round(loaded - began)} ms, zoomed in ${Math.round(zoomed - loaded)} ms`,
  );
});
