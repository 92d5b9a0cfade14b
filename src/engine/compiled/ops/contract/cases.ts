import type { OpAttributes, OpName } from '../../graph/value';
import { convolutionCases } from './convolutionCases';
import { elementwiseCases } from './elementwiseCases';
import { indexingCases } from './indexingCases';
import { poolingCases } from './poolingCases';
import { reductionCases } from './reductionCases';
import { shapingCases } from './shapingCases';
import type { Given, Numbers } from './tensors';

/** One op on some inputs, and what must come out. */
export interface OpCase<Name extends OpName> {
  readonly inputs: readonly Given[];
  readonly attributes: OpAttributes[Name];
  readonly expected: (inputs: readonly Numbers[]) => Numbers;
  /** How far from it a result may be, beside its largest element; 10⁻⁵ where it is left out. */
  readonly tolerance?: number;
}

export type OpCases<Names extends OpName> = { readonly [Name in Names]: readonly OpCase<Name>[] };

/** What every op of the table is tried on. Sources have no inputs; the other cases are made of them. */
export const CASES: OpCases<Exclude<OpName, 'Input' | 'Scalar' | 'Constant'>> = {
  ...elementwiseCases,
  ...reductionCases,
  ...shapingCases,
  ...indexingCases,
  ...convolutionCases,
  ...poolingCases,
};
