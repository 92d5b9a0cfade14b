import { describe, expect, it } from 'vitest';
import { fitImage } from './fit';
import type { RgbImage } from './image';

/** Grey pixels, row after row. */
function grey(width: number, values: readonly number[]): RgbImage {
  return { width, height: values.length / width, pixels: Uint8Array.from(values.flatMap((v) => [v, v, v])) };
}

const plain = { letterbox: false, resizing: 'bilinear' } as const;

function rounded(values: Float32Array): number[] {
  return Array.from(values, (value) => Math.round(value * 255));
}

describe('an image made to fit', () => {
  it('keeps its pixels where nothing changes', () => {
    const image = { width: 2, height: 1, pixels: Uint8Array.of(255, 0, 51, 102, 153, 204) };
    const { values, placement } = fitImage(image, { size: [1, 2, 3], ...plain });
    expect(rounded(values)).toEqual([255, 0, 51, 102, 153, 204]);
    expect(placement).toEqual({ left: 0, top: 0, width: 2, height: 1 });
  });

  it('is interpolated between the centres of pixels', () => {
    // Centres of four pixels over two: −0.25 (the border stays), 0.25, 0.75, 1.25.
    const up = fitImage(grey(2, [0, 100]), { size: [1, 4, 1], ...plain });
    expect(rounded(up.values)).toEqual([0, 25, 75, 100]);
    const down = fitImage(grey(4, [0, 100, 200, 40]), { size: [1, 2, 1], ...plain });
    expect(rounded(down.values)).toEqual([50, 120]);
    // The centres of 6 pixels over 2 lie on pixels 1 and 4.
    const third = fitImage(grey(6, [9, 60, 9, 9, 90, 9]), { size: [1, 2, 1], ...plain });
    expect(rounded(third.values)).toEqual([60, 90]);
  });

  it('sees all pixels where it is made smaller smoothly', () => {
    // Triangles of half-width 2 around 0.5: shares 0.75, 0.75, 0.25 of the pixels 0, 1, 2, of 1.75 in all.
    const { values } = fitImage(grey(4, [0, 70, 140, 0]), { ...plain, size: [1, 2, 1], resizing: 'smooth' });
    expect(rounded(values)).toEqual([50, 70]);
    const up = fitImage(grey(2, [0, 100]), { ...plain, size: [1, 4, 1], resizing: 'smooth' });
    expect(rounded(up.values)).toEqual([0, 25, 75, 100]);
  });

  it('is put between grey bars, whole pixels', () => {
    const { values, placement } = fitImage(grey(4, [0, 0, 0, 0, 255, 255, 255, 255]), {
      ...{ size: [4, 4, 1], letterbox: true, resizing: 'bilinear' },
    });
    expect(placement).toEqual({ left: 0, top: 1, width: 4, height: 2 });
    expect(rounded(values.subarray(0, 4))).toEqual([128, 128, 128, 128]);
    expect(rounded(values.subarray(4, 12))).toEqual([0, 0, 0, 0, 255, 255, 255, 255]);
    const tall = fitImage(grey(1, [0, 50, 100]), { size: [3, 6, 3], letterbox: true, resizing: 'bilinear' });
    expect(tall.placement).toEqual({ left: 2, top: 0, width: 1, height: 3 });
  });

  it('is grey for a network of one channel', () => {
    const image = { width: 1, height: 1, pixels: Uint8Array.of(255, 0, 0) };
    expect(fitImage(image, { size: [1, 1, 1], ...plain }).values[0]).toBeCloseTo(0.299);
    expect(() => fitImage(image, { size: [1, 1, 4], ...plain })).toThrow(/no 4 channels/);
  });
});
