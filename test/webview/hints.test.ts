import { beforeAll, describe, expect, it } from 'vitest';
import type { LayerTable } from '../../src/layers/table';
import { deepTable, fabricateSimilarity, zooTable } from './layerTables';
import { hint, openedPickers } from './picker';

const open = openedPickers();
let teacher: LayerTable;
let student: LayerTable;

beforeAll(async () => {
  teacher = await zooTable('conv-wide', [28, 28, 1], '/study/teacher.ts');
  student = await zooTable('conv-thin', [28, 28, 1], '/study/student.ts');
});

const added = (...parameters: Parameters<typeof hint>) =>
  `addHint(${JSON.stringify(sorted(hint(...parameters)))})`;
/** In the order in which a hint arrives. */
function sorted({
  teacher: hinting,
  student: guided,
  member,
  adapter,
  distance,
  weight,
}: ReturnType<typeof hint>) {
  return { teacher: hinting, student: guided, member, adapter, distance, weight };
}

describe('choosing a pair', () => {
  it('by clicks: teacher, student, adapter and weight, then the hint', async () => {
    const opened = await open({ teacher, student });
    await opened.click('teacher', 'block2/relu');
    const candidates = opened.aside.locator('.candidate');
    expect(await candidates.first().locator('.name').textContent()).toBe('block2/relu');
    expect(await candidates.first().locator('.how').textContent()).toContain('conv1x1, 1,088 weights');
    await opened.click('student', 'block2/relu');
    await opened.aside.getByLabel('Adapter').selectOption('conv1x1');
    await opened.aside.getByLabel('Weight').fill('0.5');
    await opened.aside.getByLabel('Weight').press('Tab');
    await opened.aside.getByText('Add hint').click();
    await expect
      .poll(() => opened.calls)
      .toEqual([added('block2/relu', 'block2/relu', { adapter: 'conv1x1', weight: 0.5 })]);
    await expect.poll(() => candidates.count()).toBe(0);
  });

  it('by keys alone, from the search to the hint', async () => {
    const opened = await open({ teacher, student });
    const { keyboard } = opened.page;
    await opened.tree('teacher').focus();
    await keyboard.press('/');
    await keyboard.type('block2/relu');
    await keyboard.press('Enter');
    await opened.settled();
    await keyboard.press('Enter');
    expect(await opened.aside.locator('.card .name').first().textContent()).toMatch(/^block2\/relu/);
    await keyboard.press('Tab');
    await opened.settled();
    await keyboard.press('Home');
    await keyboard.press('ArrowDown');
    await keyboard.press('ArrowDown');
    await keyboard.press('Enter');
    await opened.settled();
    await opened.aside.getByText('Add hint').press('Enter');
    await expect.poll(() => opened.calls.length).toBe(1);
    expect(opened.calls[0]).toContain('"student":"block2/relu"');
  });

  it('with the details of a layer on which the pointer rests', async () => {
    const opened = await open({ teacher, student });
    const tooltip = opened.page.locator('.tooltip');
    const { x, y } = await opened.placeOf('teacher', 'block2/relu');
    const canvas = await opened.page.locator('distillery-graph canvas').boundingBox();
    await opened.page.mouse.move(canvas!.x + x, canvas!.y + y);
    expect(await tooltip.count()).toBe(0);
    await expect.poll(() => tooltip.textContent()).toContain('block2/relu');
    await opened.page.mouse.wheel(0, 10);
    await expect.poll(() => tooltip.count()).toBe(0);
  });

  it('says why a pair is impossible, and does not add it', async () => {
    const opened = await open({ teacher, student });
    await opened.click('teacher', 'block2/relu');
    expect(await opened.tree('student').locator('[aria-disabled="true"]').allTextContents()).toContainEqual(
      expect.stringContaining('It is the output of the model, which soft targets teach.'),
    );
    await opened.click('student', 'pool');
    expect(await opened.aside.locator('.confirm').textContent()).toContain(
      'one is a map and the other a vector',
    );
    expect(await opened.aside.getByLabel('Adapter').count()).toBe(0);
    await opened.aside.getByText('Add hint').click({ force: true });
    expect(opened.calls).toEqual([]);
  });

  it('chooses an inner layer of a chain by its name', async () => {
    const opened = await open({ teacher, student });
    await opened.click('teacher', 'block2/relu');
    await opened.aside.locator('.parts').getByText('block2/conv2').click();
    await opened.click('student', 'block2/relu');
    await opened.aside.locator('[data-side="student"] .parts').getByText('block2/conv1').click();
    await opened.aside.getByText('Add hint').click();
    await expect.poll(() => opened.calls).toEqual([added('block2/conv2', 'block2/conv1')]);
  });

  it('takes back by Escape, step by step', async () => {
    const opened = await open({ teacher, student });
    await opened.click('teacher', 'block2/relu');
    await opened.click('student', 'block2/relu');
    await opened.page.keyboard.press('Escape');
    await opened.settled();
    expect(await opened.aside.getByText('Add hint').count()).toBe(0);
    expect(await opened.aside.locator('.candidate').count()).toBeGreaterThan(3);
    await opened.page.keyboard.press('Escape');
    await opened.settled();
    expect(await opened.aside.locator('.candidate').count()).toBe(0);
  });

  it('tells what the host refuses, and keeps the choice', async () => {
    const opened = await open({ teacher, student });
    opened.refusal = 'The text of the experiment changed at the same time. Try again.';
    await opened.click('teacher', 'block2/relu');
    await opened.click('student', 'block2/relu');
    await opened.aside.getByText('Add hint').click();
    await expect.poll(() => opened.page.getByRole('alert').textContent()).toContain('Try again.');
    expect(await opened.aside.getByText('Add hint').count()).toBe(1);
  });
});

