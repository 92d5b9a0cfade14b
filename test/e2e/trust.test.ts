import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startHost, type Host } from '../vscode/host';
import { makeSampleRun } from '../../src/runs/sampleRun';
import { Laboratory } from './laboratory';
import { oneAfterAnother } from './steps';
import { DistilleryWorkbench } from './workbench';

/** A folder that came from somewhere: its runs can be looked at, its code is not run. */
describe('a folder that is not trusted', () => {
  const laboratory = new Laboratory();
  let host: Host;
  let workbench: DistilleryWorkbench;

  beforeAll(async () => {
    await makeSampleRun(laboratory.folder, {
      id: '20261123-142501-digits-student-a1b2',
      progress: {},
      end: {},
    });
    host = await startHost({ extensions: [inject('vsix').file], workspaceTrust: true });
    workbench = await DistilleryWorkbench.open(host, laboratory.folder);
    await workbench.window.page.locator('.statusbar-item', { hasText: 'Restricted Mode' }).waitFor();
  });

  oneAfterAnother((step) => workbench.screenshot(`failed-${step}`));

  afterAll(async () => {
    await workbench.close();
    await host.stop();
    laboratory.dispose();
  });

  it('lists its experiments and runs, and shows curves', async () => {
    await workbench.showRuns();
    await workbench.experiment('teacher').waitFor();
    await workbench.runs('digits-student', 'finished').click();
    await workbench.curves.cards.first().waitFor();
    await workbench.screenshot('untrusted');
  });

  it('refuses to run, says why, and offers to change it', async () => {
    await workbench.window.openFile('teacher.distill.yaml');
    await workbench.command('Run Experiment');
    const refusal = workbench.window.notification('is not trusted');
    await refusal.waitFor();
    await refusal.getByRole('button', { name: 'Manage Workspace Trust' }).waitFor();
    expect(await laboratory.runs('teacher')).toEqual([]);
    expect(laboratory.trainers()).toEqual([]);
  });

  it('explains what its GPU needs, and downloads nothing before the answer', async () => {
    await workbench.command('Install GPU Engine');
    const { page } = workbench.window;
    await page.locator('.quick-input-list .monaco-list-row', { hasText: 'TensorFlow' }).first().waitFor();
    await workbench.screenshot('install-engine');
    await workbench.window.pick('TensorFlow on the processor');
    const question = page.locator('.monaco-dialog-box', { hasText: 'TensorFlow on the processor' });
    await question.getByText('which you may delete at any time').waitFor();
    await question.getByRole('button', { name: 'Cancel' }).click();
    await question.waitFor({ state: 'detached' });
  });
});
