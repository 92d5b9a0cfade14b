import type { DataType, OpAttributes, OpName, Value, ValueOf } from '../graph/value';
import type { Lowering } from '../lowering/lowering';

/** All that is known of an op. */
export interface OpDefinition<Name extends OpName> {
  /** The shape of the result; compact where the inputs' are and the op allows it. */
  shape: (inputs: readonly Value[], attributes: OpAttributes[Name]) => readonly number[];
  /** The element type of the result; that of the first input where it is left out. */
  dtype?: (inputs: readonly Value[], attributes: OpAttributes[Name]) => DataType;
  /** Writes the op as ONNX nodes, and tells the lowering in which layout the result is. */
  lower: (lowering: Lowering, value: ValueOf<Name>) => void;
}

export type OpDefinitions<Names extends OpName> = { readonly [Name in Names]: OpDefinition<Name> };

/** The shape rule of ops that change no shape. */
export function sameAsFirst(inputs: readonly Value[]): readonly number[] {
  return inputs[0]!.shape;
}
