import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lastLines } from './lastLines';
import { describeEvent } from './news';
import { duration, group, layOutReport, layOutTable, nearPath, percent } from './output';

function plain(text: string): string {
  // eslint-disable-next-line no-control-regex -- colours are control sequences
  return text.replaceAll(/\u001b\[\d+m/g, '');
}

describe('layOutTable', () => {
  it('aligns columns by what is seen, numbers to the right', () => {
    const table = layOutTable(
      ['run', 'n'],
      [
        ['a', '1'],
        ['\u001b[32mlong\u001b[39m', '1,000'],
      ],
      [1],
    );
    expect(plain(table)).toBe('run        n\na          1\nlong   1,000');
  });
});

it('names files within the working directory shortly, others in full', () => {
  expect(nearPath(resolve('models', 'net.ts'))).toBe(join('models', 'net.ts'));
  expect(nearPath(resolve('..', 'elsewhere.ts'))).toBe(resolve('..', 'elsewhere.ts'));
});

it('lays out a report; what is not known is a dash', () => {
  const row = {
    role: 'distilled student',
    id: 'an-id',
    name: 'small',
    state: 'finished',
    accuracy: 0.9766,
    error: 0.0234,
    parameters: 12_345,
    multiplyAdds: 1_000_000,
    epochs: 2,
    seconds: 61,
  } as const;
  const given = {
    ...row,
    role: 'teacher',
    id: null,
    name: 'zoo/mlp',
    state: null,
    error: null,
    parameters: null,
    multiplyAdds: null,
    epochs: null,
    seconds: null,
  } as const;
  const stopped = { ...row, role: 'student alone', state: 'stopped', epochs: 1.25 } as const;
  expect(plain(layOutReport([given, stopped, row])).split('\n')).toEqual([
    '                        test error   parameters   multiply-adds   epochs        time   run',
    'teacher                          –            –               –        –           –   zoo/mlp',
    'student alone stopped       2.34 %       12,345       1,000,000      1.3   1 min 1 s   an-id',
    'distilled student           2.34 %       12,345       1,000,000        2   1 min 1 s   an-id',
  ]);
});

describe('numbers', () => {
  it.each([
    [null, '–'],
    [0, '0.00 %'],
    [0.09994, '9.99 %'],
    [1 - 0.9, '10.0 %'],
    [0.1234, '12.3 %'],
  ])('percent(%s)', (share, text) => {
    expect(percent(share)).toBe(text);
  });

  it.each([
    [0.4, '0 s'],
    [59.4, '59 s'],
    [59.6, '1 min 0 s'],
    [3599.6, '1 h 0 min'],
    [90_061, '25 h 1 min'],
  ])('duration(%s)', (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });

  it('groups', () => {
    expect([group(null), group(1_234_567)]).toEqual(['–', '1,234,567']);
  });
});

describe('describeEvent', () => {
  it('tells what a person should know', () => {
    expect(
      describeEvent({
        type: 'start',
        at: 0,
        fromStep: 1200,
        engine: {
          name: 'compiled',
          device: 'CPU (onnxruntime)',
          reason: 'The fastest engine here.',
          provider: 'cpu',
          precision: 'f32',
          threads: 2,
          block: 16,
        },
        stages: [],
        stepsPerEpoch: 1,
      }),
    ).toBe(
      'trains with compiled on CPU (onnxruntime), f32, 2 threads, blocks of 16, from step 1,200. The fastest engine here.',
    );
    expect(
      describeEvent({
        type: 'adapter',
        at: 0,
        hint: 0,
        kind: 'conv1x1',
        reason: '8 → 16 channels.',
        parameters: 1,
      }),
    ).toBe('hint 1: adapter conv1x1. 8 → 16 channels.');
    expect(describeEvent({ type: 'checkpoint', at: 0, step: 1, kind: 'last' })).toBeNull();
  });
});

describe('lastLines', () => {
  it('reads the end of a log, short or long', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'distillery log ')), 'log.txt');
    await writeFile(file, '');
    expect(await lastLines(file, 3)).toEqual([]);
    await writeFile(file, 'one\r\n\ntwo');
    expect(await lastLines(file, 3)).toEqual(['one', 'two']);
    await writeFile(file, `${'x'.repeat(20_000)}\n${'line\n'.repeat(100)}last\n`);
    expect(await lastLines(file, 2)).toEqual(['line', 'last']);
  });
});
