import { describe, expect, it } from 'vitest';
import { chooseTargets, describeBytes, type Circumstances, type Target } from './choose';

const logits: Target = { name: 'target logits 0', member: 0, layer: null, shape: [10], epochs: 5 };
const hint: Target = { name: 'target hint 0', member: 0, layer: 'conv', shape: [8, 8, 4], epochs: 5 };
const plain: Circumstances = { images: 1000, augmented: false, cache: 'auto', room: 1e9, begun: null };
const refusals = (targets: readonly Target[], change: Partial<Circumstances> = {}): (string | null)[] =>
  chooseTargets(targets, { ...plain, ...change }).map(({ refusal }) => refusal);

describe('chooseTargets', () => {
  it('caches what is needed in two epochs or more', () => {
    const chosen = chooseTargets([logits, hint], plain);
    expect(chosen.map(({ bytes, refusal }) => [bytes, refusal])).toEqual([
      [40_000, null],
      [1_024_000, null],
    ]);
    expect(refusals([{ ...logits, epochs: 1 }])).toEqual([expect.stringContaining('single epoch')]);
  });

  it('refuses augmented images, says why, and obeys `off`', () => {
    expect(refusals([logits, hint], { augmented: true })[1]).toMatch(/augmented.*other views.*every epoch/);
    expect(refusals([logits], { cache: 'off' })).toEqual(['`distill.cache` is `off`.']);
    expect(refusals([{ ...hint, shape: [-1, -1, 4] }])[0]).toContain('depends on the image');
  });

  it('gives the room to the small ones, and says what is missing', () => {
    expect(refusals([hint, logits], { room: 900_000 })).toEqual([
      'It would take 1.0 MB, and there is room for 860 kB.',
      null,
    ]);
  });

  it('counts a layer that serves two hints once', () => {
    const again = { ...hint, name: 'target hint 1' };
    expect(refusals([hint, again], { room: 1_100_000 })).toEqual([null, null]);
    expect(refusals([hint, { ...again, member: 1 }], { room: 1_100_000 })[1]).toContain('room for 76 kB');
  });

  it('leaves a resumed run as it began', () => {
    expect(refusals([logits, hint], { begun: ['target logits 0'] })).toEqual([
      null,
      expect.stringContaining('began without it'),
    ]);
  });
});

describe('describeBytes', () => {
  it.each([
    [40_000, '40 kB'],
    [1_540_000, '1.5 MB'],
    [12_300_000, '12 MB'],
    [4_294_967_296, '4.3 GB'],
  ])('tells %d bytes as %s', (bytes, text) => {
    expect(describeBytes(bytes)).toBe(text);
  });
});
