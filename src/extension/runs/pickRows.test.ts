import { expect, it } from 'vitest';
import { pickRows } from './pickRows';
import { sampleRun, sampleRunning } from './sampleRun';

const now = Date.parse('2026-03-01T12:20:00.000Z');

it('lists running runs first, then the newest, archived ones last', () => {
  const old = { ...sampleRunning(), id: 'running', createdAt: '2026-02-01T00:00:00.000Z' };
  const first = sampleRun({ id: 'first', createdAt: '2026-03-01T10:00:00.000Z' });
  const second = sampleRun({ id: 'second', createdAt: '2026-03-01T11:00:00.000Z' });
  expect(pickRows([first, second, old], now).map(({ run }) => run.id)).toEqual([
    'running',
    'second',
    'first',
  ]);
});

it('shows state, best accuracy and age', () => {
  const [row] = pickRows([sampleRun()], now);
  expect(row).toMatchObject({
    label: '$(pass) thin student',
    description: 'finished · best 97.84%',
    detail: '20 min ago · seed 7 · experiments/student.distill.yaml',
  });
});

it('gets along without a measurement', () => {
  const [row] = pickRows([sampleRun({ state: 'running', progress: null, end: null })], now);
  expect(row?.description).toBe('starting');
});