describe('a hint that is there', () => {
  const present = hint('block1/relu', 'block1/relu', { adapter: 'conv1x1', weight: 0.5 });

  it('is changed and removed', async () => {
    const opened = await open({ teacher, student, hints: [present] });
    await opened.aside.locator('.hint').click();
    await opened.aside.getByLabel('Distance').selectOption('l1');
    await expect.poll(() => opened.calls.length).toBe(1);
    expect(opened.calls[0]).toMatch(/^changeHint\(\{"index":0,.*\}, .*"distance":"l1"/);
    await opened.aside.getByText('Remove hint').click();
    await expect.poll(() => opened.calls.at(-1)).toMatch(/^removeHint\(\{"index":0/);
  });

  it('is selected by Delete on one of its layers, and removed by the next', async () => {
    const opened = await open({ teacher, student, hints: [present] });
    await opened.tree('teacher').focus();
    await opened.page.keyboard.press('Home');
    await opened.page.keyboard.press('ArrowDown');
    await opened.page.keyboard.press('Delete');
    await opened.settled();
    expect(opened.calls).toEqual([]);
    expect(await opened.aside.locator('h2').first().textContent()).toBe('Hint 1');
    await opened.page.keyboard.press('Delete');
    await expect.poll(() => opened.calls.at(-1)).toMatch(/^removeHint/);
  });

  it('follows the text, also while it is broken', async () => {
    const opened = await open({ teacher, student, hints: [present] });
    await opened.hints({ hints: [present, hint('block2/relu', 'gone')] });
    await opened.settled();
    expect(await opened.aside.locator('.hint').count()).toBe(2);
    expect(await opened.aside.locator('.hint').last().textContent()).toContain('not in the student');
    await opened.hints({ obstacle: 'Line 3 of student.distill.yaml has a mistake.' });
    await opened.click('teacher', 'block2/relu');
    await opened.click('student', 'block2/relu');
    expect(await opened.aside.locator('.confirm').textContent()).toContain('Line 3 of');
  });

  it('does not say that there are no hints where they cannot be read', async () => {
    const opened = await open({ teacher, student });
    await expect.poll(() => opened.aside.locator('h2').first().textContent()).toBe('No hints yet');
    await opened.hints({ hints: [], obstacle: 'Line 3 of student.distill.yaml has a mistake.' });
    await expect
      .poll(() => opened.aside.locator('h2').first().textContent())
      .toBe('The hints cannot be read');
  });
});

describe('the source', () => {
  it('is gone to by its place, by G and by Ctrl+click', async () => {
    const opened = await open({ teacher, student });
    await opened.click('student', 'block1/relu');
    await opened.aside.getByRole('button', { name: /^Go to source of block1\/relu/ }).click();
    await opened.tree('student').focus();
    await opened.page.keyboard.press('g');
    await opened.click('student', 'block2/relu', ['Control']);
    const address = (layer: string) => `showSource({"side":"student","member":0,"layer":"${layer}"}, 0)`;
    await expect
      .poll(() => opened.calls)
      .toEqual([address('block1/relu'), address('block1/relu'), address('block2/conv1')]);
  });

  it('selects the layer at its cursor', async () => {
    const opened = await open({ teacher, student });
    const line = student.rows.find(({ name }) => name === 'block2/bn1')!.source!.line;
    await opened.selectBySource('/study/student.ts', line);
    await opened.settled();
    const active = await opened.tree('student').getAttribute('aria-activedescendant');
    expect(await opened.page.locator(`[id="${active ?? ''}"]`).textContent()).toContain('block2/relu');
  });
});

describe('suggestions', () => {
  it('come with a matrix; a cell chooses its pair, a button adds one', async () => {
    const opened = await open({ teacher, student });
    await opened.page.getByText('Suggest hints').click();
    await expect.poll(() => opened.calls).toEqual(['compare(0)']);
    await opened.similarity({ kind: 'running', member: 0, message: 'Showing 128 images…', share: 0.5 });
    expect(await opened.page.locator('main').textContent()).toContain('Showing 128 images…');
    const matrix = fabricateSimilarity(teacher, student);
    await opened.similarity({ kind: 'done', member: 0, matrix });
    const [best] = matrix.suggestions;
    await opened.aside
      .getByRole('button', { name: /^Add .* as a hint/ })
      .first()
      .click();
    await expect.poll(() => opened.calls.at(-1)).toBe(added(best!.teacher, best!.student));
    await opened.page.locator('.cells').focus();
    await opened.page.keyboard.press('ArrowDown');
    await opened.page.keyboard.press('ArrowRight');
    expect(await opened.page.locator('.readout').textContent()).toMatch(/block1\/bn1 × block1\/bn1: 0\.\d\d/);
    await opened.page.keyboard.press('Enter');
    await opened.settled();
    expect(await opened.aside.getByText('Add hint').count()).toBe(1);
    expect(await opened.aside.locator('.similarity').first().textContent()).toMatch(/^0\.\d\d$/);
  });
});

describe('the states', () => {
  it.each([
    ['no teacher', { student: null, text: { hasTeacher: false } }, 'This experiment has no teacher'],
    ['not trusted', { models: { isTrusted: false } }, 'The folder is not trusted'],
    ['still building', { models: { isBusy: true } }, 'Building the models…'],
    ['a failure', { models: { failure: 'It took longer than 20 s.' } }, 'It took longer than 20 s.'],
  ] as const)('%s', async (_, opening, expected) => {
    const opened = await open({ teacher: null, student: null, ...opening });
    await expect.poll(() => opened.page.locator('distillery-hints').textContent()).toContain(expected);
  });

  it('a model that fails keeps its last layers, with a way to the mistake', async () => {
    const opened = await open({ teacher, student });
    const failure = {
      message: 'x is not defined',
      source: { file: '/study/student.ts', line: 3, column: 1 },
    };
    await opened.models({
      isStale: true,
      student: { reference: './student.ts#student', table: student, failure },
    });
    await expect
      .poll(() => opened.page.getByRole('alert').textContent())
      .toContain('Its last good layers are shown.');
    await opened.page.getByText('Go to the error').click();
    await expect.poll(() => opened.calls).toEqual(['showFailure({"side":"student","member":0})']);
    expect(await opened.tree('student').locator('[role="treeitem"]').count()).toBeGreaterThan(3);
  });
});

describe('a thousand layers', () => {
  it('are drawn sixty times a second while they are moved and zoomed', async () => {
    const opened = await open({
      teacher: deepTable(1000),
      student: deepTable(1000),
      saved: { expanded: true },
    });
    await opened.drawn();
    const layout = await opened.measured('layout');
    const paint = await opened.measured('paint');
    const frames = await opened.page.evaluate(async () => {
      const canvas = document.querySelector('distillery-graph canvas')!;
      const times: number[] = [];
      for (let frame = 0; frame < 60; frame += 1) {
        const isZoom = frame % 3 === 0;
        const event = {
          deltaY: isZoom ? (frame < 30 ? 40 : -40) : 60,
          ctrlKey: isZoom,
          clientX: 300,
          clientY: 300,
        };
        const began = performance.now();
        canvas.dispatchEvent(new WheelEvent('wheel', { ...event, cancelable: true }));
        await new Promise((resolve) => requestAnimationFrame(resolve));
        times.push(document.querySelector('distillery-graph')!.paintTime);
        if (performance.now() - began > 1000) break;
      }
      return times.sort((a, b) => a - b);
    });
    const median = frames[Math.floor(frames.length / 2)]!;
    console.info(
      `2 × 1,000 layers: laid out in ${Math.round(layout)} ms, first painted in ${Math.round(paint)} ms, ` +
        `a frame takes ${median.toFixed(1)} ms (worst ${frames.at(-1)!.toFixed(1)} ms)`,
    );
    expect(paint).toBeLessThan(1000);
    // A generous bound: machines that run tests are busy, and have no graphics card.
    expect(median).toBeLessThan(16);
  });
});
