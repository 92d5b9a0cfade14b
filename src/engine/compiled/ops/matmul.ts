import { broadcastShape, type ValueOf } from '../graph/value';
import { MICROSOFT } from '../lowering/emitter';
import type { Lowering } from '../lowering/lowering';
import type { OpDefinitions } from './definition';

function lowerMatMul(lowering: Lowering, value: ValueOf<'MatMul'>): void {
  const { emitter } = lowering;
  const { transposeA, transposeB } = value.attributes;
  const [a, b] = value.inputs.map((input) => lowering.get(input)) as [string, string];
  const attributes = { transA: Number(transposeA), transB: Number(transposeB) };
  const rank = value.shape.length;
  if (rank === 2) {
    lowering.set(value, 'last', emitter.emit('Gemm', [a, b], attributes));
  } else if (lowering.options.extensions && (transposeA || transposeB)) {
    lowering.set(value, 'last', emitter.emit('FusedMatMul', [a, b], attributes, MICROSOFT));
  } else {
    const axes = value.shape.map((_, axis) => axis);
    const swapped = [...axes.slice(0, -2), rank - 1, rank - 2];
    const operands = [
      transposeA ? emitter.transpose(a, swapped) : a,
      transposeB ? emitter.transpose(b, swapped) : b,
    ];
    lowering.set(value, 'last', emitter.emit('MatMul', operands));
  }
}

/** Products of matrices, and of batches of matrices. */
export const matmulOps: OpDefinitions<'MatMul'> = {
  MatMul: {
    shape([a, b], { transposeA, transposeB }) {
      const rank = a!.shape.length;
      const batch = broadcastShape(a!.shape.slice(0, -2), b!.shape.slice(0, -2));
      return [
        ...batch,
        a!.shape[transposeA ? rank - 1 : rank - 2]!,
        b!.shape[transposeB ? rank - 2 : rank - 1]!,
      ];
    },
    lower: lowerMatMul,
  },
};
