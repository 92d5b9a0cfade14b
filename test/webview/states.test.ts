import { describe, expect, it } from 'vitest';
import { fabricateRun, type Plan } from './fabricate';
import { openedPanels } from './opening';
import { broken, fitnet, kd, student } from './plans';

const show = openedPanels();

describe('the states', () => {
  it('still reading', async () => {
    const opened = await show([], { answers: { ready: () => new Promise(() => undefined) } });
    expect(await opened.page.getByRole('status').textContent()).toContain('Reading the runs…');
    // Nothing may turn where motion is to be reduced.
    expect(await opened.page.locator('vscode-progress-ring').count()).toBe(0);
  });

  it('nothing could be read: why, and another try', async () => {
    const opened = await show([], {
      answers: { ready: () => Promise.reject(new Error('EACCES: .distillery')) },
    });
    const alert = opened.page.getByRole('alert');
    expect(await alert.textContent()).toContain('The runs could not be read: EACCES: .distillery');
    opened.answers.ready = () => Promise.resolve({ runs: [fabricateRun(kd)], shown: ['kd'] });
    await alert.getByText('Try again').click();
    await expect.poll(() => opened.page.locator('.run-card').count()).toBe(1);
    expect(await alert.count()).toBe(0);
  });

  it('no runs at all', async () => {
    const opened = await show([]);
    expect(await opened.page.getByRole('heading').textContent()).toBe('No runs yet');
  });

  it('no run chosen: the list is offered', async () => {
    const opened = await show([], { state: { runs: [fabricateRun(kd)], shown: [] } });
    expect(await opened.page.getByRole('heading').textContent()).toBe('No run chosen');
    await opened.page.getByText('mnist-kd').click();
    await expect.poll(() => opened.calls.at(-1)).toBe('show(["kd"])');
    await expect.poll(() => opened.page.getByText('Reading the curves…').count()).toBe(1);
  });

  it('a run that waits for its teacher', async () => {
    const waiting: Plan = { ...kd, state: 'running', phase: 'waiting for teacher', rows: 0 };
    const opened = await show([waiting]);
    expect(await opened.page.getByRole('status').first().textContent()).toContain(
      'mnist-kd has not begun to train: waiting for teacher mnist-teacher.',
    );
    expect(await opened.page.getByText('No curves yet').count()).toBe(1);
  });

  it('a run that failed: the reason, and a way on', async () => {
    const opened = await show([broken]);
    const alert = opened.page.getByRole('alert');
    expect(await alert.textContent()).toContain('The loss became NaN in the term "soft"');
    await alert.getByText('Resume').click();
    await expect.poll(() => opened.calls.at(-1)).toBe('act("resume", "broken")');
  });

  it('an action that is refused', async () => {
    const opened = await show([fitnet]);
    opened.answers.act = () => Promise.reject(new Error('The workspace is not trusted.'));
    await opened.page.getByRole('button', { name: 'Stop mnist-fitnet' }).click();
    await expect
      .poll(() => opened.page.getByRole('alert').textContent())
      .toContain('The workspace is not trusted.');
    await opened.page.getByRole('button', { name: 'Dismiss' }).click();
    await expect.poll(() => opened.page.getByRole('alert').count()).toBe(0);
  });
});

describe('the layout', () => {
  it.each([320, 600, 1400])('needs no scrolling sideways at %i pixels', async (width) => {
    const { page } = await show([student, kd, fitnet, broken], { width });
    const overflow = await page.evaluate(() => ({
      page: document.documentElement.scrollWidth - document.documentElement.clientWidth,
      charts: [...document.querySelectorAll('distillery-chart, .run-card, .toolbar')].filter(
        (element) => element.getBoundingClientRect().right > innerWidth + 0.5,
      ).length,
    }));
    expect(overflow).toEqual({ page: 0, charts: 0 });
  });

  it.each(['dark', 'light', 'hc', 'hcLight'] as const)('is pictured in %s', async (theme) => {
    for (const width of [1400, 600]) {
      const opened = await show([student, kd, fitnet, broken], { theme, width, height: 1100 });
      if (width === 1400) {
        await opened
          .chart('loss:soft')
          .locator('.u-over')
          .hover({ position: { x: 150, y: 80 } });
        await opened.settled();
      }
      await opened.picture(`curves-${theme}-${width}`);
    }
  });
});
