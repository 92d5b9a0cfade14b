import { describe, expect, it } from 'vitest';
import { intersectionOverUnion, suppressOverlaps, type Box, type Detection } from './boxes';
import { decodeYolo, toImagePixels } from './yolo';

describe('boxes', () => {
  it.each<[Box, Box, number]>([
    [[0, 0, 2, 2], [0, 0, 2, 2], 1],
    [[0, 0, 2, 2], [1, 1, 2, 2], 1 / 7],
    [[0, 0, 4, 2], [1, 0, 2, 2], 1 / 2],
    [[0, 0, 2, 2], [2, 0, 2, 2], 0],
    [[0, 0, 0, 0], [0, 0, 0, 0], 0],
    [[-1, -1, 2, 2], [-1, -1, 1, 1], 1 / 4],
  ])('%j and %j share %d', (one, other, share) => {
    expect(intersectionOverUnion(one, other)).toBeCloseTo(share);
    expect(intersectionOverUnion(other, one)).toBeCloseTo(share);
  });

  it('leaves the best of those that overlap, within a class', () => {
    const found: Detection[] = [
      { class: 0, score: 0.5, box: [0, 0, 10, 10] },
      { class: 0, score: 0.9, box: [1, 0, 10, 10] },
      { class: 1, score: 0.4, box: [0, 0, 10, 10] },
      { class: 0, score: 0.3, box: [20, 0, 10, 10] },
      // Overlaps only with one that is suppressed.
      { class: 0, score: 0.2, box: [-6, 0, 10, 10] },
    ];
    const kept = suppressOverlaps(found, 0.25);
    expect(kept.map(({ score }) => score)).toEqual([0.9, 0.4, 0.3, 0.2]);
    expect(suppressOverlaps(found, 1)).toHaveLength(5);
    expect(suppressOverlaps([], 0.5)).toEqual([]);
  });
});

describe('what a [yolo] says', () => {
  const head = { layer: '1/yolo', classes: 2, anchors: [[8, 16], [4, 4]] as [number, number][], scaleXY: 1, newCoordinates: false }; // prettier-ignore
  // One row of two cells, two anchors each: x, y, w, h, objectness, two classes.
  const values = new Float32Array(2 * 2 * 7);
  values.set([0.25, 0.5, Math.log(2), 0, 0.8, 0.9, 0.5], 2 * 7);
  values.set([0.5, 0.5, 0, 0, 0.2, 1, 1], 3 * 7);
  const map = { values, rows: 1, columns: 2 };

  it('becomes boxes, one for each class that is likely enough', () => {
    const found = decodeYolo(map, head, [32, 64], 0.25);
    // The centre lies at (1 + 0.25) / 2 across and 0.5 down; the size is 2 · 8 / 64 by 16 / 32.
    expect(found).toHaveLength(2);
    expect(found.map((one) => one.class)).toEqual([0, 1]);
    expect(found[0]!.score).toBeCloseTo(0.72);
    expect(found[1]!.score).toBeCloseTo(0.4);
    [0.5, 0.25, 0.25, 0.5].forEach((value, at) => {
      expect(found[0]!.box[at]).toBeCloseTo(value);
    });
    expect(decodeYolo(map, head, [32, 64], 0.5)).toHaveLength(1);
  });

  it('has squared sizes with new coordinates', () => {
    const [first] = decodeYolo(map, { ...head, newCoordinates: true }, [32, 64], 0.5);
    expect(first!.box[2]).toBeCloseTo((4 * Math.log(2) ** 2 * 8) / 64);
    expect(first!.box[3]).toBe(0);
  });

  it('is told in pixels of the image, from between the bars of a letterbox too', () => {
    const found: Detection[] = [{ class: 0, score: 1, box: [0.25, 0.5, 0.5, 0.25] }];
    const image = { width: 200, height: 100 };
    const whole = { left: 0, top: 0, width: 64, height: 64 };
    expect(toImagePixels(found, image, whole, [64, 64])[0]!.box).toEqual([50, 50, 100, 25]);
    const letterbox = { left: 0, top: 16, width: 64, height: 32 };
    expect(toImagePixels(found, image, letterbox, [64, 64])[0]!.box).toEqual([50, 50, 100, 50]);
  });
});
