import { describe, expect, test } from 'vitest';
import { keyedRandom } from '../random/keyed';
import { CkaSums, type Estimator, type LayerGram } from './cka';

/**
 * The golden values are numpy's, from another form of the same equations:
 *
 *     import numpy as np
 *     i = np.arange(8)[:, None]
 *     X = np.sin(1 + i * 1.7 + np.arange(5) * 0.9) + 0.1 * i
 *     Y = np.cos(2 + i * 0.6 - np.arange(3) * 1.3) * (1 + np.arange(3))
 *     Xc, Yc = X - X.mean(0), Y - Y.mean(0)
 *     norm = np.linalg.norm
 *     norm(Xc.T @ Yc)**2 / (norm(Xc.T @ Xc) * norm(Yc.T @ Yc))            # 0.21041997247869274, biased
 *
 *     def hsic1(K, L):                                                   # Song et al. 2012, eq. 5
 *         n = len(K); K = K - np.diag(np.diag(K)); L = L - np.diag(np.diag(L)); o = np.ones(n)
 *         return (np.trace(K @ L) + (o @ K @ o) * (o @ L @ o) / ((n - 1) * (n - 2))
 *                 - 2 / (n - 2) * (o @ K @ L @ o)) / (n * (n - 3))
 *     halves = [slice(0, 4), slice(4, 8)]
 *     mean = lambda A, B: sum(hsic1((A @ A.T)[s, s], (B @ B.T)[s, s]) for s in halves)
 *     mean(X, Y) / np.sqrt(mean(X, X) * mean(Y, Y))                      # 0.36139215270491615, unbiased
 */
const X = table(8, 5, (i, j) => Math.sin(1 + i * 1.7 + j * 0.9) + 0.1 * i);
const Y = table(8, 3, (i, j) => Math.cos(2 + i * 0.6 - j * 1.3) * (1 + j));

type Features = number[][];

function table(images: number, features: number, value: (i: number, j: number) => number): Features {
  return Array.from({ length: images }, (_, i) => Array.from({ length: features }, (__, j) => value(i, j)));
}

function gramOf(features: Features): LayerGram {
  const dot = (a: number[], b: number[]): number =>
    a.reduce((sum, value, index) => sum + value * b[index]!, 0);
  return {
    gram: Float32Array.from(features.flatMap((row) => features.map((other) => dot(row, other)))),
    energy: features.reduce((sum, row) => sum + dot(row, row), 0),
  };
}

function ckaOf(a: Features, b: Features, estimator: Estimator, batch = a.length): number {
  const sums = new CkaSums(1, 1, estimator);
  for (let first = 0; first < a.length; first += batch) {
    const part = (features: Features): LayerGram[] => [gramOf(features.slice(first, first + batch))];
    sums.add(part(a), part(b), batch);
  }
  return sums.values()[0]!;
}

/** Turned by an orthogonal matrix, here a product of plane rotations, scaled, and moved. */
function transformed(features: Features): Features {
  return features.map((row) => {
    const turned = [...row];
    for (let axis = 1; axis < row.length; axis += 1) {
      const [a, b] = [turned[axis - 1]!, turned[axis]!];
      turned[axis - 1] = Math.cos(axis) * a - Math.sin(axis) * b;
      turned[axis] = Math.sin(axis) * a + Math.cos(axis) * b;
    }
    return turned.map((value, axis) => 3.5 * value + axis);
  });
}

describe('linear CKA', () => {
  test('equals numpy', () => {
    expect(ckaOf(X, Y, 'biased')).toBeCloseTo(0.21041997247869274, 6);
    expect(ckaOf(X, Y, 'unbiased', 4)).toBeCloseTo(0.36139215270491615, 5);
  });

  test.each(['biased', 'unbiased'] as const)(
    'of the %s estimator is 1 for equal layers, and symmetric',
    (estimator) => {
      expect(ckaOf(X, X, estimator)).toBeCloseTo(1, 6);
      expect(ckaOf(X, Y, estimator, 4)).toBeCloseTo(ckaOf(Y, X, estimator, 4), 12);
    },
  );

  test.each(['biased', 'unbiased'] as const)(
    'of the %s estimator does not change with a turn, a scale or a shift of the features',
    (estimator) => {
      expect(ckaOf(transformed(X), Y, estimator, 4)).toBeCloseTo(ckaOf(X, Y, estimator, 4), 4);
      expect(ckaOf(X, transformed(X), estimator)).toBeCloseTo(1, 5);
    },
  );

  test('of a constant layer is not a number, also where rounding leaves something', () => {
    const constant = table(8, 4, () => 1 / 3);
    expect(ckaOf(X, constant, 'biased')).toBeNaN();
    expect(ckaOf(constant, X, 'unbiased')).toBeNaN();
    expect(
      ckaOf(
        X,
        table(8, 4, () => 0),
        'biased',
      ),
    ).toBeNaN();
    // As features come: their mean was taken off in float32.
    const rest = gramOf(table(8, 4, (i) => (i % 2 === 0 ? 1e-8 : -1e-8)));
    const sums = new CkaSums(1, 1, 'biased');
    sums.add([gramOf(X)], [{ gram: rest.gram, energy: gramOf(constant).energy }], 8);
    expect(sums.values()[0]).toBeNaN();
  });

  test('of the unbiased estimator is near 0 for wide layers that have nothing in common, in small batches too', () => {
    const random = keyedRandom(1, 'features');
    const noise = (): Features => table(64, 200, () => random() - 0.5);
    const [a, b] = [noise(), noise()];
    expect(ckaOf(a, b, 'unbiased', 16)).toBeLessThan(0.1);
    // The biased one takes many features for something in common.
    expect(ckaOf(a, b, 'biased')).toBeGreaterThan(0.5);
  });

  test('compares all pairs of layers', () => {
    const sums = new CkaSums(2, 3, 'biased');
    sums.add([gramOf(X), gramOf(Y)], [gramOf(Y), gramOf(X), gramOf(transformed(Y))], 8);
    const expected = [ckaOf(X, Y, 'biased'), 1, ckaOf(X, Y, 'biased'), 1, ckaOf(Y, X, 'biased'), 1];
    sums.values().forEach((value, index) => {
      expect(value).toBeCloseTo(expected[index]!, 5);
    });
  });

  test('refuses batches that are too small', () => {
    expect(() => ckaOf(X, Y, 'unbiased', 2)).toThrow('4 are needed');
    expect(() => ckaOf(X, Y, 'biased', 1)).toThrow('2 are needed');
  });
});
