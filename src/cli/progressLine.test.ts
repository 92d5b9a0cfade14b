import { describe, expect, it } from 'vitest';
import { sampleProgress } from '../runs/sampleRun';
import { describeProgress, ProgressLine } from './progressLine';

const progress = sampleProgress({
  epoch: 1.25,
  totalEpochs: 4,
  step: 125,
  totalSteps: 400,
  losses: { total: 0.61234, hard: 0.5, soft: 0.11234 },
  imagesPerSecond: 1234.5,
  secondsLeft: 200,
});

function plain(text: string): string {
  // eslint-disable-next-line no-control-regex -- colours are control sequences
  return text.replaceAll(/\u001b\[\d*[mK]/g, '');
}

describe('describeProgress', () => {
  it('tells epoch, losses, error, throughput and the time left', () => {
    expect(plain(describeProgress('small', progress))).toBe(
      'small  epoch 1.3/4  step 125/400  loss 0.612  (hard 0.500, soft 0.112)  test error 10.0 %  1,235 images/s  3 min 20 s left',
    );
  });

  it.each([
    [
      122,
      'small  epoch 1.3/4  step 125/400  loss 0.612  (hard 0.500, soft 0.112)  test error 10.0 %  1,235 images/s  3 min 20 s left',
    ],
    [121, 'small  epoch 1.3/4  step 125/400  loss 0.612  test error 10.0 %  1,235 images/s  3 min 20 s left'],
    [80, 'small  epoch 1.3/4  step 125/400  loss 0.612  test error 10.0 %  3 min 20 s left'],
    [79, 'small  epoch 1.3/4  loss 0.612  test error 10.0 %  3 min 20 s left'],
    [50, 'small  epoch 1.3/4  loss 0.612  3 min 20 s left'],
    [40, 'small  epoch 1.3/4  loss 0.612'],
    [20, 'small  epoch 1.3/4'],
    [10, 'small  epo'],
    [3, 'sma'],
  ])('fits into %i columns', (width, line) => {
    expect(line.length).toBeLessThanOrEqual(width);
    expect(plain(describeProgress('small', progress, width))).toBe(line);
  });

  it('leaves out what is not known, and a single term, which is the total', () => {
    const young = sampleProgress({
      losses: { total: 2, hard: 2 },
      last: null,
      imagesPerSecond: null,
      secondsLeft: null,
    });
    expect(plain(describeProgress('small', young))).toBe('small  epoch 1.0/2  step 50/100  loss 2.00');
    expect(plain(describeProgress('small', { ...young, losses: {} }))).toBe(
      'small  epoch 1.0/2  step 50/100',
    );
    expect(plain(describeProgress('small', { ...young, phase: 'loading data' }))).toBe('small  loading data');
  });
});

describe('ProgressLine', () => {
  function lineOn(terminal: { isTTY?: boolean; columns?: number }) {
    const written: string[] = [];
    let now = 0;
    const target = {
      ...terminal,
      write(text: string): void {
        written.push(text);
      },
    };
    const line = new ProgressLine(target, () => now);
    return { line, written, pass: (milliseconds: number) => (now += milliseconds) };
  }

  it('redraws one line on a terminal, never wider than it, and clears it for what stays', () => {
    const { line, written } = lineOn({ isTTY: true, columns: 20 });
    line.update('small', progress);
    line.update('small', progress);
    line.say('hello');
    line.clear();
    expect(written.map(plain)).toEqual(['\rsmall  epoch 1.3/4', '\rsmall  epoch 1.3/4', '\r', 'hello\n']);
    expect(written[0]!.startsWith('\r\u001b[K')).toBe(true);
  });

  it('writes a plain line for each tenth, each phase and each minute elsewhere', () => {
    const { line, written, pass } = lineOn({});
    const at = (step: number): void => {
      line.update('small', { ...progress, step, epoch: step / 100 });
    };
    line.update('small', { ...progress, phase: 'loading data' });
    line.update('small', { ...progress, phase: 'loading data' });
    at(1);
    at(2);
    at(40);
    pass(59_999);
    at(41);
    pass(1);
    at(42);
    line.clear();
    expect(written.map((text) => plain(text).slice(0, 20).trim())).toEqual([
      'small  loading data',
      'small  epoch 0.0/4',
      'small  epoch 0.4/4',
      'small  epoch 0.4/4',
    ]);
  });
});
