import { describe, expect, it } from 'vitest';
import { keyedMove } from './keyboard';

const plain = { shiftKey: false, ctrlKey: false, altKey: false, metaKey: false };
const stops = Array.from({ length: 50 }, (_, index) => index * 10);
const range = { min: 0, max: 500 };
const press = (key: string, place: number | null, held: Partial<typeof plain> = {}) =>
  keyedMove({ ...plain, ...held, key }, stops, place, range);

describe('keyedMove', () => {
  it('moves from stop to stop', () => {
    expect(press('ArrowRight', 100)).toEqual({ kind: 'cursor', x: 110 });
    expect(press('ArrowLeft', 100)).toEqual({ kind: 'cursor', x: 90 });
    expect(press('ArrowRight', 104)).toEqual({ kind: 'cursor', x: 110 });
    expect(press('ArrowLeft', 104)).toEqual({ kind: 'cursor', x: 100 });
  });

  it('leaps with Shift and stays within the curve', () => {
    expect(press('ArrowRight', 100, { shiftKey: true })).toEqual({ kind: 'cursor', x: 300 });
    expect(press('ArrowRight', 480, { shiftKey: true })).toEqual({ kind: 'cursor', x: 490 });
    expect(press('ArrowLeft', 30, { shiftKey: true })).toEqual({ kind: 'cursor', x: 0 });
    expect(press('ArrowRight', 490)).toEqual({ kind: 'cursor', x: 490 });
  });

  it('enters from the side the key comes from', () => {
    expect(press('ArrowRight', null)).toEqual({ kind: 'cursor', x: 0 });
    expect(press('ArrowLeft', null)).toEqual({ kind: 'cursor', x: 490 });
    expect(press('Home', 100)).toEqual({ kind: 'cursor', x: 0 });
    expect(press('End', 100)).toEqual({ kind: 'cursor', x: 490 });
  });

  it('zooms around the cursor, or around the middle, and not below zero', () => {
    expect(press('+', 100)).toEqual({ kind: 'zoom', range: { min: 50, max: 300 } });
    expect(press('+', null)).toEqual({ kind: 'zoom', range: { min: 125, max: 375 } });
    expect(press('-', 100)).toEqual({ kind: 'zoom', range: { min: 0, max: 900 } });
    expect(press('Escape', 100)).toEqual({ kind: 'reset' });
  });

  it('leaves other keys and shortcuts alone', () => {
    expect(press('Tab', 100)).toBeNull();
    expect(press('ArrowRight', 100, { altKey: true })).toBeNull();
    expect(keyedMove({ ...plain, key: 'ArrowRight' }, [], null, range)).toBeNull();
  });
});
