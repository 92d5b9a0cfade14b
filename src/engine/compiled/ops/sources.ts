import { allocate } from '../graph/value';
import type { OpDefinitions } from './definition';

function noShape(): never {
  throw new Error('A source is made with its shape.');
}

/** What a graph starts from. */
export const sourceOps: OpDefinitions<'Input' | 'Scalar' | 'Constant'> = {
  Input: {
    shape: noShape,
    lower(lowering, value) {
      const { name } = value.attributes;
      lowering.addInput(name, value.shape, value.dtype);
      lowering.set(value, 'last', name);
    },
  },
  Scalar: {
    shape: noShape,
    lower({ emitter, layouts }, value) {
      const number = Number(value.attributes.value);
      // Lengths of 1 fit beside every layout.
      const name = emitter.constant(
        `scalar ${value.dtype} ${Object.is(number, -0) ? '-0' : number} of rank ${value.shape.length}`,
        value.shape,
        value.dtype,
        () => allocate(value.dtype, 1).fill(number),
      );
      layouts.set(value, 'last', name);
    },
  },
  Constant: {
    shape: noShape,
    lower({ emitter, layouts }, value) {
      const key = `constant ${value.attributes.serial}`;
      layouts.set(
        value,
        'last',
        emitter.constant(key, value.shape, value.dtype, () => value.data!),
      );
    },
  },
};
