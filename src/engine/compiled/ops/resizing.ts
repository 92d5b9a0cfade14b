import type { Pair, Value } from '../graph/value';
import { BLOCKED } from '../lowering/emitter';
import type { Layout } from '../lowering/layouts';
import type { Lowering } from '../lowering/lowering';
import type { OpDefinitions } from './definition';

/** Makes each pixel of an image in this layout a block of `factors`. */
export function upsample(
  { emitter }: Lowering,
  image: string,
  factors: Pair,
  layout: Exclude<Layout, 'last'>,
): string {
  if (layout === 'blocked') {
    const attributes = { scales: [1, 1, ...factors], mode: 'nearest' };
    return emitter.emit('Upsample', [image], attributes, BLOCKED);
  }
  const scales = emitter.constant(`scales ${factors.join()}`, [4], 'float32', () =>
    Float32Array.of(1, 1, ...factors),
  );
  return emitter.emit('Resize', [image, '', scales], {
    mode: 'nearest',
    coordinate_transformation_mode: 'asymmetric',
    nearest_mode: 'floor',
  });
}

/** Ops that change the size of images. */
export const resizingOps: OpDefinitions<'Upsample' | 'SpatialProduct'> = {
  Upsample: {
    shape: ([x], { factors }) => [
      x!.shape[0]!,
      x!.shape[1]! * factors[0],
      x!.shape[2]! * factors[1],
      x!.shape[3]!,
    ],
    lower(lowering, value) {
      const [x] = value.inputs as [Value];
      const layout = lowering.canBlock(x) && lowering.layoutOf(x) === 'blocked' ? 'blocked' : 'first';
      const result = upsample(lowering, lowering.get(x, layout), value.attributes.factors, layout);
      lowering.set(value, layout, result);
    },
  },
  SpatialProduct: {
    shape: ([x, rows, columns]) => [x!.shape[0]!, rows!.shape[0]!, columns!.shape[0]!, x!.shape[3]!],
    lower(lowering, value) {
      const { emitter } = lowering;
      const [x, rows, columns] = value.inputs as [Value, Value, Value];
      const across = emitter.transpose(lowering.get(columns), [1, 0]);
      const down = emitter.emit('MatMul', [lowering.get(rows), lowering.get(x, 'first')]);
      lowering.set(value, 'first', emitter.emit('MatMul', [down, across]));
    },
  },
};
