import { expect, it } from 'vitest';
import { runChanges, type KnownRun } from './changes';
import { sampleRun, sampleRunning } from './sampleRun';

function known(...runs: KnownRun[]): Map<string, KnownRun> {
  return new Map(runs.map((each) => [each.run.directory, each]));
}
const one: KnownRun = { run: sampleRun({ directory: '/1' }), isStopping: false };
const two: KnownRun = { run: sampleRun({ directory: '/2' }), isStopping: false };

it('sees nothing where nothing is different, also in other objects', () => {
  expect(runChanges(known(one, two), known(structuredClone(two), one))).toBeNull();
  expect(runChanges(known(), known())).toBeNull();
});

it('sees runs that came and went', () => {
  expect(runChanges(known(one), known(two))).toEqual({ added: [two], removed: [one], changed: [] });
});

it('sees a heartbeat, an end, a label and a request to stop', () => {
  const running: KnownRun = { run: { ...sampleRunning(), directory: '/1' }, isStopping: false };
  const beat: KnownRun = { run: { ...sampleRunning({ step: 1001 }), directory: '/1' }, isStopping: false };
  const archived: KnownRun = { ...one, run: { ...one.run, labels: { archived: true, notes: '' } } };
  const stopping: KnownRun = { ...running, isStopping: true };
  for (const [before, after] of [
    [running, beat],
    [beat, one],
    [one, archived],
    [running, stopping],
  ] as const) {
    expect(runChanges(known(before), known(after))?.changed).toEqual([{ before, after }]);
  }
});
