import type { DataType, OpAttributes, OpName, Value, ValueOf } from '../graph/value';
import type { Lowering } from '../lowering/lowering';
import { convolutionOps } from './convolution';
import { convolutionGradientOps } from './convolutionGradients';
import { type OpDefinition, type OpDefinitions } from './definition';
import { depthwiseGradientOps } from './depthwiseGradients';
import { elementwiseOps } from './elementwise';
import { indexingOps } from './indexing';
import { matmulOps } from './matmul';
import { poolingOps } from './pooling';
import { reductionOps } from './reductions';
import { resizingOps } from './resizing';
import { shapingOps } from './shaping';
import { sourceOps } from './sources';

/** Every op of the graph. To add one, name it and its attributes in `graph/value.ts`; the compiler then asks for its row here. */
export const OPS: OpDefinitions<OpName> = {
  ...sourceOps,
  ...elementwiseOps,
  ...reductionOps,
  ...shapingOps,
  ...indexingOps,
  ...matmulOps,
  ...convolutionOps,
  ...convolutionGradientOps,
  ...depthwiseGradientOps,
  ...poolingOps,
  ...resizingOps,
};

export function inferShape<Name extends OpName>(
  op: Name,
  inputs: readonly Value[],
  attributes: OpAttributes[Name],
): readonly number[] {
  return definitionOf(op).shape(inputs, attributes);
}

export function inferType<Name extends OpName>(
  op: Name,
  inputs: readonly Value[],
  attributes: OpAttributes[Name],
): DataType {
  const { dtype } = definitionOf(op);
  return dtype ? dtype(inputs, attributes) : inputs[0]!.dtype;
}

export function lowerOp<Name extends OpName>(lowering: Lowering, value: ValueOf<Name>): void {
  definitionOf(value.op).lower(lowering, value);
}

function definitionOf<Name extends OpName>(op: Name): OpDefinition<Name> {
  return OPS[op];
}
