import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startHost, type Host } from '../vscode/host';
import { Laboratory } from './laboratory';
import { oneAfterAnother } from './steps';
import { DistilleryWorkbench } from './workbench';

/** One person's afternoon, step by step: each test goes on where the one before it ended. */
describe('an experiment in the workbench', () => {
  const laboratory = new Laboratory();
  const patiently = { timeout: 60_000, interval: 250 };
  let host: Host;
  let workbench: DistilleryWorkbench;

  beforeAll(async () => {
    host = await startHost({
      extensions: [inject('vsix').file],
      settings: { 'workbench.colorTheme': 'Default Dark Modern' },
    });
    workbench = await DistilleryWorkbench.open(host, laboratory.folder);
  });

  oneAfterAnother((step) => workbench.screenshot(`failed-${step}`));

  afterAll(async () => {
    await workbench.close();
    await host.stop();
    laboratory.dispose();
  });

  it('lists the experiments of the folder', async () => {
    await workbench.showRuns();
    for (const name of ['teacher', 'student', 'broken']) {
      await workbench.experiment(name).waitFor();
    }
    await workbench.screenshot('experiments-dark');
  });

  it('shows what is wrong with a file, where, and the right word', async () => {
    await workbench.window.openFile('broken.distill.yaml');
    const problems = await workbench.problems();
    const problem = problems.filter({ hasText: 'temprature' });
    await problem.waitFor();
    await expect.poll(() => problem.textContent(), patiently).toMatch(/temperature.*\[Ln 8, Col \d+\]/s);
    await workbench.screenshot('problem-dark');
    await workbench.window.togglePanel();
  });

  it('trains from the palette: first the teacher, then the student', async () => {
    await workbench.window.openFile('student.distill.yaml');
    await workbench.command('Run Experiment');
    await workbench.runs('teacher').waitFor({ timeout: 60_000 });
    await workbench.runs('student', 'running').waitFor({ timeout: 60_000 });
    await workbench.statusBarItem.waitFor();
    await expect.poll(() => laboratory.state('teacher'), patiently).toBe('finished');
    await workbench.runs('teacher', 'finished').waitFor();
    expect(await laboratory.runs('student')).toHaveLength(1);
  });

  it('draws the curves of every term while it trains', async () => {
    await workbench.runs('student', 'running').click();
    const { curves } = workbench;
    for (const id of ['loss:total', 'accuracy', 'loss:hard', 'loss:soft', 'loss:hint 1']) {
      await curves.chart(id).waitFor({ timeout: 60_000 });
    }
    const before = await curves.description('loss:total');
    await expect.poll(() => curves.description('loss:total'), patiently).not.toBe(before);
    expect(await curves.drawnPixels('loss:total')).toBeGreaterThan(500);
    await workbench.screenshot('curves-running-dark');
  });

  it('goes on through a reload of the window, with the same trainer and all of its curves', async () => {
    const [run] = await laboratory.runs('student');
    const trainers = laboratory.trainers();
    expect(trainers).toHaveLength(1);
    const stepBefore = await laboratory.lastStep(run!);

    await workbench.window.reload(run!.record.id);

    const { curves } = workbench;
    await curves.chart('loss:hint 1').waitFor({ timeout: 60_000 });
    expect(await curves.runIds()).toEqual([run!.record.id]);
    expect(await curves.firstStep('Total loss')).toBe(await laboratory.firstStep(run!));
    await workbench.showRuns();
    await workbench.runs('student', 'running').waitFor();
    await expect.poll(() => laboratory.lastStep(run!), patiently).toBeGreaterThan(stepBefore);
    const before = await curves.description('loss:total');
    await expect.poll(() => curves.description('loss:total'), patiently).not.toBe(before);
    expect(laboratory.trainers()).toEqual(trainers);
    expect(await laboratory.runs('student')).toHaveLength(1);
    await workbench.screenshot('curves-reattached-dark');
  });

  it('stops from the palette, with a checkpoint', async () => {
    await workbench.command('Stop Run');
    await workbench.window.pick('student');
    await workbench.runs('student', 'stopped').waitFor({ timeout: 60_000 });
    const [run] = await laboratory.runs('student');
    expect(run!.end?.state).toBe('stopped');
    expect(laboratory.trainers()).toEqual([]);
    await workbench.statusBarItem.waitFor({ state: 'hidden' });
  });

  it('resumes from the palette at the step where it stopped', async () => {
    const [run] = await laboratory.runs('student');
    const stoppedAt = run!.end!.step;
    await workbench.command('Resume Run');
    await workbench.window.pick('student');
    await workbench.runs('student', 'running').waitFor({ timeout: 60_000 });
    await expect.poll(() => laboratory.lastStep(run!), patiently).toBeGreaterThan(stoppedAt);
    const starts = (await laboratory.events(run!)).filter((event) => event.type === 'start');
    expect(starts.map(({ fromStep }) => fromStep)).toEqual([0, stoppedAt]);
    expect(laboratory.trainers()).toHaveLength(1);
    expect(await laboratory.runs('student')).toHaveLength(1);
  });

  it('compares runs', async () => {
    await workbench.command('Stop Run');
    await workbench.window.pick('student');
    await workbench.runs('student', 'stopped').waitFor({ timeout: 60_000 });
    const ids = [...(await laboratory.runs('teacher')), ...(await laboratory.runs('student'))].map(
      ({ record }) => record.id,
    );
    await workbench.compareAll();
    await expect.poll(async () => (await workbench.curves.runIds()).sort(), patiently).toEqual(ids.sort());
    expect(await workbench.curves.drawnPixels('loss:total')).toBeGreaterThan(500);
    await workbench.screenshot('curves-compared-dark');
  });
});
